"""The default provider: facts as Markdown files on a git branch, read through git itself.

One fetch a process into a bare repository of our own, under the state folder; then only files that
are new or changed since the local index was made are read. Everything under the state folder is
derived and can be thrown away.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory_agents.core.records import Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import MemoryFailure
from memory_agents.memory import git
from memory_agents.memory.index import LocalIndex
from memory_agents.memory.providers import fact_file

_REF = "refs/memory-agents/head"
_REGULAR_FILES = frozenset({"100644", "100755"})
_PARSED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The branch as it was when this process first asked."""

    index: LocalIndex
    commit: str
    """empty where the branch does not exist"""
    notices: tuple[Notice, ...]


class GitBranchProvider:
    """Memory that stands in files on the branch `branch` of `remote`."""

    def __init__(self, remote: git.Remote, branch: str, *, state: Path) -> None:
        """`state`: a folder that may be kept between runs; it is made when needed."""
        self._remote = remote
        self._branch = branch
        key = hashlib.sha256(f"{remote.location}\n{branch}".encode()).hexdigest()[:16]
        self._folder = state / f"git-{key}"
        self._lock = asyncio.Lock()
        self._snapshot: _Snapshot | None = None

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        return (await self._read()).index.search(query, namespaces=namespaces, top_k=top_k)

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        return (await self._read()).index.list(namespaces=namespaces, limit=limit)

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        return (await self._read()).index.get(record_id)

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            snapshot = await self._read()
        except MemoryFailure as error:
            return Health(ok=False, detail=error.message, fix=error.fix)
        if not snapshot.commit:
            return Health(ok=True, detail=f"There is no branch `{self._branch}` yet at {self._remote.location}.")
        return Health(ok=True, detail=f"{len(snapshot.index)} records at commit {snapshot.commit[:12]}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        snapshot = await self._read()
        return ProviderInfo(
            provider="git",
            location=f"branch {self._branch} of {self._remote.location}",
            records=len(snapshot.index),
            version=snapshot.commit,
            notices=snapshot.notices,
        )

    async def close(self) -> None:
        """See MemoryReader."""
        if self._snapshot is not None:
            self._snapshot.index.close()
            self._snapshot = None

    async def _read(self) -> _Snapshot:
        async with self._lock:
            if self._snapshot is None:
                self._snapshot = await self._take_snapshot()
            return self._snapshot

    async def _take_snapshot(self) -> _Snapshot:
        repository = self._folder / "repository.git"
        if not (repository / "HEAD").exists():
            repository.mkdir(parents=True, exist_ok=True)
            await git.run(["init", "--quiet", "--bare", "."], cwd=repository)
        stale = await self._fetch(repository)
        commit = await self._commit(repository)
        entries, too_large = await self._entries(repository) if commit else ({}, [])
        index = LocalIndex.open(self._folder / "facts.sqlite3")
        try:
            return await self._synced(index, repository, commit, entries, [*stale, *too_large])
        except BaseException:
            index.close()
            raise

    async def _synced(
        self, index: LocalIndex, repository: Path, commit: str, entries: Mapping[str, str], notices: list[Notice]
    ) -> _Snapshot:
        wanted = index.stale(entries)
        records: dict[str, Record] = {}
        problems: dict[str, str] = {}
        contents = await self._contents(repository, {path: entries[path] for path in wanted})
        for number, (path, content) in enumerate(contents.items()):
            if number % _PARSED_AT_ONCE == 0:
                await asyncio.sleep(0)  # a deadline may end it here
            try:
                records[path] = fact_file.parse(path, content)
            except fact_file.FactFileError as error:
                problems[path] = str(error)
        unreadable = await asyncio.to_thread(index.sync, entries, records, problems, version=commit)
        if index.rebuilt:
            notices.append(Notice(text=index.rebuilt))
        notices += (Notice(text=f"Skipped {problem}", partial=True) for problem in unreadable)
        return _Snapshot(index=index, commit=commit, notices=tuple(notices))

    async def _fetch(self, repository: Path) -> list[Notice]:
        """Bring the branch's newest commit; with an older copy at hand, a failure is only a notice."""
        source = f"+refs/heads/{self._branch}:{_REF}"
        args = ["fetch", "--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head", "--no-recurse-submodules"]
        for attempt in range(20):
            try:
                await git.run(
                    [*args, "--", self._remote.location, source],
                    cwd=repository,
                    configuration=self._remote.configuration(),
                )
            except git.GitError as error:
                if "couldn't find remote ref" in error.stderr:
                    await git.run(["update-ref", "-d", _REF], cwd=repository)
                    return []
                if ".lock': File exists" in error.stderr and attempt < 19:  # noqa: PLR2004
                    await asyncio.sleep(random.uniform(0.05, 0.25))  # noqa: S311 -- another process fetches too
                    continue
                failure = git.failure(error, self._remote)
                if not await self._commit(repository):
                    raise failure from None
                text = f"{failure.message} The copy of an earlier run is used."
                return [Notice(text=text, fix=failure.fix, partial=True)]
            return []
        return []

    async def _commit(self, repository: Path) -> str:
        try:
            return (await git.run(["rev-parse", "--verify", "--quiet", _REF], cwd=repository)).decode().strip()
        except git.GitError:
            return ""

    async def _entries(self, repository: Path) -> tuple[dict[str, str], list[Notice]]:
        """path → blob id of the files that are meant to be Records."""
        listing = await git.run(["ls-tree", "-r", "-z", "--long", _REF], cwd=repository)
        entries: dict[str, str] = {}
        too_large: list[Notice] = []
        for line in listing.split(b"\0")[:-1]:
            facts, _, raw_path = line.partition(b"\t")
            mode, _, blob, size = facts.decode().split()
            path = raw_path.decode(errors="replace")
            if mode not in _REGULAR_FILES or not fact_file.is_fact_path(path):
                continue
            if int(size) > fact_file.MAX_BYTES:
                problem = f"Skipped {path}: it has {size} bytes; at most {fact_file.MAX_BYTES} are read."
                too_large.append(Notice(text=problem, fix="shorten the file on the memory branch", partial=True))
            else:
                entries[path] = blob
        return entries, too_large

    async def _contents(self, repository: Path, blobs: Mapping[str, str]) -> dict[str, bytes]:
        """path → content, in one call of git; see git-cat-file(1), batch output."""
        if not blobs:
            return {}
        asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
        output = await git.run(["cat-file", "--batch"], cwd=repository, stdin=asked)
        contents: dict[str, bytes] = {}
        at = 0
        for path in blobs:
            end = output.index(b"\n", at)
            size = int(output[at:end].split()[2])
            contents[path] = output[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return contents
