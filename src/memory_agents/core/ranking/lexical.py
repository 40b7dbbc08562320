"""How strongly the words of a Query answer to those of each candidate.

BM25 over a document read as a single text in which a word of the title counts TITLE_WEIGHT times, divided by what
a document of average length could reach at best with this query. So the strength is a share that depends on the
query and the one document alone (and on how rare the words are), not on what else was found: the best of a bad
lot stays low. What surrounds the question counts CONTEXT_WEIGHT.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_agents.core import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from memory_agents.core.records import Query

    Floats = NDArray[np.float64]
    Integers = NDArray[np.integer]

TITLE_WEIGHT = 5
SATURATION = 1.6
"""BM25's k1: how soon more of the same word stops counting"""
LENGTH_PENALTY = 0.75
"""BM25's b"""
CONTEXT_WEIGHT = 0.3
"""of what surrounds the question, beside 1 for its title and body"""
BACKGROUND = 200
"""documents that are imagined beside those there are, so that rarity means something in a small memory"""
RAREST = 10.0
"""how informative a word is that no document has: among few documents as among many, so that scores mean the same"""
FEWEST = 3
"""terms of a query that can earn a full score"""
MOST_TERMS = 40
"""of a body, or of what surrounds the question: its rarest, which say what it is about"""


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
    error: Floats
    """[terms] how often each stands in lines of the body that tell of a failure"""
    context: Floats
    """[terms] how often each stands in what surrounds the question"""

    @classmethod
    def of(cls, query: Query) -> Self:
        """The terms of `query`, in their order."""
        words: dict[str, str] = {}
        counts = []
        body = "\n".join((query.body, *query.labels))
        for field in (query.title, body, text.error_lines(query.body), query.context):
            readable = [word for word in text.words(field) if word not in text.FUNCTION_WORDS]
            terms = text.stems(readable)
            counts.append(Counter(terms))
            for term, word in zip(terms, readable, strict=True):
                words.setdefault(term, word)
        arrays = [np.array([count[term] for term in words], dtype=np.float64) for count in counts]
        return cls(tuple(words), words, *arrays)

    def worth_asking(self, frequency: Integers) -> NDArray[np.int64]:
        """The numbers of the terms to look up, ascending: of the title all, of body and context the rarest.

        `frequency`: [terms] how many documents have each; what none has is not looked up.
        """
        there = frequency > 0
        asked = there & (self.title > 0)
        for field in (self.body, self.context):
            numbers = np.flatnonzero(there & (field > 0))
            asked[numbers[np.argsort(frequency[numbers], kind="stable")[:MOST_TERMS]]] = True
        return np.flatnonzero(asked)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The documents that a search chooses from: those of the wanted namespaces."""

    title_length: Floats
    body_length: Floats
    error_length: Floats
    created_us: NDArray[np.int64]
    """microseconds since 1970"""
    history: NDArray[np.bool_]
    """whether it is a past item, which ages"""
    nearness: Floats
    """the bonus for its path, see `nearness`"""
    ignored: NDArray[np.bool_]
    """[terms] whether a term of the query stands in documents, but is too common to be looked up"""
    document: Integers
    """[postings] a candidate that has a term of the query, as its number among the candidates"""
    term: Integers
    """[postings] the number of that term in the query, ascending"""
    title: NDArray[np.uint8]
    """[postings] how often it stands in the candidate's title"""
    body: NDArray[np.uint8]
    """[postings] how often it stands in the candidate's body"""
    error: NDArray[np.uint8]
    """[postings] how often it stands in lines of the body that tell of a failure"""

    def __len__(self) -> int:
        return len(self.title_length)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the candidates are like together."""

    rarity: Floats
    """[terms] how informative each is here: its inverse document frequency, RAREST where nothing has it"""
    in_title: Floats
    in_body: Floats
    in_error: Floats
    """[terms] the same, among the titles, the bodies and the lines that tell of a failure"""
    title: float
    body: float
    error: float
    """terms that each has on average"""

    @classmethod
    def of(cls, terms: QueryTerms, candidates: Candidates) -> Self:
        """Count what there is of each term."""
        size = len(terms.terms)
        lengths = (candidates.title_length, candidates.body_length, candidates.error_length)
        title, body, error = (_mean(length) for length in lengths)
        rarest = rarity_of(np.zeros(1, dtype=np.int64), len(candidates))
        rarity, in_title, in_body, in_error = (
            RAREST / rarest * rarity_of(np.bincount(stands, minlength=size), len(candidates))
            for stands in (
                candidates.term,
                *(candidates.term[count > 0] for count in (candidates.title, candidates.body, candidates.error)),
            )
        )
        return cls(
            rarity=rarity,
            in_title=in_title,
            in_body=in_body,
            in_error=in_error,
            title=title,
            body=body,
            error=error,
        )


def weights(terms: QueryTerms, *, title: float = 1.0) -> Floats:
    """[terms] how much each is asked for, beside its rarity; `title`: how often a word of the title counts."""
    return damped(title * terms.title + terms.body) + CONTEXT_WEIGHT * damped(terms.context)


def strength(terms: QueryTerms, candidates: Candidates, known: Statistics) -> Floats:
    """[candidates] the share of what a document of average length could reach at best."""
    expected = known.title + known.body
    asked = weights(terms, title=TITLE_WEIGHT) * known.rarity * ~candidates.ignored
    attainable = _attainable(asked, expected)
    term, document = candidates.term, candidates.document
    counts = whole_counts(candidates.title, candidates.body)
    norm = norms(
        TITLE_WEIGHT * candidates.title_length + candidates.body_length, TITLE_WEIGHT * known.title + known.body
    )
    reached = np.bincount(document, asked[term] * counts / (counts + norm[document]), minlength=len(candidates))
    return reached / attainable


def whole_counts(title: NDArray[np.uint8], body: NDArray[np.uint8]) -> Floats:
    """[postings] how often a term counts in a document read as a single text."""
    counts: Floats = TITLE_WEIGHT * title.astype(np.float64) + body
    return counts


def norms(length: Floats, expected: float) -> Floats:
    """[candidates] what BM25 holds against a long document."""
    norm: Floats = SATURATION * (1 - LENGTH_PENALTY + LENGTH_PENALTY * length / (expected or 1.0))
    return norm


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


def damped(count: Floats) -> Floats:
    """1 + ln of the count; 0 where it is 0."""
    found: Floats = np.where(count > 0, 1 + np.log(np.maximum(count, 1)), 0.0)
    return found


def _mean(whole_numbers: Floats) -> float:
    """Exact, because sums of whole numbers are."""
    return float(whole_numbers.sum()) / len(whole_numbers) if len(whole_numbers) else 0.0
