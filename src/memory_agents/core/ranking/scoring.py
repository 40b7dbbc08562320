"""From candidates to scored Matches: a shortlist by words and by meaning, and a model that weighs what speaks for each.

Facts are few and short: their score is how strongly words and meaning answer. Past items are many and much alike:
the best by words and the best by meaning come on a shortlist, and a model says how probable it is that each is meant.
Both are lifted for a path that the Query has too.

The sums run in a fixed order in float64 and are rounded, so every machine ranks alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core.ranking import model
from memory_agents.core.ranking.dense import none
from memory_agents.core.ranking.features import Shortlist, days_old, dense_features, lexical_features
from memory_agents.core.ranking.lexical import Candidates, QueryTerms, Statistics, strength
from memory_agents.core.ranking.paths import Touched, is_past
from memory_agents.core.ranking.reasons import Meaning, reasons, shared_labels
from memory_agents.core.records import EPOCH, Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from memory_agents.core.ranking.dense import Cosines
    from memory_agents.core.records import Query, Record

    Floats = NDArray[np.float64]

AGEING = 0.08
"""on the way to the shortlist a past item of `d` days counts (1 + d/7) ** -AGEING"""
SHORTLISTED = 150
"""past items by words, and as many by meaning"""
HALF = 0.45
"""the strength with which a fact scores one half"""
UNRELATED = 0.2
"""the cosine up to which texts have nothing to do with each other"""
PATH_BONUS = 0.25
"""for being about a file that is touched: that alone makes a Match, without a shared word"""
FOLDER_BONUS = 0.1
"""for standing on a file in the same folder, beside shared words"""
LABEL_BONUS = 0.02
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Strengths:
    """How strongly each candidate answers, before labels."""

    score: Floats
    """[candidates] in [0, 1]; 0 for what is no answer"""
    meaning: Floats
    """[candidates] the cosine to the Query; NaN where there is no vector"""
    rarity: Mapping[str, float]
    """term → how informative it is here: its inverse document frequency"""


def strengths(
    query: Query,
    terms: QueryTerms,
    candidates: Candidates,
    near: NDArray[np.float64] | None = None,
    cosines: Callable[[NDArray[np.int64]], Cosines] = lambda numbers: none(len(numbers)),
) -> Strengths:
    """Score all candidates at once.

    `near`: [candidates] the cosine of title and text; NaN where there is no vector. `cosines` tells all of them for
    the candidates of some numbers.
    """
    size = len(candidates)
    near = np.full(size, np.nan) if near is None else near
    known = Statistics.of(terms, candidates)
    looked_up = np.bincount(candidates.term, minlength=len(terms.terms))
    by_words = strength(terms, candidates, known)
    by_meaning = np.maximum(0.0, np.nan_to_num(near) - UNRELATED)

    square = np.where(candidates.history, 0.0, by_words**2 + by_meaning**2)
    score = square / (square + HALF * HALF)

    now = microseconds(query.now)
    ageing = (1 + days_old(candidates, now) / 7) ** -AGEING * candidates.history
    on_path = ageing * (candidates.nearness >= PATH_BONUS)
    shown = _best(by_words * ageing) | _best(by_meaning * ageing) | _best(on_path * (1 + by_words))
    numbers = np.flatnonzero(shown)
    if len(numbers):
        short = Shortlist.of(candidates, numbers)
        features = lexical_features(terms, candidates, known, short, now)
        score[numbers] = _probable(model.kind_of(query), features, cosines(numbers))
        score[numbers] *= (by_words[numbers] > 0) | (by_meaning[numbers] > 0)
    nearness = np.where((score > 0) | (candidates.nearness >= PATH_BONUS), candidates.nearness, 0.0)
    return Strengths(
        np.round(score + (1 - score) * nearness, _DIGITS),
        near,
        {terms.terms[number]: float(known.rarity[number]) for number in np.flatnonzero(looked_up).tolist()},
    )


def _best(value: Floats) -> NDArray[np.bool_]:
    """[candidates] whether it is one of the SHORTLISTED highest above 0; of equal ones all."""
    if np.count_nonzero(value) <= SHORTLISTED:
        return value > 0
    least = np.partition(value, -SHORTLISTED)[-SHORTLISTED]
    among: NDArray[np.bool_] = (value >= least) & (value > 0)
    return among


def _probable(kind: model.Kind, features: Mapping[str, Floats], its: Cosines) -> Floats:
    """[shortlist] how probable it is that the past item is meant."""
    by_words = model.probability(features, model.BY_WORDS[kind])
    if not its.known.any():
        return by_words
    with_meaning = model.probability({**features, **dense_features(its)}, model.WITH_MEANING[kind])
    return np.where(its.known, with_meaning, by_words)


def select(
    query: Query, terms: QueryTerms, found: Strengths, chosen: Iterable[tuple[int, Record]], top_k: int
) -> list[Match]:
    """The best `top_k` of the chosen Records (number, Record) that may be recalled: best first, newer, then by id."""
    matches = []
    for number, record in chosen:
        score = float(found.score[number])
        if score > 0 and is_allowed(query, record):
            labels = shared_labels(record, query)
            score = round(score + (1 - score) * LABEL_BONUS * bool(labels), _DIGITS)
            matches.append((Match(record=record, score=score), float(found.meaning[number])))
    matches.sort(key=lambda it: (-it[0].score, -microseconds(it[0].record.created_at), it[0].record.id))
    touched = Touched.of(query.paths)
    return [
        replace(match, reasons=reasons(query, touched, match.record, Meaning(terms.words, found.rarity, cosine)))
        for match, cosine in matches[:top_k]
    ]


def ignored(frequency: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[terms] whether there are documents with it that were not looked up."""
    found: NDArray[np.bool_] = frequency > 0
    found[asked] = False
    return found


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


def is_of_later(query: Query, record: Record) -> bool:
    """Whether it is a past item of a time after the one as of which is asked, where that is told."""
    return is_past(record) and EPOCH < query.now < record.created_at


def microseconds(time: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (time - EPOCH) // timedelta(microseconds=1)
