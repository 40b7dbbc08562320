"""A Record goes into what the service takes, and comes back the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.record_values import record_of, values_of
from memory_agents.core.records import Record, Source
from memory_agents.errors import MemoryRefused
from memory_agents.memory.providers import agentcore_records as records
from memory_agents.memory.providers.agentcore_names import Kind
from memory_agents.memory.providers.agentcore_records import Held, entry_of, held_of, held_record, note
from memory_agents.memory.providers.agentcore_shapes import check_of
from memory_agents.testing.conformance.samples import TEXTS, WHOLE, fact

AT = datetime(2026, 5, 4, 12, 30, 15, 123456, tzinfo=UTC)
PAIR = note(Kind.APART, "3-12", at=AT)
TEXT = st.text(max_size=20)
TIME = st.datetimes(timezones=st.just(UTC))
RECORD = st.builds(
    Record,
    id=st.from_regex(r"[a-z0-9_-]{8,64}", fullmatch=True),
    namespace=st.sampled_from(["codebase/conventions", "own", "reviews/issues", "reviews/pr"]),
    text=st.text(min_size=1, max_size=50),
    title=TEXT,
    created_at=TIME,
    source=st.builds(
        Source,
        repository=TEXT,
        number=st.none() | st.integers(0, 10**20),
        url=st.text(max_size=100),
        author=TEXT,
        author_id=st.none() | st.integers(0, 10**12),
        permission=TEXT,
    ),
    labels=st.lists(TEXT, max_size=4).map(tuple),
    state=TEXT,
    paths=st.lists(TEXT, max_size=4).map(tuple),
    expires_at=st.none() | TIME,
    approved=st.booleans(),
    approved_by=TEXT,
    proposed_by=TEXT,
    replaces=TEXT,
    cites=st.lists(TEXT, max_size=3).map(tuple),
)
_MODEL = get_session().get_service_model("bedrock-agentcore")
_CHECK = check_of(_MODEL.operation_model("BatchCreateMemoryRecords").input_shape)


def problem(entry: dict[str, Any]) -> str:
    request = {"memoryId": "memory-Abcdefgh12", "records": [{"requestIdentifier": "r", **entry}]}
    return next(_CHECK(request, ""), "")


def back(held: Held) -> Held | None:
    return held_of({"memoryRecordId": "", **entry_of(held)})


@given(RECORD)
def test_every_record_comes_back_from_an_entry_that_the_model_takes(record: Record) -> None:
    held = held_record(record, at=AT)
    assert problem(entry_of(held)) == ""
    assert back(held) == held


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_any_form_is_the_content_itself(text: str) -> None:
    assert entry_of(held_record(fact(text=text), at=AT))["content"] == {"text": text}
    titled = replace(fact(text=text), title="A title")
    assert entry_of(held_record(titled, at=AT))["content"] == {"text": f"A title\n\n{text}"}


def test_provenance_stands_in_metadata_that_people_and_filters_can_read() -> None:
    metadata = entry_of(held_record(WHOLE, at=AT))["metadata"]
    assert {name: metadata[name] for name in metadata if not name.startswith("details")} == {
        "record_id": {"stringValue": WHOLE.id},
        "kind": {"stringValue": "record"},
        "scoped": {"stringValue": "yes"},
        "title": {"numberValue": float(len(WHOLE.title))},
        "number": {"numberValue": 12.0},
        "repository": {"stringValue": "octo-org/hello.world_1"},
        "url": {
            "stringValue": "https://github.com/octo-org/hello.world_1/pull/12=3Fw=3D1=26x=3D=2520=23issuecomment-3"
        },
        "author": {"stringValue": "dependabot=5Bbot=5D"},
        "permission": {"stringValue": "maintain"},
        "created_at": {"stringValue": WHOLE.created_at.isoformat()},
    }


def test_only_facts_with_paths_are_marked_as_scoped_and_the_past_is_a_kind_of_its_own() -> None:
    past = replace(fact(paths=("a.py",)), namespace="reviews/pr")
    for record, kind, scoped in (
        (fact(), "record", None),
        (fact(paths=("a.py",)), "record", "yes"),
        (past, "past", None),
    ):
        metadata = entry_of(held_record(record, at=AT))["metadata"]
        assert (metadata["kind"]["stringValue"], metadata.get("scoped", {}).get("stringValue")) == (kind, scoped)


@pytest.mark.parametrize("characters", [1, 16_000])
def test_a_text_of_up_to_sixteen_thousand_characters_is_kept(characters: int) -> None:
    held = held_record(fact(text="ä" * characters), at=AT)
    assert problem(entry_of(held)) == ""
    assert back(held) == held


@pytest.mark.parametrize(
    ("record", "number"),
    [
        (fact(text="x" * 16_001), "16,001"),
        (replace(fact(text="x" * 15_990), title="A long title"), "16,004"),
        (fact(text=""), "0 characters"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_with_the_numbers(record: Record, number: str) -> None:
    with pytest.raises(MemoryRefused, match=f"{number}.*keeps 1 to 16,000") as refused:
        entry_of(held_record(record, at=AT))
    assert refused.value.fix


def test_metadata_that_does_not_fit_is_refused_with_the_numbers() -> None:
    labels = tuple(f"{number * 7919:x}-{'ä' * (number % 40)}" for number in range(900))
    with pytest.raises(MemoryRefused, match=r"has \d+ values of metadata, and AgentCore keeps 20"):
        entry_of(held_record(replace(WHOLE, labels=labels), at=AT))


def test_a_hundred_labels_fit() -> None:
    labels = tuple(f"area: component {number}, 日本" for number in range(100))
    held = held_record(replace(WHOLE, labels=labels), at=AT)
    assert problem(entry_of(held)) == ""
    assert back(held) == held


@pytest.mark.parametrize(
    "held",
    [note(Kind.FORGOTTEN, "f0123456789ab-1", at=AT), note(Kind.LEAVING, "f0123456789ab-1", at=AT), PAIR],
    ids=lambda held: held.kind,
)
def test_what_is_no_record_is_kept_below_meta(held: Held) -> None:
    entry = entry_of(held)
    assert problem(entry) == ""
    assert entry["namespaces"][0].startswith("/meta/")
    assert back(held) == held


def test_a_pair_comes_back() -> None:
    assert records.pair_of(PAIR.key) == (3, 12)


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {}},
        {"metadata": None},
        {"metadata": {"record_id": {"stringValue": "f0123456789ab-1"}}},
        {"metadata": {"record_id": {"stringValue": "f0123456789ab-1"}, "kind": {"stringValue": "other"}}},
    ],
)
def test_what_others_keep_in_the_memory_is_none_of_ours(change: dict[str, Any]) -> None:
    assert held_of({"memoryRecordId": "mem-1", **entry_of(held_record(fact(), at=AT)), **change}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("details.0", {"stringValue": "AAAA"}),
        ("details.0", {"stringValue": "no base 64"}),
        ("created_at", {"stringValue": "yesterday"}),
        ("author", {"stringValue": "=FF"}),
        ("record_id", {"stringValue": "../etc"}),
    ],
)
def test_damage_is_an_error_of_value(name: str, value: dict[str, Any]) -> None:
    entry = entry_of(held_record(WHOLE, at=AT))
    with pytest.raises(ValueError, match=r"."):
        held_of({"memoryRecordId": "mem-1", **entry, "metadata": {**entry["metadata"], name: value}})


@pytest.mark.parametrize("change", [{"namespaces": []}, {"namespaces": ["/../"]}, {"content": {}}])
def test_a_record_without_a_place_or_a_text_is_damaged(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        held_of({"memoryRecordId": "mem-1", **entry_of(held_record(WHOLE, at=AT)), **change})


def test_equal_values_make_equal_entries() -> None:
    again = record_of({**values_of(WHOLE)})
    assert entry_of(held_record(again, at=AT)) == entry_of(held_record(WHOLE, at=AT))
    assert held_record(WHOLE, at=AT).kind is Kind.RECORD
