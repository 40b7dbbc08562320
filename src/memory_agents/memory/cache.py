"""Answers kept for some seconds: the least recently used go first, and what a write may have changed goes at once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import NamedTuple

from memory_agents.core import namespaces


class Moment(NamedTuple):
    """When a question was asked."""

    seconds: float
    """of the clock"""
    writes: int
    """that the cache had heard of"""


class Kept(NamedTuple):
    """An answer, which may be None."""

    answer: object
    globs: tuple[str, ...]
    """of the Namespaces whose Records it depends on"""
    until: float
    """of the clock"""


class Cache:
    """Keeps answers of one provider. What other processes write is seen once `seconds` have passed."""

    def __init__(self, *, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: how old an answer may be. `size`: how many are kept at most."""
        self.seconds = seconds
        self._size = size
        self._clock = clock
        self._writes = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        """the one that was used last stands last"""

    def __len__(self) -> int:
        return len(self._kept)

    def moment(self) -> Moment:
        """Now: ask for it before the question is asked."""
        return Moment(self._clock(), self._writes)

    def get(self, key: Hashable) -> Kept | None:
        """The answer to a question, if there is one that is young enough."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._clock() >= kept.until:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: Hashable, answer: object, *, globs: tuple[str, ...], asked: Moment) -> None:
        """Keep an answer, unless something was written while it was on its way: it may be from before that."""
        if asked.writes != self._writes:
            return
        self._kept[key] = Kept(answer, globs, asked.seconds + self.seconds)
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def written(self, changed: Collection[str] | None = None) -> None:
        """Forget the answers that depend on the `changed` Namespaces; all, where it is not known which they are."""
        self._writes += 1
        if changed is None:
            self._kept.clear()
            return
        for key in [key for key, kept in self._kept.items() if any(namespaces.matches(n, kept.globs) for n in changed)]:
            del self._kept[key]
