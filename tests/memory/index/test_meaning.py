"""The index with vectors: what is wrong with them costs neither a search nor a vector."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from memory_agents.core import namespaces, ranking
from memory_agents.core.records import Query, Record
from memory_agents.errors import MemoryTimeout
from memory_agents.memory.embedding import Embedder, open_embedder
from memory_agents.memory.index import LocalIndex
from memory_agents.memory.index.dense import Dense
from memory_agents.memory.index.vectors import VectorStore

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PAST = {
    number: Record(
        id=f"past-issue-{number}",
        namespace=namespaces.ISSUES,
        title=title,
        text=text,
        created_at=NOW - timedelta(days=number),
    )
    for number, (title, text) in enumerate(
        [
            ("The program dies when a file has no lines", "It ends with a segfault."),
            ("Add a dark theme", "The colours hurt at night."),
            ("Publish the wheels", "Nobody remembers how a release is made."),
        ],
        start=1,
    )
}
CRASH = Query(title="Crash on empty input", body="A document without content kills it.", now=NOW)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder()


@pytest.fixture
def store(tmp_path: Path, embedder: Embedder) -> Iterator[VectorStore]:
    opened = VectorStore.open(tmp_path / "vectors.sqlite3", embedder.model)
    yield opened
    opened.close()


def filled(path: Path, dense: Dense | None) -> LocalIndex:
    index = LocalIndex.open(path, dense)
    index.update({record.id: record for record in PAST.values()}, version="v")
    return index


def test_meaning_finds_what_shares_no_word_and_says_so(tmp_path: Path, store: VectorStore, embedder: Embedder) -> None:
    with filled(tmp_path / "index.sqlite3", Dense(store, embedder)) as index:
        assert index.search(CRASH, namespaces=("*",), top_k=1) == []
        assert index.embed(99) == 6
        assert index.unembedded(99) == {}
        [best] = index.search(CRASH, namespaces=("*",), top_k=1)
    assert best.record.id == "past-issue-1"
    assert any(reason.startswith("semantic: ") for reason in best.reasons)
    assert "by words alone" not in best.reasons


def test_a_store_that_cannot_be_read_leaves_a_search_by_words(
    tmp_path: Path, store: VectorStore, embedder: Embedder
) -> None:
    asked = Query(title="dark theme", now=NOW)
    with filled(tmp_path / "index.sqlite3", Dense(store, embedder)) as index:
        index.embed(99)
        store.close()
        found = index.search(asked, namespaces=("*",), top_k=3)
        assert index.embed(99) == 0
    assert found == ranking.rank(asked, list(PAST.values()), top_k=3)
    assert "by words alone" in found[0].reasons


def test_what_is_closed_under_whoever_works_with_it_loses_nothing(
    tmp_path: Path, store: VectorStore, embedder: Embedder
) -> None:
    with filled(tmp_path / "index.sqlite3", Dense(store, embedder)) as index:
        index.embed(99)
        keys = np.array([ranking.text_key(ranking.embedded_texts(PAST[1])[1])], dtype=np.uint64)
    store.close()
    with pytest.raises(MemoryTimeout):
        store.add(keys, embedder.embed(["late"]))
    with pytest.raises(MemoryTimeout):
        len(index)
    reopened = VectorStore.open(tmp_path / "vectors.sqlite3", embedder.model)
    with LocalIndex.open(tmp_path / "index.sqlite3") as again:
        assert (len(again), reopened.missing(keys).tolist()) == (3, [False])
    reopened.close()


def test_vectors_of_what_is_gone_are_dropped_once_they_are_many(
    tmp_path: Path, store: VectorStore, embedder: Embedder
) -> None:
    with filled(tmp_path / "index.sqlite3", Dense(store, embedder)) as index:
        index.embed(99)
        index.update({PAST[1].id: None, PAST[2].id: None}, version="w")
        index.drop_vectors()
    texts = [text for record in PAST.values() for text in ranking.embedded_texts(record)]
    keys = np.array([ranking.text_key(text) for text in texts], dtype=np.uint64)
    assert store.missing(keys).tolist() == [True] * 4 + [False] * 2
