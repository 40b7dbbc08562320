"""Items of a Chroma collection that are none of ours, or no longer whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from memory_agents.core.records import Query
from memory_agents.memory.providers import chroma_items as items
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.memory.providers.chroma_items import Item
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, ids, scan, store
from tests.chroma_server import ChromaServer, chroma_server
from tests.embedding import WordEmbedder

__all__ = ["chroma_server"]

ALL = ("*",)
WHOLE, BROKEN = fact(1), fact(2)
QUESTION = Query(title="indent with tabs", now=BEGIN + timedelta(days=30))


@pytest.fixture
async def provider(chroma_server: ChromaServer) -> AsyncIterator[ChromaProvider]:
    its = ChromaProvider(url=chroma_server.url, collection=chroma_server.new_name(), embedder=WordEmbedder())
    await store(its, WHOLE)
    yield its
    await its.close()


async def put(provider: ChromaProvider, its_id: str, metadata: dict[str, Any]) -> None:
    """As somebody else's program would."""
    vector = np.full(WordEmbedder.size, 0.05, np.float32)
    await provider._memory.collection.upsert([Item(its_id, vector, metadata, "Indent with tabs.", "")])


def damaged(**changed: object) -> dict[str, Any]:
    """The metadata of BROKEN, a part of its values changed."""
    item = items.item_of(BROKEN, np.zeros((2, WordEmbedder.size), np.float16), APPROVAL)
    metadata = {name: value for name, value in item.values(is_new=True).items() if value is not None}
    return {**metadata, "values": json.dumps({**json.loads(str(metadata["values"])), **changed})}


FOREIGN: list[dict[str, Any]] = [
    {"kind": "record"},
    {"kind": "record", "namespace": BROKEN.namespace, "values": "{"},
    {"kind": "record", "namespace": BROKEN.namespace, "values": "[" * 900 + "]" * 900},
    {**damaged(), "namespace": "reviews/pr"},
    damaged(id="f00000000000a-1"),
    damaged(created_at="yesterday"),
    damaged(created_at="2026-01-01T00:00:00"),
    damaged(labels=[1]),
    damaged(title=None),
]


@pytest.mark.parametrize("metadata", FOREIGN)
async def test_one_that_cannot_be_read_hides_no_other_and_is_told(
    provider: ChromaProvider, metadata: dict[str, Any]
) -> None:
    await put(provider, BROKEN.id, metadata)
    assert await scan(provider) == [WHOLE]
    assert ids(await provider.list_records()) == [WHOLE.id]
    assert await provider.get_record(BROKEN.id) is None
    found = await provider.search_records(QUESTION, namespaces=ALL, top_k=5)
    assert [match.record for match in found] == [WHOLE]
    (notice,) = (await provider.get_info()).notices
    assert notice.partial
    assert BROKEN.id in notice.text
    assert "/forget" in notice.fix


async def test_one_that_cannot_be_read_is_written_anew(provider: ChromaProvider) -> None:
    await put(provider, BROKEN.id, {"kind": "record", "namespace": BROKEN.namespace, "values": "{"})
    assert (await provider.store_records([BROKEN], approval=APPROVAL)).stored == (BROKEN.id,)
    assert await scan(provider) == [WHOLE, BROKEN]
    assert (await provider.get_info()).notices == ()


async def test_one_that_cannot_be_read_can_be_forgotten(provider: ChromaProvider) -> None:
    await put(provider, BROKEN.id, {"kind": "record", "namespace": BROKEN.namespace, "values": "{"})
    assert (await provider.delete_records([BROKEN.id], approval=APPROVAL)).removed == (BROKEN.id,)
    assert BROKEN.id in await provider.forgotten_ids()
    assert await provider._memory.collection.get(ids=[BROKEN.id]) == []


async def test_events_and_notes_of_another_form_hide_no_other(provider: ChromaProvider) -> None:
    first = event(1, at=datetime.now(UTC))
    await provider.store_event(first)
    (its_id,) = [its.id for its in await provider._memory.collection.get(where={"kind": "event"})]
    its = {"kind": "event", "session": its_id.split("/")[1] if "/" in its_id else its_id}
    (metadata,) = [
        dict(found.metadata) for found in await provider._memory.collection.get(ids=[its_id], include=["metadatas"])
    ]
    await put(provider, f"{its_id}0", {**metadata, **its, "values": "["})
    await put(provider, "apart/one/two", {"kind": "apart"})
    await put(provider, "elsewhere", {"kind": "forgotten"})
    assert await provider.list_events(first.actor_id, first.session_id) == [first]
    assert await provider.pairs_apart() == frozenset()
    assert await provider.forgotten_ids() == frozenset()


async def test_the_newest_is_first_whatever_zone_its_time_was_told_in(provider: ChromaProvider) -> None:
    far = timezone(timedelta(hours=14))
    earlier = replace(fact(3), created_at=datetime(2027, 1, 1, 23, tzinfo=far))  # 09:00 in UTC
    later = replace(fact(4), created_at=datetime(2027, 1, 1, 12, tzinfo=UTC))
    await store(provider, earlier, later)
    assert ids(await provider.list_records(limit=2)) == [later.id, earlier.id]


async def test_a_file_whose_name_is_no_text_is_looked_for_in_vain(provider: ChromaProvider) -> None:
    found = await provider.search_records(replace(QUESTION, paths=("bytes\udcff.py",)), namespaces=ALL, top_k=3)
    assert [match.record for match in found] == [WHOLE]
