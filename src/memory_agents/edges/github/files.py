"""What maintainers keep in their repository: read at the head of its default branch."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from memory_agents.edges.github.api import GitHubApi
from memory_agents.errors import GitHubFailure, UnreadableFile

if TYPE_CHECKING:
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


class GitHubFiles:
    """Files at the head of the default branch, through the contents and git data APIs.

    https://docs.github.com/rest/repos/contents, https://docs.github.com/rest/git/trees. One request
    answers for a folder that is absent; it serves every path below that folder.
    """

    def __init__(self, api: GitHubApi, repository: str) -> None:
        """`repository`: `owner/name`."""
        self._api = api
        self._repository = repository
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
        return await self._api.ask(what, lambda client: request(client.get_repo(self._repository)))


def _entries(repository: Repository, folder: str) -> dict[str, tuple[str, str]]:
    """Name → (type, sha) of what is in a folder."""
    contents = repository.get_contents(folder)
    entries = contents if isinstance(contents, list) else [contents]
    return {entry.name: (entry.type, entry.sha) for entry in entries}


def _files(repository: Repository, tree: str) -> list[tuple[str, str, int]]:
    """Path, sha and size in bytes of the files anywhere below a tree."""
    entries = repository.get_git_tree(tree, recursive=True).tree
    return [(entry.path, entry.sha, entry.size or 0) for entry in entries if entry.type == "blob"]
