"""HistoryReader: past issues, pull requests and reviews as memory, fresh from GitHub where it can be asked.

The index is what an index run left. A recall adds what changed since, newest first and within its time, and
looks again at what it is about to show.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from memory_agents.core import namespaces
from memory_agents.core.history import Item, Remark, ReviewRemark, Seen, Stream, refreshed
from memory_agents.core.records import Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import GitHubFailure, MemoryAgentsError, MemoryUnreachable
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.health import sick
from memory_agents.memory.history import reading
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.history.opened import OpenHistory
from memory_agents.memory.history.source import HistorySource
from memory_agents.memory.history.store import Store
from memory_agents.memory.index import IndexCorrupt, LocalIndex

_T = TypeVar("_T")
REQUESTS_KEPT = 200
"""of the rate limit, for everything else that works on the repository"""
MOST_LOOKED_AT = 100
"""things that GitHub shows in one answer"""
MOST_PAGES = 10
"""of a list that one recall reads: the rate limit is everybody's"""
_FOR_NEWS = 0.6
"""of the time for GitHub: what is about to be shown must still be looked at again"""
SPARE = 5
"""Matches beyond those asked for, in the place of those that turn out to be gone"""
_LISTS: Mapping[str, tuple[Stream, ...]] = {
    namespaces.ISSUES: (Stream.ISSUES,),
    namespaces.PULL_REQUESTS: (Stream.ISSUES, Stream.REVIEWS),
}
"""Namespace → the lists that it is made of"""
NAMESPACES = tuple(_LISTS)
"""what a history can have"""
NEWEST_EMBEDDED = 16
"""Records that a recall makes vectors of, if they have none: an index run makes those of all"""
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
        embedder: Embedder | None = None,
    ) -> None:
        """No I/O. `source`: None asks nobody. `seconds`: how long GitHub may be asked, all in all.

        `embedder`: None searches by words alone.
        """
        self._folder = folder
        self._repository = repository
        self._source = source
        self._seconds = seconds
        self._clock = clock
        self._embedder = embedder
        self._lock = asyncio.Lock()
        self._open: OpenHistory | None = None
        self._notices: list[Notice] = []

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        wanted = _covered(namespaces)
        if not wanted:
            return ()
        streams = tuple(dict.fromkeys(stream for name in wanted for stream in _LISTS[name]))

        def ask(index: LocalIndex) -> list[Match]:
            return index.search(query, namespaces=namespaces, top_k=top_k + SPARE)

        opened = self._opened()
        try:
            found = await self._search(opened, streams, ask)
        except IndexCorrupt as error:
            opened.begin_anew(error.reason)
            found = await self._search(opened, streams, ask)
        return found[:top_k]

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        if not _covered(namespaces):
            return ()
        found = self._ask(lambda index: index.list(namespaces=namespaces, limit=limit))
        return [record for record in map(self._of_rows, found) if record is not None]

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        found = self._ask(lambda index: index.get(record_id))
        return self._of_rows(found) if found is not None else None

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader. GitHub's lists tell of none."""
        return frozenset()

    async def health_check(self) -> Health:
        """See MemoryReader."""
        try:
            records = self._ask(len)
        except MemoryAgentsError as error:
            return sick(error)
        known = self._opened().files.store.place(Stream.ISSUES).known
        if known is None:
            detail = f"The past of {self._repository} is not read to its end: {records:,} items so far."
            return Health(ok=True, detail=detail, fix="run `memory-agents index`, with GH_TOKEN set")
        return Health(ok=True, detail=f"{records:,} past items of {self._repository}, as of {known.date()}.")

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader."""
        records, version, cut_off = self._ask(lambda index: (len(index), index.version, index.cut_off))
        return ProviderInfo(
            provider="history",
            location=f"past issues, pull requests and reviews of {self._repository}",
            records=records,
            version=version,
            notices=(*self._opened().files.notices, *self._notices),
            cut_off=cut_off,
        )

    async def close(self) -> None:
        """See MemoryReader."""
        if self._open is not None:
            self._open.files.close()
            self._open = None

    def _of_rows(self, found: Record) -> Record | None:
        store = self._opened().files.store
        rows = store.rows(_key(found))
        return store.composed(self._repository, rows, store.words(rows)) if rows else None

    def _opened(self) -> OpenHistory:
        if self._open is None:
            files = HistoryFiles(self._folder, self._repository, self._embedder)
            self._open = OpenHistory(files, ends=time.monotonic() + self._seconds)
        return self._open

    def _ask(self, question: Callable[[LocalIndex], _T]) -> _T:
        opened = self._opened()
        try:
            return opened.ask(question)
        except IndexCorrupt as error:
            opened.begin_anew(error.reason)
            return opened.ask(question)

    async def _search(
        self, opened: OpenHistory, streams: Sequence[Stream], ask: Callable[[LocalIndex], list[Match]]
    ) -> list[Match]:
        async with self._lock:
            for stream in streams:
                await self._catch_up(opened, stream)
            await self._embed_newest(opened)
        failed = [opened.failed[stream] for stream in streams if stream in opened.failed]
        if len(failed) == len(streams) and not len(opened.files.store):
            raise MemoryUnreachable(failed[0].message, fix=failed[0].fix)
        found = opened.ask(ask)
        if opened.files.store.unindexed(1):
            self._notices.append(
                Notice(text="Not all past items could be indexed in time.", fix=_NEXT_STEP, partial=True)
            )
        return await self._as_they_stand(opened, found)

    async def _embed_newest(self, opened: OpenHistory) -> None:
        """Make vectors, once and so many whatever time is left: the same is found on a slow machine."""
        if self._embedder is None or opened.is_embedded:
            return
        await asyncio.to_thread(opened.ask, lambda index: index.embed(NEWEST_EMBEDDED))
        opened.is_embedded = True

    async def _catch_up(self, opened: OpenHistory, stream: Stream) -> None:
        """Add what is new in a list, once, as far as time and the rate limit allow."""
        if stream in opened.asked or self._source is None:
            return
        opened.asked.add(stream)
        rows, is_last = 0, False
        try:
            async with asyncio.timeout(_FOR_NEWS * opened.seconds_left()):
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
            opened.failed[stream] = error
            text = f"{error.message} What was indexed before is used."
            self._notices.append(Notice(text=text, fix=error.fix, partial=True))
            return
        if not is_last:
            self._notices.append(Notice(text=self._incomplete(opened, stream), fix=_NEXT_STEP, partial=True))

    def _incomplete(self, opened: OpenHistory, stream: Stream) -> str:
        if opened.files.store.place(stream).known is not None:
            return (
                f"Not all {stream} that changed since the index was made could be read, only those that changed last."
            )
        kept = opened.files.store.count(stream)
        return f"The index is not complete: it holds {kept:,} {stream}, those that changed last among them."

    async def _as_they_stand(self, opened: OpenHistory, matches: Sequence[Match]) -> list[Match]:
        """The Matches as GitHub has them now, without what is gone or hidden."""
        store = opened.files.store
        rows = {match.record.id: store.rows(_key(match.record)) for match in matches}
        words = {match.record.id: store.words(rows[match.record.id]) for match in matches}
        seen = await self._seen(opened, list(rows.values()), [remark for remark in words.values() if remark])
        now = []
        for match in matches:
            key = match.record.id
            record = self._as_it_stands(store, rows[key], words[key], seen)
            if record is not None:
                now.append(replace(match, record=record))
        return now

    async def _seen(
        self, opened: OpenHistory, rows: Sequence[Sequence[Item | ReviewRemark]], words: Sequence[Remark]
    ) -> Mapping[str, Seen | None] | None:
        """What GitHub tells of the first of each, of the words that are quoted, and of the others; None if nothing."""
        firsts = [row.node_id for found in rows for row in found[:1]]
        if not firsts or self._source is None:
            return None
        quoted = [remark.node_id for remark in words]
        replies = [row.node_id for found in rows for row in found[1:]]
        try:
            async with asyncio.timeout(opened.seconds_left()):
                return await self._source.look_again([*firsts, *quoted, *replies][:MOST_LOOKED_AT])
        except (GitHubFailure, TimeoutError) as error:
            why = error.message if isinstance(error, GitHubFailure) else "GitHub did not answer in time."
            text = f"{why} Past items are shown as they were when they were indexed."
            fix = error.fix if isinstance(error, GitHubFailure) else "raise `timeout-seconds`"
            self._notices.append(Notice(text=text, fix=fix, partial=True))
            return None

    def _as_it_stands(
        self,
        store: Store,
        rows: Sequence[Item | ReviewRemark],
        words: Remark | None,
        seen: Mapping[str, Seen | None] | None,
    ) -> Record | None:
        """The Record of what is there and not hidden; None where the first row of it is not.

        It is always made of the rows: what stands in the search index beside them is for searching.
        """
        if not rows:
            return None
        if seen is None:
            return store.composed(self._repository, rows, words)
        shown: list[Item | ReviewRemark] = []
        for row in rows:
            fresh = seen.get(row.node_id)
            if fresh is not None and not fresh.is_hidden:
                shown.append(refreshed(row, fresh))
            elif row.node_id in seen and fresh is None:
                store.forget(row)
            elif row is rows[0] and row.node_id not in seen:
                shown.append(row)  # GitHub did not tell
        if not shown or shown[0].key != rows[0].key:
            return None
        said = seen.get(words.node_id) if words is not None else None
        words = refreshed(words, said) if words is not None and said is not None and not said.is_hidden else None
        return store.composed(self._repository, shown, words)


def _covered(globs: tuple[str, ...]) -> list[str]:
    """The Namespaces of past items that the globs cover."""
    return [name for name in _LISTS if namespaces.matches(name, globs)]


def _key(record: Record) -> str:
    """What the store knows a Record by."""
    kind, _, number = record.id.removeprefix("past-").partition("-")
    number = number if number.isascii() and number.isdigit() else "0"
    return f"review/{number}" if kind == "review" else f"item/{number}"
