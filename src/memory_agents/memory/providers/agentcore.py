"""AgentCoreProvider: a memory of AWS Bedrock AgentCore, through its data plane alone.

Records are records of the service, in the service's namespaces; what is forgotten and which issues are apart are
records below `meta/`. MemoryEvents are events of the service.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from memory_agents.core import namespaces as core_namespaces
from memory_agents.core.records import (
    Approval,
    BatchResult,
    Health,
    Match,
    MemoryEvent,
    Notice,
    ProviderInfo,
    Query,
    Record,
)
from memory_agents.errors import MemoryAgentsError
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.health import counted, sick, too_many
from memory_agents.memory.providers.agentcore_changes import Changes, noted, records_of
from memory_agents.memory.providers.agentcore_client import AgentCoreClient
from memory_agents.memory.providers.agentcore_journal import Journal
from memory_agents.memory.providers.agentcore_names import Kind, places_of
from memory_agents.memory.providers.agentcore_reading import PAGE, Reader
from memory_agents.memory.providers.agentcore_records import Held, pair_of
from memory_agents.memory.providers.agentcore_search import Search
from memory_agents.memory.providers.agentcore_sessions import Sessions
from memory_agents.memory.providers.agentcore_writing import BATCH, Writer


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AgentCoreProvider:
    """See MemoryProvider. Between processes a write is seen when the service shows it, about a minute later."""

    def __init__(
        self,
        memory_id: str,
        *,
        region: str,
        endpoint: str = "",
        state: Path,
        events_per_second: float = 0.25,
        seconds: float = 20,
        embedder: Embedder | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`endpoint`: '' is the region's own. `state`: a folder in which the last writes are kept for some minutes.

        `events_per_second`: of one session. `seconds`: for one answer of the service, retries included.
        `embedder`: None ranks by words alone.
        """
        self._client = AgentCoreClient(memory_id, region=region, endpoint=endpoint, seconds=seconds)
        where = f"{self._client.memory_id}\n{self._client.region}\n{self._client.endpoint}"
        name = hashlib.sha256(where.encode()).hexdigest()[:16]
        self._journal = Journal(state / f"agentcore-{name}.sqlite3", clock)
        self._reader = Reader(self._client, self._journal)
        self._changes = Changes(self._reader, Writer(self._client, self._journal, self._reader, clock=clock), clock)
        self._search = Search(self._reader, embedder)
        self._sessions = Sessions(
            self._client, self._journal, events_per_second=events_per_second, longest=seconds, clock=clock
        )
        self._opening = asyncio.Lock()
        self._is_open = False

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        await self._open()
        async with self._client.in_time("a search"):
            return await self._search.matches(query, namespaces, top_k)

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader. All of the namespaces is read: the service has an order of its own."""
        await self._open()

        def wanted(held: Held) -> bool:
            return held.record is not None and core_namespaces.matches(held.record.namespace, namespaces)

        found, forgotten = await asyncio.gather(
            self._reader.in_places(places_of(namespaces), {}, wanted), self._reader.forgotten()
        )
        alive = [held.record for held in found if held.record is not None and held.key not in forgotten]
        by_id = sorted(alive, key=lambda record: record.id)
        return sorted(by_id, key=lambda record: record.created_at, reverse=True)[:limit]

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        await self._open()
        known = await self._reader.known([record_id])
        return None if noted(known, Kind.FORGOTTEN) else records_of(known).get(record_id)

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader."""
        await self._open()
        return frozenset(map(pair_of, await self._reader.apart()))

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            info = await self.get_info()
        except MemoryAgentsError as error:
            return sick(error)
        holds = f"more than {PAGE} entries" if info.records is None else counted(info.records)
        return Health(ok=True, detail=f"{info.location} answers and holds {holds}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        await self._open()
        records = await self._reader.counted()
        return ProviderInfo(
            provider="agentcore",
            location=f"AgentCore {self._client.named} in {self._client.where}",
            records=records,
            is_new=records == 0,
            notices=(*self._notices(), *too_many(records)),
        )

    async def close(self) -> None:
        """See MemoryReader."""
        await self._client.close()
        self._journal.close()
        self._is_open = False

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,  # noqa: ARG002 -- CloudTrail tells who wrote
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """See MemoryProvider."""
        await self._open()
        return await self._changes.store(records, update=update, removing=removing)

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:  # noqa: ARG002
        """See MemoryProvider."""
        await self._open()
        return await self._changes.forget(ids)

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:  # noqa: ARG002
        """See MemoryProvider."""
        await self._open()
        await self._changes.keep_forgotten(ids)

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:  # noqa: ARG002
        """See MemoryProvider."""
        await self._open()
        await self._changes.set_apart(pairs)

    async def store_event(self, event: MemoryEvent) -> None:
        """See MemoryProvider. MemoryThrottled where the session's turn is too far away."""
        await self._open()
        await self._sessions.store(event)

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """See MemoryProvider."""
        return (await self._sessions.events(actor_id, session_id))[:limit]

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """See MemoryProvider."""
        await self._open()
        return await self._sessions.delete(actor_id, session_id)

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """See MemoryProvider."""
        await self._open()
        async for page in self._reader.scan():
            records = [held.record for held in page if held.record is not None]
            for start in range(0, len(records), BATCH):
                yield records[start : start + BATCH]

    async def forgotten_ids(self) -> frozenset[str]:
        """See MemoryProvider."""
        await self._open()
        return frozenset(await self._reader.forgotten())

    async def _open(self) -> None:
        """Read the journal, once."""
        async with self._opening:
            if not self._is_open:
                await asyncio.to_thread(self._journal.open)
                self._is_open = True

    def _notices(self) -> tuple[Notice, ...]:
        found = []
        if self._reader.lacks_keys:
            found.append(
                Notice(
                    text="The AgentCore memory does not declare the metadata keys that it is asked by: all is read.",
                    fix="memory-agents setup agentcore update",
                )
            )
        if self._reader.unreadable:
            text = f"{self._reader.unreadable} records of the AgentCore memory cannot be read, and are skipped."
            found.append(Notice(text=text, fix="delete them, or restore a backup", partial=True))
        if self._journal.notice:
            found.append(
                Notice(text=self._journal.notice, fix="set MEMORY_AGENTS_STATE to a folder that can be written")
            )
        return tuple(found)
