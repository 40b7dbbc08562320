"""Which terms stand in which documents, and how often: what a search counts.

A document is a number; it has a title, a body, and lines in that body which tell of a failure. `invert`
turns texts into one posting list for each term, as arrays that can be stored as they are and read without parsing.
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

_FIELDS = ("title", "body", "error")
POSTING = np.dtype([("document", "<u4"), *((name, "u1") for name in _FIELDS)])
"""One term in one document: how often in each of its fields, 255 standing for more"""
NO_POSTINGS = np.empty(0, dtype=POSTING)
LENGTHS = np.dtype([("document", "<u4"), *((name, "<u2") for name in _FIELDS)])
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
        for field, content in enumerate((title, body, text.error_lines(body))):
            terms = text.tokens(content)
            counts.append(len(terms))
            base = document << 2 | field
            occurrences.extend([numbers.setdefault(term, len(numbers)) << 34 | base for term in terms])
        lengths.append((document, *counts))
    return Inverted(_lists(list(numbers), occurrences), np.array(lengths, dtype=LENGTHS))


def _lists(terms: list[str], occurrences: array[int]) -> dict[str, NDArray[np.void]]:
    """Group occurrences, each `term << 34 | document << 2 | field`, by term and document."""
    packed = np.frombuffer(occurrences, dtype=np.uint64) if occurrences else np.empty(0, np.uint64)
    distinct, times = np.unique(packed, return_counts=True)
    place, at = np.unique(distinct >> np.uint64(2), return_inverse=True)
    postings = np.zeros(len(place), dtype=POSTING)
    postings["document"] = place & np.uint64(0xFFFFFFFF)
    counts = np.minimum(times, _MOST)
    for field, name in enumerate(_FIELDS):
        is_in = (distinct & np.uint64(3)) == field
        postings[name][at[is_in]] = counts[is_in]
    starts = np.searchsorted(place >> np.uint64(32), np.arange(len(terms) + 1, dtype=np.uint64))
    return {term: postings[starts[i] : starts[i + 1]] for i, term in enumerate(terms)}
