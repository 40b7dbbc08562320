"""Events of sessions, in the same collection: for some days, and the newest of each session."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from memory_agents.memory.provider import EVENTS_KEPT, EVENTS_LIVE
from memory_agents.memory.providers import chroma_items as items

if TYPE_CHECKING:
    from memory_agents.core.records import MemoryEvent
    from memory_agents.memory.providers.chroma_items import Item
    from memory_agents.memory.providers.chroma_memory import ChromaMemory


_LOOKED_AFTER = 100
"""events after which those of their session that are too many are removed; none of them is listed before that"""


class Sessions:
    """The sessions of a collection."""

    def __init__(self, memory: ChromaMemory, size: int, clock: Callable[[], datetime]) -> None:
        """`size`: of a vector."""
        self._memory = memory
        self._size = size
        self._clock = clock
        self._lock = asyncio.Lock()
        self._waiting: dict[str, Item] = {}
        """by id"""
        self._stored: Counter[str] = Counter()
        """session → events stored by this object"""

    async def keep(self, event: MemoryEvent) -> None:
        """Keep an event, and no more of its session than are kept."""
        ends = event.created_at + EVENTS_LIVE
        if ends <= self._clock():
            return
        await self._memory.make()
        collection = self._memory.collection
        await self._add(items.event_item(event, self._size, ends))
        if not self._stored:  # the first one: what has expired, of all sessions
            expired = await collection.get(where={"ends": {"$lte": items.microseconds(self._clock())}})
            await self._remove([its.id for its in expired])
        session = items.session_key(event.actor_id, event.session_id)
        self._stored[session] += 1
        if self._stored[session] % _LOOKED_AFTER == 1:
            found = await collection.get(where={"session": session}, include=["uris"])
            found.sort(key=lambda its: (its.uri, its.id))
            await self._remove([its.id for its in found[:-EVENTS_KEPT]])

    async def _add(self, its: Item) -> None:
        """Write it, together with those that wait: a write takes as long for many as for one."""
        self._waiting.setdefault(its.id, its)
        try:
            async with self._lock:
                while its.id in self._waiting:
                    some = list(self._waiting.values())[: self._memory.collection.most]
                    await self._memory.collection.add(some)
                    for one in some:
                        self._waiting.pop(one.id, None)
        finally:
            self._waiting.pop(its.id, None)

    async def newest(self, actor_id: str, session_id: str, *, limit: int) -> list[MemoryEvent]:
        """Those that live, newest first."""
        living = (await self._living(actor_id, session_id))[:limit]
        if not living:
            return []
        found = await self._memory.collection.get(ids=living, include=["metadatas", "documents", "uris"])
        held = {its.id: its for its in found}
        events = [items.event_in(held[its]) for its in living if its in held]
        return [event for event in events if event is not None]

    async def delete(self, actor_id: str, session_id: str) -> int:
        """Forget a session; how many lived."""
        living = await self._living(actor_id, session_id)
        if await self._memory.is_there():
            every = await self._memory.collection.get(where=_of(actor_id, session_id))
            await self._remove([its.id for its in every])
        return len(living)

    async def _living(self, actor_id: str, session_id: str) -> list[str]:
        """The ids of the items, newest first."""
        if not await self._memory.is_there():
            return []
        found = await self._memory.collection.get(where=_of(actor_id, session_id), include=["uris"])
        # What is in order as text is in order in time.
        begin = items.sortable(self._clock() - EVENTS_LIVE)
        living = [its for its in found if begin < its.uri]
        living.sort(key=lambda its: its.id)
        living.sort(key=lambda its: its.uri, reverse=True)
        return [its.id for its in living[:EVENTS_KEPT]]

    async def _remove(self, ids: Sequence[str]) -> None:
        most = self._memory.collection.most
        for start in range(0, len(ids), most):
            await self._memory.collection.delete(ids[start : start + most])


def _of(actor_id: str, session_id: str) -> dict[str, str]:
    return {"session": items.session_key(actor_id, session_id)}
