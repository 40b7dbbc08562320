"""RateLimiter: so many calls a second for each key, and nobody waits for another key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable

from memory_agents.errors import MemoryThrottled

_SWEPT_FROM = 256
"""keys from which on those that are idle are looked for"""


class RateLimiter:
    """A bucket of one token for each key, which fills again at a steady rate.

    Who asks takes the next free time of the key and sleeps until then: nothing is locked meanwhile.
    """

    def __init__(
        self,
        per_second: float,
        *,
        longest: float,
        fix: str,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`longest`: seconds that anybody waits. `fix`: what to do where that is too short."""
        self._interval = 1 / per_second
        self._longest = longest
        self._fix = fix
        self._now = now
        self._sleep = sleep
        self._free: dict[Hashable, float] = {}
        """key → when its next call may be made"""
        self._swept_from = _SWEPT_FROM

    def __len__(self) -> int:
        """Keys that are known."""
        return len(self._free)

    async def wait(self, key: Hashable) -> None:
        """Return when a call may be made for `key`. MemoryThrottled, at once, if that takes longer than `longest`."""
        now = self._now()
        self._sweep(now)
        at = max(now, self._free.get(key, now))
        if at - now > self._longest:
            raise MemoryThrottled(f"Its turn comes in {at - now:.0f} seconds, later than one waits.", fix=self._fix)
        self._free[key] = at + self._interval
        if at == now:
            return
        try:
            await self._sleep(at - now)
        except asyncio.CancelledError:
            if self._free.get(key) == at + self._interval:  # nobody queued behind: the time is free again
                self._free[key] = at
            raise

    def _sweep(self, now: float) -> None:
        """Forget keys that are as good as new, each time that their number has doubled."""
        if len(self._free) >= self._swept_from:
            self._free = {key: at for key, at in self._free.items() if at > now}
            self._swept_from = max(_SWEPT_FROM, 2 * len(self._free))
