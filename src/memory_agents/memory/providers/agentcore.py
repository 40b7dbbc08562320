"""AgentCoreProvider: a memory of AWS Bedrock AgentCore, through its data plane alone.

Records are records of the service, in the service's namespaces; what is forgotten and which issues are apart are
records below `meta/`. MemoryEvents are events of the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
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
from memory_agents.errors import MemoryFailure
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.health import sick, too_many
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers import deciding
from memory_agents.memory.providers.agentcore_client import AgentCoreClient
from memory_agents.memory.providers.agentcore_journal import Journal
from memory_agents.memory.providers.agentcore_names import Kind, Place, places_of
from memory_agents.memory.providers.agentcore_reading import Reader, each_once
from memory_agents.memory.providers.agentcore_records import Held, apart, forgotten, held_record, pair_of
from memory_agents.memory.providers.agentcore_search import Search
from memory_agents.memory.providers.agentcore_sessions import Sessions
from memory_agents.memory.providers.agentcore_writing import BATCH, Writer

_Known = Mapping[str, Sequence[Held]]
"""key → all that is held under it"""
_FORGOTTEN = Place(names.place_of(names.FORGOTTEN_PLACE), is_whole=False)
_APART = Place(names.place_of(names.APART_PLACE), is_whole=False)


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
        self._writer = Writer(self._client, self._journal, self._reader, clock=clock)
        self._search = Search(self._reader, embedder)
        self._sessions = Sessions(self._client, events_per_second=events_per_second, longest=seconds, clock=clock)
        self._seconds = seconds
        self._clock = clock
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock()
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

        found = await self._reader.in_places(places_of(namespaces), {}, wanted)
        by_id = sorted((held.record for held in found if held.record is not None), key=lambda record: record.id)
        return sorted(by_id, key=lambda record: record.created_at, reverse=True)[:limit]

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        await self._open()
        return _records(await self._reader.known([record_id])).get(record_id)

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader."""
        return frozenset(pair_of(key) for key in await self._keys(_APART, Kind.APART))

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            info = await self.get_info()
        except MemoryFailure as error:
            return sick(error)
        count = "" if info.records is None else f" and holds {info.records} record{'s' if info.records != 1 else ''}"
        return Health(ok=True, detail=f"{info.location} answers{count}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        await self._open()
        records = await self._reader.counted()
        return ProviderInfo(
            provider="agentcore",
            location=f"AgentCore memory {self._client.memory_id} in {self._client.where}",
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
        stated = {record.id for record in records}
        async with self._one_write():
            finished = await self._writer.finish(stated)
            known = await self._reader.known(stated | set(removing))
            held = _records(known)
            decided = deciding.storing(
                records, known=held, forgotten=_forgotten(known), update=update, removing=removing
            )
            left = self._left_behind(records, removing, known)
            gone = [its for key in (*decided.remove, *left) for its in known[key] if its.is_record]
            if gone:
                await self._journal.leave([its.service_id for its in gone])
            await self._write(decided.store, known)
            await self._writer.delete([*gone, *_surplus(known, stated)])
        made = {record.id for record in records if record.id in finished and held.get(record.id) == record}
        return replace(
            decided.result,
            stored=(*decided.result.stored, *(its for its in decided.result.unchanged if its in made)),
            unchanged=tuple(its for its in decided.result.unchanged if its not in made),
            removed=(*decided.result.removed, *left),
        )

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:  # noqa: ARG002
        """See MemoryProvider."""
        async with self._one_write():
            await self._writer.finish(ids)
            known = await self._reader.known(ids)
            result = deciding.forgetting(ids, known=_records(known))
            await self._forget(result.removed, known)
        return result

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:  # noqa: ARG002
        """See MemoryProvider."""
        async with self._one_write():
            await self._writer.finish(ids)
            await self._forget(ids, await self._reader.known(ids))

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:  # noqa: ARG002
        """See MemoryProvider."""
        now = self._clock()
        wanted = [apart((min(pair), max(pair)), at=now) for pair in pairs if 0 < min(pair) < max(pair)]
        async with self._one_write():
            await self._writer.finish([held.key for held in wanted])
            there = await self._keys(_APART, Kind.APART)
            new = {held.key: held for held in wanted if held.key not in there}
            await self._writer.write(list(new.values()))

    async def store_event(self, event: MemoryEvent) -> None:
        """See MemoryProvider. MemoryThrottled where the session's turn is too far away."""
        await self._sessions.store(event)

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """See MemoryProvider."""
        return (await self._sessions.events(actor_id, session_id))[:limit]

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """See MemoryProvider."""
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
        return await self._keys(_FORGOTTEN, Kind.FORGOTTEN)

    async def _open(self) -> None:
        """Read the journal, once."""
        async with self._opening:
            if not self._is_open:
                await asyncio.to_thread(self._journal.open)
                self._is_open = True

    @contextlib.asynccontextmanager
    async def _one_write(self) -> AsyncIterator[None]:
        """One write at a time: each is decided by what is there."""
        await self._open()
        async with self._writing:
            yield

    async def _forget(self, ids: Collection[str], known: _Known) -> None:
        """Keep that ids are forgotten, then delete what is held under them."""
        now = self._clock()
        new = [forgotten(its, at=now) for its in dict.fromkeys(ids) if its not in _forgotten(known)]
        await self._writer.write(new)
        await self._writer.delete([held for its in dict.fromkeys(ids) for held in known.get(its, ()) if held.is_record])

    async def _write(self, records: Sequence[Record], known: _Known) -> None:
        """Create what is new and update the rest."""
        now = self._clock()
        best = {held.key: held for held in each_once(its for some in known.values() for its in some) if held.is_record}
        written = [
            held_record(record, at=now, service_id=best[record.id].service_id if record.id in best else "")
            for record in records
        ]
        new = [held for held in written if not held.service_id]
        await self._writer.write(new, [held for held in written if held.service_id])

    def _left_behind(self, records: Sequence[Record], removing: Collection[str], known: _Known) -> list[str]:
        """Ids to remove whose heir an earlier call has stored before it ended."""
        held = _records(known)
        heirs = {record.replaces for record in records if record.id in held} - {record.id for record in records}
        return [
            its
            for its in dict.fromkeys(removing)
            if its in heirs and any(self._journal.is_leaving(one.service_id) for one in known.get(its, ()))
        ]

    async def _keys(self, place: Place, kind: Kind) -> frozenset[str]:
        await self._open()
        found = await self._reader.held(place, {}, lambda held: held.kind is kind)
        return frozenset(held.key for held in found)

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


def _records(known: _Known) -> dict[str, Record]:
    """id → Record, of what is held; of several under one id the last."""
    found = each_once(held for some in known.values() for held in some)
    return {held.key: held.record for held in found if held.record is not None}


def _forgotten(known: _Known) -> set[str]:
    return {key for key, some in known.items() if any(held.kind is Kind.FORGOTTEN for held in some)}


def _surplus(known: _Known, ids: Collection[str]) -> list[Held]:
    """What two have written at once, but for one."""
    found = [held for its in ids for held in known.get(its, ()) if held.is_record]
    best = {held.service_id for held in each_once(found)}
    return [held for held in found if held.service_id not in best]
