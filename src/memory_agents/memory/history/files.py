"""The files of one repository's history: the rows, and the search index of the Records made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from memory_agents.core.records import Notice
from memory_agents.memory.history.store import Store
from memory_agents.memory.index import IndexCorrupt, LocalIndex

_T = TypeVar("_T")
BATCH = 2_000
"""Records that are composed and indexed at once"""


class HistoryFiles:
    """Both are derived: whichever is corrupt is thrown away, and made anew from the rows or from GitHub."""

    def __init__(self, folder: Path, repository: str) -> None:
        """Open the files in `folder`, or make them; never fails. `repository`: `owner/name`."""
        self.store = Store(folder / "rows.sqlite3")
        self.index = LocalIndex.open(folder / "index.sqlite3")
        self.repository = repository

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was wrong and got around."""
        return tuple(Notice(text=text) for text in (self.store.rebuilt, self.index.rebuilt) if text)

    def ask(self, question: Callable[[LocalIndex], _T], *, may_go_on: Callable[[], bool] = lambda: True) -> _T:
        """Ask the index once it is in step with the rows, or as far as `may_go_on` lets it be."""
        for renew in (self.index.reset, self.reset):
            try:
                self.index_changes(may_go_on)
                return question(self.index)
            except IndexCorrupt as error:
                renew(error.reason)
        return question(self.index)

    def index_changes(self, may_go_on: Callable[[], bool] = lambda: True) -> int:
        """Index what the rows have and the index has not, a batch at a time; returns how many Records that were.

        May be ended between two batches: the next call goes on. Raises IndexCorrupt.
        """
        identity = self.store.identity
        if self.index.version != identity:
            if self.index.version:
                self.index.reset("it belongs to a history that is no more")
            self.store.index_all()
        done = 0
        while may_go_on() and (keys := self.store.unindexed(BATCH)):
            self.index.update({key: self.store.record(self.repository, key) for key in keys}, version=identity)
            self.store.indexed(keys)
            done += len(keys)
        return done

    def reset(self, reason: str) -> None:
        """Throw both away."""
        self.store.reset(reason)
        self.index.reset(reason)

    def close(self) -> None:
        """Let go of the files."""
        self.index.close()
        self.store.close()
