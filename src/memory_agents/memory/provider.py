"""The interface to a backend of memory, on one screen.

A provider's constructor does no I/O. Every method may raise a MemoryFailure and nothing else that
a caller must know. Methods may be called concurrently from one event loop.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from memory_agents.core.records import Approval, BatchResult, Health, Match, ProviderInfo, Query, Record


class MemoryReader(Protocol):
    """Reading long-term memory."""

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """The best `top_k` recallable Records in the namespaces (globs), best first, scored."""

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """Up to `limit` Records of the namespaces (globs), newest first, unapproved and expired included."""

    async def get_record(self, record_id: str) -> Record | None:
        """The Record with that id, or None."""

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """Pairs of issues that are no duplicates, the smaller number first."""

    async def health_check(self) -> Health:
        """Whether it can be read now; never raises."""

    async def get_info(self) -> ProviderInfo:
        """What it is and holds."""

    async def close(self) -> None:
        """Let go of files, processes and connections."""


class MemoryProvider(MemoryReader, Protocol):
    """Writing, too. Every write is whole or not at all, and safe to repeat. Raises MemoryFailure."""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """Store Records and remove others, in one stroke.

        A Record whose id is known is left as it is. One whose id was forgotten, or whose file a person deleted, is
        `taken_back`. Those whose ids are in `update` are stated anew: they are written over what is there, and
        whatever was deleted before, unless it was forgotten. What is in `removing` is superseded, not forgotten.
        """

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """Forget Records for good: the same source does not store them again."""

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """Keep that the issues of each pair are no duplicates of each other."""
