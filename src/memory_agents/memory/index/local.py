"""LocalIndex: a derived search index of Records in one SQLite file.

Cheap to open, brought up to date by `sync` or `update`, safe for several processes at once, and thrown away
whenever it is in doubt. A search reads what it needs of its own terms and a few bytes for each
document; Records are read only for the best.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_agents.core import ranking
from memory_agents.memory.index import database, searching, segments, syncing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from memory_agents.core.records import Match, Query, Record
    from memory_agents.memory.index.dense import Dense
    from memory_agents.memory.index.syncing import Load, SyncReport


class LocalIndex:
    """A search index of Records. Every method but `reset` and `close` may raise IndexCorrupt.

    The answer to it is `reset`, `sync` and asking once more. May be used by several threads.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, rebuilt: str, dense: Dense | None = None) -> None:
        self._path = path
        self._connection = connection
        self._dense = dense
        self._documents = segments.Documents()
        self._file = database.identity(path)
        self._lock = threading.RLock()
        self._cancelled = threading.Event()
        self.rebuilt = rebuilt
        """why it was made anew or is kept in memory, for a person; '' if all is well"""

    @classmethod
    def open(cls, path: Path, dense: Dense | None = None) -> LocalIndex:
        """Open the index at `path`, or make an empty one there; never fails. `dense` stays the caller's to close."""
        return cls(path, *database.connect(path), dense)

    def reset(self, reason: str) -> None:
        """Throw the index away because of `reason` and go on with an empty one."""
        with self._lock:
            self._connection.close()
            self._connection, self.rebuilt = database.renew(self._path, reason, self._file)
            self._file = database.identity(self._path)
            self._documents = segments.Documents()

    @property
    def version(self) -> str:
        """What it was last synced with, such as the sha of a tree; '' at first."""
        with self._lock, database.transaction(self._connection):
            return syncing.version(self._connection)

    @contextlib.contextmanager
    def at(self, version: str) -> Iterator[bool]:
        """Whether it is at that version; while this is open, no other thread or process brings it to another."""
        with self._lock, database.transaction(self._connection):
            yield syncing.version(self._connection) == version

    @property
    def cut_off(self) -> float | None:
        """The score below which nothing is to be shown, where that was measured with what it holds.

        It is that of the way in which this one searches now: by words alone, or with the vectors of one model.
        """
        with self._lock, database.transaction(self._connection):
            return syncing.cut_off(self._connection, self._model)

    def set_cut_off(self, value: float | None) -> None:
        """Keep the score below which nothing is to be shown, for this way to search alone; None forgets it."""
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            syncing.set_cut_off(self._connection, self._model, value)

    def unembedded(self, limit: int) -> dict[int, str]:
        """key → text that has no vector yet, of up to `limit` Records, newest first; none without `dense`."""
        if self._dense is None:
            return {}
        with self._lock, database.transaction(self._connection):
            documents = segments.documents(self._connection)
            missing = self._dense.missing(documents["text_key"]) | self._dense.missing(documents["title_key"])
            documents = documents[missing]
            newest = documents[np.lexsort((documents["text_key"], -documents["created"]))[:limit]]
            records = [syncing.content(self._connection, number) for number in newest["document"].tolist()]
        texts = {ranking.text_key(text): text for record in records for text in ranking.embedded_texts(record) if text}
        absent = self._dense.missing(np.array(list(texts), dtype=np.uint64))
        return {key: text for (key, text), is_absent in zip(texts.items(), absent.tolist(), strict=True) if is_absent}

    def embed(self, limit: int) -> int:
        """Make the vectors of up to `limit` Records that have none, newest first; how many texts that were."""
        texts = self.unembedded(limit)
        return self._dense.make(texts) if texts and self._dense is not None else 0

    def drop_vectors(self) -> None:
        """Drop the vectors of what it does not hold, once they are many; only where no other index shares them."""
        if self._dense is not None:
            with self._lock, database.transaction(self._connection):
                documents = segments.documents(self._connection)
            self._dense.keep(np.concatenate([documents["text_key"], documents["title_key"]]))

    def entries(self) -> dict[str, str]:
        """key → version of all it was synced with."""
        with self._lock, database.transaction(self._connection):
            return syncing.entries(self._connection)

    def sync(self, entries: Mapping[str, str], load: Load, *, version: str) -> SyncReport:
        """Make it hold exactly `entries` (key → version), all or nothing.

        `load` is given the keys that are new or have another version and yields (key, Record), or
        (key, None) for what cannot be read; no lock is held meanwhile.
        """
        with self._writing() as (connection, is_cancelled):
            return syncing.sync(connection, entries, load, version=version, is_cancelled=is_cancelled)

    def update(self, changes: Mapping[str, Record | None], *, version: str) -> None:
        """Put Records by key, in place of what the key held, and remove the keys with None; all or nothing.

        Nothing else is read or changed, so it costs what the changes cost however much is held.
        """
        with self._writing() as (connection, is_cancelled):
            syncing.update(connection, changes, version=version, is_cancelled=is_cancelled)

    def search(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> list[Match]:
        """The best `top_k` recallable Records of the namespaces (globs), best first."""
        if self._dense is not None:
            self._dense.asked(query)  # takes longest: while the file is not locked
        with self._lock, database.transaction(self._connection):
            every = self._documents.columns(self._connection)
            return searching.search(self._connection, every, self._dense, query, namespaces=namespaces, top_k=top_k)

    def page(self, *, after: str, limit: int) -> list[Record]:
        """The next `limit` Records whose ids follow `after`, in their order: all of them, page by page."""
        with self._lock, database.transaction(self._connection):
            rows = self._connection.execute(
                "SELECT document FROM records WHERE id > ? AND NOT shadowed ORDER BY id LIMIT ?",
                (syncing.blob(after), limit),
            )
            return [syncing.content(self._connection, row[0]) for row in rows.fetchall()]

    def list(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> list[Record]:
        """Up to `limit` Records of the namespaces (globs), newest first, unapproved and expired included."""
        with self._lock, database.transaction(self._connection):
            numbers = searching.namespaces_of(self._connection, namespaces)
            marks = ",".join("?" * len(numbers))
            rows = self._connection.execute(
                f"SELECT document FROM records WHERE namespace IN ({marks}) AND NOT shadowed"  # noqa: S608
                " ORDER BY created DESC, id LIMIT ?",
                (*numbers, limit),
            )
            return [syncing.content(self._connection, row[0]) for row in rows.fetchall()]

    def get(self, record_id: str) -> Record | None:
        """The Record with that id, or None."""
        with self._lock, database.transaction(self._connection):
            row = self._connection.execute(
                "SELECT document FROM records WHERE id = ? AND NOT shadowed", (syncing.blob(record_id),)
            ).fetchone()
            return syncing.content(self._connection, row[0]) if row else None

    def keys(self, ids: Iterable[str]) -> tuple[str, dict[str, tuple[str, ...]]]:
        """The version, and id → keys of all Records of that id, found or shadowed, for ids that it holds."""
        with self._lock, database.transaction(self._connection):
            return syncing.version(self._connection), syncing.keys(self._connection, ids)

    def __len__(self) -> int:
        """How many Records it holds."""
        with self._lock, database.transaction(self._connection):
            counted = "SELECT count(*) FROM records WHERE id IS NOT NULL AND NOT shadowed"
            return int(self._connection.execute(counted).fetchone()[0])

    def cancel(self) -> None:
        """Have a `sync` or `update` under way in another thread end soon, with the old index; use it no more."""
        self._cancelled.set()
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed already
            self._connection.interrupt()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _model(self) -> str:
        """Whose vectors help to rank; '' for words alone."""
        return self._dense.model if self._dense is not None else ""

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, Callable[[], bool]]]:
        """The connection, and whether whoever writes should give up."""
        with self._lock:
            self._connection.set_progress_handler(self._cancelled.is_set, 10_000)
            try:
                yield self._connection, self._cancelled.is_set
            finally:
                if self._cancelled.is_set():
                    self._connection.close()
