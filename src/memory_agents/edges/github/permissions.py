"""What somebody may do in a repository, and whom the token acts as. Logins change hands: numeric ids decide."""

from __future__ import annotations

from urllib.parse import quote

from memory_agents.core.github_events import Account
from memory_agents.edges.github.api import READS_METADATA, WRITES_ISSUES, GitHubApi
from memory_agents.errors import GitHubFailure

_NONE = "none"
_PERMISSION_OF = {
    "admin": "admin",
    "maintain": "write",
    "write": "write",
    "triage": "read",
    "read": "read",
    _NONE: _NONE,
}
"""GitHub's own roles → what `permission` calls them"""
_WHO = "query { viewer { databaseId } }"
"""https://docs.github.com/graphql/reference/queries#user; `GET /user` answers 403 to an installation token"""


async def permission_of(api: GitHubApi, repository: str, account: Account) -> str:
    """The role of an account in `owner/name`: admin, maintain, write, triage, read or none.

    A custom role counts as the permission that it extends. None is also who is not there, and who is not the account
    of that id any more. Raises GitHubFailure, which is no permission: whoever asks must deny.

    https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    what = f"tell what {account.login} may do"
    url = f"/repos/{repository}/collaborators/{quote(account.login, safe='')}/permission"
    try:
        answer = await api.send(what, "GET", url, needs=READS_METADATA)
    except GitHubFailure as failure:
        if failure.status == 404:
            return _NONE
        raise
    match answer.body:
        case {"permission": str(permission), "role_name": str(role), "user": {"id": int(found)}} if (
            permission in _PERMISSION_OF.values()
        ):
            if found != account.id:
                return _NONE
            return role if _PERMISSION_OF.get(role) == permission else permission
        case {"user": None}:
            return _NONE
        case _:
            raise GitHubFailure(f"GitHub's answer when asked to {what} cannot be read.", fix="run again later")


async def viewer_id(api: GitHubApi) -> int:
    """The numeric id of whom the token acts as, asked once for a connection. Raises GitHubFailure."""
    if api.viewer_id is None:
        match await api.graphql("say whom the token acts as", _WHO, {}, needs=WRITES_ISSUES):
            case {"data": {"viewer": {"databaseId": int(found)}}}:
                api.viewer_id = found
            case _:
                raise GitHubFailure(
                    "GitHub does not say whom the token acts as, so nothing is written.",
                    fix="run again later, or pass the job's own `github-token`",
                )
    return api.viewer_id


async def repository_id_of(api: GitHubApi, repository: str) -> int:
    """The numeric id of `owner/name`, which a new name does not change. Raises GitHubFailure.

    https://docs.github.com/rest/repos/repos#get-a-repository
    """
    what = f"find {repository}"
    match (await api.send(what, "GET", f"/repos/{repository}", needs=READS_METADATA)).body:
        case {"id": int(found)}:
            return found
        case _:
            raise GitHubFailure(f"GitHub's answer when asked to {what} cannot be read.", fix="run again later")
