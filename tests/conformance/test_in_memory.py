"""The reference does what the suite asks of all."""

from __future__ import annotations

from pathlib import Path

from memory_agents.memory.provider import MemoryProvider
from memory_agents.testing.conformance import Clock, ProviderConformance
from memory_agents.testing.in_memory import InMemoryProvider, InMemoryStore

_STORES: dict[Path, InMemoryStore] = {}


class TestInMemory(ProviderConformance):
    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        return InMemoryProvider(_STORES.setdefault(place, InMemoryStore()), clock=clock)
