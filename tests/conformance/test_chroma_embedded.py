"""ChromaDB in a folder does what the suite asks of all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance import Clock, ProviderConformance
from tests.embedding import WordEmbedder


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def child(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """One process runs Chroma for all tests: it takes a second to start."""
    its = ChromaProvider(path=tmp_path_factory.mktemp("chroma"), embedder=WordEmbedder())
    await its.get_info()
    yield
    await its.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("child")
class TestChromaEmbedded(ProviderConformance):
    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        return ChromaProvider(path=place / "chroma", embedder=WordEmbedder(), clock=clock)
