"""Which Records are about the files that an event touches.

The paths of a Fact are globs. A past review comment stands on one file: its path is taken as it is
(`pages/[id].tsx` is no glob there), and comments in the same folder are related to it too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING, Self

from memory_agents.core import namespaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from memory_agents.core.records import Record

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Touched:
    """The files that an event touches."""

    files: tuple[str, ...]
    """distinct, sorted"""
    folders: frozenset[str]
    """of the files, without the root: to stand there together says nothing"""

    @classmethod
    def of(cls, paths: Iterable[str]) -> Self:
        """The files at `paths`, relative to the root of the repository."""
        files = {path.strip("/") for path in paths}
        return cls(tuple(sorted(files)), frozenset(map(folder, files)) - {""})

    def path_of(self, record: Record) -> str:
        """The first of the paths of `record` that is or covers a file, or ''."""
        is_met = self._has if is_past(record) else self._is_covered
        return next((path for path in record.paths if is_met(path)), "")

    def folder_of(self, record: Record) -> str:
        """The folder that the file of a past item shares with one that is touched, or ''."""
        folders = map(folder, record.paths if is_past(record) else ())
        return next((found for found in folders if found in self.folders), "")

    def _has(self, path: str) -> bool:
        place = bisect_left(self.files, path)
        return place < len(self.files) and self.files[place] == path

    def _is_covered(self, glob: str) -> bool:
        start = _WILD.split(glob, maxsplit=1)[0].lstrip("/") if "/" in glob else ""
        alike = takewhile(lambda path: path.startswith(start), self.files[bisect_left(self.files, start) :])
        return any(path_matches(path, glob) for path in alike)


def is_past(record: Record) -> bool:
    """Whether it is an item of the tracker's past rather than a Fact."""
    return record.namespace.startswith(namespaces.HISTORY_PREFIX)


def folder(path: str) -> str:
    """`src/` of `src/x.py`; '' at the root."""
    return path[: path.rfind("/") + 1]


def path_matches(path: str, glob: str) -> bool:
    """Whether `glob` covers `path`: `*` stays within a folder, `**` crosses folders.

    A glob without `/` is a file name at any depth, and one that ends in `/` is everything below.
    """
    if "/" not in glob:
        return fnmatchcase(path.rpartition("/")[2], glob)
    pattern = (glob + "**" if glob.endswith("/") else glob).strip("/").split("/")
    return _segments_match(path.strip("/").split("/"), pattern)


def _segments_match(segments: Sequence[str], pattern: Sequence[str]) -> bool:
    """Match as one matches wildcards: on a miss the last `**` takes one segment more; never exponential."""
    at = wanted = 0
    retry_at, retry_wanted = 0, -1
    while at < len(segments):
        if wanted < len(pattern) and pattern[wanted] == "**":
            retry_at, retry_wanted = at, wanted
            wanted += 1
        elif wanted < len(pattern) and fnmatchcase(segments[at], pattern[wanted]):
            at += 1
            wanted += 1
        elif retry_wanted >= 0:
            retry_at += 1
            at, wanted = retry_at, retry_wanted + 1
        else:
            return False
    return all(segment == "**" for segment in pattern[wanted:])
