"""The interface to a backend of memory, on one screen.

A provider's constructor does no I/O. Every method may raise a MemoryFailure and nothing else that
a caller must know. Methods may be called concurrently from one event loop, which none of them blocks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from typing import Protocol

from memory_agents.core.records import Approval, BatchResult, Health, Match, MemoryEvent, ProviderInfo, Query, Record

EVENTS_LIVE = timedelta(days=7)
"""how long a MemoryEvent is kept, by default"""
EVENTS_KEPT = 1_000
"""MemoryEvents of one session, the newest"""


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
        """Whether it can be read now, and what is wrong if not; never raises."""

    async def get_info(self) -> ProviderInfo:
        """What it is and holds."""

    async def close(self) -> None:
        """Let go of files, processes and connections."""


class MemoryProvider(MemoryReader, Protocol):
    """Writing, too. Every write is safe to repeat.

    It is whole or not at all, or raises MemoryIncomplete, which tells what was written.
    """

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """Store Records, then remove others.

        A Record whose id is known is left as it is. One whose id was forgotten, or whose file a person deleted, is
        `taken_back`. Those whose ids are in `update` are stated anew: they are written over what is there, and
        whatever was deleted before, unless it was forgotten. What is in `removing` is superseded, not forgotten: it
        goes once what replaces it is there.
        """

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """Forget Records for good: the same source does not store them again."""

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """Keep that the issues of each pair are no duplicates of each other."""

    async def store_event(self, event: MemoryEvent) -> None:
        """Keep what happened in a session, for EVENTS_LIVE; one whose id the session has changes nothing."""

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """Up to `limit` of the EVENTS_KEPT newest MemoryEvents of a session, newest first; () for an unknown one."""

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """Forget all MemoryEvents of a session; how many there were."""

    def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """All Records of all Namespaces, some at a time, each once, in no order: for copying a memory."""

    async def forgotten_ids(self) -> frozenset[str]:
        """Ids that are not stored again."""

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:
        """Keep that the ids are forgotten, known here or not, as `delete_records` would."""
