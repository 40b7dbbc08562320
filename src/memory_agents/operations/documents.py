"""Files of this working tree that hold rules, and where a reader of a fact finds them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from memory_agents.core.fences import one_line
from memory_agents.errors import UsageError
from memory_agents.memory import git

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file and what it says."""

    path: str
    """from the top of the working tree, with `/`"""
    text: str
    url: str = ""
    """of the very text on the repository's server; empty where it is not committed, or not known"""

    def link(self, line: int) -> str:
        """The page of one of its lines, counted from 1; `plain` shows lines of Markdown."""
        return f"{self.url}?plain=1#L{line}" if self.url else ""


def read(names: Sequence[str], *, folder: Path, top: Path) -> tuple[DocumentFile, ...]:
    """Read files, named as a person in `folder` does; one that is named twice, or linked to, is one.

    `top`: of the working tree. Raises UsageError where one cannot be read.
    """
    found = {(folder / name).resolve(): name for name in names}
    return tuple(DocumentFile(_path(file, top.resolve(), name), _text(file, name)) for file, name in found.items())


async def with_links(files: Sequence[DocumentFile], *, top: Path, repository_url: str) -> tuple[DocumentFile, ...]:
    """The same, with the pages of those that the current commit holds as they are."""
    commit = await _commit(top)
    return tuple(
        [
            replace(file, url=f"{repository_url}/blob/{commit}/{quote(file.path)}")
            if commit and await _is_committed(file.path, top)
            else file
            for file in files
        ]
    )


def _path(file: Path, top: Path, name: str) -> str:
    if not file.is_relative_to(top):
        raise UsageError(f"{one_line(name)} is not in {top}.", fix="run in the repository that it belongs to")
    return file.relative_to(top).as_posix()


def _text(file: Path, name: str) -> str:
    shown = one_line(name)
    if file.is_dir():
        raise UsageError(f"{shown} is a folder.", fix="name the files in it")
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"There is no file {shown}.", fix="correct its name") from None
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}.", fix="correct its permissions") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"{shown} has more than {MAX_BYTES:,} bytes.", fix="import a document for people, or a part")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is not valid UTF-8.", fix="save it as UTF-8 text") from None
    if "\0" in text:
        raise UsageError(f"{shown} is no text.", fix="import a document for people")
    return text


async def _commit(top: Path) -> str:
    """The commit that is checked out; empty where there is none."""
    try:
        return (await git.run(["rev-parse", "--verify", "--quiet", "HEAD"], cwd=top)).decode().strip()
    except git.GitError:
        return ""


async def _is_committed(path: str, top: Path) -> bool:
    """Whether the commit holds the file as it is."""
    status = ["status", "--porcelain", "--ignored", "--untracked-files=all", "--", f":(literal){path}"]
    try:
        return not await git.run(status, cwd=top)
    except git.GitError:
        return False
