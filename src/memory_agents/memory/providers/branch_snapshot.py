"""The memory branch as it stands at one commit, and the search index of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from memory_agents.core.records import Notice, Record
from memory_agents.memory.index import IndexCorrupt, LocalIndex, SyncReport
from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.branch_changes import Standing
from memory_agents.memory.providers.branch_copy import BranchCopy

_PARSED_AT_ONCE = 100


@dataclass(slots=True)
class Snapshot:
    """The branch as it was when this process asked, and the index of it."""

    index: LocalIndex
    copy: BranchCopy
    commit: str
    """empty where the branch does not exist"""
    files: Mapping[str, str]
    """path → blob id of all files"""
    entries: Mapping[str, str]
    """those of them that are meant to be Records"""
    _found: Sequence[Notice] = ()
    """what was wrong before the index was asked"""
    _problems: dict[str, Notice] = field(default_factory=dict)
    """path → what is wrong with the file"""
    _ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """path and blob id → the id that such a file states, of files that this snapshot has not"""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was wrong and got around."""
        rebuilt = [Notice(text=self.index.rebuilt)] if self.index.rebuilt else []
        return (*self._found, *rebuilt, *(self._problems[path] for path in sorted(self._problems)))

    @classmethod
    async def take(cls, commit: str, copy: BranchCopy, index: LocalIndex, notices: Sequence[Notice]) -> Snapshot:
        """The branch at `commit`, which the copy has; `index` is brought in step with it. Raises MemoryFailure."""
        found = list(notices)
        files = await copy.files(commit) if commit else {}
        entries = {}
        for path, (blob, size) in files.items():
            if not fact_file.is_fact_path(path):
                continue
            if size > fact_file.MAX_BYTES:
                found.append(_skipped(fact_file.too_large(path, size)))
            else:
                entries[path] = blob
        snapshot = cls(index, copy, commit, {path: blob for path, (blob, _) in files.items()}, entries, found)
        await snapshot.sync()
        return snapshot

    async def standing(self, ids: Collection[str], commit: str) -> Standing:
        """What the branch holds of the ids at `commit`, an older or newer one; the index stays where it is.

        The index knows the ids of the files that are the same in both; only the others are read.
        """
        files = self.files
        if commit != self.commit:
            files = {path: blob for path, (blob, _) in (await self.copy.files(commit)).items()} if commit else {}
        known = {path: blob for path, blob in self.entries.items() if files.get(path) == blob}
        said = {(its, path) for its, paths in (await self._keys(ids)).items() for path in paths if path in known}
        said |= await self._stated({path: blob for path, blob in files.items() if path not in known}, ids)
        wanted = frozenset(ids)
        named = {(its, path) for path in files for its in wanted.intersection(fact_file.ids_in_name(path))} - said
        contents = await self.copy.contents({path: files[path] for _, path in (*said, *named)})
        held: dict[str, dict[str, bytes]] = {}
        for its, path in sorted(said | named):
            if (its, path) in said or not fact_file.stated_id(path, contents[path]):
                held.setdefault(its, {})[path] = contents[path]
        return Standing(is_there=bool(commit), paths=files.keys(), files=held)

    async def _keys(self, ids: Collection[str]) -> Mapping[str, Collection[str]]:
        """id → paths of the files of this snapshot that hold it."""
        while True:
            try:
                version, keys = self.index.keys(ids)
            except IndexCorrupt as error:
                await self.rebuild(str(error))
                continue
            if version == self.commit:
                return keys
            await self.sync()  # another process has it in step with another commit

    async def _stated(self, files: Mapping[str, str], ids: Collection[str]) -> set[tuple[str, str]]:
        """(id, path) of the files, path → blob id, that state one of the ids; each is read once."""
        files = {path: blob for path, blob in files.items() if fact_file.is_fact_path(path)}
        unread = {path: blob for path, blob in files.items() if (path, blob) not in self._ids}
        for path, content in (await self.copy.contents(unread)).items():
            self._ids[path, unread[path]] = fact_file.stated_id(path, content)
        return {(its, path) for path, blob in files.items() if (its := self._ids[path, blob]) in ids}

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
