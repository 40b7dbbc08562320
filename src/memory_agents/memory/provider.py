"""The interface to a backend of memory, on one screen.

A provider's constructor does no I/O. Every method may raise a MemoryFailure and nothing else that
a caller must know. Methods may be called concurrently from one event loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from memory_agents.core.records import Health, Match, ProviderInfo, Query, Record


class MemoryReader(Protocol):
    """Reading long-term memory."""

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """The best `top_k` recallable Records in the namespaces (globs), best first, scored."""

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """Up to `limit` Records of the namespaces (globs), newest first, unapproved and expired included."""

    async def get_record(self, record_id: str) -> Record | None:
        """The Record with that id, or None."""

    async def health_check(self) -> Health:
        """Whether it can be read now; never raises."""

    async def get_info(self) -> ProviderInfo:
        """What it is and holds."""

    async def close(self) -> None:
        """Let go of files, processes and connections."""
