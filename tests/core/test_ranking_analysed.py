"""Ranking what was split into words before is ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory_agents.core import ranking
from memory_agents.core.ranking.analysed import analysed, rank_analysed
from memory_agents.core.records import Query, Record

NOW = datetime(2026, 5, 4, tzinfo=UTC)
WORDS = st.lists(
    st.sampled_from(["parser", "timeout", "error:", "failed", "timeOut", "tabs", "the", "upload", "größe", "日本語"]),
    max_size=12,
)
TEXT = WORDS.map(" ".join)
RECORD = st.builds(
    Record,
    id=st.from_regex(r"[a-f]{8}", fullmatch=True),
    namespace=st.sampled_from(["codebase/conventions", "reviews/issues", "reviews/pr"]),
    text=TEXT,
    title=TEXT,
    created_at=st.integers(1, 900).map(lambda days: NOW - timedelta(days=days)),
    labels=st.lists(st.sampled_from(["bug", "docs"]), max_size=1).map(tuple),
    paths=st.lists(st.sampled_from(["src/a.py", "src/**"]), max_size=1).map(tuple),
    approved=st.booleans(),
)
QUERY = st.builds(
    Query,
    title=TEXT,
    body=TEXT,
    context=TEXT,
    labels=st.lists(st.sampled_from(["bug", "docs"]), max_size=1).map(tuple),
    paths=st.lists(st.sampled_from(["src/a.py", "src/b.py"]), max_size=1).map(tuple),
    now=st.just(NOW),
)


@given(QUERY, st.lists(RECORD, max_size=12, unique_by=lambda record: record.id), st.integers(1, 8))
def test_it_finds_the_same_with_the_same_scores_and_reasons(query: Query, records: list[Record], top_k: int) -> None:
    found = rank_analysed(query, [analysed(record) for record in records], top_k=top_k)
    assert found == ranking.rank(query, records, top_k=top_k)


def test_meaning_finds_what_shares_no_word() -> None:
    one = Record(id="fact-0001", namespace="own", text="Indent with tabs.", created_at=NOW)
    two = replace(one, id="fact-0002", text="Log in UTC.")

    def meaning(order: NDArray[np.int64]) -> tuple[NDArray[np.float64], Callable[[NDArray[np.int64]], ranking.Cosines]]:
        assert order.tolist() == [0, 1]
        return np.array([0.0, 0.9]), lambda numbers: ranking.none(len(numbers))

    query = Query(title="time zones", now=NOW)
    candidates = [analysed(one), analysed(two)]
    assert rank_analysed(query, candidates, top_k=2) == []
    assert [match.record for match in rank_analysed(query, candidates, top_k=2, meaning=meaning)] == [two]
