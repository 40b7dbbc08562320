"""Ranking candidates whose texts are split into words already: once each, however often they are candidates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import text
from memory_agents.core.ranking.lexical import Candidates, QueryTerms
from memory_agents.core.ranking.paths import Touched, is_past
from memory_agents.core.ranking.postings import POSTING, fields
from memory_agents.core.ranking.scoring import ignored, microseconds, nearness, select, strengths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from memory_agents.core.ranking.dense import Cosines
    from memory_agents.core.records import Match, Query, Record

    Meaning = Callable[[NDArray[np.int64]], tuple[NDArray[np.float64], Callable[[NDArray[np.int64]], Cosines]]]

_MOST = 255


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """A Record, and how often each term stands in its title, its body and the lines that tell of a failure."""

    record: Record
    lengths: tuple[int, int, int]
    counts: Mapping[str, tuple[int, int, int]]


def analysed(record: Record) -> Analysed:
    """Split the texts of a Record, which takes most of the time of ranking it."""
    title, body = fields(record)
    split = [text.tokens(content) for content in (title, body, text.error_lines(body))]
    counted = [Counter(terms) for terms in split]
    counts = {
        term: (min(counted[0][term], _MOST), min(counted[1][term], _MOST), min(counted[2][term], _MOST))
        for term in counted[0] | counted[1]
    }
    return Analysed(record, (len(split[0]), len(split[1]), len(split[2])), counts)


def rank_analysed(
    query: Query, candidates: Sequence[Analysed], *, top_k: int, meaning: Meaning | None = None
) -> list[Match]:
    """Rank distinct Records as `rank` does; none of a time after the Query's.

    `meaning`: given the numbers of the candidates, the best by words first, it tells the cosine of each to the Query,
    NaN without a vector, and all cosines of some of them.
    """
    terms = QueryTerms.of(query)
    rows = [
        (number, its, *counts)
        for number, term in enumerate(terms.terms)
        for its, candidate in enumerate(candidates)
        if (counts := candidate.counts.get(term)) is not None
    ]
    postings = np.array([row[1:] for row in rows], dtype=POSTING)
    term = np.array([row[0] for row in rows], dtype=np.int64)
    frequency = np.bincount(term, minlength=len(terms.terms))
    asked = terms.worth_asking(frequency)
    there = np.isin(term, asked)
    postings, term = postings[there], term[there]
    lengths = np.array([its.lengths for its in candidates], dtype=np.float64).reshape(-1, 3)
    touched = Touched.of(query.paths)
    records = [its.record for its in candidates]
    looked_up = Candidates(
        title_length=lengths[:, 0],
        body_length=lengths[:, 1],
        error_length=lengths[:, 2],
        created_us=np.array([microseconds(record.created_at) for record in records], dtype=np.int64),
        history=np.array([is_past(record) for record in records], dtype=bool),
        nearness=np.array([nearness(touched, record) for record in records], dtype=np.float64),
        ignored=ignored(frequency, asked),
        document=postings["document"],
        title=postings["title"],
        body=postings["body"],
        error=postings["error"],
        term=term,
    )
    found = strengths(query, terms, looked_up)
    if meaning is not None and records:
        found = strengths(query, terms, looked_up, *meaning(np.argsort(-found.score, kind="stable")))
    return select(query, terms, found, enumerate(records), top_k)
