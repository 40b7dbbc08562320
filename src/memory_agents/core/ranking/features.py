"""What speaks for each past item on the shortlist: the numbers that the model weighs.

Every feature is one array over the shortlist. Those of words are BM25 between one field of the Query and one of the
past item, as a logarithm (how much evidence) or as a share of what could be reached (how much of what was asked);
how much of the Query a past item covers, and the other way round; and how rare the words are that both share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core.ranking import lexical
from memory_agents.core.ranking.lexical import SATURATION, TITLE_WEIGHT, damped, norms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from memory_agents.core.ranking.dense import Cosines
    from memory_agents.core.ranking.lexical import Candidates, Floats, QueryTerms, Statistics

_DAY_US = 86_400_000_000
UNKNOWN_DAYS = 365.0
FRESH_DAYS = 2.0
"""what was reported so lately is often meant by what is written now"""
RARE = lexical.RAREST / 2
"""words that are at least so informative are worth more together"""
_TITLE_RARITY = 5.5
"""how informative the words of a title are, about"""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Some of the candidates, and the postings of those alone."""

    numbers: NDArray[np.int64]
    """[shortlist] which candidates, ascending"""
    document: NDArray[np.int64]
    """[postings] place on the shortlist"""
    term: NDArray[np.int64]
    title: Floats
    body: Floats
    error: Floats
    """[postings] as in Candidates"""

    @classmethod
    def of(cls, candidates: Candidates, numbers: NDArray[np.int64]) -> Shortlist:
        """The candidates of these numbers."""
        place = np.full(len(candidates), -1, dtype=np.int64)
        place[numbers] = np.arange(len(numbers))
        document = place[candidates.document]
        there = document >= 0
        counts = (count[there].astype(np.float64) for count in (candidates.title, candidates.body, candidates.error))
        return cls(numbers, document[there], candidates.term[there].astype(np.int64), *counts)

    def summed(self, values: Floats) -> Floats:
        """[shortlist] the sum of the values of each one's postings, always in the same order."""
        total: Floats = np.bincount(self.document, values, minlength=len(self.numbers)).astype(np.float64)
        return total


def lexical_features(
    terms: QueryTerms, candidates: Candidates, known: Statistics, short: Shortlist, now_us: int
) -> dict[str, Floats]:
    """name → [shortlist] what words and time say."""
    title_length, body_length, error_length = (
        length[short.numbers] for length in (candidates.title_length, candidates.body_length, candidates.error_length)
    )
    there = np.bincount(candidates.term, minlength=len(terms.terms)) > 0
    title_norm, body_norm = norms(title_length, known.title), norms(body_length, known.body)
    whole_norm = norms(TITLE_WEIGHT * title_length + body_length, TITLE_WEIGHT * known.title + known.body)
    error_norm = norms(error_length + 1, known.error + 1)
    whole = lexical.TITLE_WEIGHT * short.title + short.body

    def reached(weight: Floats, count: Floats, norm: Floats) -> Floats:
        saturated = count * (SATURATION + 1) / (count + norm[short.document])
        return short.summed(weight[short.term] * saturated)

    context = lexical.CONTEXT_WEIGHT * damped(terms.context)
    asked = lexical.weights(terms) * known.rarity
    from_title, from_body = damped(terms.title), damped(terms.body) + context
    from_error = damped(terms.error) * known.in_error
    once = np.where(terms.title + terms.body > 0, 1.0, lexical.CONTEXT_WEIGHT)
    informative = known.rarity * once * there
    of_title = known.rarity * (terms.title > 0) * there
    in_title = (short.title > 0).astype(np.float64)
    title_mass = np.maximum(title_length * _TITLE_RARITY, 1.0)
    rare = np.maximum(0.0, known.rarity - RARE) * once

    even = reached(asked, whole, whole_norm)
    failing = reached(from_error, short.error, error_norm)
    days = days_old(candidates, now_us)[short.numbers]
    return {
        "even": np.log1p(even),
        "even_share": _share(even, asked * there),
        "titled": np.log1p(reached(lexical.weights(terms, title=TITLE_WEIGHT) * known.rarity, whole, whole_norm)),
        "title_title": np.log1p(reached(from_title * known.in_title, short.title, title_norm)),
        "title_body": np.log1p(reached(from_title * known.in_body, short.body, body_norm)),
        "body_title": np.log1p(reached(from_body * known.in_title, short.title, title_norm)),
        "body_body": np.log1p(reached(from_body * known.in_body, short.body, body_norm)),
        "error_lead": _lead(failing),
        "error_share": _share(failing, from_error * there),
        "covers_query": short.summed(informative[short.term]) / (informative.sum() or 1.0),
        "covers_title": short.summed(of_title[short.term]) / (of_title.sum() or 1.0),
        "title_covered": short.summed(informative[short.term] * in_title) / title_mass,
        "title_by_title": short.summed(of_title[short.term] * in_title) / title_mass,
        "rare": np.log1p(short.summed(rare[short.term])),
        "length": np.log1p(body_length),
        "age": np.log1p(days / 7),
        "fresh": np.exp(-days / FRESH_DAYS),
    }


def days_old(candidates: Candidates, now_us: int) -> Floats:
    """[candidates] their age in days; a time that is not known is taken for UNKNOWN_DAYS ago."""
    days = np.maximum(0, now_us - candidates.created_us) / _DAY_US
    return np.where(candidates.created_us == 0, UNKNOWN_DAYS, days)


def dense_features(cosines: Cosines) -> Mapping[str, Floats]:
    """name → [shortlist] what vectors say."""
    return {
        "near_text": cosines.text_text,
        "near_title": cosines.title_title,
        "title_near_text": cosines.title_text,
        "text_near_title": cosines.text_title,
    }


def _lead(reached: Floats) -> Floats:
    """What was reached, beside the most that one on the shortlist did."""
    found: Floats = reached / (reached.max(initial=0.0) or 1.0)
    return found


def _share(reached: Floats, asked: Floats) -> Floats:
    """What was reached, beside the most that any document could reach."""
    return reached / ((SATURATION + 1) * float(asked.sum()) or 1.0)
