"""The files of one repository's history: the rows, the search index of the Records made of them, their vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from memory_agents.core.records import Notice
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.history.store import Store
from memory_agents.memory.index import IndexCorrupt, LocalIndex
from memory_agents.memory.index.dense import Dense
from memory_agents.memory.index.vectors import VectorStore

_T = TypeVar("_T")
BATCH = 2_000
"""Records that are composed and indexed at once"""


class HistoryFiles:
    """All are derived: a corrupt index is made anew from the rows, and they from GitHub by whoever reads it."""

    def __init__(self, folder: Path, repository: str, embedder: Embedder | None = None) -> None:
        """Open the files in `folder`, or make them; never fails. `repository`: `owner/name`.

        `embedder`: makes what is searched by meaning; None searches by words alone.
        """
        self.store = Store(folder / "rows.sqlite3")
        self._vectors = VectorStore.open(folder / "vectors.sqlite3", embedder.model) if embedder else None
        dense = Dense(self._vectors, embedder) if embedder and self._vectors else None
        self.index = LocalIndex.open(folder / "index.sqlite3", dense)
        self.repository = repository
        self.indexed = 0
        """Records that were indexed or taken from the index"""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was wrong and got around."""
        rebuilt = (self.store.rebuilt, self.index.rebuilt, self._vectors.rebuilt if self._vectors else "")
        return tuple(Notice(text=text) for text in rebuilt if text)

    def ask(self, question: Callable[[LocalIndex], _T], *, may_go_on: Callable[[], bool] = lambda: True) -> _T:
        """Ask the index once it is in step with the rows, or as far as `may_go_on` lets it be.

        Raises IndexCorrupt where the rows are damaged: the answer is `reset`, and to read them again.
        """
        try:
            self._index_changes(may_go_on)
            return question(self.index)
        except IndexCorrupt as error:  # one of the two: the index can be made anew
            self.index.reset(error.reason)
        self._index_changes(may_go_on)
        return question(self.index)

    def _index_changes(self, may_go_on: Callable[[], bool]) -> None:
        """Index what the rows have and the index has not, a batch at a time.

        May be ended after the first batch, or a later one: the next call goes on.
        """
        identity = self.store.identity
        if self.index.version != identity:
            if self.index.version:
                self.index.reset("it belongs to a history that is no more")
            self.store.index_all()
        while marks := self.store.unindexed(BATCH):
            self.index.update(self.store.records(self.repository, marks), version=identity)
            self.store.indexed(marks)
            self.indexed += len(marks)
            if not may_go_on():
                break

    def reset(self, reason: str) -> None:
        """Throw both away."""
        self.store.reset(reason)
        self.index.reset(reason)

    def close(self) -> None:
        """Let go of the files."""
        self.index.close()
        if self._vectors is not None:
            self._vectors.close()
        self.store.close()
