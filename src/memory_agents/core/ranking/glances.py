"""Ranking the candidates that an engine found, by what was noted of each Record: its texts are not read again.

Words are known by a checksum of 32 bits: that one of a query's forty is taken for another word happens once in a
thousand queries of a memory with 100,000 different words.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_agents.core import text
from memory_agents.core.ranking.dense import Cosines, none
from memory_agents.core.ranking.lexical import Candidates, QueryTerms
from memory_agents.core.ranking.paths import Touched, is_past
from memory_agents.core.ranking.postings import fields
from memory_agents.core.ranking.scoring import (
    ignored,
    is_allowed,
    is_of_later,
    microseconds,
    nearness,
    select,
    strengths,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from memory_agents.core.ranking.scoring import Strengths
    from memory_agents.core.records import Match, Query, Record

_FORMAT = 1
"""of what is packed, and of what `core.text` takes for a term: count it up when one of them changes"""
_HEAD = struct.Struct("<BHHH")
"""the format, and how many terms title, body and error lines have"""
_MOST = 255
_COUNTED = np.dtype([("term", "<u4"), ("title", "u1"), ("body", "u1"), ("error", "u1")])
"""a term and how often it stands in each field, _MOST standing for more"""
_SPARE = 20
"""Records that are chosen beyond those asked for: a shared label may lift one of them"""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What a search counts in the texts of a Record."""

    lengths: tuple[int, int, int]
    """terms of the title, of the body and of the lines that tell of a failure"""
    counted: NDArray[np.void]
    """[distinct terms] _COUNTED"""

    @classmethod
    def of(cls, record: Record) -> Self:
        """Count them."""
        title, body = fields(record)
        split = [text.tokens(content) for content in (title, body, text.error_lines(body))]
        counts: dict[int, list[int]] = {}
        for field, terms in enumerate(split):
            for term in terms:
                counts.setdefault(_number(term), [0, 0, 0])[field] += 1
        rows = [(term, *(min(count, _MOST) for count in its)) for term, its in counts.items()]
        return cls((len(split[0]), len(split[1]), len(split[2])), np.array(rows, dtype=_COUNTED))

    def packed(self) -> bytes:
        """What `unpacked` reads."""
        return _HEAD.pack(_FORMAT, *self.lengths) + self.counted.tobytes()

    @classmethod
    def unpacked(cls, data: bytes) -> Self | None:
        """What was packed; None where it is of another format."""
        if len(data) < _HEAD.size or (len(data) - _HEAD.size) % _COUNTED.itemsize or data[0] != _FORMAT:
            return None
        _, *lengths = _HEAD.unpack_from(data)
        return cls((lengths[0], lengths[1], lengths[2]), np.frombuffer(data, _COUNTED, offset=_HEAD.size))


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """A candidate."""

    record: Record
    """its text is not looked at"""
    words: Words
    vectors: NDArray[np.floating] | None = None
    """[2, size] of its title, and of title and text together; None or zeros without"""


@dataclass(frozen=True, slots=True, eq=False)
class Glanced:
    """Candidates, ranked."""

    query: Query
    glances: Sequence[Glance]
    _terms: QueryTerms
    _found: Strengths

    @classmethod
    def of(cls, query: Query, glances: Sequence[Glance], asked: NDArray[np.floating] | None = None) -> Self:
        """Score them among themselves; how rare a word is, they tell together.

        Of those with one id the last counts; past items of a later time than the Query's are left out.
        `asked`: [2, size] the vectors of the texts that are asked.
        """
        distinct = {glance.record.id: glance for glance in glances if not is_of_later(query, glance.record)}
        chosen = list(distinct.values())
        terms = QueryTerms.of(query)
        looked_up = _candidates(query, terms, chosen)
        return cls(query, chosen, terms, strengths(query, terms, looked_up, *_meaning(chosen, asked)))

    def best(self, count: int) -> list[int]:
        """The numbers of the glances that can be among the best `count`."""
        count += _SPARE * bool(self.query.labels)
        score = self._found.score
        allowed = (
            (-float(score[number]), -microseconds(glance.record.created_at), glance.record.id, number)
            for number, glance in enumerate(self.glances)
            if score[number] > 0 and is_allowed(self.query, glance.record)
        )
        return [number for *_, number in sorted(allowed)[:count]]

    def matches(self, records: Mapping[int, Record], top_k: int) -> list[Match]:
        """The best `top_k` of the Records, which are whole; by the number of the glance."""
        return select(self.query, self._terms, self._found, records.items(), top_k)


