"""Records to JSON and back, and sealed blobs."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.records import Record, Source
from memory_agents.memory.index import IndexCorrupt, codec

any_text = st.text(alphabet=st.characters(), max_size=30)
times = st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given apart
tuples = st.lists(any_text, max_size=3).map(tuple)
sources = st.builds(
    Source,
    repository=any_text,
    number=st.none() | st.integers(),
    url=any_text,
    author=any_text,
    author_id=st.none() | st.integers(),
    permission=any_text,
)
records = st.builds(
    Record,
    id=any_text,
    namespace=any_text,
    text=any_text,
    title=any_text,
    created_at=times,
    source=sources,
    labels=tuples,
    state=any_text,
    paths=tuples,
    expires_at=st.none() | times,
    approved=st.booleans(),
    approved_by=any_text,
    proposed_by=any_text,
    replaces=any_text,
    cites=tuples,
)


@given(records)
def test_a_record_comes_back_exactly(record: Record) -> None:
    assert codec.decode(codec.encode(record)) == record


def test_text_that_utf8_cannot_hold_comes_back_too() -> None:
    record = Record(id="fact-0001", namespace="a", text="\ud800 half a pair")
    assert codec.decode(codec.encode(record)) == record


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"id": 1}', b"\xff\xfe"])
def test_what_is_not_a_record_is_told_as_corruption(data: bytes) -> None:
    for stored in (data, zlib.compress(data)):
        with pytest.raises(IndexCorrupt):
            codec.decode(stored)


@given(st.binary())
def test_a_sealed_blob_opens(data: bytes) -> None:
    assert codec.unseal(codec.seal(data)) == data


@given(st.binary(), st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(data: bytes, where: int, change: int) -> None:
    sealed = bytearray(codec.seal(data))
    sealed[where % len(sealed)] ^= change
    with pytest.raises(IndexCorrupt):
        codec.unseal(bytes(sealed))


@pytest.mark.parametrize("data", [None, b"", b"abc", "text", 7])
def test_what_was_never_sealed_is_told_as_corruption(data: object) -> None:
    with pytest.raises(IndexCorrupt):
        codec.unseal(data)
