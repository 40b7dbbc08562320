"""VectorStore: the vectors of texts, by key, in a SQLite file of their own.

A vector costs a thousand times what a Record costs to index, so they outlive the index: this file is kept when the
other one is thrown away. Derived as well: what is damaged is made anew.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from memory_agents.memory.embedding import Embedder
from memory_agents.memory.index import codec, database
from memory_agents.memory.index.corrupt import IndexCorrupt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_T = TypeVar("_T")
_FORMAT = 1
"""of the tables and pages: count it up when one of them changes"""
_PAGE = 512
"""vectors of a page: what is written when one is added"""
_STEP = np.float32(2**-12)
"""what the components of an Embedder's vectors are multiples of: as whole numbers they are read three times faster"""
_WAIT_MILLISECONDS = 2_000
"""for another process that is writing: a search goes on without vectors rather than wait for long"""
_KEPT = 4
"""answers that are kept in memory: a search asks for the same keys again"""
_OTHER_LENGTH = "a part of it has another length"
_TABLES = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- A page is never changed, only dropped: keys are uint64, components int16 in steps of 2**-12; both sealed.
    CREATE TABLE pages (page INTEGER PRIMARY KEY AUTOINCREMENT, keys BLOB NOT NULL, vectors BLOB NOT NULL);
