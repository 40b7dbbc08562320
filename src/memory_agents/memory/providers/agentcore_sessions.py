"""Sessions: MemoryEvents as events of the service, each session at its own pace."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from memory_agents.core.records import MemoryEvent
from memory_agents.errors import MemoryMissing, MemoryRefused
from memory_agents.memory.providers import agentcore_events as events
from memory_agents.memory.providers.agentcore_client import AgentCoreClient
from memory_agents.memory.providers.agentcore_journal import Journal
from memory_agents.memory.rate_limiter import RateLimiter

_DELETED_AT_ONCE = 4
_FIX_RATE = (
    "store fewer events at once, or set AGENTCORE_EVENTS_PER_SECOND to what AWS's quotas page gives this account"
)


class Sessions:
    """Stores, lists and deletes."""

    def __init__(
        self,
        client: AgentCoreClient,
        journal: Journal,
        *,
        events_per_second: float,
        longest: float,
        clock: Callable[[], datetime],
    ) -> None:
        """`events_per_second`: of one session; `longest`: seconds that an event waits for its turn."""
        self._client = client
        self._journal = journal
        self._limiter = RateLimiter(events_per_second, longest=longest, fix=_FIX_RATE)
        self._clock = clock

    async def store(self, event: MemoryEvent) -> None:
        """Keep an event, once."""
        session = (event.actor_id, event.session_id)
        generation = self._journal.generation(_name(*session))
        request = events.request_of(event, memory_id=self._client.memory_id, generation=generation)
        await self._limiter.wait(session)
        try:
            await self._client.call("create_event", **request)
        except MemoryRefused:
            # The service takes a token once: what is there under this id stays as it is.
            if all(known.id != event.id for known in await self.events(*session)):
                raise

    async def events(self, actor_id: str, session_id: str) -> list[MemoryEvent]:
        """Those of a session that are kept, newest first."""
        return self._kept(await self._found(actor_id, session_id), actor_id, session_id)

    async def delete(self, actor_id: str, session_id: str) -> int:
        """Delete all events of a session, expired and foreign ones too; how many were still kept."""
        found = await self._found(actor_id, session_id)
        session = events.session_of(actor_id, session_id)
        turn = asyncio.Semaphore(_DELETED_AT_ONCE)

        async def delete(event_id: str) -> None:
            async with turn:
                with contextlib.suppress(MemoryMissing):  # somebody else has deleted it
                    await self._client.call("delete_event", **session, eventId=event_id)

        failed = await asyncio.gather(*(delete(its["eventId"]) for its in found), return_exceptions=True)
        for failure in failed:
            if failure is not None:
                raise failure
        await self._journal.begin(_name(actor_id, session_id), uuid4().hex)
        return len(self._kept(found, actor_id, session_id))

    def _kept(self, found: Sequence[dict[str, Any]], actor_id: str, session_id: str) -> list[MemoryEvent]:
        """What events of the service stand for; of several with one id the first that was stored."""
        newest_first = sorted(found, key=lambda its: str(its["eventId"]), reverse=True)
        known = (events.event_of(its, actor_id=actor_id, session_id=session_id) for its in newest_first)
        return events.living(filter(None, known), self._clock())

    async def _found(self, actor_id: str, session_id: str) -> list[dict[str, Any]]:
        session = events.session_of(actor_id, session_id)
        pages = self._client.pages("list_events", **session, includePayloads=True)
        return [its async for page in pages for its in page["events"] if its.get("eventId")]


def _name(actor_id: str, session_id: str) -> str:
    return json.dumps([actor_id, session_id])
