"""Posting lists in the SQLite file, a segment for each time that Records were added.

A document keeps its number for good and numbers only grow, so segments are merged by putting their
lists one after another. Removing a document takes it from the table of documents alone: postings
of a document that is not there are skipped, and dropped at the next merge.
"""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_agents.core.ranking.postings import POSTING, Inverted
from memory_agents.memory.index.codec import seal, unseal
from memory_agents.memory.index.corrupt import IndexCorrupt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

DOCUMENT = np.dtype(
    [
        ("document", "<u4"),
        ("title", "<u2"),
        ("body", "<u2"),
        ("error", "<u2"),
        ("namespace", "<u4"),
        ("path", "<u4"),
        ("approved", "u1"),
        ("created", "<i8"),
        ("expires", "<i8"),
        ("title_key", "<u8"),
        ("text_key", "<u8"),
    ]
)
"""What a search must know of every document; no path is 0; times in microseconds since 1970; keys of its vectors"""
NEVER = np.iinfo(np.int64).max
_TERMS_AT_ONCE = 500
_ROWS_AT_ONCE = 2_000


class Documents:
    """What a search must know of every document, one array a column. Kept as long as nobody writes."""

    def __init__(self) -> None:
        self._state: tuple[int, int] | None = None
        self._columns: dict[str, NDArray[Any]] = {}

    def columns(self, connection: sqlite3.Connection) -> dict[str, NDArray[Any]]:
        """name of DOCUMENT → the column, ascending by number, in a transaction of the caller. Not to be changed."""
        (elsewhere,) = connection.execute("PRAGMA data_version").fetchone()
        state = (elsewhere, connection.total_changes)
        if state != self._state:
            rows = documents(connection)
            self._columns = {name: np.ascontiguousarray(rows[name]) for name in DOCUMENT.names or ()}
            self._state = state
        return self._columns


def documents(connection: sqlite3.Connection) -> NDArray[np.void]:
    """DOCUMENT array of all that can be found, ascending by number."""
    rows = connection.execute("SELECT documents FROM segments ORDER BY segment")
    return np.concatenate([np.empty(0, DOCUMENT), *(_array(row[0], DOCUMENT) for row in rows)])


def postings(connection: sqlite3.Connection, terms: Sequence[str]) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    """POSTING array of `terms` in their order, and for each of its items the number of its term."""
    numbers = {term: number for number, term in enumerate(terms)}
    lists: list[list[bytes]] = [[] for _ in terms]
    for (segment,) in connection.execute("SELECT segment FROM segments ORDER BY segment").fetchall():
        for start in range(0, len(terms), _TERMS_AT_ONCE):
            some = terms[start : start + _TERMS_AT_ONCE]
            marks = ",".join("?" * len(some))
            for term, blob in connection.execute(
                f"SELECT term, postings FROM postings WHERE segment = ? AND term IN ({marks})",  # noqa: S608
                (segment, *some),
            ):
                if term not in numbers:
                    reason = "it answers for another word"
                    raise IndexCorrupt(reason)
                lists[numbers[term]].append(unseal(blob))
    lengths = [sum(map(len, blobs)) // POSTING.itemsize for blobs in lists]
    found = _from_bytes(b"".join(itertools.chain.from_iterable(lists)), POSTING)
    return found, np.repeat(np.arange(len(terms), dtype=np.int32), lengths)


def add(connection: sqlite3.Connection, inverted: Inverted, described: NDArray[np.void]) -> None:
    """Add a segment with the DOCUMENT array `described`, and merge what has become small beside it."""
    segment = _insert(connection, described)
    _put(connection, segment, ((term, found.tobytes()) for term, found in sorted(inverted.lists.items(), key=_term)))
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
    """Merge the last segments until each is larger than all that follows it, like carrying in a counter.

    So they are few however often Records are added one by one, and the large ones are seldom rewritten.
    """
    rows = connection.execute("SELECT segment, documents FROM segments ORDER BY segment").fetchall()
    held = [(segment, _array(blob, DOCUMENT)) for segment, blob in rows]
    tail = [held.pop()]
    size = len(tail[0][1])
    while held and len(held[-1][1]) <= size:
        tail.insert(0, held.pop())
        size += len(tail[0][1])
    if len(tail) == 1:
        return
    merged = _insert(connection, np.concatenate([array for _, array in tail]))
    live = np.concatenate([array["document"] for _, array in tail])
    # Side by side, a few terms at a time: large segments need not fit into memory.
    found = heapq.merge(*(_lists(connection, segment) for segment, _ in tail))
    lists = ((term, b"".join([unseal(blob) for *_, blob in parts])) for term, parts in itertools.groupby(found, _term))
    while some := list(itertools.islice(lists, _ROWS_AT_ONCE)):
        _put(connection, merged, _only(live, some))
    for segment, _ in tail:
        _drop(connection, segment)


def _insert(connection: sqlite3.Connection, described: NDArray[np.void]) -> int:
    """A new segment with that DOCUMENT array and no postings yet."""
    row = connection.execute(
        "INSERT INTO segments (documents) VALUES (?) RETURNING segment", (seal(described.tobytes()),)
    ).fetchone()
    return int(row[0])


def _put(connection: sqlite3.Connection, segment: int, lists: Iterable[tuple[str, bytes]]) -> None:
    rows = ((segment, term, seal(data)) for term, data in lists)
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?)", rows)


def _lists(connection: sqlite3.Connection, segment: int) -> sqlite3.Cursor:
    """(term, segment, sealed POSTING array), ascending."""
    return connection.execute(
        "SELECT term, segment, postings FROM postings WHERE segment = ? ORDER BY term", (segment,)
    )


def _term(row: Sequence[Any]) -> str:
    return str(row[0])


def _only(live: NDArray[np.uint32], lists: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The lists without the postings of documents whose numbers are not among `live`, which ascends."""
    found = _from_bytes(b"".join([data for _, data in lists]), POSTING)
    place = np.minimum(np.searchsorted(live, found["document"]), len(live) - 1)
    alive = live[place] == found["document"]
    ends = np.cumsum([len(data) // POSTING.itemsize for _, data in lists])
    kept_ends = np.concatenate([[0], np.cumsum(alive)])[ends] * POSTING.itemsize
    kept = found[alive].tobytes()
    start = 0
    for (term, _), end in zip(lists, kept_ends.tolist(), strict=True):
        if end > start:
            yield term, kept[start:end]
        start = end


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
