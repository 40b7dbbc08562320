"""What of a Record and of a Query is embedded, and how near their vectors are.

A Record has two vectors, of its title and of title and text together; so has a Query. A vector is known by a key
of the text that it stands for: what says the same needs no vector of its own, and one that was made once is found
again whatever becomes of the Record's number, state or labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from memory_agents.core.records import Query, Record

NO_TEXT = 0
"""the key of an empty text, which has no vector"""


@dataclass(frozen=True, slots=True)
class Cosines:
    """How near the vectors of a Query are to those of each candidate, in [-1, 1]; 0 where there is no vector."""

    text_text: NDArray[np.float64]
    """[candidates] of title and text together, on both sides"""
    title_text: NDArray[np.float64]
    """[candidates] of the Query's title to the candidate's title and text"""
    title_title: NDArray[np.float64]
    text_title: NDArray[np.float64]
    """[candidates] of the Query's title and text to the candidate's title"""
    known: NDArray[np.bool_]
    """[candidates] whether its text has a vector"""


def none(size: int) -> Cosines:
    """The cosines of candidates that have no vectors."""
    nothing = np.zeros(size)
    return Cosines(nothing, nothing, nothing, nothing, known=np.zeros(size, dtype=bool))


def embedded_texts(record: Record) -> tuple[str, str]:
    """The title, and title and text together, as they are embedded."""
    return _texts(record.title, record.text)


def asked_texts(query: Query) -> tuple[str, str]:
    """The title, and title and body together, as they are embedded.

    What has no title, a remark, is asked with that of what it stands in, the first line of what surrounds it.
    """
    if query.title:
        return _texts(query.title, query.body)
    _, whole = _texts("", f"{query.body}\n{query.context.partition(chr(10))[0]}")
    return whole, whole


def text_key(embedded: str) -> int:
    """A number in [0, 2**64) that stands for a text."""
    if not embedded:
        return NO_TEXT
    digest = blake2b(embedded.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def _texts(title: str, body: str) -> tuple[str, str]:
    title = title.strip()[: text.KEPT]
    return title, f"{title}\n{text.beginning(body)}".strip()
