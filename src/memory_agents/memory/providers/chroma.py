"""ChromaProvider: all memory in one collection of ChromaDB, in a folder, on a server or in its cloud.

Chroma keeps and finds; the vectors are ours and so is the ranking: its nearest are candidates.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from memory_agents.core.records import Approval, BatchResult, Health, Match, MemoryEvent, ProviderInfo, Query, Record
from memory_agents.errors import MemoryAgentsError
from memory_agents.memory.health import counted, sick, too_many
from memory_agents.memory.providers import chroma_items as items
from memory_agents.memory.providers import deciding
from memory_agents.memory.providers.chroma_embedded import EmbeddedCollection
from memory_agents.memory.providers.chroma_events import Sessions
from memory_agents.memory.providers.chroma_memory import ChromaMemory
from memory_agents.memory.providers.chroma_search import Searcher
from memory_agents.memory.providers.chroma_server import ServerCollection
from memory_agents.memory.providers.chroma_writing import Writing

if TYPE_CHECKING:
    from memory_agents.memory.embedding import Embedder
    from memory_agents.memory.providers.chroma_collection import Collection as ChromaCollection

_PAIR = re.compile(r"[0-9]{1,19}/[0-9]{1,19}")
_PAGE = 100
"""Records that a scan gives at a time"""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ChromaProvider:
    """See MemoryProvider."""

    def __init__(
        self,
        *,
        path: Path | None = None,
        url: str = "",
        token: str = "",
        tenant: str = "",
        database: str = "",
        collection: str = "memory-agents",
        embedder: Embedder,
        seconds: float = 20,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`path` is a folder of this machine, `url` a server: one of both.

        `seconds`: in which a call must be answered; one that writes many Records has as much for each part of them.
        `clock`: the time at which events expire.
        """
        if (path is None) == (not url):
            message = "ChromaProvider takes a path or a url, one of both"
            raise ValueError(message)
        place: ChromaCollection = (
            EmbeddedCollection(path, collection)
            if path is not None
            else ServerCollection(url, collection, token=token, tenant=tenant, database=database)
        )
        self._memory = ChromaMemory(place, collection, model=embedder.model, seconds=seconds)
        self._searcher = Searcher(self._memory, embedder, clock)
        self._sessions = Sessions(self._memory, embedder.size, clock)
        self._writing = Writing(self._memory, embedder)
        self._lock = asyncio.Lock()
        """held while something is decided and written"""

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        async with self._memory.deadline():
            covered = await self._memory.covered(namespaces)
            return await self._searcher.search(query, covered, top_k) if covered else []

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        async with self._memory.deadline():
            covered = await self._memory.covered(namespaces)
            if not covered:
                return []
            where = {"namespace": {"$in": covered}}
            found = await self._memory.collection.get(where=where, include=["uris"])
            found.sort(key=lambda its: its.id)
            found.sort(key=lambda its: its.uri, reverse=True)
            return list((await self._memory.records([its.id for its in found[:limit]])).values())

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        async with self._memory.deadline():
            return (await self._memory.records([record_id])).get(record_id)

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader."""
        async with self._memory.deadline():
            notes = await self._memory.notes(items.APART)
        pairs = [tuple(map(int, its.split("/"))) for its in notes if _PAIR.fullmatch(its)]
        return frozenset((one, other) for one, other in pairs)

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            async with self._memory.deadline():
                is_there = await self._memory.is_there(anew=True)
            count = len(await self._ids()) if is_there else 0
        except MemoryAgentsError as error:
            return sick(error)
        what = f"answers and holds {counted(count)}" if is_there else "answers; nothing is kept there yet"
        return Health(ok=True, detail=f"ChromaDB at {self._memory.collection.location} {what}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        count = len(await self._ids())
        location = self._memory.collection.location
        return ProviderInfo(
            provider="chromadb",
            location=location,
            records=count,
            is_new=not count,
            notices=(*too_many(count), *self._memory.notices()),
        )

    async def close(self) -> None:
        """See MemoryReader."""
        await self._memory.close()

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """See MemoryProvider."""
        ids = list(dict.fromkeys([*(record.id for record in records), *removing]))
        if not ids:
            return BatchResult()
        async with self._lock:
            async with self._memory.deadline():
                await self._memory.make()
                known = await self._memory.records(ids)
                forgotten = await self._memory.noted_of(items.FORGOTTEN, ids)
                leaving = await self._memory.noted_of(items.LEAVING, ids)
            decided = deciding.storing(
                records, known=known, forgotten=forgotten, update=update, removing=removing, leaving=leaving
            )
            held = known.keys() | self._memory.damaged
            return await self._writing.store(decided, approval, known=held, leaving=leaving)

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """See MemoryProvider."""
        async with self._lock:
            async with self._memory.deadline():
                known = await self._memory.records(list(dict.fromkeys(ids)))
            result = deciding.forgetting(ids, known=known.keys() | self._memory.damaged)
            await self._writing.forget(result.removed, approval)
        return result

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:
        """See MemoryProvider."""
        async with self._lock:
            await self._make(ids)
            await self._writing.forget(list(dict.fromkeys(ids)), approval)

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """See MemoryProvider."""
        ordered = sorted({(min(pair), max(pair)) for pair in pairs if 0 < min(pair) < max(pair)})
        async with self._lock:
            await self._make(ordered)
            await self._writing.note([f"{items.APART}{one}/{other}" for one, other in ordered], approval)

    async def store_event(self, event: MemoryEvent) -> None:
        """See MemoryProvider."""
        async with self._memory.deadline():
            await self._sessions.keep(event)

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """See MemoryProvider."""
        async with self._memory.deadline():
            return await self._sessions.newest(actor_id, session_id, limit=limit)

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """See MemoryProvider."""
        async with self._memory.deadline():
            return await self._sessions.delete(actor_id, session_id)

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """See MemoryProvider. What is stored meanwhile is left out, and so is what is removed."""
        ids = await self._ids()
        for start in range(0, len(ids), _PAGE):
            async with self._memory.deadline():
                records = await self._memory.records(ids[start : start + _PAGE])
            yield list(records.values())

    async def forgotten_ids(self) -> frozenset[str]:
        """See MemoryProvider."""
        async with self._memory.deadline():
            return frozenset(await self._memory.notes(items.FORGOTTEN))

    async def _ids(self) -> list[str]:
        """Of all Records."""
        async with self._memory.deadline():
            is_there = await self._memory.is_there()
            found = await self._memory.collection.get(where={"kind": "record"}) if is_there else []
        return [its.id for its in found]

    async def _make(self, wanted: Collection[object]) -> None:
        """Make the collection where something is wanted to be written."""
        if wanted:
            async with self._memory.deadline():
                await self._memory.make()
