"""WriteQueue: writes of a long-lived process, on disk at once and made in order as soon as memory takes them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from memory_agents.errors import (
    MemoryAgentsError,
    MemoryDenied,
    MemoryFailure,
    MemoryIncomplete,
    MemoryMissing,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
    MissingExtra,
)
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.spool import (
    DeadLetter,
    DeleteRecords,
    Spool,
    StoreEvent,
    StoreRecords,
    Waiting,
    Write,
    dead_letters,
)

_T = TypeVar("_T")

_PASSING = (
    *(MemoryDenied, MemoryIncomplete, MemoryMissing, MemoryThrottled, MemoryTimeout, MemoryUnreachable),
    MissingExtra,
)
"""may work later, some of them once somebody has mended it; any other failure would only come again"""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
"""seconds, of which between half and all is waited, so that many processes do not come back at the same time"""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WriteQueue:
    """Makes writes in the order in which they were put, each until it is made; `async with` opens and closes it.

    A write may be made twice where a process dies before it can note that it was made; every write is safe to repeat.
    What can never be made is given up, and found among the dead letters.
    """

    def __init__(
        self,
        provider: MemoryProvider,
        folder: Path,
        *,
        size: int = 1_000,
        drain_seconds: float = 10,
        clock: Callable[[], datetime] = _utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`folder`: of one process at a time. `size`: writes that may wait. `drain_seconds`: for them, when it closes.

        `chance`: in [0, 1), which part of a wait is waited.
        """
        self._provider = provider
        self._folder = folder
        self._spool = Spool(folder, size=size)
        self._drain_seconds = drain_seconds
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writes")
        self._put = asyncio.Event()
        """something was put since the worker looked"""
        self._empty = asyncio.Event()
        self._worker: asyncio.Task[None]
        self.failure: MemoryAgentsError | None = None
        """what keeps the first write waiting now"""

    async def __aenter__(self) -> Self:
        """Go on with what an earlier process left. Raises MemoryUnreachable where the folder cannot be used."""
        try:
            await self._on_disk(self._spool.open)
        except MemoryUnreachable:
            self._thread.shutdown()
            raise
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Make what waits, within a time; the rest stays on disk for the next process."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._drain_seconds):
                    await self.drained()
        finally:
            self._worker.cancel()
            await asyncio.wait((self._worker,))
            await self._on_disk(self._spool.close)
            self._thread.shutdown()

    async def put(self, write: Write) -> None:
        """Take on a write: it is on disk when this returns. Raises MemoryThrottled where too many wait already."""
        if self._worker.done():
            self._worker.result()  # raises what ended it
        try:
            await self._on_disk(partial(self._spool.put, write))
        finally:
            self._empty.clear()
            self._put.set()  # the worker looks, and finds whether it is empty

    async def drained(self) -> None:
        """Wait until nothing waits any more. Raises MemoryUnreachable where the disk fails."""
        empty = asyncio.ensure_future(self._empty.wait())
        try:
            await asyncio.wait((empty, self._worker), return_when=asyncio.FIRST_COMPLETED)
        finally:
            empty.cancel()
        if self._worker.done():
            self._worker.result()

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The writes that were given up, oldest first."""
        return dead_letters(self._folder)

    async def _work(self) -> None:
        tries = 0
        while True:
            self._put.clear()
            first = await self._on_disk(self._spool.first)
            if first is None:
                if not self._put.is_set():
                    self._empty.set()
                await self._put.wait()
            elif await self._is_settled(first):
                tries = 0
            else:
                wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(tries, 10))
                tries += 1
                await self._sleep(wait * (1 + self._chance()) / 2)

    async def _is_settled(self, waiting: Waiting) -> bool:
        """Make a write, or give it up; whether that is done."""
        try:
            await self._make(waiting.write)
        except _PASSING as failure:
            self.failure = failure
            return False
        except MemoryFailure as failure:
            await self._on_disk(partial(self._spool.give_up, waiting, failure, self._clock()))
        else:
            await self._on_disk(partial(self._spool.done, waiting))
        self.failure = None
        return True

    async def _make(self, write: Write) -> None:
        match write:
            case StoreRecords():
                await self._provider.store_records(
                    write.records, approval=write.approval, update=write.update, removing=write.removing
                )
            case DeleteRecords():
                await self._provider.delete_records(write.ids, approval=write.approval)
            case StoreEvent():
                await self._provider.store_event(write.event)

    async def _on_disk(self, work: Callable[[], _T]) -> _T:
        """Do it in the one thread that uses the disk: in the order of the calls, and whole even if nobody waits."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
