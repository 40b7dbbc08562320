"""ChromaDB in a folder does what the suite asks of all."""

from __future__ import annotations

from pathlib import Path

from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance import Clock, ProviderConformance
from tests.embedding import WordEmbedder


class TestChromaEmbedded(ProviderConformance):
    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        return ChromaProvider(path=place / "chroma", embedder=WordEmbedder(), clock=clock)
