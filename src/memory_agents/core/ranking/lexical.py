"""How strongly the words of a Query answer to those of each candidate.

Two BM25 scores are averaged. One reads a document as a single text in which a word of the
title counts TITLE_WEIGHT times; the other compares each field of the query with each field of the
document, so that a short title is not drowned by a long body. Each is divided by what a document of
average length could reach at best with this query. So the strength is a share that depends on the
query and the one document alone (and on how rare the words are), not on what else was found: the
best of a bad lot stays low. What surrounds the question is scored likewise and joins as a weighted
mean.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from memory_agents.core.records import Query

    Floats = NDArray[np.float64]

TITLE_WEIGHT = 5
SATURATION = 1.6
"""BM25's k1: how soon more of the same word stops counting"""
LENGTH_PENALTY = 0.9
"""BM25's b"""
TITLE_IN_TITLE, BODY_IN_BODY, BODY_IN_TITLE, TITLE_IN_BODY = 1.0, 1.0, 2.0, 1.0
CONTEXT_WEIGHT = 0.3
"""of what surrounds the question, beside 1 for its title and body"""
BACKGROUND = 200
"""documents that are imagined beside those there are, so that rarity means something in a small memory"""
FEWEST = 3
"""terms of a query that can earn a full score"""

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


def lexical(terms: QueryTerms, candidates: Candidates, rarity: Floats) -> Floats:
    """[candidates] the share of what a document of average length could reach at best."""
    title_length, body_length = candidates.title_length, candidates.body_length
    whole_length = TITLE_WEIGHT * title_length + body_length
    expected_title, expected_body = _mean(title_length), _mean(body_length)
    in_title, in_body = (
        rarity_of(np.bincount(candidates.term[count > 0], minlength=len(terms.terms)), len(candidates))
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


def rarity_of(frequency: NDArray[np.int64], size: int) -> Floats:
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
