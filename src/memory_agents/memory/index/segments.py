"""Posting lists in the SQLite file, a segment for each time that Records were added.

A document keeps its number for good and numbers only grow, so segments are merged by putting their
lists one after another. Removing a document takes it from the table of documents alone: postings
of a document that is not there are skipped, and dropped at the next merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core.ranking_postings import NO_POSTINGS, POSTING, Inverted
from memory_agents.memory.index.codec import seal, unseal
from memory_agents.memory.index.corrupt import IndexCorrupt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

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


def documents(connection: sqlite3.Connection) -> NDArray[np.void]:
    """DOCUMENT array of all that can be found, ascending by number."""
    rows = connection.execute("SELECT documents FROM segments ORDER BY segment")
    return np.concatenate([np.empty(0, DOCUMENT), *(_array(row[0], DOCUMENT) for row in rows)])


def postings(connection: sqlite3.Connection, terms: Sequence[str]) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """POSTING array of `terms`, and for each of its items the number of its term."""
    numbers = {term: number for number, term in enumerate(terms)}
    rows: list[tuple[str, bytes]] = []
    for start in range(0, len(terms), _TERMS_AT_ONCE):
        some = terms[start : start + _TERMS_AT_ONCE]
        marks = ",".join("?" * len(some))
        rows += connection.execute(
            f"SELECT term, postings FROM postings WHERE term IN ({marks}) ORDER BY term, segment",  # noqa: S608
            some,
        )
    if any(term not in numbers for term, _ in rows):
        reason = "it answers for another word"
        raise IndexCorrupt(reason)
    blobs = [unseal(blob) for _, blob in rows]
    found = _from_bytes(b"".join(blobs), POSTING)
    lengths = [len(blob) // POSTING.itemsize for blob in blobs]
    return found, np.repeat(np.array([numbers[term] for term, _ in rows], dtype=np.int64), lengths)


def add(connection: sqlite3.Connection, inverted: Inverted, described: NDArray[np.void]) -> None:
    """Add a segment with the DOCUMENT array `described`, and merge what has become small beside it."""
    segment = connection.execute("INSERT INTO segments (documents) VALUES (?)", (seal(described.tobytes()),)).lastrowid
    connection.executemany(
        "INSERT INTO postings VALUES (?, ?, ?)",
        ((term, segment, seal(found.tobytes())) for term, found in sorted(inverted.lists.items())),
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
    described = np.concatenate([array for _, array in tail])
    kept, *others = (segment for segment, _ in tail)
    live = np.zeros(int(described["document"].max()) + 1, dtype=bool)
    live[described["document"]] = True
    rows = connection.execute(
        "SELECT term, postings FROM postings WHERE segment >= ? ORDER BY term, segment", (kept,)
    ).fetchall()
    lists: dict[str, list[NDArray[np.void]]] = {}
    for term, blob in rows:
        lists.setdefault(term, []).append(_array(blob, POSTING))
    for segment in (kept, *others):
        _drop(connection, segment)
    connection.execute("INSERT INTO segments VALUES (?, ?)", (kept, seal(described.tobytes())))
    merged = ((term, np.concatenate([NO_POSTINGS, *parts])) for term, parts in lists.items())
    connection.executemany(
        "INSERT INTO postings VALUES (?, ?, ?)",
        (
            (term, kept, seal(left.tobytes()))
            for term, found in merged
            if len(left := found[live[np.minimum(found["document"], len(live) - 1)] & (found["document"] < len(live))])
        ),
    )


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
