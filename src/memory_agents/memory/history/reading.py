"""Bringing the store in step with GitHub's lists, a page at a time.

The lists are asked by the time of the last update, oldest first, each page from where the last one ended:
`since` is the cursor. So a list may change while it is read and nothing is missed (what is updated meanwhile
comes again, later), a reading goes on where another process was killed, and it takes one request for about 99
entries however long the list is: GitHub refuses page numbers beyond 10,000 entries.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from memory_agents.core.history import Page, Stream
from memory_agents.errors import GitHubFailure
from memory_agents.memory.history.codec import Place
from memory_agents.memory.history.source import HistorySource
from memory_agents.memory.history.store import Store

READ_AGAIN_AFTER = timedelta(days=7)
"""a list does not say what was deleted: so often it is read from its beginning"""
PAGE_ROWS = 100
_OVERLAP = timedelta(minutes=1)
"""entries may appear a moment after their time"""
_TOO_DEEP = 422


@dataclass(frozen=True, slots=True)
class Step:
    """One page was read and kept."""

    stream: Stream
    page: Page
    changed: int
    """rows that are new, changed or gone"""
    is_last: bool = False
    """whether the list is now known to its end"""
    is_whole: bool = False
    """whether it belongs to a whole reading: how far that is must not be lost, even if nothing has changed"""


async def read(
    store: Store, source: HistorySource, stream: Stream, *, now: datetime, whole: bool = False
) -> AsyncIterator[Step]:
    """Read what is new in a list, or all of it if that is due or `whole`. May be left after any step.

    Raises GitHubFailure; what was read before is kept.
    """
    if stream is Stream.EVENTS:
        async for step in _read_events(store, source, now):
            yield step
        return
    place = _beginning(store.place(stream), now, whole=whole)
    since = place.upto - _OVERLAP if place.upto is not None and not place.is_whole else place.upto
    page = await source.first(stream, since=since)
    while True:
        last = max((entry.at for entry in page.entries), default=since)
        place = replace(place, upto=max((time for time in (last, place.upto) if time is not None), default=None))
        is_last = not page.following
        changed = store.take(stream, page.entries, place)
        is_whole = place.is_whole
        if is_last:
            place = replace(place, known=place.upto, is_whole=False)
            changed += store.finish(stream, place)
        yield Step(stream, page, changed, is_last, is_whole)
        if is_last:
            return
        if last is not None and (since is None or last > since):
            since = last
            page = await source.first(stream, since=since)
        else:  # more entries of one second than a page holds
            page = await source.following(stream, page.following)


def _beginning(place: Place, now: datetime, *, whole: bool) -> Place:
    """Where to go on: in the reading that was left, with what is new, or from the beginning."""
    if place.began is None:
        return replace(place, reading=place.reading + 1, began=now)
    if not place.is_whole and (whole or now - place.began >= READ_AGAIN_AFTER):
        return replace(place, reading=place.reading + 1, began=now, is_whole=True, upto=None)
    return place


async def _read_events(store: Store, source: HistorySource, now: datetime) -> AsyncIterator[Step]:
    """Read events, which GitHub lists newest first and without `since`: what is new, then what is still missing."""
    place = store.place(Stream.EVENTS)
    if place.newest:
        new, newest = 0, place.newest
        page = await source.first(Stream.EVENTS)
        while True:
            ids = [entry.id for entry in page.entries]
            new += sum(number > place.newest for number in ids)
            newest = max([newest, *ids])
            is_met = not page.following or any(number <= place.newest for number in ids)
            after = replace(place, newest=newest, seen=place.seen + new, known=now if place.known else None)
            # Only once what was known is met: a gap above `newest` would never be looked for.
            changed = store.take(Stream.EVENTS, page.entries, after if is_met else place)
            yield Step(Stream.EVENTS, page, changed, is_last=is_met and place.known is not None)
            if is_met:
                break
            page = await _unless_too_deep(source.following(Stream.EVENTS, page.following))
        place = after
    if place.known is None or not place.newest:
        async for step in _read_older_events(store, source, place, now):
            yield step


async def _read_older_events(store: Store, source: HistorySource, place: Place, now: datetime) -> AsyncIterator[Step]:
    number, is_whole = max(1, place.seen // PAGE_ROWS), place.known is None
    page = await _unless_too_deep(source.first(Stream.EVENTS, page=number))
    # Events of deleted issues are gone, and what follows has moved towards the front.
    while number > 1 and max((entry.id for entry in page.entries), default=0) < place.oldest:
        number -= 1
        page = await _unless_too_deep(source.first(Stream.EVENTS, page=number))
    seen = (number - 1) * PAGE_ROWS
    while True:
        ids = [entry.id for entry in page.entries]
        seen += len(ids)
        is_last = not page.following
        place = replace(
            place,
            newest=max([place.newest, *ids]),
            oldest=min([place.oldest or max(ids, default=0), *ids]),
            seen=seen,
            known=now if is_last else None,
        )
        yield Step(Stream.EVENTS, page, store.take(Stream.EVENTS, page.entries, place), is_last, is_whole)
        if is_last:
            return
        page = await _unless_too_deep(source.following(Stream.EVENTS, page.following))


async def _unless_too_deep(asked: Awaitable[Page]) -> Page:
    """The page, or an empty last one where GitHub gives none so far back: older events can not be had."""
    try:
        return await asked
    except GitHubFailure as error:
        if error.status != _TOO_DEEP:
            raise
        return Page(entries=())


async def read_newest(
    store: Store, source: HistorySource, stream: Stream, *, now: datetime, pages: int
) -> AsyncIterator[Step]:
    """Read what changed last, newest first, at most so many pages: for a recall, which cannot wait for all.

    The last step says whether everything is known now.
    """
    place = store.place(stream)
    place = replace(place, reading=max(1, place.reading))
    since = place.known - _OVERLAP if place.known is not None else None
    page = await source.first(stream, since=since, newest_first=True)
    newest = max((entry.at for entry in page.entries), default=place.known)
    for number in range(1, pages + 1):
        is_last = not page.following
        after = place
        if is_last and place.known is None:
            after = replace(place, known=newest, upto=newest, began=now, is_whole=False)
        elif is_last and not place.is_whole:
            after = replace(place, known=newest, upto=newest)
        yield Step(stream, page, store.take(stream, page.entries, after), is_last)
        if is_last or number == pages:
            return
        page = await source.following(stream, page.following)
