"""Ranking by what was noted of each Record: the same as by the Records themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import namespaces, ranking
from memory_agents.core.ranking import Glance, Glanced, Words
from memory_agents.core.records import Match, Query, Record

NOW = datetime(2024, 5, 1, tzinfo=UTC)
PAST = (
    ("Parser crashes on empty input", "The tokenizer returns nothing.\nerror: parse_expr panicked\n" * 3),
    ("Parser is slow", "A file of 3 MB takes a minute to parse."),
    ("Add a dark theme", "The colours hurt at night. größe 日本語"),
    ("", ""),
)
RECORDS = [
    Record(
        id=f"issue-{number:04}",
        namespace=namespaces.ISSUES if number % 3 else namespaces.CONVENTIONS,
        title=title,
        text=text * 40 if number == 1 else text,
        labels=("bug",) if number == 2 else (),
        created_at=NOW - timedelta(days=30 * number - 15),
        paths=("src/api/**",) if number == 3 else (),
    )
    for number, (title, text) in enumerate(PAST * 2)
]
WORD = st.sampled_from(
    ["parser", "panics", "theme", "colours", "input", "parse_expr", "größe", "日本", "nothing", "zzz"]
)


def by_glances(
    query: Query, records: Sequence[Record], top_k: int, asked: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None
) -> list[Match]:
    """As an engine's provider does it: the texts come last."""
    known = {record.id: record for record in records}
    glances = []
    for number, record in enumerate(records):
        words = Words.unpacked(Words.of(record).packed())
        assert words is not None
        vectors = None if asked is None else np.roll(asked, number, axis=1)
        glances.append(Glance(replace(record, text=""), words, vectors))
    found = Glanced.of(query, glances, asked)
    best = found.best(top_k)
    return found.matches({number: known[found.glances[number].record.id] for number in best}, top_k)


@given(st.lists(WORD, max_size=4), st.lists(WORD, max_size=6), st.booleans(), st.integers(1, 9))
def test_without_vectors_it_is_the_ranking_of_the_records_themselves(
    title: list[str], body: list[str], is_labelled: bool, top_k: int
) -> None:
    query = Query(
        title=" ".join(title),
        body=" ".join(body),
        labels=("bug",) if is_labelled else (),
        paths=("src/api/a.py",) if len(title) == 2 else (),
        now=NOW,
    )
    assert by_glances(query, RECORDS, top_k, None) == ranking.rank(query, RECORDS, top_k=top_k)


def test_a_vector_brings_up_what_shares_no_word() -> None:
    query = Query(title="night mode", now=NOW)
    assert RECORDS[4] not in [match.record for match in by_glances(query, RECORDS[4:7], 3, None)]
    asked = np.zeros((2, 8), dtype=np.float32)
    asked[:, 0] = 0.9
    assert RECORDS[4] in [match.record for match in by_glances(query, RECORDS[4:7], 3, asked)]


def test_what_is_packed_in_another_way_is_not_read() -> None:
    data = Words.of(RECORDS[0]).packed()
    assert Words.unpacked(bytes([data[0] + 1]) + data[1:]) is None
    assert Words.unpacked(data[:-1]) is None
    assert Words.unpacked(b"") is None


def test_nothing_among_nothing_is_found() -> None:
    found = Glanced.of(Query(title="parser", now=NOW), [])
    assert found.best(5) == []
    assert found.matches({}, 5) == []
    assert Glanced.of(Query(now=NOW), [Glance(RECORDS[0], Words.of(RECORDS[0]))]).best(5) == []


def test_what_came_later_than_the_question_and_what_is_excluded_takes_no_place() -> None:
    query = Query(title="parser", now=NOW - timedelta(days=20), exclude=frozenset({RECORDS[4].id}))
    found = Glanced.of(query, [Glance(record, Words.of(record)) for record in RECORDS[1:6]])
    assert [found.glances[number].record.id for number in found.best(1)] == [RECORDS[5].id]
