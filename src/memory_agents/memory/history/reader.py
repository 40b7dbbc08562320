"""HistoryReader: past issues, pull requests and reviews as memory, fresh from GitHub where it can be asked.

The index is what an index run left. A recall adds what changed since, newest first and within its time, and
looks again at what it is about to show.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from memory_agents.core import namespaces
from memory_agents.core.history import Item, ReviewRemark, Seen, Stream, refreshed
from memory_agents.core.records import Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import GitHubFailure, MemoryAgentsError, MemoryUnreachable
from memory_agents.memory.history import reading
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.history.source import HistorySource
from memory_agents.memory.index import LocalIndex

_T = TypeVar("_T")
REQUESTS_KEPT = 200
"""of the rate limit, for everything else that works on the repository"""
MOST_PAGES = 10
"""of a list that one recall reads: the rate limit is everybody's"""
SPARE = 5
"""Matches beyond those asked for, in the place of those that turn out to be gone"""
_LISTS: Mapping[str, tuple[Stream, ...]] = {
    namespaces.ISSUES: (Stream.ISSUES,),
    namespaces.PULL_REQUESTS: (Stream.ISSUES, Stream.REVIEWS),
}
"""Namespace → the lists that it is made of"""
NAMESPACES = tuple(_LISTS)
"""what a history can have"""
_NEXT_STEP = "let a scheduled job run the action with `mode: index`; the README's workflow has it"


class HistoryReader:
    """MemoryReader over the past of one repository. See the module."""

    def __init__(
        self,
        folder: Path,
        repository: str,
        source: HistorySource | None,
        *,
        seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        """No I/O. `source`: None asks nobody. `seconds`: how long GitHub may be asked, all in all."""
        self._folder = folder
        self._repository = repository
        self._source = source
        self._seconds = seconds
        self._clock = clock
        self._lock = asyncio.Lock()
        self._open: _Open | None = None
        self._notices: list[Notice] = []

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        wanted = _covered(namespaces)
        if not wanted:
            return ()
        async with self._lock:
            opened = self._opened()
            for stream in dict.fromkeys(stream for name in wanted for stream in _LISTS[name]):
                await self._catch_up(opened, stream)
        found = self._ask(opened, lambda index: index.search(query, namespaces=namespaces, top_k=top_k + SPARE))
        return (await self._as_they_stand(opened, found))[:top_k]

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        if not _covered(namespaces):
            return ()
        return self._ask(self._opened(), lambda index: index.list(namespaces=namespaces, limit=limit))

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        return self._ask(self._opened(), lambda index: index.get(record_id))

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            info = await self.get_info()
        except MemoryAgentsError as error:
            return Health(ok=False, detail=error.message, fix=error.fix)
        return Health(ok=True, detail=f"{info.records} past items of {self._repository}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        opened = self._opened()
        records = self._ask(opened, len)
        return ProviderInfo(
            provider="history",
            location=f"past issues, pull requests and reviews of {self._repository}",
            records=records,
            version=opened.files.store.identity,
            notices=(*opened.files.notices, *self._notices),
        )

    async def close(self) -> None:
        """See MemoryReader."""
        if self._open is not None:
            self._open.files.close()
            self._open = None

    def _opened(self) -> _Open:
        if self._open is None:
            files = HistoryFiles(self._folder, self._repository)
            self._open = _Open(files, ends=time.monotonic() + self._seconds)
        return self._open

    @staticmethod
    def _ask(opened: _Open, question: Callable[[LocalIndex], _T]) -> _T:
        return opened.files.ask(question, may_go_on=lambda: opened.seconds_left() > 0)

    async def _catch_up(self, opened: _Open, stream: Stream) -> None:
        """Add what is new in a list, once, as far as time and the rate limit allow."""
        if stream in opened.asked or self._source is None:
            return
        opened.asked.add(stream)
        rows, is_last = 0, False
        try:
            async with asyncio.timeout(opened.seconds_left()):
                async for step in reading.read_newest(
                    opened.files.store, self._source, stream, now=self._clock(), pages=MOST_PAGES
                ):
                    rows += len(step.page.entries)
                    is_last = step.is_last
                    if step.page.requests_left is not None and step.page.requests_left <= REQUESTS_KEPT:
                        break
        except TimeoutError:
            pass
        except GitHubFailure as error:
            if not rows and opened.files.store.place(stream).known is None:
                raise MemoryUnreachable(error.message, fix=error.fix) from None
            text = f"{error.message} What was indexed before is used."
            self._notices.append(Notice(text=text, fix=error.fix, partial=True))
            return
        if not is_last:
            known = opened.files.store.place(stream).known is not None
            what = f"Of the {stream} that are new since the index was made" if known else f"Of all {stream}"
            text = f"{what}, only the {rows} that changed last could be read in time."
            self._notices.append(Notice(text=text, fix=_NEXT_STEP, partial=True))

    async def _as_they_stand(self, opened: _Open, matches: Sequence[Match]) -> list[Match]:
        """The Matches as GitHub has them now, without what is gone or hidden."""
        if not matches or self._source is None:
            return list(matches)
        rows = {match.record.id: opened.files.store.rows(_key(match.record)) for match in matches}
        try:
            async with asyncio.timeout(opened.seconds_left()):
                seen = await self._source.look_again([row.node_id for found in rows.values() for row in found[:1]])
        except (GitHubFailure, TimeoutError) as error:
            why = error.message if isinstance(error, GitHubFailure) else "GitHub did not answer in time."
            text = f"{why} Past items are shown as they were when they were indexed."
            fix = error.fix if isinstance(error, GitHubFailure) else "raise `timeout-seconds`"
            self._notices.append(Notice(text=text, fix=fix, partial=True))
            return list(matches)
        now = []
        for match in matches:
            record = self._as_it_stands(opened, match.record, rows[match.record.id], seen)
            if record is not None:
                now.append(replace(match, record=record))
        return now

    def _as_it_stands(
        self, opened: _Open, record: Record, rows: list[Item] | list[ReviewRemark], seen: Mapping[str, Seen | None]
    ) -> Record | None:
        if not rows or rows[0].node_id not in seen:
            return record
        fresh = seen[rows[0].node_id]
        if fresh is None:
            opened.files.store.forget(_key(record))
            return None
        if fresh.is_hidden:
            return None
        return opened.files.store.composed(self._repository, refreshed(rows, fresh))


@dataclass(slots=True)
class _Open:
    """The history, open."""

    files: HistoryFiles
    ends: float
    """on the monotonic clock: when GitHub is not asked any more"""
    asked: set[Stream] = field(default_factory=set)

    def seconds_left(self) -> float:
        return max(0.0, self.ends - time.monotonic())


def _covered(globs: tuple[str, ...]) -> list[str]:
    """The Namespaces of past items that the globs cover."""
    return [name for name in _LISTS if namespaces.matches(name, globs)]


def _key(record: Record) -> str:
    """What the store knows a Record by."""
    kind, _, number = record.id.removeprefix("past-").partition("-")
    return f"review/{number}" if kind == "review" else f"item/{number}"
