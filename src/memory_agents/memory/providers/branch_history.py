"""The whole history of a memory branch, and the same history without one fact.

Every commit that had the fact, and every one after it, is made anew with the same author, committer, dates, message,
parents and all other files; the commits before stay the very same. A signature does not survive that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.branch_commit import quoted_path
from memory_agents.memory.providers.branch_copy import BranchCopy

_STATED = re.compile(rb"""(?m)^id:[ \t]*["']?([a-z0-9_-]{8,64})["']?[ \t\r]*$""")
_KEPT_HEADERS = (b"author ", b"committer ", b"encoding ")
_REF = "refs/memory-agents/rewriting"
_NOTHING = "0" * 40
_OUR_NOTES = ("meta/forgotten/", "meta/not-duplicates/")
"""say who said so, as facts do: git may take one for a fact that was moved"""

Version = tuple[str, str]
"""path and blob id of a file, as some commit had it"""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a commit did to one file."""

    old: Version
    new: Version
    """the blob id is zeros where there is no file"""
    mode: str


@dataclass(frozen=True, slots=True)
class History:
    """A branch from its first commit to `head`."""

    head: str
    parents: Mapping[str, tuple[str, ...]]
    """commit → its parents; a parent stands before its children"""
    changes: Mapping[str, tuple[tuple[_Entry, ...], ...]]
    """commit → what it did, for each of its parents; a first commit has one that is empty"""
    contents: Mapping[str, bytes]
    """blob id → content of all files that there ever were"""

    def versions(self, record_id: str) -> frozenset[Version]:
        """All files that ever were the fact: by what they say, by their names, and by where they came from.

        A file that says no id is the same fact as the file that it was made from, or moved from by hand.
        """
        near: dict[Version, set[Version]] = {}
        same: dict[str, set[Version]] = {}
        for entry in self._entries():
            near.setdefault(entry.new, set()).add(entry.old)
            near.setdefault(entry.old, set()).add(entry.new)
        for version in near:
            if self.contents.get(version[1], b"").strip() and not version[0].startswith(_OUR_NOTES):
                same.setdefault(version[1], set()).add(version)
        stated = {version: self._stated(version) for versions in same.values() for version in versions}
        found: set[Version] = set()
        left = {version for version, its in stated.items() if _is_of(record_id, version, its)}
        while left:
            version = left.pop()
            found.add(version)
            left |= {v for v in (near[version] | same[version[1]]) - found if stated.get(v) in {"", record_id}}
        return frozenset(found)

    def rewritten(self, versions: Collection[Version]) -> tuple[str, ...]:
        """The commits that have one of the versions, or come after one that has; in order."""
        dirty: dict[str, None] = {}
        for commit, parents in self.parents.items():
            introduces = any(entry.new in versions for entries in self.changes[commit] for entry in entries)
            if introduces or any(parent in dirty for parent in parents):
                dirty[commit] = None
        return tuple(dirty)

    def stream(self, versions: Collection[Version], raw: Mapping[str, bytes]) -> bytes:
        """What git-fast-import reads to make the rewritten commits, and to print the last one's id.

        `raw`: commit → its object, of those that are rewritten.
        """
        marks = {commit: f":{number}" for number, commit in enumerate(self.rewritten(versions), start=1)}
        parts: list[bytes] = []
        for commit, mark in marks.items():
            parents = [marks.get(parent, parent) for parent in self.parents[commit]]
            head, _, said = raw[commit].partition(b"\n\n")
            headers = [line for line in head.split(b"\n") if line.startswith(_KEPT_HEADERS)]
            parts += [] if parents else [f"reset {_REF}\n\n".encode()]
            parts += [f"commit {_REF}\nmark {mark}\n".encode(), *(line + b"\n" for line in headers)]
            parts.append(b"data %d\n%b\n" % (len(said), said))
            parts += [f"{word} {parent}\n".encode() for word, parent in zip(_words(), parents, strict=False)]
            parts += [*_lines(self.changes[commit][0], versions), b"\n"]
        parts.append(f"get-mark {marks[self.head]}\nreset {_REF}\nfrom {_NOTHING}\n\ndone\n".encode())
        return b"".join(parts)

    def _entries(self) -> Iterator[_Entry]:
        for changes in self.changes.values():
            for entries in changes:
                yield from entries

    def _stated(self, version: Version) -> str:
        path, blob = version
        content = self.contents[blob]
        found = _STATED.search(content[: fact_file.MAX_BYTES]) if content.startswith(b"---") else None
        return fact_file.stated_id(path, content) or (found[1].decode() if found else "")


def _is_of(record_id: str, version: Version, stated: str) -> bool:
    path, _ = version
    if stated:
        return stated == record_id
    return record_id in fact_file.ids_in_name(path) or fact_file.derived_id(path) == record_id


def _words() -> Iterator[str]:
    yield "from"
    while True:
        yield "merge"


def _lines(entries: Sequence[_Entry], versions: Collection[Version]) -> Iterator[bytes]:
    """Changes of files for git-fast-import; the fact is deleted wherever it is or would come to be."""
    kept = [entry for entry in entries if entry.new[1] != _NOTHING and entry.new not in versions]
    # What goes, goes first: files may have changed places.
    for path in sorted({path for entry in entries for path, _ in (entry.old, entry.new)}):
        yield b"D " + quoted_path(path) + b"\n"
    for entry in kept:
        yield f"M {entry.mode} {entry.new[1]} ".encode() + quoted_path(entry.new[0]) + b"\n"


async def read(copy: BranchCopy, head: str) -> History:
    """Read the history of the commit `head`, all of which the copy has. Raises CopyDamaged."""
    lines = (await copy.run("rev-list", "--topo-order", "--reverse", "--parents", head)).decode().splitlines()
    parents = {commit: tuple(its) for commit, *its in (line.split() for line in lines)}
    asked = [f"{commit} {parent}".strip() for commit, its in parents.items() for parent in its or ("",)]
    options = ("--stdin", "--always", "-r", "--root", "--raw", "-z", "-M", "--no-abbrev")
    said = await copy.run("diff-tree", *options, stdin="".join(f"{line}\n" for line in asked).encode())
    changes: dict[str, list[tuple[_Entry, ...]]] = {}
    for commit, entries in _parsed(said.decode("utf-8", "surrogateescape").split("\0")[:-1]):
        changes.setdefault(commit, []).append(entries)
    blobs = {e.new[1]: e.new[1] for its in changes.values() for one in its for e in one if e.mode[:3] in ("100", "120")}
    return History(head, parents, {commit: tuple(its) for commit, its in changes.items()}, await copy.contents(blobs))


def _parsed(tokens: Sequence[str]) -> Iterator[tuple[str, tuple[_Entry, ...]]]:
    """(commit, what it did) for each comparison: see git-diff-tree(1), raw output."""
    commit = ""
    entries: list[_Entry] = []
    rest = iter(tokens)
    for token in rest:
        if not token.startswith(":"):
            if commit:
                yield commit, tuple(entries)
            commit, entries = token, []
            continue
        _, mode, old, new, status = token[1:].split(" ")
        path = next(rest)
        entries.append(_Entry((path, old), (next(rest) if status[0] in "RC" else path, new), mode))
    if commit:
        yield commit, tuple(entries)
