"""Events of sessions: short-term, a thousand a session, each session apart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from memory_agents.core.records import MemoryEvent
from memory_agents.memory.provider import EVENTS_KEPT, EVENTS_LIVE, MemoryProvider
from memory_agents.testing.conformance.opening import HandClock, Opens
from memory_agents.testing.conformance.samples import TEXTS, event, scan

_AT_ONCE = 50
_MOMENT = timedelta(microseconds=1)
_NAMES = (
    "octocat",
    "dependabot[bot]",
    "a/b",
    "a",
    "b",
    "PR #42",
    "e@x.org",
    "next.js",
    "größe 日本語 🎉",
    "x" * 255,
    "ä" * 255,
    "../..",
    "a%2Fb",
    "a_b",
    "-",
    ":",
    "..",
    "A",
)
"""of actors and sessions"""


async def _keep(provider: MemoryProvider, *events: MemoryEvent) -> None:
    for one in events:
        await provider.store_event(one)


class KeepsEvents(Opens):
    """Storing and listing MemoryEvents."""

    async def test_events_come_back_whole_newest_first_and_later(self, tmp_path: Path) -> None:
        clock = HandClock()
        events = [
            replace(event(number, text, at=clock()), event_type="decision", namespace="codebase/conventions")
            for number, text in enumerate(TEXTS)
        ]
        events.append(event(len(events), at=clock()))
        events.append(replace(event(len(events), at=clock()), event_type="goal: 1 & 2", text="x" * 8_000))
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, *events[::2], *events[1::2])
            assert list(await provider.list_events("octocat", "s1")) == events[::-1]
        await self.settle()
        async with self.opened(tmp_path, clock) as provider:
            assert list(await provider.list_events("octocat", "s1")) == events[::-1]

    async def test_an_unknown_session_is_empty(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            assert list(await provider.list_events("octocat", "s1")) == []
            assert await provider.delete_session("octocat", "s1") == 0

    async def test_as_many_events_are_listed_as_are_asked_for_and_those_are_the_newest(self, tmp_path: Path) -> None:
        clock = HandClock()
        events = [event(number, at=clock()) for number in range(5)]
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, *events)
            assert list(await provider.list_events("octocat", "s1", limit=2)) == events[:2:-1]
            assert list(await provider.list_events("octocat", "s1", limit=5)) == events[::-1]

    async def test_an_event_that_is_stored_again_changes_nothing(self, tmp_path: Path) -> None:
        clock = HandClock()
        first = event(1, at=clock())
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, first, first, replace(first, text="Other words."))
            assert list(await provider.list_events("octocat", "s1")) == [first]
        await self.settle()
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, first)
            assert list(await provider.list_events("octocat", "s1")) == [first]

    async def test_sessions_and_actors_are_apart_whatever_they_are_called(self, tmp_path: Path) -> None:
        clock = HandClock()
        pairs = (
            [(name, "s1") for name in _NAMES] + [("octocat", name) for name in _NAMES] + [("a/b", "a"), ("a", "b/a")]
        )
        events = [
            event(1, f"{number}.", actor=actor, session=session, at=clock())
            for number, (actor, session) in enumerate(dict.fromkeys(pairs))
        ]
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, *events)
            for one in events:
                assert list(await provider.list_events(one.actor_id, one.session_id)) == [one]

    async def test_an_event_lives_for_seven_days(self, tmp_path: Path) -> None:
        clock = HandClock()
        old, new = event(1, at=clock()), event(2, at=clock() + timedelta(days=1))
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, old)
            clock.turn(timedelta(days=1, seconds=1))
            await _keep(provider, new)
            clock.turn(old.created_at + EVENTS_LIVE - _MOMENT - clock())
            assert list(await provider.list_events("octocat", "s1")) == [new, old]
            clock.turn(_MOMENT)
            assert list(await provider.list_events("octocat", "s1")) == [new]
            clock.turn(timedelta(days=1, seconds=1))
            assert list(await provider.list_events("octocat", "s1")) == []
            assert await provider.delete_session("octocat", "s1") == 0

    async def test_a_session_keeps_its_newest_thousand_events(self, tmp_path: Path) -> None:
        clock = HandClock()
        count = EVENTS_KEPT + 3
        events = [event(number, at=clock()) for number in range(count)]
        other = event(1, session="s2", at=clock())
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, other)
            for start in range(0, count, _AT_ONCE):
                await asyncio.gather(*(provider.store_event(one) for one in events[start : start + _AT_ONCE]))
            assert list(await provider.list_events("octocat", "s1", limit=2 * count)) == events[:2:-1]
            assert list(await provider.list_events("octocat", "s2")) == [other]

    async def test_a_session_that_is_deleted_is_gone_and_the_others_are_not(self, tmp_path: Path) -> None:
        clock = HandClock()
        others = [event(1, session="s2", at=clock()), event(1, actor="mona", at=clock())]
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, *(event(number, at=clock()) for number in range(3)), *others)
            assert await provider.delete_session("octocat", "s1") == 3
            assert await provider.delete_session("octocat", "s1") == 0
            assert list(await provider.list_events("octocat", "s1")) == []
            for one in others:
                assert list(await provider.list_events(one.actor_id, one.session_id)) == [one]
            await _keep(provider, event(7, at=clock()))
            assert list(await provider.list_events("octocat", "s1")) == [event(7, at=clock())]

    async def test_two_on_one_memory_see_each_others_events(self, tmp_path: Path) -> None:
        clock = HandClock()
        events = [event(number, at=clock()) for number in range(6)]
        async with self.opened(tmp_path, clock) as one, self.opened(tmp_path, clock) as two:
            await asyncio.gather(*(who.store_event(its) for who in (one, two) for its in events))
            await self.settle()
            assert list(await one.list_events("octocat", "s1")) == events[::-1]
            assert list(await two.list_events("octocat", "s1")) == events[::-1]
            assert await two.delete_session("octocat", "s1") == 6
            await self.settle()
            assert list(await one.list_events("octocat", "s1")) == []

    async def test_an_event_is_no_record(self, tmp_path: Path) -> None:
        clock = HandClock()
        async with self.opened(tmp_path, clock) as provider:
            await _keep(provider, replace(event(1, "Indent with tabs.", at=clock()), namespace="codebase/conventions"))
            assert list(await provider.list_records()) == []
            assert await scan(provider) == []
            assert await provider.get_record(event(1).id) is None
