"""How the suite opens a provider, and the clock that it turns by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from memory_agents.memory.provider import MemoryProvider

Clock = Callable[[], datetime]
"""the time, UTC"""


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


class HandClock:
    """A Clock that stands still, at the time at which it was made, until somebody turns it.

    Services of others have a clock of their own: so it begins with the real time.
    """

    def __init__(self) -> None:
        self._time = now()

    def __call__(self) -> datetime:
        return self._time

    def turn(self, time: timedelta) -> None:
        """Let time pass."""
        self._time += time


class Opens:
    """What a provider's test says of it."""

    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        """A new provider on the memory at `place`, an existing folder; `clock` tells it when events expire."""
        raise NotImplementedError("say how the provider is opened")

    async def settle(self) -> None:
        """Wait until what one provider wrote is seen by another; at once, unless you say otherwise."""

    @asynccontextmanager
    async def opened(self, place: Path, clock: Clock = now) -> AsyncIterator[MemoryProvider]:
        """A provider that is closed in the end."""
        provider = await self.open(place, clock)
        try:
            yield provider
        finally:
            await provider.close()
