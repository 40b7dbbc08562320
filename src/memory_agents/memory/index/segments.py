"""Posting lists in the SQLite file, a segment for each time that Records were added.

A document keeps its number for good and numbers only grow, so segments are merged by putting their
lists one after another. Removing a document takes it from the table of documents alone: postings
of a document that is not there are skipped, and dropped at the next merge.
"""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core.ranking_postings import POSTING, Inverted
from memory_agents.memory.index.codec import seal, unseal
from memory_agents.memory.index.corrupt import IndexCorrupt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

DOCUMENT = np.dtype(
    [
        ("document", "<u4"),
        ("title", "<u2"),
        ("body", "<u2"),
        ("namespace", "<u4"),
        ("approved", "u1"),
        ("created", "<i8"),
        ("expires", "<i8"),
    ]
)
"""What a search must know of every document; times in microseconds since 1970"""
NEVER = np.iinfo(np.int64).max
_GROWTH = 4
"""A segment is merged with the one before it unless that is more than so many times larger"""
_TERMS_AT_ONCE = 500
_ROWS_AT_ONCE = 2_000


def documents(connection: sqlite3.Connection) -> NDArray[np.void]:
    """DOCUMENT array of all that can be found, ascending by number."""
    rows = connection.execute("SELECT documents FROM segments ORDER BY segment")
    return np.concatenate([np.empty(0, DOCUMENT), *(_array(row[0], DOCUMENT) for row in rows)])


def postings(connection: sqlite3.Connection, terms: Sequence[str]) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """POSTING array of `terms`, and for each of its items the number of its term."""
    numbers = {term: number for number, term in enumerate(terms)}
    rows: list[tuple[str, bytes]] = []
    for (segment,) in connection.execute("SELECT segment FROM segments ORDER BY segment").fetchall():
        for start in range(0, len(terms), _TERMS_AT_ONCE):
            some = terms[start : start + _TERMS_AT_ONCE]
            marks = ",".join("?" * len(some))
            rows += connection.execute(
                f"SELECT term, postings FROM postings WHERE segment = ? AND term IN ({marks})",  # noqa: S608
                (segment, *some),
            )
    if any(term not in numbers for term, _ in rows):
        reason = "it answers for another word"
        raise IndexCorrupt(reason)
    rows.sort(key=_term)
    blobs = [unseal(blob) for _, blob in rows]
    found = _from_bytes(b"".join(blobs), POSTING)
    lengths = [len(blob) // POSTING.itemsize for blob in blobs]
    return found, np.repeat(np.array([numbers[term] for term, _ in rows], dtype=np.int64), lengths)


def add(connection: sqlite3.Connection, inverted: Inverted, described: NDArray[np.void]) -> None:
    """Add a segment with the DOCUMENT array `described`, and merge what has become small beside it."""
    segment = _insert(connection, described)
    connection.executemany(
        "INSERT INTO postings VALUES (?, ?, ?)",
        ((segment, term, seal(found.tobytes())) for term, found in sorted(inverted.lists.items(), key=_term)),
    )
    _merge(connection)


def remove(connection: sqlite3.Connection, gone: set[int]) -> None:
    """Let the documents of these numbers be found no more."""
    numbers = np.fromiter(gone, dtype=np.int64, count=len(gone))
    for segment, blob in connection.execute("SELECT segment, documents FROM segments").fetchall():
        held = _array(blob, DOCUMENT)
        kept = held[~np.isin(held["document"], numbers)]
        if len(kept) == 0:
            _drop(connection, segment)
        elif len(kept) < len(held):
            connection.execute("UPDATE segments SET documents = ? WHERE segment = ?", (seal(kept.tobytes()), segment))


def _merge(connection: sqlite3.Connection) -> None:
    """Merge the last segments until each is much larger than what follows it, like carrying in a counter.

    So there are few of them however often Records are added one by one, and the large ones are
    seldom rewritten.
    """
    rows = connection.execute("SELECT segment, documents FROM segments ORDER BY segment").fetchall()
    held = [(segment, _array(blob, DOCUMENT)) for segment, blob in rows]
    tail = [held.pop()]
    size = len(tail[0][1])
    while held and len(held[-1][1]) <= _GROWTH * size:
        tail.insert(0, held.pop())
        size += len(tail[0][1])
    if len(tail) == 1:
        return
    merged = _insert(connection, np.concatenate([array for _, array in tail]))
    live = np.concatenate([array["document"] for _, array in tail])
    # Side by side, a few terms at a time: large segments need not fit into memory.
    lists = heapq.merge(*(_lists(connection, segment) for segment, _ in tail), key=_term)
    rows_left = (
        (merged, term, seal(left.tobytes()))
        for term, parts in itertools.groupby(lists, key=_term)
        if len(left := _only(np.concatenate([part for _, part in parts]), live))
    )
    while some := list(itertools.islice(rows_left, _ROWS_AT_ONCE)):
        connection.executemany("INSERT INTO postings VALUES (?, ?, ?)", some)
    for segment, _ in tail:
        _drop(connection, segment)


def _insert(connection: sqlite3.Connection, described: NDArray[np.void]) -> int:
    """A new segment with that DOCUMENT array and no postings yet."""
    row = connection.execute(
        "INSERT INTO segments (documents) VALUES (?) RETURNING segment", (seal(described.tobytes()),)
    ).fetchone()
    return int(row[0])


def _lists(connection: sqlite3.Connection, segment: int) -> Iterator[tuple[str, NDArray[np.void]]]:
    """(term, POSTING array) of the segment, ascending by term."""
    rows = connection.execute("SELECT term, postings FROM postings WHERE segment = ? ORDER BY term", (segment,))
    return ((term, _array(blob, POSTING)) for term, blob in rows)


def _term(entry: tuple[str, object]) -> str:
    return entry[0]


def _only(found: NDArray[np.void], live: NDArray[np.uint32]) -> NDArray[np.void]:
    """The postings of the documents whose numbers, ascending, are `live`."""
    place = np.searchsorted(live, found["document"])
    return found[live[np.minimum(place, len(live) - 1)] == found["document"]]


def _drop(connection: sqlite3.Connection, segment: int) -> None:
    connection.execute("DELETE FROM postings WHERE segment = ?", (segment,))
    connection.execute("DELETE FROM segments WHERE segment = ?", (segment,))


def _array(sealed: object, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    return _from_bytes(unseal(sealed), dtype)


def _from_bytes(data: bytes, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    if len(data) % dtype.itemsize:
        reason = "a part of it has the wrong length"
        raise IndexCorrupt(reason)
    return np.frombuffer(data, dtype=dtype)
