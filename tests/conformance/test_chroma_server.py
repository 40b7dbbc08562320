"""A ChromaDB server does what the suite asks of all."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance import Clock, ProviderConformance
from tests.chroma_server import ChromaServer, chroma_server
from tests.embedding import WordEmbedder

__all__ = ["chroma_server"]


class TestChromaServer(ProviderConformance):
    @pytest.fixture(autouse=True)
    def _server(self, chroma_server: ChromaServer) -> None:
        self.server = chroma_server
        self.names: dict[Path, str] = {}

    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        name = self.names.setdefault(place, self.server.new_name())
        return ChromaProvider(url=self.server.url, collection=name, embedder=WordEmbedder(), clock=clock)
