"""Which Records answer a Query, in which order, how well and why.

Lexical: two BM25 scores are averaged. One reads a document as a single text in which a word of the
title counts TITLE_WEIGHT times; the other compares each field of the query with each field of the
document, so that a short title is not drowned by a long body. Each is divided by what a document of
average length could reach at best with this query. So the strength is a share that depends on the
query and the one document alone (and on how rare the words are), not on what else was found: the
best of a bad lot stays low. What surrounds the question is scored likewise and joins as a weighted
mean. What is left is a discount for age, for past items only, and a bonus for a path or label.

The sums run in a fixed order in float64 and are rounded, so every machine ranks alike.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import text
from memory_agents.core.ranking_paths import Touched, is_past
from memory_agents.core.ranking_postings import NO_POSTINGS, fields, invert
from memory_agents.core.ranking_reasons import reasons, shared_labels
from memory_agents.core.records import EPOCH, Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from memory_agents.core.records import Query, Record

    Floats = NDArray[np.float64]

TITLE_WEIGHT = 5
SATURATION = 1.6
"""BM25's k1: how soon more of the same word stops counting"""
LENGTH_PENALTY = 0.9
"""BM25's b"""
TITLE_IN_TITLE, BODY_IN_BODY, BODY_IN_TITLE, TITLE_IN_BODY = 1.0, 1.0, 2.0, 1.0
AGEING = 0.08
"""a past item of `d` days counts (1 + d/7) ** -AGEING: .80 after three months, .70 after two years"""
HALF = 0.45
"""the strength that scores one half; measured duplicates have a median of .45, the best of what is none .36"""
CONTEXT_WEIGHT = 0.3
"""of what surrounds the question, beside 1 for its title and body"""
PATH_BONUS = 0.25
"""for being about a file that is touched: that alone makes a Match, without a shared word"""
FOLDER_BONUS = 0.1
"""for standing on a file in the same folder, beside shared words"""
LABEL_BONUS = 0.02
BACKGROUND = 200
"""documents that are imagined beside those there are, so that rarity means something in a small memory"""
FEWEST = 3
"""terms of a query that can earn a full score"""

_DIGITS = 6
_WEEK_US = 7 * 86_400_000_000
_AT_ONCE = 65_536
"""postings that are scored at once: enough to be quick, few enough to take no memory"""


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The distinct terms of a Query, without function words."""

    terms: tuple[str, ...]
    words: Mapping[str, str]
    """term → the word as the query has it"""
    title: Floats
    """[terms] how often each stands in the title"""
    body: Floats
    """[terms] how often each stands in the body or the labels"""
    context: Floats
    """[terms] how often each stands in what surrounds the question"""

    @classmethod
    def of(cls, query: Query) -> QueryTerms:
        """The terms of `query`, in their order."""
        words: dict[str, str] = {}
        counts = []
        for field in (query.title, "\n".join((query.body, *query.labels)), query.context):
            readable = [word for word in text.words(field) if word not in text.FUNCTION_WORDS]
            terms = text.stems(readable)
            counts.append(Counter(terms))
            for term, word in zip(terms, readable, strict=True):
                words.setdefault(term, word)
        title, body, context = (np.array([count[term] for term in words], dtype=np.float64) for count in counts)
        return cls(tuple(words), words, title, body, context)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The documents that a search chooses from: those of the wanted namespaces."""

    title_length: Floats
    body_length: Floats
    created_us: NDArray[np.int64]
    """microseconds since 1970"""
    history: NDArray[np.bool_]
    """whether it is a past item, which ages"""
    nearness: Floats
    """the bonus for its path, see `nearness`"""
    document: NDArray[np.integer]
    """[postings] a candidate that has a term of the query, as its number among the candidates"""
    term: NDArray[np.integer]
    """[postings] the number of that term in the query, ascending"""
    title: NDArray[np.uint8]
    """[postings] how often it stands in the candidate's title"""
    body: NDArray[np.uint8]
    """[postings] how often it stands in the candidate's body"""

    def __len__(self) -> int:
        return len(self.title_length)


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
    rarity = _rarity(frequency, len(candidates))
    strength = _lexical(terms, candidates, rarity)
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
    excluded = record.id in query.exclude or (record.source.url and record.source.url in query.exclude_urls)
    return not excluded and record.is_recallable(query.now)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (time - EPOCH) // timedelta(microseconds=1)


