"""The default provider: facts as Markdown files on a git branch, read and written through git itself.

One fetch a process; then only files that are new or changed since the local index was made are read.
A write is one commit, pushed only onto the head that it was made for. Everything under the state folder is
derived and can be thrown away.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from memory_agents.core.records import Approval, BatchResult, Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import MemoryFailure
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.git import Remote
from memory_agents.memory.health import sick, too_many
from memory_agents.memory.index import IndexCorrupt, LocalIndex
from memory_agents.memory.index.dense import Dense
from memory_agents.memory.index.vectors import VectorStore
from memory_agents.memory.providers import branch_changes
from memory_agents.memory.providers.branch_changes import Standing, Write
from memory_agents.memory.providers.branch_copy import BranchCopy, CopyDamaged
from memory_agents.memory.providers.branch_snapshot import Snapshot
from memory_agents.memory.providers.branch_writing import write_to

_T = TypeVar("_T")
NEWEST_EMBEDDED = 32
"""facts that a search makes vectors of, if they have none. A count and no time, so that the same is found anywhere; a
small one, for no cache may keep facts, and a run of the action makes them anew: 13 ms each."""
WRITE_SECONDS = 60.0
"""for one write, however many others write at the same time"""


def folder_of(remote: Remote, branch: str, state: Path) -> Path:
    """Where all that is derived from the branch is kept on this machine."""
    key = hashlib.sha256(f"{remote.location}\n{branch}".encode()).hexdigest()[:16]
    return state / f"git-{key}"


class GitBranchProvider:
    """Memory that stands in files on the branch `branch` of `remote`."""

    def __init__(
        self,
        remote: Remote,
        branch: str,
        *,
        state: Path,
        write_seconds: float = WRITE_SECONDS,
        embedder: Embedder | None = None,
    ) -> None:
        """`state`: a folder that may be kept between runs; it is made when needed.

        `embedder`: None searches by words alone.
        """
        folder = folder_of(remote, branch, state)
        self._where = f"branch {branch} of {remote.location}"
        self._index_file = folder / "facts.sqlite3"
        self._vectors_file = folder / "vectors.sqlite3"
        self._embedder = embedder
        self._vectors: VectorStore | None = None
        self._copy = BranchCopy(remote, branch, folder / "repository.git")
        self._write_seconds = write_seconds
        self._lock = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._embedding = asyncio.Lock()
        self._embedded: Snapshot | None = None
        """whose facts have their vectors"""
        self._snapshot: Snapshot | None = None
        self._head = ""
        """the commit that a reader is to see"""
        self._failure: MemoryFailure | None = None

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        await self._embed_newest()
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
            return sick(error)
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
            notices=(*snapshot.notices, *self._of_vectors(), *too_many(records)),
        )

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """See MemoryProvider."""
        ids = [*(record.id for record in records), *removing]

        def decide(standing: Standing) -> Write:
            return branch_changes.storing(records, standing, approval=approval, update=update, removing=removing)

        sought = {record.id for record in records} - set(update)
        return (await self._write(decide, ids, sought=sought)).result

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """See MemoryProvider."""

        def decide(standing: Standing) -> Write:
            return branch_changes.forgetting(ids, standing, approval=approval)

        return (await self._write(decide, ids, sought=ids)).result

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """See MemoryProvider."""
        await self._write(lambda standing: branch_changes.setting_apart(pairs, standing, approval=approval))

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryProvider."""
        return branch_changes.pairs_apart((await self._read()).files)

    async def ensure_branch(self, approval: Approval) -> bool:
        """Make the branch, with a README for people, if there is none; whether it was made now."""
        return bool((await self._write(lambda standing: branch_changes.creating(standing, approval))).change)

    async def close(self) -> None:
        """See MemoryReader."""
        if self._snapshot is not None:
            self._snapshot.index.close()
            self._snapshot = None
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    async def _ask(self, question: Callable[[LocalIndex], _T]) -> _T:
        """Ask the index; one that turns out corrupt is made anew and asked once more."""
        try:
            return await self._answered(question)
        except IndexCorrupt as error:
            async with self._lock:
                if self._snapshot is not None:
                    await self._snapshot.rebuild(str(error))
            return await self._answered(question)

    async def _answered(self, question: Callable[[LocalIndex], _T]) -> _T:
        """What the index says of the commit that is to be seen: another process may bring it to another."""
        while True:
            snapshot = await self._read()
            with snapshot.index.at(snapshot.commit) as is_there:
                if is_there:
                    return question(snapshot.index)
            async with self._lock:
                if snapshot is self._snapshot:
                    await snapshot.sync()

    async def _read(self) -> Snapshot:
        async with self._lock:
            if self._failure is not None:
                raise self._failure
            try:
                return await (self._taken() if self._snapshot is None else self._at(self._head))
            except MemoryFailure as failure:
                self._failure = failure  # whoever asks next would wait for the same answer
                raise

    async def _taken(self) -> Snapshot:
        """The branch as it is now; a copy of it that is damaged is made anew."""
        try:
            return await self._newest([])
        except CopyDamaged as damage:
            self._copy.remove()
            return await self._newest([Notice(text=f"The local copy of the branch was made anew: {damage.message}.")])

    async def _newest(self, notices: list[Notice]) -> Snapshot:
        notices += await self._copy.update()
        self._head = await self._copy.commit()
        return await self._at(self._head, notices)

    async def _at(self, commit: str, notices: Sequence[Notice] = ()) -> Snapshot:
        """The branch at `commit`."""
        if self._snapshot is not None and self._snapshot.commit == commit:
            return self._snapshot
        index = self._snapshot.index if self._snapshot else LocalIndex.open(self._index_file, self._dense())
        try:
            self._snapshot = await Snapshot.take(commit, self._copy, index, notices)
        except BaseException:
            index.cancel()  # a thread may be at work on it, and a deadline does not wait for threads
            self._snapshot = None
            raise
        return self._snapshot

    def _dense(self) -> Dense | None:
        if self._embedder is None:
            return None
        self._vectors = self._vectors or VectorStore.open(self._vectors_file, self._embedder.model)
        return Dense(self._vectors, self._embedder)

    def _of_vectors(self) -> tuple[Notice, ...]:
        return (Notice(text=self._vectors.rebuilt),) if self._vectors and self._vectors.rebuilt else ()

    async def _embed_newest(self) -> None:
        """Make the vectors of facts that have none, once for each commit."""
        if self._embedder is None:
            return
        async with self._embedding:
            snapshot = await self._read()
            if snapshot is not self._embedded:
                with contextlib.suppress(IndexCorrupt):  # the search that follows finds it as well, and makes it anew
                    await asyncio.to_thread(snapshot.index.embed, NEWEST_EMBEDDED)
                self._embedded = snapshot

    async def _write(
        self, decide: Callable[[Standing], Write], ids: Collection[str] = (), *, sought: Collection[str] = ()
    ) -> Write:
        """Write what `decide` says of what the branch holds of the ids, and of their history those that are `sought`.

        History is looked up once: whoever adds a file and deletes it while this call tries again is not seen.
        """
        was_added: dict[str, bool] = {}

        async def planned(commit: str) -> Write:
            async with self._lock:
                standing = await (self._snapshot or await self._taken()).standing(ids, commit)
            unknown = {its for its in sought if not (its in standing.files or standing.is_forgotten(its))}
            unknown -= was_added.keys()
            found = await self._copy.added(unknown, commit)
            was_added.update({its: its in found for its in unknown})
            return decide(replace(standing, added=[its for its, was in was_added.items() if was]))

        async with self._writing:
            self._failure = None  # what failed for a reader may work now
            try:
                return await self._written(planned)
            except CopyDamaged:
                self._copy.remove()
                await self.close()
                return await self._written(planned)

    async def _written(self, planned: Callable[[str], Awaitable[Write]]) -> Write:
        async def begin() -> str:
            if self._snapshot is None:
                await self._read()
            return self._head

        self._head, write = await write_to(self._copy, begin, planned, seconds=self._write_seconds)
        return write
