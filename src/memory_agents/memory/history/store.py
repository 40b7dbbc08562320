"""The rows of a repository's past in one SQLite file, how far each list was read, and what must be indexed.

Derived: whoever finds it damaged begins anew. Rows and the place up to which a list was read change in one
transaction, so a process may be killed at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from memory_agents.core.history import (
    Closing,
    Item,
    Listed,
    Remark,
    ReviewRemark,
    Row,
    Stream,
    closed_by,
    closing_words,
    item_record,
    thread_record,
)
from memory_agents.core.records import Record
from memory_agents.memory.history.codec import Place, decoded, encoded
from memory_agents.memory.index import database

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = "2"
"""of the tables and the rows: count it up when one of them changes"""

_PAGE = 1_000
"""rows that are held at once where all are read"""

_TABLES = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE places (stream TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
    -- `thread`: the first comment of a review thread. `reading`: the last whole reading of the list that had it.
    CREATE TABLE rows (
        stream TEXT NOT NULL, key INTEGER NOT NULL, number INTEGER NOT NULL, thread INTEGER NOT NULL,
        reading INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (stream, key)
    ) WITHOUT ROWID;
    CREATE INDEX rows_by_number ON rows (stream, number);
    CREATE INDEX rows_by_thread ON rows (thread) WHERE thread;
    CREATE TABLE closes (pull INTEGER NOT NULL, issue INTEGER NOT NULL, PRIMARY KEY (issue, pull)) WITHOUT ROWID;
    CREATE INDEX closes_by_pull ON closes (pull);
    -- `mark`: another one for each change, lest what changes while it is being indexed is taken for indexed.
    CREATE TABLE unindexed (key TEXT PRIMARY KEY, mark INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('identity', lower(hex(randomblob(8))));
"""
SCHEMA = database.Schema("history of this repository", _TABLES, lambda: _FORMAT)

_TYPES: Mapping[Stream, type[Item | Remark | ReviewRemark | Closing]] = {
    Stream.ISSUES: Item,
    Stream.REVIEWS: ReviewRemark,
    Stream.COMMENTS: Remark,
    Stream.EVENTS: Closing,
}
_R = TypeVar("_R", Item, Remark, ReviewRemark, Closing)


