"""The model: features of a past item → how probable it is that the Query means it."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from memory_agents.core.records import Query


class Kind(StrEnum):
    """What asks."""

    ISSUE = "issue"
    CHANGE = "pull request"
    REMARK = "remark"


def kind_of(query: Query) -> Kind:
    """What asks, as far as the Query says."""
    if not query.title:
        return Kind.REMARK
    return Kind.CHANGE if query.is_change else Kind.ISSUE


def probability(features: Mapping[str, NDArray[np.float64]], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """[shortlist] the logistic function of the weighted sum of the features."""
    total = np.full(len(features["age"]), weights["bias"])
    for name, weight in weights.items():
        if name != "bias":
            total += weight * features[name]
    found: NDArray[np.float64] = 1 / (1 + np.exp(-total))
    return found


def _table(rows: Mapping[Kind, Mapping[str, float]]) -> Mapping[Kind, Mapping[str, float]]:
    return MappingProxyType({kind: MappingProxyType(dict(row)) for kind, row in rows.items()})


_FIRST = {"bias": -6.0, "even": 1.0, "covers_query": 2.0, "covers_title": 2.0, "rare": 0.6, "age": -0.8}
BY_WORDS = _table(dict.fromkeys(Kind, _FIRST))
WITH_MEANING = _table({kind: {**_FIRST, "near_text": 4.0, "title_near_text": 4.0} for kind in Kind})
