"""Facts and history asked as one memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from memory_agents.core.records import EPOCH, Health, Match, Notice, ProviderInfo, Query, Record, Source
from memory_agents.errors import MemoryAgentsError, MemoryDenied, MemoryTimeout, MemoryUnreachable, MissingExtra
from memory_agents.memory.combined import CombinedReader, Part
from memory_agents.memory.provider import MemoryReader
from tests.builders import match

ALL = ("*",)
HISTORY = ("reviews/issues", "reviews/pr")


class Held:
    """A memory of some Matches, which may be slow or fail."""

    def __init__(self, name: str, *matches: Match, error: MemoryAgentsError | None = None, seconds: float = 0) -> None:
        self.name, self.matches, self.error, self.seconds = name, matches, error, seconds
        self.asked = 0
        self.cut_off: float | None = None
        self.apart: frozenset[tuple[int, int]] = frozenset()
        self.is_closed = False
        self.fix = ""

    async def _answer(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        await self._answer()
        return self.matches[:top_k]

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        await self._answer()
        return [match.record for match in self.matches][:limit]

    async def get_record(self, record_id: str) -> Record | None:
        await self._answer()
        return next((match.record for match in self.matches if match.record.id == record_id), None)

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        return self.apart

    async def health_check(self) -> Health:
        return Health(ok=self.error is None, detail=f"{self.name}.", fix=self.fix)

    async def get_info(self) -> ProviderInfo:
        await self._answer()
        notices = (Notice(text=f"{self.name} is small"),)
        return ProviderInfo(
            provider=self.name,
            location=self.name,
            records=len(self.matches),
            version=f"v-{self.name}",
            notices=notices,
            cut_off=self.cut_off,
        )

    async def close(self) -> None:
        self.is_closed = True


def combined(
    facts: Held | MemoryAgentsError, history: Held | MemoryAgentsError, *, deadline: float = 5
) -> CombinedReader:
    """The two, or the error with which one cannot be opened."""

    def opening(held: Held | MemoryAgentsError) -> Callable[[], MemoryReader]:
        def open_() -> MemoryReader:
            if isinstance(held, MemoryAgentsError):
                raise held
            return held

        return open_

    return CombinedReader(
        Part("facts", "its remote", opening(facts)),
        Part("history", "GitHub", opening(history), holds=HISTORY),
        deadline=deadline,
    )


async def ids(reader: CombinedReader, namespaces: tuple[str, ...] = ALL, top_k: int = 5) -> list[str]:
    return [each.record.id for each in await reader.search_records(Query(), namespaces=namespaces, top_k=top_k)]


FACT = match("fact-0001", 0.5)
PAST = match("past-issue-1", 0.9, namespace="reviews/issues")


def past(number: int, score: float) -> Match:
    found = match(f"past-issue-{number}", score, namespace="reviews/issues")
    return replace(
        found, record=replace(found.record, source=replace(found.record.source, url=f"https://x.test/{number}"))
    )


async def test_the_best_of_all_come_first_and_no_more_than_asked_for() -> None:
    facts = Held("facts", match("fact-0001", 0.8), match("fact-0002", 0.2))
    history = Held("history", past(1, 0.9), past(2, 0.8), past(3, 0.1))
    assert await ids(combined(facts, history), top_k=4) == ["past-issue-1", "fact-0001", "past-issue-2", "fact-0002"]


async def test_what_is_kept_by_hand_goes_before_what_was_indexed_of_the_same_page() -> None:
    by_hand = replace(past(1, 0.3), record=replace(past(1, 0.3).record, id="by-hand-0001"))
    reader = combined(Held("facts", by_hand), Held("history", past(1, 0.9), past(2, 0.5)))
    assert await ids(reader) == ["past-issue-2", "by-hand-0001"]


async def test_facts_of_one_page_are_all_shown() -> None:
    facts = Held("facts", match("fact-0001", 0.8), match("fact-0002", 0.2))  # told in one comment
    assert await ids(combined(facts, Held("history"))) == ["fact-0001", "fact-0002"]


@pytest.mark.parametrize("error", [MemoryDenied("No."), MemoryUnreachable("No.")])
@pytest.mark.parametrize("which", [0, 1])
async def test_one_that_fails_leaves_the_other_and_is_asked_no_more(which: int, error: MemoryAgentsError) -> None:
    held = [Held("facts", FACT), Held("history", PAST)]
    held[which].error = error
    reader = combined(held[0], held[1])
    other = [PAST, FACT][which].record.id
    assert await ids(reader) == await ids(reader) == [other]
    info = await reader.get_info()
    assert (held[which].asked, info.records) == (1, 1)
    assert info.notices[0] == Notice(text="No.", partial=True)
    assert await reader.get_record(other) is not None
    await reader.close()
    assert [each.is_closed for each in held] == [True, True]


async def test_one_that_cannot_be_opened_leaves_the_other() -> None:
    reader = combined(MissingExtra("Chroma", "chromadb"), Held("history", PAST))
    assert await ids(reader) == ["past-issue-1"]
    health = await reader.health_check()
    assert (health.ok, "memory-agents[chromadb]" in health.fix) == (False, True)
    await reader.close()


async def test_one_that_is_too_slow_leaves_the_other_within_the_deadline() -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    reader = combined(Held("facts", FACT, seconds=30), Held("history", PAST), deadline=0.2)
    assert await ids(reader) == ["past-issue-1"]
    assert loop.time() - start < 1
    notice = (await reader.get_info()).notices[0]
    assert "Memory (facts) did not answer within 0.2 seconds." in notice.text
    assert "its remote" in notice.fix


async def test_where_all_fail_the_first_says_why() -> None:
    reader = combined(Held("facts", error=MemoryDenied("No.")), Held("history", error=MemoryUnreachable("Gone.")))
    for _ in range(2):
        with pytest.raises(MemoryDenied, match="No"):
            await ids(reader)
    assert not (await reader.health_check()).ok


async def test_health_never_raises_even_where_nothing_can_be_opened() -> None:
    health = await combined(MemoryDenied("No."), MemoryDenied("No.")).health_check()
    assert (health.ok, health.detail) == (False, "No. No.")


async def test_health_is_that_of_all() -> None:
    assert await combined(Held("facts"), Held("history")).health_check() == Health(ok=True, detail="facts. history.")
    sick = combined(Held("facts"), Held("history", error=MemoryTimeout("Slow.")))
    assert await sick.health_check() == Health(ok=False, detail="facts. history.")


async def test_each_memory_is_told_with_its_own_fix_and_a_failed_one_last() -> None:
    missing, old = MissingExtra("Chroma", "chromadb"), MemoryDenied("The past is old.", fix="index it")
    reader = combined(missing, old)
    health = await reader.health_check()
    assert health.detail == "Chroma is not installed. Fix: pip install 'memory-agents[chromadb]'. The past is old."
    assert health.fix == "index it"
    well = Held("history")
    well.fix = "index it"
    health = await combined(missing, well).health_check()
    assert health.detail == "history. Fix: index it. Chroma is not installed."
    assert health.fix == "pip install 'memory-agents[chromadb]'"


async def test_a_memory_is_asked_only_for_what_it_can_have() -> None:
    facts, history = Held("facts", FACT), Held("history", PAST)
    reader = combined(facts, history)
    assert await ids(reader, ("codebase/*",)) == ["fact-0001"]
    assert await ids(reader, ("*", "!reviews/*")) == ["fact-0001"]
    assert (facts.asked, history.asked) == (2, 0)
    assert len(await ids(reader, ("reviews/*",))) == 2


async def test_a_list_is_newest_first() -> None:
    records = [replace(FACT.record, id=f"fact-000{at}", created_at=EPOCH + timedelta(days=at)) for at in range(4)]
    matches = [replace(FACT, record=record) for record in records]
    reader = combined(Held("facts", *matches[::2]), Held("history", *matches[1::2]))
    assert [record.id for record in await reader.list_records(limit=3)] == ["fact-0003", "fact-0002", "fact-0001"]


async def test_the_info_is_of_all_and_the_version_of_the_first() -> None:
    info = await combined(Held("facts", FACT), Held("history", PAST, past(2, 0.1))).get_info()
    assert (info.provider, info.location, info.records, info.version) == ("facts", "facts; history", 3, "v-facts")
    assert [notice.text for notice in info.notices] == ["facts is small", "history is small"]


async def test_the_cut_off_is_that_of_whichever_has_measured_one() -> None:
    facts, history = Held("facts"), Held("history")
    assert (await combined(facts, history).get_info()).cut_off is None
    history.cut_off = 0.4
    assert (await combined(facts, history).get_info()).cut_off == 0.4


async def test_nothing_is_opened_before_it_is_asked() -> None:
    await combined(MemoryDenied("No."), MemoryDenied("No.")).close()


async def test_a_past_issue_that_two_later_ones_were_said_not_to_be_is_suggested_for_none() -> None:
    past = [replace(match(f"past-issue-{n}"), record=past_issue(n)) for n in (3, 4, 5)]
    history = Held("history", *past)
    history.apart = frozenset({(3, 7), (3, 8), (4, 7), (5, 9)})
    found = await combined(Held("facts"), history).search_records(Query(number=10), namespaces=ALL, top_k=5)
    assert [it.record.source.number for it in found] == [4, 5]
    found = await combined(Held("facts"), history).search_records(Query(number=9), namespaces=ALL, top_k=5)
    assert [it.record.source.number for it in found] == [4]


def past_issue(number: int) -> Record:
    return Record(id=f"past-issue-{number}", namespace="reviews/issues", text="Parser", source=Source(number=number))
