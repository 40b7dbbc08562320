"""The history of a repository as one reader has it open."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from memory_agents.core.history import Stream
from memory_agents.errors import GitHubFailure
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.index import LocalIndex

_T = TypeVar("_T")


@dataclass(slots=True)
class OpenHistory:
    """The files of the history, and what was asked of GitHub since they were opened."""

    files: HistoryFiles
    ends: float
    """on the monotonic clock: when GitHub is not asked any more"""
    asked: set[Stream] = field(default_factory=set)
    failed: dict[Stream, GitHubFailure] = field(default_factory=dict)
    is_embedded: bool = False
    """whether vectors were made of what is new"""

    def seconds_left(self) -> float:
        """Until GitHub is not asked any more."""
        return max(0.0, self.ends - time.monotonic())

    def ask(self, question: Callable[[LocalIndex], _T]) -> _T:
        """Ask the index. Raises IndexCorrupt where the rows are damaged."""
        return self.files.ask(question, may_go_on=lambda: self.seconds_left() > 0)

    def begin_anew(self, reason: str) -> None:
        """Throw away what is damaged, and ask GitHub again."""
        self.files.reset(reason)
        self.asked.clear()
        self.failed.clear()
        self.is_embedded = False
