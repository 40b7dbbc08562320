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

from memory_agents.core import namespaces as names
from memory_agents.core import ranking
from memory_agents.core.ranking.lexical import Candidates, QueryTerms
from memory_agents.core.ranking.paths import Touched
from memory_agents.memory.index import database, segments, syncing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from memory_agents.core.records import Match, Query, Record
    from memory_agents.memory.index.dense import Dense
    from memory_agents.memory.index.syncing import Load, SyncReport

_ON_PAGE = "url = ?1 OR (url > CAST(?1 || '#' AS BLOB) AND url < CAST(?1 || '$' AS BLOB))"
"""a page, or what stands on it: `$` follows `#`"""
_SPARE = 20
"""Records that are read beyond those asked for: a shared label may lift one of them"""


class LocalIndex:
    """A search index of Records. Every method but `reset` and `close` may raise IndexCorrupt.

    The answer to it is `reset`, `sync` and asking once more. May be used by several threads.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, rebuilt: str, dense: Dense | None = None) -> None:
        self._path = path
        self._connection = connection
        self._dense = dense
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

    @property
    def version(self) -> str:
        """What it was last synced with, such as the sha of a tree; '' at first."""
        with self._lock, database.transaction(self._connection):
            return syncing.version(self._connection)

    @property
    def cut_off(self) -> float | None:
        """The score below which nothing is to be shown, where that was measured with what it holds."""
        with self._lock, database.transaction(self._connection):
            return syncing.cut_off(self._connection)

    def set_cut_off(self, value: float | None) -> None:
        """Keep the score below which nothing is to be shown; None forgets it."""
        with self._lock, database.transaction(self._connection, "IMMEDIATE"):
            syncing.set_cut_off(self._connection, value)

    def unembedded(self, limit: int) -> dict[int, str]:
        """key → text that has no vector yet, of up to `limit` Records, newest first; none without `dense`."""
        if self._dense is None:
            return {}
        with self._lock, database.transaction(self._connection):
            documents = segments.documents(self._connection)
            missing = self._dense.missing(documents["text_key"]) | self._dense.missing(documents["title_key"])
            documents = documents[missing]
            newest = documents[np.lexsort((-documents["document"].astype(np.int64), -documents["created"]))[:limit]]
            records = [syncing.content(self._connection, number) for number in newest["document"].tolist()]
        texts = {ranking.text_key(text): text for record in records for text in ranking.embedded_texts(record) if text}
        absent = self._dense.missing(np.array(list(texts), dtype=np.uint64))
        return {key: text for (key, text), is_absent in zip(texts.items(), absent.tolist(), strict=True) if is_absent}

    def embed(self, limit: int) -> int:
        """Make the vectors of up to `limit` Records that have none, newest first; how many texts that were."""
        texts = self.unembedded(limit)
        if texts and self._dense is not None:
            self._dense.make(texts)
        return len(texts)

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
        terms = QueryTerms.of(query)
        with self._lock, database.transaction(self._connection):
            documents = self._documents(namespaces)
            found = ranking.strengths(query, terms, self._candidates(documents, query, terms.terms))
            now = ranking.microseconds(query.now)
            allowed = (documents["approved"] == 1) & (documents["expires"] > now)
            for where, values in (("id = ?1", query.exclude), (_ON_PAGE, query.exclude_urls)):
                excluded = self._numbers(f"SELECT document FROM records WHERE {where}", values)  # noqa: S608
                allowed &= ~np.isin(documents["document"], excluded)
            score = found.score * allowed
            # Only labels can change the order of the scores, and few queries have any.
            best = self._best(documents, score, top_k + _SPARE * bool(query.labels))
            numbers, scores = documents["document"][best].tolist(), score[best].tolist()
            scored = [
                (syncing.content(self._connection, number), its) for number, its in zip(numbers, scores, strict=True)
            ]
        return ranking.select(query, terms, found.rarity, scored, top_k)

    def list(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> list[Record]:
        """Up to `limit` Records of the namespaces (globs), newest first, unapproved and expired included."""
        with self._lock, database.transaction(self._connection):
            numbers = self._namespaces(namespaces)
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

    def _namespaces(self, globs: tuple[str, ...]) -> dict[int, str]:
        """number → name of the namespaces that the globs cover."""
        rows = self._connection.execute("SELECT number, name FROM namespaces")
        return {number: str(name) for number, name in rows if names.matches(str(name), globs)}

    def _documents(self, globs: tuple[str, ...]) -> NDArray[np.void]:
        """The documents of the namespaces."""
        covered = self._namespaces(globs)
        documents = segments.documents(self._connection)
        return documents[np.isin(documents["namespace"], list(covered))]

    def _candidates(self, documents: NDArray[np.void], query: Query, terms: tuple[str, ...]) -> Candidates:
        postings, term = segments.postings(self._connection, terms)
        highest = max((int(found["document"].max()) for found in (documents, postings) if len(found)), default=0)
        place = np.full(highest + 1, -1, dtype=np.int32)
        place[documents["document"]] = np.arange(len(documents), dtype=np.int32)
        position = place[postings["document"]]
        there = position >= 0
        return Candidates(
            title_length=documents["title"].astype(np.float64),
            body_length=documents["body"].astype(np.float64),
            created_us=documents["created"],
            history=np.isin(documents["namespace"], list(self._namespaces((f"{names.HISTORY_PREFIX}*",)))),
            nearness=self._nearness(documents, place, query),
            document=position[there],
            title=postings["title"][there],
            body=postings["body"][there],
            term=term[there],
        )

    def _nearness(self, documents: NDArray[np.void], place: NDArray[np.int32], query: Query) -> NDArray[np.float64]:
        """[documents] the bonus for their paths; `place` says where a document stands among them."""
        touched = Touched.of(query.paths)
        nearness = np.zeros(len(documents))
        for condition, values, bonus in (
            ("folder = ?", touched.folders, ranking.FOLDER_BONUS),
            ("path = ?", touched.files, ranking.PATH_BONUS),  # last, for it is the better one of both
        ):
            numbers = self._numbers(f"SELECT number FROM paths WHERE {condition}", values)  # noqa: S608
            nearness[np.isin(documents["path"], numbers)] = bonus
        if query.paths:
            for (number,) in self._connection.execute("SELECT document FROM records WHERE scoped").fetchall():
                if number < len(place) and place[number] >= 0:
                    record = syncing.content(self._connection, number)
                    nearness[place[number]] = ranking.nearness(touched, record)
        return nearness

    def _numbers(self, question: str, values: Iterable[str]) -> NDArray[np.int64]:
        """What SQL finds for each of the values."""
        rows = (row for value in values for row in self._connection.execute(question, (syncing.blob(value),)))
        return np.array([number for (number,) in rows], dtype=np.int64)

    def _best(self, documents: NDArray[np.void], score: NDArray[np.float64], count: int) -> NDArray[np.int64]:
        """Where the best stand, `count` at most: of equal scores the newest, of those the smallest ids."""
        found = np.flatnonzero(score)
        if len(found) <= count:
            return found
        found = found[score[found] >= np.partition(score[found], -count)[-count]]
        created = documents["created"]
        found = found[np.lexsort((-created[found], -score[found]))]
        last = found[count - 1]
        tied = found[(score[found] == score[last]) & (created[found] == created[last])]
        sure = found[: np.flatnonzero(found == tied[0])[0]]
        if len(sure) + len(tied) > count:
            ids = [syncing.record_id(self._connection, number) for number in documents["document"][tied].tolist()]
            tied = tied[sorted(range(len(tied)), key=ids.__getitem__)]
        return np.concatenate([sure, tied])[:count]
