"""Trying again what fails for a moment, while a memory is copied, and telling how far that is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from memory_agents.core.records import Record
from memory_agents.errors import MemoryFailure, MemoryIncomplete, MemoryThrottled, MemoryTimeout, MemoryUnreachable
from memory_agents.memory.provider import MemoryProvider
from memory_agents.operations.progress import Counted, Tell

_T = TypeVar("_T")

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""seconds before what failed is tried again"""
_PASSING = (MemoryIncomplete, MemoryThrottled, MemoryTimeout, MemoryUnreachable)


class Patience:
    """Tries again what fails for a moment, once for each of the WAITS. What fails still, or otherwise, is raised."""

    def __init__(
        self, tell: Tell = lambda _: None, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """`tell`: is told how far the work is, and of each wait."""
        self._tell = tell
        self._sleep = sleep
        self._reached = Counted("records", 0, 0)

    def reached(self, done: int, expected: int) -> None:
        """Tell how many Records are done."""
        self._reached = Counted("records", done, expected)
        self._tell(self._reached)

    async def until_done(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """What the work, which is safe to repeat, gives in the end. Raises MemoryFailure."""
        for seconds in WAITS:
            try:
                return await work()
            except _PASSING as error:
                await self._wait(error, seconds)
        return await work()

    async def scan(self, provider: MemoryProvider) -> AsyncIterator[Sequence[Record]]:
        """All Records of a provider, each once. Raises MemoryFailure.

        A scan that breaks off begins anew, without what it gave before; the WAITS with it where it came any further.
        """
        given: set[str] = set()
        waits = iter(WAITS)
        while True:
            try:
                async for records in provider.scan_records():
                    if new := [record for record in records if record.id not in given]:
                        given.update(record.id for record in new)
                        waits = iter(WAITS)
                        yield new
            except _PASSING as error:
                seconds = next(waits, None)
                if seconds is None:
                    raise
                await self._wait(error, seconds)
            else:
                return

    async def _wait(self, error: MemoryFailure, seconds: float) -> None:
        self._tell(replace(self._reached, what=f"{error.message} Records", waits=seconds))
        await self._sleep(seconds)
