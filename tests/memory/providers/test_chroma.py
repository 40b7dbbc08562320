"""ChromaProvider: what it does beyond what every provider must."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import namespaces, ranking
from memory_agents.core.records import Problem, Query, Record
from memory_agents.errors import MemoryMissing, MemoryRefused, MemoryTimeout, MemoryUnreachable
from memory_agents.memory.embedding import open_embedder
from memory_agents.memory.providers import chroma_items as items
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.memory.providers.chroma_embedded import EmbeddedCollection
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, PAST, WHOLE, event, fact, facts, ids, scan, store
from tests.chroma_server import ChromaServer, chroma_server
from tests.embedding import WordEmbedder

__all__ = ["chroma_server"]

NOW = BEGIN + timedelta(days=30)
ALL = ("*",)
NAMES = ("codebase/conventions", "codebase/patterns", "own", "reviews/issues", "reviews/pr", "testing/patterns")


class OtherEmbedder(WordEmbedder):
    model = "another one"


@pytest.fixture
async def provider(chroma_server: ChromaServer) -> AsyncIterator[ChromaProvider]:
    its = ChromaProvider(url=chroma_server.url, collection=chroma_server.new_name(), embedder=WordEmbedder())
    yield its
    await its.close()


async def found(provider: ChromaProvider, query: Query, *, top_k: int = 5) -> list[str]:
    return [match.record.id for match in await provider.search_records(query, namespaces=ALL, top_k=top_k)]


def issue(number: int, title: str, text: str = "", *, days: int = 10) -> Record:
    source = replace(PAST.source, number=number)
    its = f"octo-hello-issue-{number}"
    return replace(PAST, id=its, title=title, text=text, source=source, created_at=NOW - timedelta(days=days))


@pytest.mark.parametrize("place", [{}, {"path": Path("x"), "url": "http://127.0.0.1:1"}])
def test_it_is_in_a_folder_or_on_a_server(place: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="path or a url"):
        ChromaProvider(**place, embedder=WordEmbedder())  # type: ignore[arg-type]


async def test_nothing_is_made_where_nothing_is_stored(chroma_server: ChromaServer, provider: ChromaProvider) -> None:
    await provider.store_records([], approval=APPROVAL)
    await provider.keep_forgotten([], approval=APPROVAL)
    await provider.set_apart([(3, 3)], approval=APPROVAL)
    assert await provider.delete_session("octocat", "s1") == 0
    assert (await provider.health_check()).detail.endswith("nothing is kept there yet.")
    assert (await provider.get_info()).records == 0
    assert await provider._memory.collection.metadata() is None


async def test_its_health_says_how_much_it_holds(provider: ChromaProvider) -> None:
    for records, told in ((facts(1), "answers and holds 1 record."), (facts(3), "answers and holds 3 records.")):
        await provider.store_records(records, approval=APPROVAL)
        assert (await provider.health_check()).detail.endswith(told)


async def test_a_collection_of_another_embedding_is_refused_and_the_fix_is_named(
    chroma_server: ChromaServer, provider: ChromaProvider
) -> None:
    await store(provider, fact())
    other = ChromaProvider(url=chroma_server.url, collection=provider._memory._name, embedder=OtherEmbedder())
    for call in (other.list_records(), other.store_records([fact(2)], approval=APPROVAL)):
        with pytest.raises(MemoryRefused, match="another embedding") as raised:
            await call
        assert "CHROMADB_COLLECTION" in raised.value.fix
    assert (await other.health_check()).problem == Problem.OTHER
    await other.close()
    assert ids(await scan(provider)) == [fact().id]


async def test_a_collection_of_somebody_else_is_refused_and_left_alone(
    chroma_server: ChromaServer, provider: ChromaProvider
) -> None:
    await provider._memory.collection.create({"made": "by somebody"})
    with pytest.raises(MemoryRefused, match="was not made by memory-agents"):
        await provider.store_records([fact()], approval=APPROVAL)
    assert await provider._memory.collection.metadata() == {"made": "by somebody"}


@given(
    st.lists(st.sampled_from(NAMES), unique=True),
    st.lists(st.sampled_from(["*", "codebase/*", "*/patterns", "own", "reviews/*", "!own", "!codebase/*", "x*"])),
)
async def test_globs_cover_here_what_they_cover_everywhere(names: list[str], globs: list[str]) -> None:
    memory = ChromaProvider(path=Path("nowhere"), embedder=WordEmbedder())._memory
    memory._is_open = True

    async def notes(kind: str) -> list[str]:
        return names

    memory.notes = notes  # type: ignore[method-assign]
    covered = await memory.covered(tuple(globs))
    assert covered == sorted(name for name in names if namespaces.matches(name, tuple(globs)))


@pytest.mark.parametrize("record", [WHOLE, PAST, fact(), replace(WHOLE, text="x" * 9_000, paths=("a/b.c",))])
def test_a_record_is_an_item_and_back(record: Record) -> None:
    vectors = WordEmbedder().embed(ranking.embedded_texts(record))
    item = items.item_of(record, vectors, APPROVAL)
    values = item.values(is_new=True)
    assert None not in values.values()
    assert all(len(str(value).encode()) <= items.LONGEST_VALUE for value in values.values())
    assert len(values) <= 32
    read = items.Found(item.id, json.loads(json.dumps(values)), item.document, item.uri)
    assert items.record_in(read) == record
    kept = items.vectors_in(read, 384)
    assert kept is not None
    assert np.array_equal(kept, vectors)


async def test_what_came_later_than_the_question_takes_nobodys_place(provider: ChromaProvider) -> None:
    later = [issue(number, "Parser hangs", "on empty input", days=1) for number in range(2, 40)]
    await store(provider, issue(1, "Parser is slow", days=20), *later, fact(1, "The parser is ours."))
    asked = Query(title="parser hangs", now=NOW - timedelta(days=10))
    assert set(await found(provider, asked)) == {issue(1, "").id, fact(1).id}
    assert set(await found(provider, replace(asked, now=NOW))) & set(ids(later))


async def test_an_engine_that_gives_few_at_a_time_is_asked_for_several_parts(provider: ChromaProvider) -> None:
    many = [fact(number, f"The parser has rule {number}.") for number in range(1, 31)]
    await store(provider, *many)
    provider._memory.collection.most = 8  # type: ignore[misc]
    assert len(await found(provider, Query(title="parser rule", now=NOW), top_k=50)) > 8
    assert await scan(provider) == many
    assert ids(await provider.list_records()) == ids(many[::-1])


async def test_words_that_were_not_kept_are_counted_in_the_text(provider: ChromaProvider) -> None:
    long = fact(1, "".join(chr(0x4E00 + number % 3_000) for number in range(2_000)))
    item = items.item_of(long, WordEmbedder().embed(ranking.embedded_texts(long)), APPROVAL)
    assert "words" not in item.values(is_new=True)
    await store(provider, long, fact(2, "Indent with tabs."))
    assert await found(provider, Query(title=long.text[:6], now=NOW)) == [long.id]


async def test_half_a_character_is_refused_and_nothing_is_stored(provider: ChromaProvider) -> None:
    with pytest.raises(MemoryRefused, match="half of a character"):
        await provider.store_records([fact(1, "x\ud800y")], approval=APPROVAL)
    with pytest.raises(MemoryRefused, match="half of a character"):
        await provider.store_event(event(1, "x\ud800y", at=datetime.now(UTC)))
    assert await scan(provider) == []


async def test_a_past_review_comment_is_found_by_its_file_and_its_folder(provider: ChromaProvider) -> None:
    here, beside, elsewhere = (
        replace(issue(number, f"Remark {number}"), namespace=namespaces.PULL_REQUESTS, paths=(path,))
        for number, path in enumerate(["src/api/users.py", "src/api/[id].tsx", "docs/a.md"], start=1)
    )
    await store(provider, here, beside, elsewhere)
    query = Query(title="remark", paths=("src/api/users.py",), now=NOW)
    best = await found(provider, query)
    assert best[:2] == ids([here, beside])
    assert await found(provider, replace(query, title="gate")) == [here.id]


async def test_the_true_model_finds_what_shares_no_word(provider: ChromaProvider, tmp_path: Path) -> None:
    meaning = ChromaProvider(path=tmp_path / "chroma", embedder=open_embedder())
    past = [
        issue(1, "Dark colours are unreadable", "Grey letters on a black background."),
        issue(2, "Upload stops after a timeout", "Large archives stop after thirty seconds."),
    ]
    try:
        await store(meaning, *past)
        best = await meaning.search_records(
            Query(title="cannot see text in night mode", now=NOW), namespaces=ALL, top_k=1
        )
        assert [match.record for match in best] == past[:1]
    finally:
        await meaning.close()


async def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    provider = ChromaProvider(path=tmp_path / "file", embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.NETWORK)
    assert "CHROMADB_PATH" in health.fix
    with pytest.raises(MemoryUnreachable):
        await provider.store_records([fact()], approval=APPROVAL)
    (tmp_path / "file").unlink()
    await store(provider, fact())
    await provider.close()


async def test_a_collection_in_a_folder_that_somebody_deleted_is_missing_once_and_then_new(tmp_path: Path) -> None:
    provider = ChromaProvider(path=tmp_path, embedder=WordEmbedder())
    await store(provider, fact(1))
    program = f"import chromadb; chromadb.PersistentClient({str(tmp_path)!r}).delete_collection('memory-agents')"
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=True)
    with pytest.raises(MemoryMissing):
        await provider.list_records()
    await store(provider, fact(2))
    assert ids(await provider.list_records()) == [fact(2).id]
    await provider.close()


async def test_a_process_of_chroma_that_dies_or_is_too_slow_is_told_and_replaced_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    provider = ChromaProvider(path=tmp_path, embedder=WordEmbedder())
    collection = provider._memory.collection
    assert isinstance(collection, EmbeddedCollection)
    await store(provider, fact(1))
    assert collection._child is not None
    collection._child._kill()
    with pytest.raises(MemoryUnreachable, match="ended by itself"):
        await provider.list_records()
    await store(provider, fact(2))
    provider._memory._seconds = 0
    with pytest.raises(MemoryTimeout, match="timeout-seconds"):
        await provider.list_records()
    provider._memory._seconds = 60
    assert await scan(provider) == [fact(1), fact(2)]
    await provider.close()
    assert collection._child is None


def test_nothing_is_told_to_anybody_and_no_settings_of_the_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHROMA_API_IMPL=nonsense.of.a.stranger\n")
    program = """
import asyncio, sys
from pathlib import Path

def heard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print("NETWORK", event, arguments)

sys.addaudithook(heard)
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, fact
from tests.embedding import WordEmbedder

async def main():
    assert "chromadb" not in sys.modules
    its = ChromaProvider(path=Path("chroma"), embedder=WordEmbedder())
    assert not Path("chroma").exists()
    await its.store_records([fact()], approval=APPROVAL)
    print(len(await its.list_records()))
    await its.close()

asyncio.run(main())
"""
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.returncode) == ("1\n", 0), run.stderr
