"""The branch as this process sees it: at one commit, with the index of it; asked there, and written through.

One fetch a process; then only files that are new or changed since the local index was made are read.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from memory_agents.core.records import Notice
from memory_agents.errors import MemoryFailure
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.git import Remote
from memory_agents.memory.index import IndexCorrupt, LocalIndex
from memory_agents.memory.index.dense import Dense
from memory_agents.memory.index.vectors import VectorStore
from memory_agents.memory.providers.branch_changes import Standing, Write
from memory_agents.memory.providers.branch_copy import BranchCopy, CopyDamaged
from memory_agents.memory.providers.branch_snapshot import Snapshot
from memory_agents.memory.providers.branch_writing import write_to

_T = TypeVar("_T")
NEWEST_EMBEDDED = 32
"""facts that a search makes vectors of, if they have none. A count and no time, so that the same is found anywhere; a
small one, for no cache may keep facts, and a run of the action makes them anew: 13 ms each."""


class BranchView:
    """The branch `branch` of `remote`. Methods may be called concurrently from one event loop."""

    def __init__(
        self, remote: Remote, branch: str, folder: Path, *, write_seconds: float, embedder: Embedder | None
    ) -> None:
        """`folder`: for what is derived; it is made when needed. See GitBranchProvider."""
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

    async def ask(self, question: Callable[[LocalIndex], _T]) -> _T:
        """Ask the index; one that turns out corrupt is made anew and asked once more."""
        try:
            return await self._answered(question)
        except IndexCorrupt as error:
            async with self._lock:
                if self._snapshot is not None:
                    await self._snapshot.rebuild(str(error))
            return await self._answered(question)

    async def read(self) -> Snapshot:
        """The branch at the commit that is to be seen. Raises MemoryFailure, again for whoever asks next."""
        async with self._lock:
            if self._failure is not None:
                raise self._failure
            try:
                return await (self._taken() if self._snapshot is None else self._at(self._head))
            except MemoryFailure as failure:
                self._failure = failure  # whoever asks next would wait for the same answer
                raise

    async def embed_newest(self) -> None:
        """Make the vectors of facts that have none, once for each commit."""
        if self._embedder is None:
            return
        async with self._embedding:
            snapshot = await self.read()
            if snapshot is not self._embedded:
                with contextlib.suppress(IndexCorrupt):  # the search that follows finds it as well, and makes it anew
                    await asyncio.to_thread(snapshot.index.embed, NEWEST_EMBEDDED)
                self._embedded = snapshot

    async def write(
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
            added = frozenset(its for its, was in was_added.items() if was)
            return await asyncio.to_thread(decide, replace(standing, added=added))

        async with self._writing:
            self._failure = None  # what failed for a reader may work now
            try:
                return await self._written(planned)
            except CopyDamaged:
                self._copy.remove()
                self.close()
                return await self._written(planned)

    def close(self) -> None:
        """Let go of the files."""
        if self._snapshot is not None:
            self._snapshot.index.close()
            self._snapshot = None
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was wrong with the store of vectors, and got around."""
        return (Notice(text=self._vectors.rebuilt),) if self._vectors and self._vectors.rebuilt else ()

    async def _answered(self, question: Callable[[LocalIndex], _T]) -> _T:
        """What the index says of the commit that is to be seen: another process may bring it to another."""
        while True:
            snapshot = await self.read()
            with snapshot.index.at(snapshot.commit) as is_there:
                if is_there:
                    return question(snapshot.index)
            async with self._lock:
                if snapshot is self._snapshot:
                    await snapshot.sync()

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

    async def _written(self, planned: Callable[[str], Awaitable[Write]]) -> Write:
        async def begin() -> str:
            if self._snapshot is None:
                await self.read()
            return self._head

        self._head, write = await write_to(self._copy, begin, planned, seconds=self._write_seconds)
        return write
