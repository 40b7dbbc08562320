"""How good a ranking is, how sure that is, and below which score nothing should be shown.

The measures are those of information retrieval over the first DEPTH answers, with a gain of 1 for each relevant
one. Intervals come from a seeded bootstrap over the queries, so the same answers give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

DEPTH = 10
"""answers of a query that are looked at"""
RECALL_AT = (1, 5, DEPTH)
MEASURES = (*(f"recall@{k}" for k in RECALL_AT), f"mrr@{DEPTH}", f"ndcg@{DEPTH}")
STEPS = 200
"""cut-offs that are tried, between 0 and 1"""
LEAST_SHOWN = 10
"""suggestions that a cut-off must let through before its precision counts: the share of a few is chance"""
_RESAMPLED = 1_000
_SEED = 20_100_621


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or a mean over queries, with its 95 % interval; NaN where there was nothing to measure."""

    value: float
    low: float
    high: float

    @property
    def is_measured(self) -> bool:
        """Whether there was anything of which it is a share."""
        return not math.isnan(self.value)

    def __str__(self) -> str:
        if not self.is_measured:
            return "nothing to measure"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One answer of a query."""

    score: float
    """in [0, 1]"""
    is_right: bool


Shown = Sequence[Suggestion]
"""what one query would be answered without a cut-off"""


@dataclass(frozen=True, slots=True)
class CutOff:
    """What is shown of all that was found, where only what scores `value` or more is shown."""

    value: float
    queries: int
    shown: int
    right: int
    """suggestions shown that are right"""
    answered: int
    """queries of which at least one right suggestion is shown"""

    @property
    def precision(self) -> float:
        """Share of the suggestions shown that are right; 0 where none is shown."""
        return self.right / self.shown if self.shown else 0.0

    @property
    def recall(self) -> float:
        """Share of the queries for which a right suggestion is shown."""
        return self.answered / self.queries if self.queries else 0.0


def judge(ranked: Sequence[Hashable], relevant: Collection[Hashable]) -> dict[str, float]:
    """MEASURES of one query: `ranked` best first and without repetition, `relevant` not empty."""
    places = [place for place, answer in enumerate(ranked[:DEPTH], start=1) if answer in relevant]
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(DEPTH, len(relevant)) + 1))
    values = [float(any(place <= k for place in places)) for k in RECALL_AT]
    values += [1 / places[0] if places else 0.0, sum(1 / math.log2(place + 1) for place in places) / ideal]
    return dict(zip(MEASURES, values, strict=True))


def means(judged: Sequence[Mapping[str, float]]) -> dict[str, Estimate]:
    """Each measure over all queries."""
    return {name: share([(values[name], 1) for values in judged]) for name in MEASURES}


def share(parts: Sequence[tuple[float, float]]) -> Estimate:
    """The sum of the first by the sum of the second, each pair being one query's, if there is anything."""
    pairs = np.array(parts, dtype=np.float64).reshape(-1, 2)
    if not pairs[:, 1].any():
        return Estimate(math.nan, math.nan, math.nan)
    random = np.random.Generator(np.random.PCG64(_SEED))
    sums = np.array([pairs[random.integers(0, len(pairs), len(pairs))].sum(axis=0) for _ in range(_RESAMPLED)])
    sums = sums[sums[:, 1] > 0]
    low, high = np.quantile(sums[:, 0] / sums[:, 1], (0.025, 0.975)).tolist()
    return Estimate(float(pairs[:, 0].sum() / pairs[:, 1].sum()), low, high)


def curve(found: Sequence[Shown]) -> list[CutOff]:
    """Every cut-off that is tried, ascending; `found` holds the suggestions of each query."""
    return [at(found, step / STEPS) for step in range(STEPS + 1)]


def at(found: Sequence[Shown], value: float) -> CutOff:
    """What is shown with a cut-off."""
    shown = [[one.is_right for one in query if one.score >= value] for query in found]
    return CutOff(
        value=value,
        queries=len(found),
        shown=sum(map(len, shown)),
        right=sum(map(sum, shown)),
        answered=sum(map(any, shown)),
    )


def choose_cut_off(found: Sequence[Shown], *, precision: float = 0.5, least: float = 0.0) -> CutOff | None:
    """The smallest cut-off, of `least` or more, whose suggestions have that precision; else the one with the best.

    None where there are too few suggestions to tell.
    """
    tried = [cut_off for cut_off in curve(found) if cut_off.value >= least and cut_off.shown >= LEAST_SHOWN]
    good = (cut_off for cut_off in tried if cut_off.precision >= precision)
    return next(good, max(tried, key=lambda cut_off: cut_off.precision, default=None))


def estimates(found: Sequence[Shown], value: float) -> tuple[Estimate, Estimate]:
    """Precision and recall at a cut-off."""
    each = [at([query], value) for query in found]
    return (
        share([(cut_off.right, cut_off.shown) for cut_off in each]),
        share([(cut_off.answered, 1) for cut_off in each]),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of `values` do not exceed; 0 where there is none."""
    return float(np.percentile(values, percent, method="higher")) if values else 0.0
