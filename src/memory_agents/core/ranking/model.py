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


BY_WORDS = _table(
    {
        Kind.ISSUE: {
            "bias": -5.041,
            "even": 0.689,
            "even_share": 1.393,
            "titled": -0.322,
            "title_title": 0.205,
            "title_body": 0.128,
            "body_title": 0.082,
            "body_body": 0.054,
            "error_lead": 1.107,
            "error_share": -0.068,
            "covers_query": 0.345,
            "covers_title": 1.806,
            "title_covered": 1.62,
            "title_by_title": -1.099,
            "rare": 0.32,
            "length": -0.225,
            "age": -0.283,
            "fresh": -0.158,
        },
        Kind.CHANGE: {
            "bias": -6.687,
            "even": 1.062,
            "even_share": 4.5,
            "titled": -0.526,
            "title_title": 0.358,
            "title_body": 0.246,
            "body_title": 0.146,
            "body_body": -0.007,
            "error_lead": 1.39,
            "error_share": -1.503,
            "covers_query": 0.335,
            "covers_title": 1.823,
            "title_covered": 2.984,
            "title_by_title": -0.424,
            "rare": 0.247,
            "length": -0.16,
            "age": -0.634,
            "fresh": 1.443,
        },
        Kind.REMARK: {
            "bias": -5.577,
            "even": 0.957,
            "even_share": 2.846,
            "titled": -0.232,
            "body_title": 0.269,
            "body_body": 0.01,
            "error_lead": -0.11,
            "error_share": 6.484,
            "covers_query": 2.538,
            "title_covered": 1.215,
            "rare": 0.23,
            "length": -0.059,
            "age": -0.442,
            "fresh": 0.276,
        },
    }
)
"""what asks → the weights where there is no vector; docs/retrieval.md says how they were learned"""
WITH_MEANING = _table(
    {
        Kind.ISSUE: {
            "bias": -6.436,
            "even": 0.519,
            "even_share": -1.996,
            "titled": -0.129,
            "title_title": 0.059,
            "title_body": 0.032,
            "body_title": 0.035,
            "body_body": 0.022,
            "error_lead": 0.717,
            "error_share": 0.438,
            "covers_query": 1.112,
            "covers_title": 1.282,
            "title_covered": 1.658,
            "title_by_title": -1.677,
            "rare": 0.296,
            "length": -0.136,
            "age": -0.274,
            "fresh": -0.172,
            "near_text": 1.906,
            "near_title": 0.278,
            "title_near_text": 1.773,
            "text_near_title": 0.83,
        },
        Kind.CHANGE: {
            "bias": -8.922,
            "even": 0.861,
            "even_share": -0.237,
            "titled": -0.252,
            "title_title": 0.041,
            "title_body": 0.137,
            "body_title": 0.038,
            "body_body": -0.052,
            "error_lead": 0.815,
            "error_share": 0.005,
            "covers_query": 1.95,
            "covers_title": 1.169,
            "title_covered": 2.296,
            "title_by_title": -0.725,
            "rare": 0.256,
            "length": -0.087,
            "age": -0.662,
            "fresh": 1.416,
            "near_text": 2.907,
            "near_title": 1.543,
            "title_near_text": 1.405,
            "text_near_title": 2.547,
        },
        Kind.REMARK: {
            "bias": -6.005,
            "even": 0.679,
            "even_share": -0.525,
            "titled": -0.088,
            "body_title": 0.285,
            "body_body": -0.089,
            "error_lead": -0.693,
            "error_share": 9.4,
            "covers_query": 2.948,
            "title_covered": 0.817,
            "rare": 0.185,
            "length": -0.017,
            "age": -0.407,
            "fresh": 0.271,
            "near_text": 2.391,
            "near_title": -1.28,
            "title_near_text": 2.154,
            "text_near_title": -0.287,
        },
    }
)
"""what asks → the weights of words and vectors; docs/retrieval.md says how they were learned"""