class Store:
    """See the module. Every method may raise IndexCorrupt; the answer is `reset`. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make one; never fails."""
        self._path = path
        self._connection, self.rebuilt = database.connect(path, SCHEMA)
        self._file = database.identity(path)
        self._lock = threading.RLock()

    def reset(self, reason: str) -> None:
        """Throw everything away because of `reason`."""
        with self._lock:
            self._connection.close()
            self._connection, self.rebuilt = database.renew(self._path, reason, self._file, SCHEMA)
            self._file = database.identity(self._path)

    @property
    def identity(self) -> str:
        """Another file's is another."""
        with self._lock, database.transaction(self._connection):
            return str(self._connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def place(self, stream: Stream) -> Place:
        """How far the list was read."""
        with self._lock, database.transaction(self._connection):
            row = self._connection.execute("SELECT place FROM places WHERE stream = ?", (stream,)).fetchone()
        return decoded(Place, row[0]) if row else Place()

    def take(self, stream: Stream, entries: Iterable[Listed], place: Place) -> int:
        """Keep what was listed and note the place; returns how many rows are new or changed."""
        changed = 0
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            for entry in entries:
                if entry.row is not None:
                    changed += self._keep(stream, entry.row, place.reading)
            self._note(stream, place)
        return changed

    def finish(self, stream: Stream, place: Place) -> int:
        """A reading came to its end: note the place, and forget what the last whole reading did not have.

        Returns how many rows are gone.
        """
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            gone = self._connection.execute(
                "SELECT key FROM rows WHERE stream = ? AND reading < ?", (stream, place.reading)
            ).fetchall()
            for (key,) in gone:
                self._drop(stream, key)
            self._note(stream, place)
        return len(gone)

    def forget(self, row: Item | ReviewRemark) -> None:
        """Forget an issue, a pull request or a review comment that is gone."""
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            self._drop(Stream.ISSUES if isinstance(row, Item) else Stream.REVIEWS, row.key)

    def __len__(self) -> int:
        """How many rows there are."""
        with self._lock, database.transaction(self._connection):
            return int(self._connection.execute("SELECT count(*) FROM rows").fetchone()[0])

    def count(self, stream: Stream) -> int:
        """How many rows of a list there are."""
        with self._lock, database.transaction(self._connection):
            rows = self._connection.execute("SELECT count(*) FROM rows WHERE stream = ?", (stream,))
            return int(rows.fetchone()[0])

    def issues(self) -> dict[int, Item]:
        """All issues and pull requests, by number."""
        return {item.number: item for item in self._every(Item, Stream.ISSUES)}

    def remarks(self) -> Iterator[Remark]:
        """All comments in conversations; those that are added meanwhile may be missing."""
        return self._every(Remark, Stream.COMMENTS)

    def unindexed(self, limit: int) -> dict[str, int]:
        """Keys of Records that the index may not have as they are now, each with the mark of its last change."""
        with self._lock, database.transaction(self._connection):
            return dict(self._connection.execute("SELECT key, mark FROM unindexed ORDER BY key LIMIT ?", (limit,)))

    def indexed(self, marks: Mapping[str, int]) -> None:
        """The index has these Records as they were at these marks."""
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            self._connection.executemany("DELETE FROM unindexed WHERE key = ? AND mark = ?", marks.items())

    def index_all(self) -> None:
        """The index has nothing."""
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            for kind, column, stream in (("item", "key", Stream.ISSUES), ("review", "thread", Stream.REVIEWS)):
                self._connection.execute(
                    f"REPLACE INTO unindexed SELECT '{kind}/' || {column}, random() FROM rows WHERE stream = ?",  # noqa: S608
                    (stream,),
                )

    def records(self, repository: str, keys: Iterable[str]) -> dict[str, Record | None]:
        """The Records of some keys, None where there is nothing any more."""
        with self._lock, database.transaction(self._connection):
            found = {key: self._rows_of(key) for key in keys}
            return {
                key: self._composed(repository, rows, self._words_of(rows)) if rows else None
                for key, rows in found.items()
            }

    def rows(self, key: str) -> list[Item] | list[ReviewRemark]:
        """The rows that a Record is about: an issue or pull request, or a thread of review comments, oldest first."""
        with self._lock, database.transaction(self._connection):
            return self._rows_of(key)

    def words(self, rows: Sequence[Item | ReviewRemark]) -> Remark | None:
        """The remark that the Record of these rows quotes: of whoever closed the issue or pull request."""
        with self._lock, database.transaction(self._connection):
            return self._words_of(rows)

    def composed(self, repository: str, rows: Sequence[Item | ReviewRemark], words: Remark | None) -> Record:
        """The Record of the rows of one key, with these words of whoever closed it."""
        with self._lock, database.transaction(self._connection):
            return self._composed(repository, rows, words)

    def _rows_of(self, key: str) -> list[Item] | list[ReviewRemark]:
        kind, _, number = key.partition("/")
        if kind == "item":
            return self._rows(Item, Stream.ISSUES, "key = ?", int(number))
        return self._rows(
            ReviewRemark, Stream.REVIEWS, "thread AND thread = ? ORDER BY key", int(number), index="rows_by_thread"
        )

    def _composed(self, repository: str, rows: Sequence[Item | ReviewRemark], words: Remark | None) -> Record:
        first = rows[0]
        if isinstance(first, ReviewRemark):
            return thread_record(repository, cast("Sequence[ReviewRemark]", rows))
        merged: list[Item] = []
        if first.state == "closed":
            merged = self._rows(Item, Stream.ISSUES, "key IN (SELECT pull FROM closes WHERE issue = ?)", first.number)
        return item_record(repository, first, closing=self._closing(first), words=words, merged=merged)

    def _closing(self, item: Item) -> Closing | None:
        return next(iter(self._rows(Closing, Stream.EVENTS, "key = ?", item.number)), None)

    def _words_of(self, rows: Sequence[Item | ReviewRemark]) -> Remark | None:
        item = rows[0] if rows else None
        if not isinstance(item, Item) or item.state != "closed":
            return None
        remarks = self._rows(Remark, Stream.COMMENTS, "number = ?", item.number, index="rows_by_number")
        return closing_words(item, self._closing(item), remarks)

    def _rows(self, kind: type[_R], stream: Stream, where: str, value: int, *, index: str = "") -> list[_R]:
        by = f"INDEXED BY {index}" if index else ""  # SQLite would rather look through the whole stream
        query = f"SELECT row FROM rows {by} WHERE stream = ? AND {where}"  # noqa: S608 -- the condition is ours
        return [decoded(kind, row[0]) for row in self._connection.execute(query, (stream, value)).fetchall()]

    def _every(self, kind: type[_R], stream: Stream) -> Iterator[_R]:
        """All rows of a list, a page at a time, for there may be more than memory should hold."""
        last = -1
        page = "SELECT key, row FROM rows WHERE stream = ? AND key > ? ORDER BY key LIMIT ?"
        while True:
            with self._lock, database.transaction(self._connection):
                rows = self._connection.execute(page, (stream, last, _PAGE)).fetchall()
            if not rows:
                return
            yield from (decoded(kind, row) for _, row in rows)
            last = rows[-1][0]

    def _keep(self, stream: Stream, row: Row, reading: int) -> bool:
        """Store one row; whether it is new or changed."""
        text = encoded(row)
        known = self._connection.execute(
            "SELECT row FROM rows WHERE stream = ? AND key = ?", (stream, row.key)
        ).fetchone()
        if known is not None and (
            known[0] == text or (isinstance(row, Closing) and decoded(Closing, known[0]).id > row.id)
        ):
            self._connection.execute(
                "UPDATE rows SET reading = ? WHERE stream = ? AND key = ? AND reading < ?",
                (reading, stream, row.key, reading),
            )
            return False
        thread = row.thread if isinstance(row, ReviewRemark) else 0
        self._connection.execute(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)",
            (stream, row.key, row.number, thread, reading, text),
        )
        self._touch(row)
        if isinstance(row, Item) and row.is_pull_request:
            self._link(row.number, closed_by(row))
        return True

    def _drop(self, stream: Stream, key: int) -> None:
        found = self._rows(_TYPES[stream], stream, "key = ?", key)  # type: ignore[type-var]
        self._connection.execute("DELETE FROM rows WHERE stream = ? AND key = ?", (stream, key))
        for row in found:
            self._touch(row)
            if isinstance(row, Item):
                self._link(row.number, frozenset())
                # Events are read once: nothing else would find that this one is gone.
                self._connection.execute("DELETE FROM rows WHERE stream = ? AND key = ?", (Stream.EVENTS, row.number))

    def _link(self, pull: int, issues: frozenset[int]) -> None:
        """Note which issues a merged pull request closed; their Records say so."""
        before = self._connection.execute("DELETE FROM closes WHERE pull = ? RETURNING issue", (pull,)).fetchall()
        self._connection.executemany("INSERT INTO closes VALUES (?, ?)", [(pull, issue) for issue in issues])
        for issue in issues | {row[0] for row in before}:
            self._unindex(f"item/{issue}")

    def _touch(self, row: Row) -> None:
        """Have the Record that shows this row indexed again."""
        self._unindex(f"review/{row.thread}" if isinstance(row, ReviewRemark) else f"item/{row.number}")

    def _unindex(self, key: str) -> None:
        self._connection.execute("REPLACE INTO unindexed VALUES (?, random())", (key,))

    def _note(self, stream: Stream, place: Place) -> None:
        self._connection.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (stream, encoded(place)))
