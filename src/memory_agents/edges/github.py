"""GitHub's REST API through PyGithub, imported when the first request is made.

Requests do not wait and do not retry by themselves: a recall must never be slow because of them.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from memory_agents.errors import GitHubFailure, UnreadableFile

if TYPE_CHECKING:
    from github import Github
    from github.GithubException import GithubException
    from github.Repository import Repository

_T = TypeVar("_T")

MAX_FILES = 64
MAX_FILE_BYTES = 262_144


class RepositoryFiles(Protocol):
    """Text files that maintainers keep in their repository."""

    async def read(self, path: str) -> str | None:
        """The file's text, or None where there is none. Raises GitHubFailure."""

    async def folder(self, path: str, wanted: Callable[[str], bool]) -> Mapping[str, str]:
        """Relative path → text of the wanted files anywhere below `path`; empty where it is absent."""

    async def close(self) -> None:
        """Let go of connections."""


class GitHubFiles:
    """Files at the head of the default branch, through the contents and git data APIs.

    https://docs.github.com/rest/repos/contents, https://docs.github.com/rest/git/trees. One request
    answers for a folder that is absent; it serves every path below that folder.
    """

    def __init__(self, *, api_url: str, repository: str, token: str, timeout: float = 10) -> None:
        """`timeout`: seconds for one request."""
        self._api_url = api_url
        self._repository = repository
        self._token = token
        self._timeout = timeout
        self._client: Github | None = None
        self._one_at_a_time = asyncio.Lock()  # PyGithub keeps the request under way in its connection
        self._listings: dict[str, dict[str, tuple[str, str]]] = {}

    async def read(self, path: str) -> str | None:
        """See RepositoryFiles."""
        found = await self._entry(path)
        if found is None or found[0] != "file":
            return None
        return await self._blob(path, found[1])

    async def folder(self, path: str, wanted: Callable[[str], bool]) -> Mapping[str, str]:
        """See RepositoryFiles."""
        found = await self._entry(path)
        if found is None or found[0] != "dir":
            return {}
        files = await self._ask(f"list {path}", lambda repository: _files(repository, found[1]))
        blobs = [(name, sha) for name, sha, _ in files if wanted(name)]
        if len(blobs) > MAX_FILES:
            raise UnreadableFile(
                f"{path} holds more than {MAX_FILES} templates.", fix="delete those that you do not use"
            )
        for name, _, size in files:
            if wanted(name) and size > MAX_FILE_BYTES:
                raise UnreadableFile(f"{path}/{name} is larger than {MAX_FILE_BYTES} bytes.", fix="shorten it")
        return {name: await self._blob(f"{path}/{name}", sha) for name, sha in blobs}

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    async def _entry(self, path: str) -> tuple[str, str] | None:
        """(type, sha) of a path, from listings of the folders that hold it, topmost first."""
        *folders, name = path.split("/")
        for depth in range(1, len(folders)):
            if folders[depth] not in await self._listing("/".join(folders[:depth])):
                return None
        return (await self._listing("/".join(folders))).get(name)

    async def _listing(self, folder: str) -> dict[str, tuple[str, str]]:
        if folder not in self._listings:
            self._listings[folder] = await self._list(folder)
        return self._listings[folder]

    async def _list(self, folder: str) -> dict[str, tuple[str, str]]:
        try:
            return await self._ask(f"list {folder or '/'}", lambda repository: _entries(repository, folder))
        except GitHubFailure as error:
            if error.status == 404:
                return {}
            raise

    async def _blob(self, path: str, sha: str) -> str:
        content = await self._ask(
            f"read {path}", lambda repository: base64.b64decode(repository.get_git_blob(sha).content)
        )
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UnreadableFile(f"{path} is not valid UTF-8.", fix=f"save {path} as UTF-8 text") from None

    async def _ask(self, what: str, request: Callable[[Repository], _T]) -> _T:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._ask_now, what, request)

    def _ask_now(self, what: str, request: Callable[[Repository], _T]) -> _T:
        from github import GithubException
        from requests import RequestException

        try:
            return request(self._connected().get_repo(self._repository))
        except GithubException as error:
            raise failure(error, what) from None
        except RequestException as error:
            raise GitHubFailure(
                f"GitHub could not be reached to {what}: {type(error).__name__}.",
                fix="check GITHUB_API_URL and the runner's network",
            ) from None
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
            raise GitHubFailure(
                f"GitHub's answer when asked to {what} cannot be read: {type(error).__name__}.",
                fix="check GITHUB_API_URL, and what stands between it and the runner",
            ) from None

    def _connected(self) -> Github:
        from github import Auth, Github

        if self._client is None:
            self._client = Github(
                auth=Auth.Token(self._token) if self._token else None,
                base_url=self._api_url,
                timeout=int(self._timeout),
                lazy=True,  # no request for the repository itself
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
        return self._client


def _entries(repository: Repository, folder: str) -> dict[str, tuple[str, str]]:
    """Name → (type, sha) of what is in a folder."""
    contents = repository.get_contents(folder)
    entries = contents if isinstance(contents, list) else [contents]
    return {entry.name: (entry.type, entry.sha) for entry in entries}


def _files(repository: Repository, tree: str) -> list[tuple[str, str, int]]:
    """Path, sha and size in bytes of the files anywhere below a tree."""
    entries = repository.get_git_tree(tree, recursive=True).tree
    return [(entry.path, entry.sha, entry.size or 0) for entry in entries if entry.type == "blob"]


def failure(error: GithubException, what: str) -> GitHubFailure:
    """What GitHub's answer means, with the fix."""
    headers = error.headers or {}
    told = error.data.get("message", "") if isinstance(error.data, dict) else ""
    message = f"GitHub answered {error.status} when asked to {what}{': ' + str(told)[:200] if told else ''}."
    limited = (
        headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers or "rate limit" in str(told).lower()
    )
    if error.status == 429 or (error.status == 403 and limited):
        return GitHubFailure(message, fix="run again when the rate limit is over", status=error.status)
    if error.status == 401:
        return GitHubFailure(message, fix="pass a `github-token` that is valid", status=error.status)
    if error.status in {403, 404}:
        fix = "add `permissions: contents: read` to the job and pass its `github-token`"
        return GitHubFailure(message, fix=fix, status=error.status)
    return GitHubFailure(message, fix="run again later", status=error.status)
