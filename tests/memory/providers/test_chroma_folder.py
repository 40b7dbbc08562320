"""Chroma in a folder: who opens it, and what is found there once it is opened anew."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from memory_agents.core.records import Query
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, facts, ids, scan, store
from tests.embedding import WordEmbedder

ALL = ("*",)
RULES = Query(title="part of the parser", now=BEGIN + timedelta(days=30))
ROOT = Path(__file__).parents[3]

_STORE = """
import asyncio, sys
from pathlib import Path
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import fact, store
from tests.embedding import WordEmbedder

async def main():
    provider = ChromaProvider(path=Path(sys.argv[1]), embedder=WordEmbedder())
    await store(provider, fact(1, "Detectors of gamma rays need lead."))
    await provider.close()

asyncio.run(main())
"""


async def test_reading_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "mistyped"
    provider = ChromaProvider(path=folder, embedder=WordEmbedder())
    assert (await provider.health_check()).ok
    assert (await provider.get_info()).is_new
    assert await scan(provider) == []
    assert await provider.search_records(RULES, namespaces=ALL, top_k=3) == []
    assert await provider.list_events("octocat", "s1") == []
    assert await provider.forgotten_ids() == frozenset()
    await provider.close()
    assert not folder.exists()


async def test_nobody_else_on_the_machine_can_look_into_a_new_folder(tmp_path: Path) -> None:
    provider = ChromaProvider(path=tmp_path / "chroma", embedder=WordEmbedder())
    await provider.store_event(event(1, at=datetime.now(UTC)))
    await provider.close()
    assert stat.S_IMODE((tmp_path / "chroma").stat().st_mode) == 0o700


async def test_all_that_reads_alike_is_still_found_when_the_folder_is_opened_anew(tmp_path: Path) -> None:
    rules = facts(50)
    provider = ChromaProvider(path=tmp_path, embedder=WordEmbedder())
    await provider.store_records(rules, approval=APPROVAL)
    await provider.close()
    for _ in range(5):  # the engine builds its graph in threads: one with gaps is not made every time
        provider = ChromaProvider(path=tmp_path, embedder=WordEmbedder())
        found = await provider.search_records(RULES, namespaces=ALL, top_k=100)
        await provider.close()
        assert sorted(match.record.id for match in found) == sorted(ids(rules))


async def test_what_another_process_stored_meanwhile_is_found(tmp_path: Path) -> None:
    provider = ChromaProvider(path=tmp_path, embedder=WordEmbedder())
    await store(provider, fact(2, "Indent with tabs."))
    assert await provider.search_records(RULES, namespaces=ALL, top_k=3) == []
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", _STORE, str(tmp_path)], check=True, cwd=ROOT)
    best = await provider.search_records(Query(title="gamma rays", now=RULES.now), namespaces=ALL, top_k=1)
    await provider.close()
    assert [match.record.text for match in best] == ["Detectors of gamma rays need lead."]
