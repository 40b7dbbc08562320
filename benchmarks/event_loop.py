"""How late an event loop is, and what kept it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
from collections.abc import AsyncIterator
from typing import Literal

_TICK = 0.001


class Watch:
    """How late the event loop is at most, and why."""

    def __init__(self) -> None:
        self.worst = self.busiest = self.collector = 0.0
        """seconds, seconds of processor time, seconds"""
        self._collecting = (0.0, 0.0)
        self._collected = 0.0
        self._thread = threading.get_ident()

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch as long as the context lasts."""
        task = asyncio.create_task(self._tick())
        await asyncio.sleep(10 * _TICK)
        self.worst = self.busiest = 0.0
        gc.callbacks.append(self._collect)
        try:
            yield
            await asyncio.sleep(10 * _TICK)
        finally:
            gc.callbacks.remove(self._collect)
            task.cancel()

    async def _tick(self) -> None:
        while True:
            began, used = time.perf_counter(), time.thread_time() - self._collected
            await asyncio.sleep(_TICK)
            self.worst = max(self.worst, time.perf_counter() - began - _TICK)
            self.busiest = max(self.busiest, time.thread_time() - self._collected - used)

    def _collect(self, phase: Literal["start", "stop"], _: dict[str, int]) -> None:
        now, used = time.perf_counter(), time.thread_time()
        if phase == "start":
            self._collecting = (now, used)
            return
        self.collector = max(self.collector, now - self._collecting[0])
        if threading.get_ident() == self._thread:
            self._collected += used - self._collecting[1]
