"""The default provider: facts as Markdown files on a git branch, read through git itself.

One fetch a process; then only files that are new or changed since the local index was made are read.
Everything under the state folder is derived and can be thrown away.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from memory_agents.core.records import Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import MemoryFailure
from memory_agents.memory.git import Remote
from memory_agents.memory.index import IndexCorrupt, LocalIndex, SyncReport
from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.branch_copy import BranchCopy, CopyDamaged

_T = TypeVar("_T")
_PARSED_AT_ONCE = 100


class GitBranchProvider:
    """Memory that stands in files on the branch `branch` of `remote`."""

    def __init__(self, remote: Remote, branch: str, *, state: Path) -> None:
        """`state`: a folder that may be kept between runs; it is made when needed."""
        key = hashlib.sha256(f"{remote.location}\n{branch}".encode()).hexdigest()[:16]
        self._where = f"branch {branch} of {remote.location}"
        self._index_file = state / f"git-{key}" / "facts.sqlite3"
        self._copy = BranchCopy(remote, branch, state / f"git-{key}" / "repository.git")
        self._lock = asyncio.Lock()
        self._snapshot: _Snapshot | None = None
        self._failure: MemoryFailure | None = None

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        return await self._ask(lambda index: index.search(query, namespaces=namespaces, top_k=top_k))

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        return await self._ask(lambda index: index.list(namespaces=namespaces, limit=limit))

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        return await self._ask(lambda index: index.get(record_id))

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            info = await self.get_info()
        except MemoryFailure as error:
            return Health(ok=False, detail=error.message, fix=error.fix)
        if not info.version:
            return Health(ok=True, detail=f"There is no {self._where} yet.")
        return Health(
            ok=True, detail=f"{info.records} record{'s' if info.records != 1 else ''} at commit {info.version[:12]}."
        )

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        records = await self._ask(len)
        snapshot = await self._read()
        return ProviderInfo(
            provider="git",
            location=self._where,
            records=records,
            version=snapshot.commit,
            notices=snapshot.notices,
        )

    async def close(self) -> None:
        """See MemoryReader."""
        if self._snapshot is not None:
            self._snapshot.index.close()
            self._snapshot = None

    async def _ask(self, question: Callable[[LocalIndex], _T]) -> _T:
        """Ask the index; one that turns out corrupt is made anew and asked once more."""
        snapshot = await self._read()
        try:
            return question(snapshot.index)
        except IndexCorrupt as error:
            async with self._lock:
                await snapshot.rebuild(str(error))
            return question(snapshot.index)

    async def _read(self) -> _Snapshot:
        async with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._snapshot is None:
                try:
                    self._snapshot = await self._taken()
                except MemoryFailure as failure:
                    self._failure = failure  # whoever asks next would wait for the same answer
                    raise
            return self._snapshot

    async def _taken(self) -> _Snapshot:
        """The branch as it is now; a copy of it that is damaged is made anew."""
        try:
            return await self._take([])
        except CopyDamaged as damage:
            self._copy.remove()
            return await self._take([Notice(text=f"The local copy of the branch was made anew: {damage.message}.")])

    async def _take(self, notices: list[Notice]) -> _Snapshot:
        notices += await self._copy.update()
        commit = await self._copy.commit()
        entries: dict[str, str] = {}
        for path, (blob, size) in (await self._copy.files(commit)).items() if commit else ():
            if not fact_file.is_fact_path(path):
                continue
            if size > fact_file.MAX_BYTES:
                notices.append(_skipped(fact_file.too_large(path, size)))
            else:
                entries[path] = blob
        snapshot = _Snapshot(LocalIndex.open(self._index_file), self._copy, commit, entries, notices)
        try:
            await snapshot.sync()
        except BaseException:
            snapshot.index.cancel()  # a thread may be at work on it, and a deadline does not wait for threads
            raise
        return snapshot


@dataclass(slots=True)
class _Snapshot:
    """The branch as it was when this process asked, and the index of it."""

    index: LocalIndex
    copy: BranchCopy
    commit: str
    """empty where the branch does not exist"""
    entries: Mapping[str, str]
    """path → blob id of the files that are meant to be Records"""
    _found: list[Notice]
    """what was wrong before the index was asked"""
    _problems: dict[str, Notice] = field(default_factory=dict)
    """path → what is wrong with the file"""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was wrong and got around."""
        rebuilt = [Notice(text=self.index.rebuilt)] if self.index.rebuilt else []
        return (*self._found, *rebuilt, *(self._problems[path] for path in sorted(self._problems)))

    async def sync(self) -> None:
        """Bring the index in step with the branch; one that is corrupt is made anew."""
        try:
            await self._sync()
        except IndexCorrupt as error:
            await self.rebuild(str(error))

    async def rebuild(self, reason: str) -> None:
        """Throw the index away and make it anew."""
        self.index.reset(reason)
        await self._sync()

    async def _sync(self) -> None:
        known = self.index.entries()
        loaded = await self._load([path for path, blob in self.entries.items() if known.get(path) != blob])
        report: SyncReport | None = None
        while report is None:
            try:
                report = await asyncio.to_thread(self.index.sync, self.entries, loaded, version=self.commit)
            except _NotLoaded as error:  # another process changed the index meanwhile
                loaded.records.update((await self._load(error.paths)).records)
        await self._load([path for path in report.unreadable if path not in self._problems])
        for path in report.duplicates:
            self._problems[path] = _skipped(fact_file.taken(path))

    async def _load(self, paths: Sequence[str]) -> _Loaded:
        """Read and parse files; what is wrong with one is kept as its problem."""
        records: dict[str, Record | None] = {}
        for number, (path, content) in enumerate(
            (await self.copy.contents({path: self.entries[path] for path in paths})).items()
        ):
            if number % _PARSED_AT_ONCE == 0:
                await asyncio.sleep(0)  # a deadline may end it here
            try:
                records[path] = fact_file.parse(path, content)
            except fact_file.FactFileError as error:
                records[path] = None
                self._problems[path] = _skipped(error)
        return _Loaded(records)


def _skipped(error: fact_file.FactFileError) -> Notice:
    return Notice(text=f"Skipped {error.message}", fix=error.fix, partial=True, discreet=f"Skipped {error.discreet}")


class _NotLoaded(Exception):
    """The index wants Records that were not read for it."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(paths)
        self.paths = paths


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Records that were read ahead, for the index to take."""

    records: dict[str, Record | None]

    def __call__(self, paths: Sequence[str]) -> Iterable[tuple[str, Record | None]]:
        missing = [path for path in paths if path not in self.records]
        if missing:
            raise _NotLoaded(missing)
        return [(path, self.records[path]) for path in paths]
