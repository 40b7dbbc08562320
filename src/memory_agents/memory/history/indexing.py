"""Bringing the search index in step with the store."""

from __future__ import annotations

from collections.abc import Callable

from memory_agents.memory.history.store import Store
from memory_agents.memory.index import LocalIndex

BATCH = 2_000
"""Records that are composed and indexed at once"""


def index_changes(store: Store, index: LocalIndex, repository: str, *, may_go_on: Callable[[], bool]) -> int:
    """Index what the store has and the index has not, a batch at a time; returns how many Records that were.

    May be ended between two batches: the next call goes on. Raises IndexCorrupt.
    """
    if index.version != store.identity:
        if index.version:
            index.reset("it belongs to a history that is no more")
        store.index_all()
    done = 0
    while may_go_on() and (keys := store.unindexed(BATCH)):
        index.update({key: store.record(repository, key) for key in keys}, version=store.identity)
        store.indexed(keys)
        done += len(keys)
    return done
