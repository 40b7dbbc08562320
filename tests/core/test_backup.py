"""The lines of a backup: exact both ways, and strict about what others may have written."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import backup
from memory_agents.core.backup import BackupFault, Entry, Header
from memory_agents.core.records import Record, Source
from memory_agents.testing.conformance.samples import PAST, WHOLE

HEADER = Header(
    provider="git",
    location="branch memory of https://github.com/octo/hello",
    created_at=datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
    records=2,
    forgotten=1,
    apart=0,
    sha256="0" * 64,
)
TEXTS = st.text()
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
NUMBERS = st.none() | st.integers(0, 10**15)
TIMES = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 -- the zone is drawn too
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
)
IDS = st.text(string.ascii_lowercase + string.digits + "_-", min_size=8, max_size=64)
RECORDS = st.builds(
    Record,
    id=IDS,
    namespace=st.sampled_from(["codebase/conventions", "reviews/issues", "a"]),
    text=TEXTS,
    title=TEXTS,
    created_at=TIMES,
    source=st.builds(
        Source, repository=TEXTS, number=NUMBERS, url=TEXTS, author=TEXTS, author_id=NUMBERS, permission=TEXTS
    ),
    labels=LISTS,
    state=TEXTS,
    paths=LISTS,
    expires_at=st.none() | TIMES,
    approved=st.booleans(),
    approved_by=TEXTS,
    proposed_by=TEXTS,
    replaces=TEXTS,
    cites=LISTS,
)
PAIRS = st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)).map(lambda pair: (min(pair), sum(pair)))


@given(RECORDS | IDS | PAIRS)
def test_every_entry_is_one_line_and_comes_back_the_same(entry: Entry) -> None:
    line = backup.line_of(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert backup.entry_of(line) == entry


@given(RECORDS)
def test_a_records_times_come_back_in_utc_whatever_their_zone_was(record: Record) -> None:
    back = backup.entry_of(backup.line_of(record))
    assert isinstance(back, Record)
    assert {time.tzinfo for time in (back.created_at, back.expires_at) if time} == {UTC}


def test_a_text_with_half_a_surrogate_pair_comes_back_the_same() -> None:
    odd = replace(WHOLE, text="a \ud800 b")
    assert backup.entry_of(backup.line_of(odd)) == odd


def test_texts_can_be_read_by_a_person_and_found_by_grep() -> None:
    assert "größe".encode() in backup.line_of(WHOLE)


def test_the_first_line_comes_back_the_same_and_says_what_it_is() -> None:
    assert backup.header_of(HEADER.line()) == HEADER
    assert json.loads(HEADER.line())["format"] == "memory-agents backup"


def changed(line: bytes, **values: object) -> bytes:
    """A header, or the record in a line, with other values; None takes a field away."""
    whole = json.loads(line)
    inner: dict[str, Any] = whole.get("record", whole)
    inner.update(values)
    for name in [name for name, value in values.items() if value is None]:
        del inner[name]
    return json.dumps(whole).encode() + b"\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "no backup"),
        (b"\xff\xfe\n", "no backup"),
        (b"[" * 100_000, "no backup"),
        (b'{"record": {}}\n', "no backup"),
        (b'["format"]\n', "no backup"),
        (changed(HEADER.line(), format="other"), "no backup"),
        (changed(HEADER.line(), version=2), "version 2, and this program reads version 1"),
        (changed(HEADER.line(), version=None), "version None"),
        (changed(HEADER.line(), version=True), "version True"),
        (changed(HEADER.line(), records=-1), "`records` is no whole number"),
        (changed(HEADER.line(), records=True), "`records` is no whole number"),
        (changed(HEADER.line(), sha256="0"), "`sha256` is no checksum"),
        (changed(HEADER.line(), sha256=None), "`sha256` is missing"),
        (changed(HEADER.line(), created_at="2026-03-01T12:00:00"), "`created_at` is no time with its zone"),
        (changed(HEADER.line(), more=1), "`more` is no field"),
    ],
)
def test_a_first_line_that_is_none_of_ours_is_refused_with_what_is_wrong(line: bytes, problem: str) -> None:
    with pytest.raises(BackupFault) as fault:
        backup.header_of(line)
    assert problem in fault.value.problem


WRONG: Mapping[str, object] = {
    "id": "Not An Id",
    "namespace": "meta/forgotten",
    "text": 5,
    "title": ["x"],
    "labels": "bug",
    "paths": [1],
    "approved": "false",
    "created_at": "yesterday",
    "expires_at": "2026-03-01",
    "source": "octo/hello",
    "sauce": "octo/hello",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_record_with_a_field_of_another_form_is_refused_and_the_field_is_named(name: str) -> None:
    with pytest.raises(BackupFault) as fault:
        backup.entry_of(changed(backup.line_of(WHOLE), **{name: WRONG[name]}))
    assert fault.value.problem.startswith(f"`{name}` is ")


@pytest.mark.parametrize("name", ["id", "namespace", "text", "source"])
def test_a_record_without_what_each_has_is_refused(name: str) -> None:
    with pytest.raises(BackupFault, match=f"`{name}` is missing"):
        backup.entry_of(changed(backup.line_of(WHOLE), **{name: None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("number", "12"), ("number", True), ("author_id", 1.5), ("author", None), ("url", 5), ("secret", "x")],
)
def test_a_source_with_a_field_of_another_form_is_refused(name: str, value: object) -> None:
    whole = json.loads(backup.line_of(PAST))
    whole["record"]["source"][name] = value
    with pytest.raises(BackupFault, match=f"`{name}` is "):
        backup.entry_of(json.dumps(whole).encode())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null\n",
        b"{}\n",
        b'{"record"\n',
        b"[" * 100_000,
        b'{"forgotten": "ok-ok-ok-ok", "apart": [1, 2]}\n',
        b'{"forgotten": "../../etc"}\n',
        b'{"forgotten": 5}\n',
        b'{"apart": [2, 1]}\n',
        b'{"apart": [1, 1]}\n',
        b'{"apart": [1, 2, 3]}\n',
        b'{"apart": [true, 2]}\n',
        b'{"apart": ["1", "2"]}\n',
        b'{"record": []}\n',
        b'{"other": 1}\n',
    ],
)
def test_a_line_that_holds_anything_else_or_more_is_refused(line: bytes) -> None:
    with pytest.raises(BackupFault):
        backup.entry_of(line)
