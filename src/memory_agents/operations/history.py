"""What `memory-agents index` and `mode: index` do: read the repository's past into the local index.

It may be stopped at any time and goes on the next time. It leaves the last 200 requests of the rate limit to
everything else, and waits where GitHub asks it to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from memory_agents.core.history import Page, Seen, Stream
from memory_agents.core.records import Notice
from memory_agents.errors import GitHubFailure
from memory_agents.memory.history import reading
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.history.reader import REQUESTS_KEPT
from memory_agents.memory.history.source import HistorySource
from memory_agents.memory.index import IndexCorrupt, LocalIndex
from memory_agents.memory.integration import Status
from memory_agents.operations.calibrating import Calibration
from memory_agents.operations.progress import Counted, Progress, Tell

LISTS = (Stream.ISSUES, Stream.REVIEWS, Stream.COMMENTS, Stream.EVENTS)
"""in the order in which they are read: what a recall needs most comes first"""
_OF_ONE_LIST = frozenset({403, 422})
"""statuses that may concern one list alone: a permission that is missing for it"""
_TRIES = 5
_PAGE_SECONDS = 60.0
"""for one page: a connection that trickles would hold the run until its job is stopped, and nothing be saved"""
_ALL = 10_000_000
_EMBEDDED_AT_ONCE = 32
"""Records: about a second, after which a person who stops it waits no longer"""
_SECONDARY_WAIT = 60.0
"""seconds, where GitHub refuses for a secondary limit and does not say how long; its documentation names a minute"""


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one run did."""

    repository: str
    requests: int = 0
    requests_left: int | None = None
    read: dict[Stream, int] = field(default_factory=dict)
    """entries read from each list; a list that was not reached is absent"""
    unreadable: int = 0
    changed: int = 0
    """rows that are new, changed or gone"""
    finished: set[Stream] = field(default_factory=set)
    """lists that were read to their end"""
    was_whole: bool = False
    """whether a whole reading of a list began, went on or ended"""
    indexed: int = 0
    """Records indexed"""
    embedded: int = 0
    """texts whose vectors were made"""
    records: int = 0
    """Records in the index"""
    stopped: str = ""
    """why it ended before the end; empty where it did not"""
    notices: list[Notice] = field(default_factory=list)
    calibration: Calibration | None = None
    """what the repository's own duplicates say, where they were asked"""

    @property
    def is_complete(self) -> bool:
        """Whether everything was read."""
        return len(self.finished) == len(LISTS)

    @property
    def status(self) -> Status:
        """`ok`: everything was read; `unavailable`: nothing; `degraded`: a part, or the next run goes on."""
        if not self.read:
            return Status.UNAVAILABLE
        return Status.OK if self.is_complete else Status.DEGRADED

    @property
    def is_worth_saving(self) -> bool:
        """Whether the files say something that they did not say before."""
        return bool(self.changed or self.indexed or self.embedded or self.was_whole)


class _Stopped(Exception):
    """This run has to end; it is no failure."""


@dataclass(slots=True, kw_only=True)
class _Patient:
    """HistorySource that counts, waits where GitHub asks for it, and tries again what may pass."""

    source: HistorySource
    seconds: float
    """how long it may ask"""
    ends: float
    """the same on the loop's clock"""
    wait: Callable[[float], Awaitable[None]]
    requests: int = 0
    requests_left: int | None = None

    async def first(
        self, stream: Stream, *, since: datetime | None = None, newest_first: bool = False, page: int = 1
    ) -> Page:
        """See HistorySource."""
        return await self._page(lambda: self.source.first(stream, since=since, newest_first=newest_first, page=page))

    async def following(self, stream: Stream, place: str) -> Page:
        """See HistorySource."""
        return await self._page(lambda: self.source.following(stream, place))

    async def look_again(self, node_ids: Sequence[str]) -> Mapping[str, Seen | None]:
        """See HistorySource."""
        return await self.source.look_again(node_ids)

    def has_time(self, seconds: float = 0) -> bool:
        """Whether so many seconds are left."""
        return asyncio.get_running_loop().time() + seconds < self.ends

    async def _page(self, ask: Callable[[], Awaitable[Page]]) -> Page:
        if not self.has_time():
            raise _Stopped(f"it has run for {self.seconds:.0f} seconds")
        if self.requests_left is not None and self.requests_left <= REQUESTS_KEPT:
            raise _Stopped(
                f"{self.requests_left} requests of the rate limit are left, and {REQUESTS_KEPT} are for others"
            )
        attempt = 0
        while True:
            attempt += 1
            self.requests += 1
            try:
                page = await self._in_time(ask)
            except GitHubFailure as error:
                if error.limit == "primary":
                    raise _Stopped("no request of the rate limit is left") from None
                if not error.is_passing or attempt == _TRIES:
                    raise
                await self._wait(_pause(error, attempt))
            else:
                self.requests_left = page.requests_left
                return page

    @staticmethod
    async def _in_time(ask: Callable[[], Awaitable[Page]]) -> Page:
        try:
            async with asyncio.timeout(_PAGE_SECONDS):
                return await ask()
        except TimeoutError:
            message = f"GitHub did not give a page of a list within {_PAGE_SECONDS:.0f} seconds."
            raise GitHubFailure(message, fix="run again later", is_passing=True) from None

    async def _wait(self, seconds: float) -> None:
        if not self.has_time(seconds):
            raise _Stopped(f"it would have to wait {seconds:.0f} seconds, which is longer than it may run")
        await self.wait(seconds)