"""


class VectorStore:
    """Vectors by key. May be used by several threads, and by several processes at once.

    Every method but `close` may raise MemoryTimeout or MemoryUnreachable, where others write all the time or the
    machine's disk does not work; damage is answered with an empty store.
    """

    def __init__(self, path: Path, model: str) -> None:
        """See `open`."""
        self._path = path
        self._schema = database.Schema("store of vectors", _TABLES, lambda: f"{_FORMAT} {model}")
        self._connection, self.rebuilt = database.connect(path, self._schema)
        """why it was made anew or is kept in memory, for a person; '' if all is well"""
        self._connection.execute(f"PRAGMA busy_timeout = {_WAIT_MILLISECONDS}")
        self._file = database.identity(path)
        self._lock = threading.RLock()
        self._seen = 0
        self._directory: _Directory | None = None
        self._answers: list[tuple[NDArray[np.uint64], NDArray[np.float32]]] = []
        self._absences: tuple[NDArray[np.uint64], NDArray[np.bool_]] | None = None

    @classmethod
    def open(cls, path: Path, model: str) -> VectorStore:
        """Open the store at `path`, or make an empty one there; never fails.

        `model` says what made the vectors: a store that holds another model's is emptied.
        """
        return cls(path, model)

    def missing(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """[keys] whether there is no vector."""
        return self._asked(lambda: self._absent(keys))

    def add(self, keys: NDArray[np.uint64], vectors: NDArray[np.float16]) -> None:
        """Keep vectors [keys, size] as an Embedder rounds them; a key that is there already keeps its vector."""

        def write() -> None:
            unique, rows = np.unique(keys, return_index=True)
            new = rows[self._held().places(unique) < 0]
            if len(new):
                self._append(keys[new], vectors[new])

        self._asked(write, "IMMEDIATE")

    def vectors(self, keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        """[keys, size] the vectors; zeros where there is none. Not to be changed: it may be handed out again."""
        return self._asked(lambda: self._answer(keys))

    def keep(self, keys: NDArray[np.uint64]) -> None:
        """Drop all others, once they are more than those that are kept."""

        def write() -> None:
            held = self._held().keys
            kept = held[np.isin(held, keys)]
            if len(held) - len(kept) <= len(kept):
                return
            vectors = self._answer(kept)
            self._connection.execute("DELETE FROM pages")
            self._append(kept, vectors)

        self._asked(write, "IMMEDIATE")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _asked(self, question: Callable[[], _T], kind: str = "DEFERRED") -> _T:
        """The answer, all of one state of the file; of an empty file where this one is damaged."""
        with self._lock:
            try:
                return self._in_transaction(question, kind)
            except IndexCorrupt as error:
                self._connection.close()
                self._connection, self.rebuilt = database.renew(self._path, error.reason, self._file, self._schema)
                self._file = database.identity(self._path)
                self._forget()
                return self._in_transaction(question, kind)

    def _in_transaction(self, question: Callable[[], _T], kind: str) -> _T:
        try:
            with database.transaction(self._connection, kind):
                (seen,) = self._connection.execute("PRAGMA data_version").fetchone()
                if seen != self._seen:  # another process has written
                    self._forget()
                    self._seen = seen
                return question()
        except BaseException:
            self._forget()  # what was not written must not be remembered
            raise

    def _forget(self) -> None:
        self._directory = None
        self._answers.clear()
        self._absences = None

    def _held(self) -> _Directory:
        if self._directory is None:
            rows = self._connection.execute("SELECT page, keys FROM pages ORDER BY page").fetchall()
            self._directory = _Directory([(page, _numbers(sealed, "<u8")) for page, sealed in rows])
        return self._directory

    def _absent(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        if self._absences is None or not np.array_equal(self._absences[0], keys):
            self._absences = keys.copy(), self._held().places(keys) < 0
        return self._absences[1].copy()

    def _answer(self, keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        for asked, answer in self._answers:
            if np.array_equal(asked, keys):
                return answer
        answer = np.zeros((len(keys), Embedder.size), dtype=np.float32)
        directory = self._held()
        places = directory.places(keys)
        order = np.argsort(places, kind="stable")
        bounds = np.searchsorted(places[order], directory.starts)
        for number, page in enumerate(directory.pages):
            rows = order[bounds[number] : bounds[number + 1]]
            if len(rows):
                steps = self._page(page, directory.length(number))
                answer[rows] = steps[places[rows] - directory.starts[number]] * _STEP
        answer.flags.writeable = False
        self._answers = [(keys.copy(), answer), *self._answers][:_KEPT]
        return answer

    def _append(self, keys: NDArray[np.uint64], vectors: NDArray[np.floating]) -> None:
        """Write pages; the last one, if it is not full, is written again together with what is new."""
        steps = np.rint(vectors / _STEP).astype(np.int16)
        last = self._connection.execute("SELECT page, keys FROM pages ORDER BY page DESC LIMIT 1").fetchone()
        if last is not None:
            page, found = last[0], _numbers(last[1], "<u8")
            if len(found) < _PAGE:
                keys, steps = np.concatenate([found, keys]), np.concatenate([self._page(page, len(found)), steps])
                self._connection.execute("DELETE FROM pages WHERE page = ?", (page,))
        for start in range(0, len(keys), _PAGE):
            some = slice(start, start + _PAGE)
            blobs = [codec.seal(part[some].astype(kind).tobytes()) for part, kind in ((keys, "<u8"), (steps, "<i2"))]
            self._connection.execute("INSERT INTO pages (keys, vectors) VALUES (?, ?)", blobs)
        self._forget()

    def _page(self, page: int, length: int) -> NDArray[np.int16]:
        """[length, size] the vectors of a page, in steps."""
        (sealed,) = self._connection.execute("SELECT vectors FROM pages WHERE page = ?", (page,)).fetchone()
        steps: NDArray[np.int16] = _numbers(sealed, "<i2")
        if len(steps) != length * Embedder.size:
            raise IndexCorrupt(_OTHER_LENGTH)
        return steps.reshape(length, Embedder.size)


class _Directory:
    """Which vector stands where: a place is the number of a vector, of all pages one after the other."""

    def __init__(self, pages: list[tuple[int, NDArray[np.uint64]]]) -> None:
        self.pages = [page for page, _ in pages]
        self.starts = np.cumsum([0, *(len(keys) for _, keys in pages)])
        """[pages + 1] the place of the first vector of each page, and the end"""
        self.keys: NDArray[np.uint64] = np.concatenate([np.empty(0, np.uint64), *(keys for _, keys in pages)])
        """[places]"""
        self._order = np.argsort(self.keys)
        self._ascending = self.keys[self._order]

    def length(self, number: int) -> int:
        """How many vectors a page has."""
        return int(self.starts[number + 1] - self.starts[number])

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """[keys] where the vector of each stands; -1 where there is none."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self._ascending, keys), len(self.keys) - 1)
        return np.where(self._ascending[found] == keys, self._order[found], -1)


def _numbers(sealed: object, kind: str) -> NDArray[Any]:
    """The numbers of a sealed blob. Raises IndexCorrupt."""
    data = codec.unseal(sealed)
    if len(data) % np.dtype(kind).itemsize:
        raise IndexCorrupt(_OTHER_LENGTH)
    return np.frombuffer(data, dtype=kind)
