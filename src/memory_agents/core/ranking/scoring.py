"""Which Records answer a Query, in which order, how well and why.

The lexical strength of each (see `lexical`) is discounted for age, for past items only, and lifted for a
path or a label that the Query has too.

The sums run in a fixed order in float64 and are rounded, so every machine ranks alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core.ranking.lexical import Candidates, QueryTerms, lexical, rarity_of
from memory_agents.core.ranking.paths import Touched, is_past
from memory_agents.core.ranking.postings import NO_POSTINGS, fields, invert
from memory_agents.core.ranking.reasons import reasons, shared_labels
from memory_agents.core.records import EPOCH, Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from memory_agents.core.records import Query, Record

    Floats = NDArray[np.float64]

AGEING = 0.08
"""a past item of `d` days counts (1 + d/7) ** -AGEING: .80 after three months, .70 after two years"""
HALF = 0.45
"""the strength that scores one half; measured duplicates have a median of .45, the best of what is none .36"""
PATH_BONUS = 0.25
"""for being about a file that is touched: that alone makes a Match, without a shared word"""
FOLDER_BONUS = 0.1
"""for standing on a file in the same folder, beside shared words"""
LABEL_BONUS = 0.02
_DIGITS = 6
_WEEK_US = 7 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Strengths:
    """How strongly each candidate answers, before labels."""

    score: Floats
    """[candidates] in [0, 1]; 0 for what is no answer"""
    rarity: Mapping[str, float]
    """term → how informative it is here: its inverse document frequency"""


def strengths(query: Query, terms: QueryTerms, candidates: Candidates) -> Strengths:
    """Score all candidates at once."""
    frequency = np.bincount(candidates.term, minlength=len(terms.terms))
    rarity = rarity_of(frequency, len(candidates))
    strength = lexical(terms, candidates, rarity)
    weeks = np.maximum(0, microseconds(query.now) - candidates.created_us) / _WEEK_US
    strength = strength * np.where(candidates.history, (1 + weeks) ** -AGEING, 1.0)
    square = strength * strength
    score = square / (square + HALF * HALF)
    near = np.where((score > 0) | (candidates.nearness >= PATH_BONUS), candidates.nearness, 0.0)
    return Strengths(
        np.round(score + (1 - score) * near, _DIGITS), dict(zip(terms.terms, rarity.tolist(), strict=True))
    )


def select(
    query: Query, terms: QueryTerms, rarity: Mapping[str, float], scored: Iterable[tuple[Record, float]], top_k: int
) -> list[Match]:
    """The best `top_k` of the scored Records that may be recalled, best first, then newer, then by id."""
    matches = []
    for record, strength in scored:
        if strength > 0 and is_allowed(query, record):
            labels = shared_labels(record, query)
            score = round(strength + (1 - strength) * LABEL_BONUS * bool(labels), _DIGITS)
            matches.append(Match(record=record, score=score))
    matches.sort(key=lambda match: (-match.score, -microseconds(match.record.created_at), match.record.id))
    touched = Touched.of(query.paths)
    return [
        replace(match, reasons=reasons(query, touched, match.record, terms.words, rarity)) for match in matches[:top_k]
    ]


def rank(query: Query, records: Sequence[Record], *, top_k: int) -> list[Match]:
    """Rank `records`, such as the candidates that an engine found, by this module alone."""
    distinct = list({record.id: record for record in records}.values())
    touched = Touched.of(query.paths)
    terms = QueryTerms.of(query)
    inverted = invert((number, *fields(record)) for number, record in enumerate(distinct))
    lists = [(number, inverted.lists[term]) for number, term in enumerate(terms.terms) if term in inverted.lists]
    postings = np.concatenate([NO_POSTINGS, *(found for _, found in lists)])
    candidates = Candidates(
        title_length=inverted.lengths["title"].astype(np.float64),
        body_length=inverted.lengths["body"].astype(np.float64),
        created_us=np.array([microseconds(record.created_at) for record in distinct], dtype=np.int64),
        history=np.array([is_past(record) for record in distinct], dtype=bool),
        nearness=np.array([nearness(touched, record) for record in distinct], dtype=np.float64),
        document=postings["document"],
        title=postings["title"],
        body=postings["body"],
        term=np.repeat(np.array([number for number, _ in lists], dtype=np.int64), [len(found) for _, found in lists]),
    )
    found = strengths(query, terms, candidates)
    return select(query, terms, found.rarity, zip(distinct, found.score.tolist(), strict=True), top_k)


def nearness(touched: Touched, record: Record) -> float:
    """The bonus that `record` gets for its paths."""
    if touched.path_of(record):
        return PATH_BONUS
    return FOLDER_BONUS if touched.folder_of(record) else 0.0


def is_allowed(query: Query, record: Record) -> bool:
    """Whether `record` may answer: recallable now and not excluded."""
    url = record.source.url
    excluded = record.id in query.exclude or (url and {url, url.partition("#")[0]} & query.exclude_urls)
    return not excluded and record.is_recallable(query.now)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (time - EPOCH) // timedelta(microseconds=1)
