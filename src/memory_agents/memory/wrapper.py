"""What crosses all providers, around any of them: a cache, a deadline, and word of each call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from memory_agents.core.records import (
    EPOCH,
    Approval,
    BatchResult,
    Health,
    Match,
    MemoryEvent,
    ProviderInfo,
    Query,
    Record,
)
from memory_agents.errors import MemoryTimeout
from memory_agents.memory.cache import Cache
from memory_agents.memory.health import sick
from memory_agents.memory.provider import MemoryProvider

_T = TypeVar("_T")
_ALL = ("*",)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a provider, when it is over."""

    method: str
    seconds: float
    outcome: str
    """`ok`, `cached`, or the class of what it raised"""

    def __str__(self) -> str:
        return f"memory: {self.method} {self.outcome} in {1000 * self.seconds:.1f} ms"


def wrapped(
    provider: MemoryProvider,
    *,
    cache: Cache | None = None,
    seconds: float | None = None,
    on_call: Callable[[Call], None] | None = None,
) -> MemoryProvider:
    """`provider` with what is asked for around it; itself where that is nothing."""
    if cache is None and seconds is None and on_call is None:
        return provider
    return WrappedProvider(provider, cache=cache, seconds=seconds, on_call=on_call)


def unwrapped(provider: MemoryProvider) -> MemoryProvider:
    """The provider itself, which may do more than each one does."""
    return provider.inner if isinstance(provider, WrappedProvider) else provider


class WrappedProvider:
    """A MemoryProvider that answers as the one within."""

    def __init__(
        self,
        provider: MemoryProvider,
        *,
        cache: Cache | None = None,
        seconds: float | None = None,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        """`seconds`: for each call, and for each part of a scan. `on_call` must not raise."""
        self.inner = provider
        self._cache = cache
        self._seconds = seconds
        self._on_call = on_call

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader. From the cache, age and expiry are judged as of up to its `seconds` ago."""
        seconds = 0 if self._cache is None else self._cache.seconds
        step = query.now.timestamp() // seconds if seconds else query.now.timestamp()
        key = (replace(query, now=EPOCH), step, namespaces, top_k)
        return await self._cached(
            "search_records",
            key,
            namespaces,
            lambda: _whole(self.inner.search_records(query, namespaces=namespaces, top_k=top_k)),
        )

    async def list_records(self, *, namespaces: tuple[str, ...] = _ALL, limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        return await self._cached(
            "list_records",
            (namespaces, limit),
            namespaces,
            lambda: _whole(self.inner.list_records(namespaces=namespaces, limit=limit)),
        )

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        return await self._cached("get_record", (record_id,), _ALL, lambda: self.inner.get_record(record_id))

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader."""
        return await self._cached("pairs_apart", (), _ALL, self.inner.pairs_apart)

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            return await self._called("health_check", self.inner.health_check())
        except MemoryTimeout as error:
            return sick(error)

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        return await self._called("get_info", self.inner.get_info())

    async def close(self) -> None:
        """See MemoryReader."""
        await self.inner.close()

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """See MemoryProvider."""
        # Where a Record that is written over, or goes, has stood until now is not known.
        changed = None if update or removing else {record.namespace for record in records}
        work = self.inner.store_records(records, approval=approval, update=update, removing=removing)
        return await self._writing("store_records", work, changed)

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """See MemoryProvider."""
        return await self._writing("delete_records", self.inner.delete_records(ids, approval=approval))

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """See MemoryProvider."""
        await self._writing("set_apart", self.inner.set_apart(pairs, approval=approval))

    async def store_event(self, event: MemoryEvent) -> None:
        """See MemoryProvider."""
        await self._called("store_event", self.inner.store_event(event))

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """See MemoryProvider."""
        return await self._called("list_events", self.inner.list_events(actor_id, session_id, limit=limit))

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """See MemoryProvider."""
        return await self._called("delete_session", self.inner.delete_session(actor_id, session_id))

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """See MemoryProvider. Told part by part."""
        pages = aiter(self.inner.scan_records())
        while (page := await self._called("scan_records", anext(pages, None))) is not None:
            yield page

    async def forgotten_ids(self) -> frozenset[str]:
        """See MemoryProvider."""
        return await self._called("forgotten_ids", self.inner.forgotten_ids())

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:
        """See MemoryProvider."""
        await self._writing("keep_forgotten", self.inner.keep_forgotten(ids, approval=approval))

    async def _cached(
        self, method: str, arguments: Hashable, globs: tuple[str, ...], ask: Callable[[], Awaitable[_T]]
    ) -> _T:
        """The answer from the cache, or asked for and kept."""
        if self._cache is None:
            return await self._called(method, ask())
        key, asked = (method, arguments), self._cache.moment()
        kept = self._cache.get(key)
        if kept is not None:
            self._tell(Call(method, 0, "cached"))
            return cast("_T", kept.answer)
        answer = await self._called(method, ask())
        self._cache.put(key, answer, globs=globs, asked=asked)
        return answer

    async def _writing(self, method: str, work: Awaitable[_T], changed: Collection[str] | None = None) -> _T:
        """Write; `changed` are the Namespaces that it concerns, None where that is not known."""
        try:
            return await self._called(method, work)
        finally:
            if self._cache is not None:
                self._cache.written(changed)  # also where it failed: a part may be written

    async def _called(self, method: str, work: Awaitable[_T]) -> _T:
        """What the provider says, in time, and told. Raises what the provider raises, or MemoryTimeout."""
        began, outcome = time.monotonic(), "ok"
        try:
            return await self._in_time(method, work)
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            self._tell(Call(method, time.monotonic() - began, outcome))

    async def _in_time(self, method: str, work: Awaitable[_T]) -> _T:
        deadline = asyncio.timeout(self._seconds)
        try:
            async with deadline:
                return await work
        except TimeoutError:
            if not deadline.expired():
                raise
            raise MemoryTimeout(
                f"Memory took more than {self._seconds:g} seconds ({method}).", fix="raise `timeout-seconds`"
            ) from None

    def _tell(self, call: Call) -> None:
        if self._on_call is not None:
            self._on_call(call)


async def _whole(answer: Awaitable[Sequence[_T]]) -> Sequence[_T]:
    """The answer as it was: nobody can change a tuple that is kept."""
    return tuple(await answer)
