"""The one error of the index that a caller answers: reset, sync and ask once more."""

from __future__ import annotations

from memory_agents.errors import MemoryFailure


class IndexCorrupt(MemoryFailure):
    """The local index cannot be read; it is derived, so `LocalIndex.reset` and a sync restore it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The local index cannot be read: {reason}.", fix="none needed: it is built anew")
        self.reason = reason
