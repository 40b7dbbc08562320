"""The repository itself, and who may do what in it."""

from __future__ import annotations

from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.messages import Problem, Reply, forbidden
from memory_agents.testing.github.render.basics import ROLE_RANK, ROLES, repository_json

LEGACY = {"maintain": "write", "triage": "read"}
"""role → what the field `permission` calls it"""


def get_repository(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}."""
    return Reply(status=200, body=repository_json(call.view, call.repository, call.account.token))


def get_permission(call: Call) -> Reply:
    """What a person may do here: on a public repository at least `read`, for anybody with an account."""
    if call.account.token is None:
        raise Problem(401, "Requires authentication")
    if not call.account.token.reaches(call.repository.full_name):
        raise forbidden()
    login = call.parameters["username"]
    if not call.account.has_user(login):
        raise Problem(404, f"{login} is not a user")
    role, base = call.repository.permission_of(login), call.repository.base_role_of(login)
    flags = {name: ROLE_RANK[base] > at for at, name in enumerate(ROLES)}
    user = call.view.user(login) | {"permissions": flags, "role_name": role}
    return Reply(status=200, body={"permission": LEGACY.get(base, base), "role_name": role, "user": user})


ROUTES: Routes = {
    ("GET", REPO): get_repository,
    ("GET", f"{REPO}/collaborators/{{username}}/permission"): get_permission,
}
