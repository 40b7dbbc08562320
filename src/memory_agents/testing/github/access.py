"""Who may do what, answered in GitHub's own statuses."""

from __future__ import annotations

from memory_agents.testing.github.messages import Problem, forbidden, not_found
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import READ, WRITE, Token

REPOSITORY_SEGMENTS = 3
"""of `repos/owner/name`"""


def permission_for(path: str, *, is_pull: bool) -> str:
    """The permission that a path template needs; empty where any token will do.

    `is_pull` says that the number in the path is a pull request's: its conversation and labels belong to
    `pull_requests`, but reactions always to `issues`.
    """
    segments = path.strip("/").split("/")[REPOSITORY_SEGMENTS:]
    match segments[:1]:
        case ["contents" | "git"]:
            return "contents"
        case ["pulls"]:
            return "pull_requests"
        case ["issues"]:
            return "pull_requests" if is_pull and "reactions" not in segments else "issues"
        case ["labels"]:
            return "issues"
        case _:
            return ""


def authorize(
    token: Token | None, repository: FakeRepository | None, *, full_name: str, method: str, permission: str
) -> FakeRepository:
    """The repository if the token may do that there, or a Problem: 401, 403 or 404."""
    reaches = token is not None and token.reaches(full_name)
    if repository is None or (repository.private and not reaches):
        raise not_found()
    level = READ if method == "GET" else WRITE
    if level == READ and not repository.private:
        return repository
    if token is None:
        raise Problem(401, "Requires authentication")
    if not reaches or (permission and not token.allows(permission, level)):
        raise forbidden()
    return repository
