"""What a pull request changes: the names of its files, nothing of what is in them."""

from __future__ import annotations

from memory_agents.core.github_events import ChangedPaths
from memory_agents.edges.github.api import READS_PULLS, GitHubApi
from memory_agents.errors import GitHubFailure

_PER_PAGE = 100
_MOST_PAGES = 3


async def changed_paths(api: GitHubApi, repository: str, number: int, *, total: int = 0) -> ChangedPaths:
    """The paths that a pull request changes, at most 300; `total`: how many there are, if known. Raises GitHubFailure.

    https://docs.github.com/rest/pulls/pulls#list-pull-requests-files
    """
    paths: list[str] = []
    what = f"list the files of pull request {number}"
    url = f"/repos/{repository}/pulls/{number}/files"
    for page in range(1, _MOST_PAGES + 1):
        query = {"per_page": str(_PER_PAGE), "page": str(page)}
        answer = await api.send(what, "GET", url, needs=READS_PULLS, query=query)
        if not isinstance(answer.body, list):
            raise GitHubFailure(f"GitHub's answer when asked to {what} is no list.", fix="run again later")
        paths += [str(file["filename"]) for file in answer.body if isinstance(file, dict) and file.get("filename")]
        if len(answer.body) < _PER_PAGE:
            break
    return ChangedPaths(paths=tuple(paths), total=max(len(paths), total))