def _pause(error: GitHubFailure, attempt: int) -> float:
    """Seconds to wait after a failure.

    https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
    """
    if error.retry_after is not None:
        return error.retry_after
    return float(2 ** (attempt - 1)) * (_SECONDARY_WAIT if error.limit else 1)


async def index(
    files: HistoryFiles,
    source: HistorySource,
    *,
    seconds: float,
    whole: bool,
    tell: Tell,
    clock: Callable[[], datetime],
) -> Reading:
    """Read what is new (`whole`: everything again) in all lists, and index it. Ends after about `seconds`."""
    progress: list[Progress] = []

    def note(step: reading.Step) -> None:
        _note(done, step)
        progress[:] = [_progress(done, step, patient)]
        tell(progress[0])

    async def wait(pause: float) -> None:
        for last in progress[-1:]:
            tell(replace(last, waits=pause))
        await asyncio.sleep(pause)

    ends = asyncio.get_running_loop().time() + seconds
    patient = _Patient(source=source, seconds=seconds, ends=ends, wait=wait)
    done = Reading(repository=files.repository)
    try:
        await _read_and_index(files, patient, done, note=note, whole=whole, clock=clock)
    except IndexCorrupt as error:
        files.reset(error.reason)
        done = Reading(repository=files.repository)
        await _read_and_index(files, patient, done, note=note, whole=whole, clock=clock)
    await _embed(files, done, tell=tell, has_time=patient.has_time)
    done.requests, done.requests_left = patient.requests, patient.requests_left
    done.notices += files.notices
    return done


async def _embed(files: HistoryFiles, done: Reading, *, tell: Tell, has_time: Callable[[], bool]) -> None:
    """Make the vectors that are missing, newest first, as long as there is time. A batch that is made is kept."""
    expected = len(files.ask(lambda index: index.unembedded(_ALL)))
    while done.embedded < expected:
        if not has_time():
            done.stopped = done.stopped or f"{expected - done.embedded:,} texts have no vector yet, and time is over"
            return
        made = await asyncio.to_thread(files.ask, lambda index: index.embed(_EMBEDDED_AT_ONCE))
        if not made:
            return  # another process made them
        done.embedded += made
        tell(Counted("embedding", done.embedded, expected))
    if done.is_complete:  # else what is not read yet would lose its vectors
        files.ask(LocalIndex.drop_vectors)


async def _read_and_index(
    files: HistoryFiles,
    source: HistorySource,
    done: Reading,
    *,
    note: Callable[[reading.Step], None],
    whole: bool,
    clock: Callable[[], datetime],
) -> None:
    try:
        for stream in LISTS:
            try:
                async for step in reading.read(files.store, source, stream, now=clock(), whole=whole):
                    note(step)
            except GitHubFailure as error:
                done.notices.append(Notice(text=error.message, fix=error.fix, partial=True))
                if not done.read and error.status not in _OF_ONE_LIST:
                    break  # the other lists would say the same
    except _Stopped as reason:
        done.stopped = str(reason)
    done.records = files.ask(len)
    done.indexed = files.indexed


def _note(done: Reading, step: reading.Step) -> None:
    done.read[step.stream] = done.read.get(step.stream, 0) + len(step.page.entries)
    done.unreadable += step.page.unreadable
    done.changed += step.changed
    done.was_whole |= step.is_whole
    if step.is_last:
        done.finished.add(step.stream)


def _progress(done: Reading, step: reading.Step, patient: _Patient) -> Progress:
    rows = done.read[step.stream]
    return Progress(
        stream=step.stream,
        rows=rows,
        expected=0 if step.is_last or not step.page.pages_left else rows + (step.page.pages_left - 1) * 100,
        requests=patient.requests,
        requests_left=patient.requests_left,
    )