def _lexical(terms: QueryTerms, candidates: Candidates, rarity: Floats) -> Floats:
    """[candidates] the share of what a document of average length could reach at best."""
    title_length, body_length = candidates.title_length, candidates.body_length
    whole_length = TITLE_WEIGHT * title_length + body_length
    expected_title, expected_body = _mean(title_length), _mean(body_length)
    in_title, in_body = (
        _rarity(np.bincount(candidates.term[count > 0], minlength=len(terms.terms)), len(candidates))
        for count in (candidates.title, candidates.body)
    )
    asked = _damped(TITLE_WEIGHT * terms.title + terms.body) * rarity
    asked_title, asked_body = _damped(terms.title), _damped(terms.body)
    context = _damped(terms.context) * rarity

    # BM25 is linear in the weights of the terms, so all that meets the same field is summed beforehand.
    expected = expected_title + expected_body
    to_whole, own = _joined(expected, (1.0, asked))
    from_context, surrounding = _joined(expected, (CONTEXT_WEIGHT, context))
    to_title, from_title = _joined(
        expected_title, (TITLE_IN_TITLE, asked_title * in_title), (BODY_IN_TITLE, asked_body * in_title)
    )
    to_body, from_body = _joined(
        expected_body, (TITLE_IN_BODY, asked_title * in_body), (BODY_IN_BODY, asked_body * in_body)
    )
    fieldwise = from_title + from_body
    if fieldwise:
        to_whole, to_title, to_body = to_whole / 2, to_title / fieldwise / 2, to_body / fieldwise / 2
    weights = ((to_whole + from_context), to_title, to_body)
    norms = (_norm(whole_length), _norm(title_length), _norm(body_length))
    return _reached(candidates, weights, norms) / (own + surrounding or 1.0)


def _reached(candidates: Candidates, weights: tuple[Floats, Floats, Floats], norms: tuple[Floats, ...]) -> Floats:
    """[candidates] the sum of BM25 of the whole, the title and the body, with a weight for each term."""
    reached = np.zeros(len(candidates))
    for start in range(0, len(candidates.term), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        term, document = candidates.term[some], candidates.document[some]
        title, body = candidates.title[some].astype(np.float64), candidates.body[some].astype(np.float64)
        parts = np.zeros(len(term))
        for weight, norm, count in zip(weights, norms, (TITLE_WEIGHT * title + body, title, body), strict=True):
            parts += weight[term] * count / (count + norm[document])
        # One after another, so that the sum does not depend on where a list is cut.
        np.add.at(reached, document, parts)
    return reached


def _norm(length: Floats) -> Floats:
    """[candidates] what BM25 holds against a long document."""
    norm: Floats = SATURATION * (1 - LENGTH_PENALTY + LENGTH_PENALTY * length / (_mean(length) or 1.0))
    return norm


def _joined(expected: float, *pairs: tuple[float, Floats]) -> tuple[Floats, float]:
    """The term weights of some (importance, term weights), each as a share of the attainable, and their importance.

    A field that the query or all documents lack is left out rather than counted as a miss.
    """
    there = [(importance, weight) for importance, weight in pairs if expected > 0 and weight.any()]
    joined = np.zeros(len(pairs[0][1]))
    for importance, weight in there:
        joined += importance * weight / _attainable(weight, expected)
    return joined, sum(importance for importance, _ in there)


def _attainable(weight: Floats, expected: float) -> float:
    """What a document of average length with `expected` terms reaches if they are the weightiest ones, once each.

    A query of fewer than FEWEST terms is too little evidence for a full score: it is treated as if
    it had asked for others like them too.
    """
    asked = weight[weight > 0]
    if not len(asked):
        return 1.0
    best = np.sort(asked)[::-1][: max(1, round(expected))]
    missing = max(0, FEWEST - len(asked)) * math.fsum(asked) / len(asked)
    return (math.fsum(best) + missing) / (1 + SATURATION)


def _rarity(frequency: NDArray[np.int64], size: int) -> Floats:
    """Inverse document frequency of BM25: positive, and higher for what fewer documents have.

    As if BACKGROUND documents with none of the terms stood beside the candidates: among three facts a
    term is not common because one of them has it.
    """
    rarity: Floats = np.log(1 + (size + BACKGROUND - frequency + 0.5) / (frequency + 0.5))
    return rarity


def _damped(count: Floats) -> Floats:
    """1 + ln of the count; 0 where it is 0."""
    damped: Floats = np.where(count > 0, 1 + np.log(np.maximum(count, 1)), 0.0)
    return damped


def _mean(whole_numbers: Floats) -> float:
    """Exact, because sums of whole numbers are."""
    return float(whole_numbers.sum()) / len(whole_numbers) if len(whole_numbers) else 0.0