def rank(query: Query, records: Sequence[Record], *, top_k: int) -> list[Match]:
    """Rank Records whose texts are at hand, by words alone."""
    found = Glanced.of(query, [Glance(record, Words.of(record)) for record in records])
    return found.matches({number: found.glances[number].record for number in found.best(top_k)}, top_k)


def _number(term: str) -> int:
    return zlib.crc32(term.encode("utf-8", "surrogatepass"))


def _candidates(query: Query, terms: QueryTerms, glances: Sequence[Glance]) -> Candidates:
    lengths = np.array([glance.words.lengths for glance in glances], dtype=np.float64).reshape(-1, 3)
    # np.concatenate compares the fields of each, which takes a hundred times as long.
    every = np.frombuffer(b"".join(glance.words.counted.data for glance in glances), _COUNTED)
    document = np.repeat(np.arange(len(glances)), [len(glance.words.counted) for glance in glances])
    wanted = np.array([_number(term) for term in terms.terms], dtype=np.uint32)
    order = np.argsort(wanted, kind="stable")
    place = np.minimum(np.searchsorted(wanted[order], every["term"]), max(0, len(wanted) - 1))
    there = wanted[order][place] == every["term"] if len(wanted) else np.zeros(len(every), dtype=bool)
    every, document = every[there], document[there]
    term = order[place[there]] if len(wanted) else np.empty(0, np.int64)
    frequency = np.bincount(term, minlength=len(wanted))
    asked = terms.worth_asking(frequency)
    is_ignored = ignored(frequency, asked)
    ascending = np.lexsort((document, term))
    ascending = ascending[~is_ignored[term[ascending]]] if len(term) else ascending
    every, document, term = every[ascending], document[ascending], term[ascending]
    touched = Touched.of(query.paths)
    records = [glance.record for glance in glances]
    return Candidates(
        title_length=lengths[:, 0],
        body_length=lengths[:, 1],
        error_length=lengths[:, 2],
        created_us=np.array([microseconds(record.created_at) for record in records], dtype=np.int64),
        history=np.array([is_past(record) for record in records], dtype=bool),
        nearness=np.array([nearness(touched, record) for record in records], dtype=np.float64),
        ignored=is_ignored,
        document=document,
        title=every["title"],
        body=every["body"],
        error=every["error"],
        term=term,
    )


def _meaning(
    glances: Sequence[Glance], asked: NDArray[np.floating] | None
) -> tuple[NDArray[np.float64] | None, Callable[[NDArray[np.int64]], Cosines]]:
    """What `strengths` takes of vectors: as in the local index, float32 holds every sum exactly."""
    if asked is None or not asked.any() or not glances:
        return None, lambda numbers: none(len(numbers))
    question = asked.astype(np.float32)
    nothing = np.zeros_like(question)
    vectors = np.stack([nothing if its.vectors is None else its.vectors for its in glances]).astype(np.float32)
    known = np.count_nonzero(vectors[:, 1], axis=1) > 0
    near = (vectors[:, 1] @ question[1]).astype(np.float64)

    def cosines(numbers: NDArray[np.int64]) -> Cosines:
        its = vectors[numbers]
        return Cosines(
            text_text=near[numbers],
            title_text=(its[:, 1] @ question[0]).astype(np.float64),
            title_title=(its[:, 0] @ question[0]).astype(np.float64),
            text_title=(its[:, 0] @ question[1]).astype(np.float64),
            known=known[numbers],
        )

    return np.where(known, near, np.nan), cosines
