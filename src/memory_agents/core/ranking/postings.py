"""Which terms stand in which documents, and how often: what a search counts.

A document is a number; it has a title and a body. `invert` turns texts into one posting list for
each term, as arrays that can be stored as they are and read without parsing.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from memory_agents.core.records import Record

POSTING = np.dtype([("document", "<u4"), ("title", "u1"), ("body", "u1")])
"""One term in one document: how often in the title and in the body, 255 standing for more"""
NO_POSTINGS = np.empty(0, dtype=POSTING)
LENGTHS = np.dtype([("document", "<u4"), ("title", "<u2"), ("body", "<u2")])
"""How many terms the fields of a document have"""

_MOST = 255


@dataclass(frozen=True, slots=True)
class Inverted:
    """The posting lists of some documents."""

    lists: Mapping[str, NDArray[np.void]]
    """term → POSTING array, ascending by document"""
    lengths: NDArray[np.void]
    """LENGTHS array, in the order in which the documents were given"""


def fields(record: Record) -> tuple[str, str]:
    """What of a Record is searched, as title and body."""
    return record.title, record.text


def invert(documents: Iterable[tuple[int, str, str]]) -> Inverted:
    """Invert documents given as (number ascending, title, body)."""
    numbers: dict[str, int] = {}
    occurrences = array("Q")
    lengths = []
    for document, title, body in documents:
        counts = []
        for in_body, field in enumerate((title, body)):
            terms = text.tokens(field)
            counts.append(len(terms))
            base = document << 1 | in_body
            occurrences.extend([numbers.setdefault(term, len(numbers)) << 33 | base for term in terms])
        lengths.append((document, *counts))
    return Inverted(_lists(list(numbers), occurrences), np.array(lengths, dtype=LENGTHS))


def _lists(terms: list[str], occurrences: array[int]) -> dict[str, NDArray[np.void]]:
    """Group occurrences, each `term << 33 | document << 1 | in_body`, by term and document."""
    packed = np.frombuffer(occurrences, dtype=np.uint64) if occurrences else np.empty(0, np.uint64)
    distinct, times = np.unique(packed, return_counts=True)
    places = distinct >> np.uint64(1)
    place, at = np.unique(places, return_inverse=True)
    in_body = (distinct & np.uint64(1)).astype(bool)
    postings = np.zeros(len(place), dtype=POSTING)
    postings["document"] = place & np.uint64(0xFFFFFFFF)
    counts = np.minimum(times, _MOST)
    postings["title"][at[~in_body]] = counts[~in_body]
    postings["body"][at[in_body]] = counts[in_body]
    starts = np.searchsorted(place >> np.uint64(32), np.arange(len(terms) + 1, dtype=np.uint64))
    return {term: postings[starts[i] : starts[i + 1]] for i, term in enumerate(terms)}
