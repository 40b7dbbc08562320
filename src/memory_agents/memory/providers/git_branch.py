"""The default provider: facts as Markdown files on a git branch, read and written through git itself.

A write is one commit, pushed only onto the head that it was made for. What is under the state folder is derived and
can be thrown away, but for the events of sessions: they are of this machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from memory_agents.core.records import Approval, BatchResult, Health, Match, MemoryEvent, ProviderInfo, Query, Record
from memory_agents.errors import MemoryFailure
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.git import Remote
from memory_agents.memory.health import counted, sick, too_many
from memory_agents.memory.index import LocalIndex
from memory_agents.memory.providers import branch_changes
from memory_agents.memory.providers.branch_changes import Standing, Write
from memory_agents.memory.providers.branch_view import BranchView
from memory_agents.memory.providers.local_events import LocalEvents

WRITE_SECONDS = 60.0
"""for one write, however many others write at the same time"""
_PAGE = 200
"""Records that a scan gives at a time"""


def folder_of(remote: Remote, branch: str, state: Path) -> Path:
    """Where all that is derived from the branch is kept on this machine."""
    key = hashlib.sha256(f"{remote.location}\n{branch}".encode()).hexdigest()[:16]
    return state / f"git-{key}"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class GitBranchProvider:
    """Memory that stands in files on the branch `branch` of `remote`. See MemoryProvider."""

    def __init__(
        self,
        remote: Remote,
        branch: str,
        *,
        state: Path,
        write_seconds: float = WRITE_SECONDS,
        embedder: Embedder | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`state`: a folder that may be kept between runs; it is made when needed.

        `embedder`: None searches by words alone. `clock`: the time at which events expire.
        """
        folder = folder_of(remote, branch, state)
        self._where = f"branch {branch} of {remote.location}"
        self._view = BranchView(remote, branch, folder, write_seconds=write_seconds, embedder=embedder)
        self._events = LocalEvents(folder.with_name(f"{folder.name}-events.sqlite3"), clock=clock)

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        await self._view.embed_newest()
        return await self._view.ask(lambda index: index.search(query, namespaces=namespaces, top_k=top_k))

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        return await self._view.ask(lambda index: index.list(namespaces=namespaces, limit=limit))

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        return await self._view.ask(lambda index: index.get(record_id))

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            info = await self.get_info()
        except MemoryFailure as error:
            return sick(error)
        if not info.version:
            return Health(ok=True, detail=f"There is no {self._where} yet.")
        return Health(ok=True, detail=f"{counted(info.records or 0)} at commit {info.version[:12]}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        records = await self._view.ask(len)
        snapshot = await self._view.read()
        return ProviderInfo(
            provider="git",
            location=self._where,
            records=records,
            version=snapshot.commit,
            is_new=not snapshot.commit,
            notices=(*snapshot.notices, *self._view.notices, *too_many(records)),
        )

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        """See MemoryProvider."""
        ids = {record.id for record in records}
        anew = frozenset(update)

        def decide(standing: Standing) -> Write:
            return branch_changes.storing(records, standing, approval=approval, update=anew, removing=removing)

        return (await self._view.write(decide, ids.union(removing), sought=ids - anew)).result

    async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
        """See MemoryProvider."""

        def decide(standing: Standing) -> Write:
            return branch_changes.forgetting(ids, standing, approval=approval)

        return (await self._view.write(decide, ids, sought=ids)).result

    async def set_apart(self, pairs: Sequence[tuple[int, int]], *, approval: Approval) -> None:
        """See MemoryProvider."""
        await self._view.write(lambda standing: branch_changes.setting_apart(pairs, standing, approval=approval))

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryProvider."""
        return branch_changes.pairs_apart((await self._view.read()).files)

    async def forgotten_ids(self) -> frozenset[str]:
        """See MemoryProvider. Not those whose file a person deleted: a comment that is edited may state them anew."""
        return branch_changes.forgotten_ids((await self._view.read()).files)

    async def keep_forgotten(self, ids: Collection[str], *, approval: Approval) -> None:
        """See MemoryProvider."""
        await self._view.write(
            lambda standing: branch_changes.keeping_forgotten(ids, standing, approval=approval), frozenset(ids)
        )

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """See MemoryProvider."""
        after = ""
        while page := await self._view.ask(partial(LocalIndex.page, after=after, limit=_PAGE)):
            yield page
            after = page[-1].id

    async def store_event(self, event: MemoryEvent) -> None:
        """See MemoryProvider."""
        await self._events.store(event)

    async def list_events(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """See MemoryProvider."""
        return await self._events.list(actor_id, session_id, limit=limit)

    async def delete_session(self, actor_id: str, session_id: str) -> int:
        """See MemoryProvider."""
        return await self._events.delete(actor_id, session_id)

    async def ensure_branch(self, approval: Approval) -> bool:
        """Make the branch, with a README for people, if there is none; whether it was made now."""
        return bool((await self._view.write(lambda standing: branch_changes.creating(standing, approval))).change)

    async def close(self) -> None:
        """See MemoryReader."""
        self._view.close()
        await self._events.close()
