"""InMemoryProvider: a whole provider in the memory of this process, to compare others with and to test with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from memory_agents.core import namespaces as names
from memory_agents.core import ranking
from memory_agents.core.records import Approval, BatchResult, Health, Match, MemoryEvent, ProviderInfo, Query, Record
from memory_agents.memory.health import too_many
from memory_agents.memory.provider import EVENTS_KEPT, EVENTS_LIVE
from memory_agents.memory.providers import deciding

_PAGE = 100
"""Records that a scan gives at a time"""


@dataclass(slots=True)
class InMemoryStore:
    """What is kept: providers that are given the same one share a memory."""

    records: dict[str, Record] = field(default_factory=dict)
    """by id"""
    forgotten: set[str] = field(default_factory=set)
    """ids"""
    apart: set[tuple[int, int]] = field(default_factory=set)
    """pairs of issues, the smaller number first"""
    events: dict[tuple[str, str], dict[str, MemoryEvent]] = field(default_factory=dict)
    """actor and session → id → event"""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class InMemoryProvider:
    """See MemoryProvider. No method waits for anything, so each is one step for whoever else runs."""

    def __init__(self, store: InMemoryStore | None = None, *, clock: Callable[[], datetime] = _utc_now) -> None:
        """`store`: None keeps a memory of its own. `clock`: the time at which events expire."""
        self.store = store or InMemoryStore()
        self._clock = clock

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        return ranking.rank(query, self._of(namespaces), top_k=top_k)

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        found = sorted(self._of(namespaces), key=lambda record: record.id)
        return sorted(found, key=lambda record: record.created_at, reverse=True)[:limit]

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        return self.store.records.get(record_id)

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader."""
        return frozenset(self.store.apart)

    async def health_check(self) -> Health:
        """See MemoryReader."""
        return Health(ok=True, detail="It is in this process.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        count = len(self.store.records)
        return ProviderInfo(
            provider="in-memory", location="this process", records=count, is_new=not count, notices=too_many(count)
        )

    async def close(self) -> None:
        """See MemoryReader. There is nothing to let go of."""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """See MemoryProvider."""
        decided = deciding.storing(
            records, known=self.store.records, forgotten=self.store.forgotten, update=update, removing=removing
        )
        self.store.records |= {record.id: record for record in decided.store}
        for its in decided.remove:
            del self.store.records[its]
        return decided.result

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """See MemoryProvider."""
        result = deciding.forgetting(ids, known=self.store.records)
        await self.keep_forgotten(result.removed, approval=approval)
        return result

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """See MemoryProvider."""
        self.store.apart |= {(min(pair), max(pair)) for pair in pairs if 0 < min(pair) < max(pair)}

    async def store_event(self, event: MemoryEvent) -> None:
        """See MemoryProvider."""
        session = self.store.events.setdefault((event.actor_id, event.session_id), {})
        session.setdefault(event.id, event)
        kept = self._newest(session.values())
        self.store.events[event.actor_id, event.session_id] = {its.id: its for its in kept}

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """See MemoryProvider."""
        return self._newest(self.store.events.get((actor_id, session_id), {}).values())[:limit]

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """See MemoryProvider."""
        return len(self._newest(self.store.events.pop((actor_id, session_id), {}).values()))

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """See MemoryProvider."""
        records = list(self.store.records.values())
        for start in range(0, len(records), _PAGE):
            yield records[start : start + _PAGE]

    async def forgotten_ids(self) -> frozenset[str]:
        """See MemoryProvider."""
        return frozenset(self.store.forgotten)

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:
        """See MemoryProvider."""
        self.store.forgotten |= set(ids)
        for its in ids:
            self.store.records.pop(its, None)

    def _of(self, globs: tuple[str, ...]) -> list[Record]:
        """The Records of the namespaces (globs)."""
        return [record for record in self.store.records.values() if names.matches(record.namespace, globs)]

    def _newest(self, events: Collection[MemoryEvent]) -> list[MemoryEvent]:
        """Those that still live, newest first, and no more than are kept."""
        living = [event for event in events if self._clock() < event.created_at + EVENTS_LIVE]
        by_id = sorted(living, key=lambda event: event.id)
        return sorted(by_id, key=lambda event: event.created_at, reverse=True)[:EVENTS_KEPT]
