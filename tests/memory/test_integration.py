"""MemoryIntegration: whatever becomes of a provider, recall answers in time and says how it went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from memory_agents.core.records import Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
    MissingExtra,
)
from memory_agents.memory.integration import MemoryIntegration, Recollection, Section, Status
from memory_agents.memory.provider import MemoryReader
from tests.builders import match

CONVENTIONS = Section(name="conventions", namespaces=("codebase/conventions",), top_k=5, min_score=0.2)
ISSUES = Section(name="similar_issues", namespaces=("reviews/issues",), top_k=5, min_score=0.2)
SECTIONS = (CONVENTIONS, ISSUES)


@dataclass
class Memory:
    """A MemoryReader in memory, in whose answers faults and delays can be put, by Namespace."""

    matches: Mapping[str, Sequence[Match]] = field(default_factory=dict)
    faults: Mapping[str, BaseException] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    cut_off: float | None = None
    is_closed: bool = False

    async def _happens(self, where: str) -> None:
        await asyncio.sleep(self.seconds.get(where, 0))
        if where in self.faults:
            raise self.faults[where]

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        await self._happens(namespaces[0])
        return self.matches.get(namespaces[0], [])[:top_k]

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        return []

    async def get_record(self, record_id: str) -> Record | None:
        return None

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        return frozenset()

    async def health_check(self) -> Health:
        return Health(ok=True, detail="Fine.")

    async def get_info(self) -> ProviderInfo:
        await self._happens("info")
        return ProviderInfo(
            provider="memory", location="here", records=1, version="1", notices=self.notices, cut_off=self.cut_off
        )

    async def close(self) -> None:
        await self._happens("close")
        self.is_closed = True


FOUND = {"codebase/conventions": [match(score=0.9)], "reviews/issues": [match("i0000121", 0.4)]}


async def recall(reader: MemoryReader, *, deadline: float = 5) -> Recollection:
    return await recall_from(lambda: reader, deadline=deadline)


async def recall_from(open_reader: Callable[[], MemoryReader], *, deadline: float = 5) -> Recollection:
    async with MemoryIntegration(open_reader, deadline=deadline) as memory:
        return await memory.recall(Query(title="typo"), SECTIONS)


async def test_what_every_section_answers_is_recalled() -> None:
    recollection = await recall(Memory(FOUND))
    assert recollection.status is Status.OK
    assert recollection.notices == ()
    assert {name: [m.record.id for m in found] for name, found in recollection.sections.items()} == {
        "conventions": ["f1a2c3d4"],
        "similar_issues": ["i0000121"],
    }
    assert recollection.info is not None
    assert recollection.info.provider == "memory"


async def test_matches_below_the_sections_score_are_left_out() -> None:
    recollection = await recall(Memory({"codebase/conventions": [match(score=0.2), match("weakweak", 0.19)]}))
    assert [m.record.id for m in recollection.sections["conventions"]] == ["f1a2c3d4"]


@pytest.mark.parametrize(("cut_off", "shown"), [(None, ["middling"]), (0.6, []), (0.1, ["middling", "weakweak"])])
async def test_a_measured_cut_off_goes_before_the_score_of_a_section_that_takes_it_and_of_no_other(
    cut_off: float | None, shown: list[str]
) -> None:
    found = [match("middling", 0.4), match("weakweak", 0.15)]
    reader = Memory({"codebase/conventions": found, "reviews/issues": found}, cut_off=cut_off)
    async with MemoryIntegration(lambda: reader, deadline=5) as memory:
        recollection = await memory.recall(Query(title="typo"), (CONVENTIONS, replace(ISSUES, is_calibrated=True)))
    assert [m.record.id for m in recollection.sections["similar_issues"]] == shown
    assert [m.record.id for m in recollection.sections["conventions"]] == ["middling"]


async def test_memory_that_answers_with_nothing_is_empty_and_not_broken() -> None:
    recollection = await recall(Memory())
    assert (recollection.status, recollection.notices) == (Status.EMPTY, ())


FAILURES = [
    MemoryUnreachable("No connection.", fix="check the host"),
    MemoryDenied("No.", fix="set a token"),
    MemoryThrottled("Wait."),
    MemoryTimeout("Slow."),
    MemoryFailure("Else."),
    ValueError("a defect"),
    TimeoutError("a socket's"),
    RuntimeError("a defect"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_one_section_that_fails_leaves_the_others_and_is_noticed(failure: Exception) -> None:
    recollection = await recall(Memory(FOUND, faults={"codebase/conventions": failure}))
    assert recollection.status is Status.DEGRADED
    assert recollection.sections["conventions"] == ()
    assert [m.record.id for m in recollection.sections["similar_issues"]] == ["i0000121"]
    assert [notice.partial for notice in recollection.notices] == [True]
    assert str(failure.args[0]) in recollection.notices[0].text


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_memory_that_fails_everywhere_is_unavailable_and_says_so_once(failure: Exception) -> None:
    faults = dict.fromkeys(("codebase/conventions", "reviews/issues", "info"), failure)
    recollection = await recall(Memory(FOUND, faults=faults))
    assert recollection.status is Status.UNAVAILABLE
    assert not any(recollection.sections.values())
    assert len(recollection.notices) == 1


async def test_a_failures_fix_reaches_the_notice() -> None:
    failure = MemoryDenied("No.", fix="set a token")
    recollection = await recall(Memory(FOUND, faults={"codebase/conventions": failure}))
    assert recollection.notices == (Notice(text="No.", fix="set a token", partial=True),)


async def test_what_was_recalled_stands_when_only_the_provider_cannot_say_what_it_is() -> None:
    recollection = await recall(Memory(FOUND, faults={"info": MemoryUnreachable("Gone.")}))
    assert recollection.status is Status.DEGRADED
    assert all(recollection.sections.values())


@pytest.mark.parametrize("error", [MissingExtra("`provider: chromadb`", "chromadb"), OSError("disk full")])
async def test_a_provider_that_cannot_even_be_made_is_unavailable(error: Exception) -> None:
    def open_reader() -> MemoryReader:
        raise error

    recollection = await recall_from(open_reader)
    assert recollection.status is Status.UNAVAILABLE
    assert len(recollection.notices) == 1


async def test_a_slow_section_ends_recall_at_the_deadline_and_keeps_what_was_there() -> None:
    started = time.monotonic()
    recollection = await recall(Memory(FOUND, seconds={"reviews/issues": 30}), deadline=0.1)
    assert time.monotonic() - started < 2
    assert recollection.status is Status.DEGRADED
    assert recollection.sections["conventions"]
    assert "0.1 seconds" in recollection.notices[0].text
    assert "`timeout-seconds`" in recollection.notices[0].fix


async def test_the_deadline_holds_for_all_sections_together() -> None:
    seconds = {"codebase/conventions": 0.15, "reviews/issues": 0.15, "info": 0.15}
    recollection = await recall(Memory(FOUND, seconds=seconds), deadline=0.2)
    assert recollection.status is Status.DEGRADED
    assert recollection.seconds < 0.4


async def test_memory_that_never_answers_is_unavailable() -> None:
    slow = dict.fromkeys(FOUND, 30.0)
    assert (await recall(Memory(FOUND, seconds=slow), deadline=0.05)).status is Status.UNAVAILABLE


async def test_a_partial_notice_of_the_provider_degrades_and_another_does_not() -> None:
    partial = Notice(text="Skipped a file.", partial=True)
    assert (await recall(Memory(FOUND, notices=(partial,)))).status is Status.DEGRADED
    assert (await recall(Memory(FOUND, notices=(Notice(text="Rebuilt."),)))).status is Status.OK


async def test_the_provider_is_closed_afterwards_even_if_it_failed() -> None:
    reader = Memory(faults={"codebase/conventions": MemoryUnreachable("Gone.")})
    await recall(reader)
    assert reader.is_closed


@pytest.mark.parametrize("fault", [MemoryUnreachable("Gone."), OSError("disk full")])
async def test_a_provider_that_cannot_be_closed_costs_nothing_of_what_was_recalled(fault: Exception) -> None:
    assert (await recall(Memory(FOUND, faults={"close": fault}))).status is Status.OK


async def test_a_provider_that_never_closes_is_left_at_the_deadline() -> None:
    started = time.monotonic()
    assert (await recall(Memory(FOUND, seconds={"close": 30}), deadline=0.1)).status is Status.OK
    assert time.monotonic() - started < 2


async def test_whoever_ends_the_run_is_obeyed() -> None:
    task = asyncio.create_task(recall(Memory(FOUND, seconds={"codebase/conventions": 30})))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_opened_before_the_first_recall() -> None:
    opened: list[str] = []

    def open_reader() -> MemoryReader:
        opened.append("now")
        raise AssertionError

    async with MemoryIntegration(open_reader, deadline=1):
        pass
    assert opened == []
