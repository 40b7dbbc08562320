"""Maintainers' files from a working tree, for the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from memory_agents.errors import UnreadableFile


class WorkingTree:
    """RepositoryFiles below a folder of this machine."""

    def __init__(self, root: Path) -> None:
        """`root`: the top of the working tree."""
        self._root = root

    async def read(self, path: str) -> str | None:
        """See RepositoryFiles."""
        file = self._root / path
        return _text(file) if file.is_file() else None

    async def folder(self, path: str, wanted: Callable[[str], bool]) -> Mapping[str, str]:
        """See RepositoryFiles."""
        top = self._root / path
        names = sorted(file.relative_to(top).as_posix() for file in top.rglob("*") if file.is_file())
        return {name: _text(top / name) for name in names if wanted(name)}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{file} is not valid UTF-8.", fix="save it as UTF-8 text") from None
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}.", fix="check the file's permissions") from None
