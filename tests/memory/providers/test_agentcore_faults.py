"""Whatever goes wrong with AgentCore: nothing is lost in silence, nothing is there twice, the error says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from memory_agents.core.records import Problem, Query
from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryIncomplete,
    MemoryMissing,
    MemoryRefused,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
)
from memory_agents.memory.provider import MemoryProvider
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, facts, ids, scan, store
from tests.memory.providers.emulated import asked, aws, opened, prepared, stored

__all__ = ["aws", "prepared"]

REFUSALS: list[tuple[dict[str, Any], type[MemoryFailure], Problem]] = [
    ({"code": "ThrottledException"}, MemoryThrottled, Problem.THROTTLED),
    ({"code": "ServiceQuotaExceededException"}, MemoryThrottled, Problem.THROTTLED),
    ({"status": 500}, MemoryUnreachable, Problem.NETWORK),
    ({"code": "AccessDeniedException"}, MemoryDenied, Problem.AUTH),
    ({"code": "ExpiredTokenException", "status": 403}, MemoryDenied, Problem.AUTH),
    ({"code": "ResourceNotFoundException"}, MemoryMissing, Problem.MISSING),
    ({"cut": True}, MemoryUnreachable, Problem.NETWORK),
    ({"delay": 30.0}, MemoryTimeout, Problem.SLOW),
]
READS: dict[str, Callable[[MemoryProvider], Awaitable[object]]] = {
    "list": lambda provider: provider.list_records(),
    "search": lambda provider: provider.search_records(Query(title="rule", now=BEGIN), namespaces=("*",), top_k=3),
    "get": lambda provider: provider.get_record(fact().id),
    "pairs": lambda provider: provider.pairs_apart(),
    "scan": scan,
    "info": lambda provider: provider.get_info(),
    "forgotten": lambda provider: provider.forgotten_ids(),
    "events": lambda provider: provider.list_events("octocat", "s1"),
}
WRITES: dict[str, Callable[[MemoryProvider], Awaitable[object]]] = {
    "BatchCreateMemoryRecords": lambda provider: provider.store_records(facts(3), approval=APPROVAL),
    "BatchUpdateMemoryRecords": lambda provider: provider.store_records(
        [fact(1, "Anew.")], approval=APPROVAL, update=[fact(1).id]
    ),
    "BatchDeleteMemoryRecords": lambda provider: provider.delete_records([fact(1).id], approval=APPROVAL),
    "CreateEvent": lambda provider: provider.store_event(event(9)),
    "DeleteEvent": lambda provider: provider.delete_session("octocat", "s1"),
}


@pytest.mark.parametrize("read", READS)
async def test_a_read_that_is_refused_once_is_asked_again(aws: AgentCoreEmulator, tmp_path: Path, read: str) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact())
        for fault in ({"code": "ThrottledException"}, {"status": 500}, {"cut": True}):
            aws.faults.add("", **fault)
            await READS[read](provider)


@pytest.mark.parametrize(("fault", "expected", "problem"), REFUSALS, ids=lambda value: str(value)[:40])
async def test_a_read_that_fails_says_why_and_what_to_do_and_so_does_its_health(
    aws: AgentCoreEmulator, tmp_path: Path, fault: dict[str, Any], expected: type[MemoryFailure], problem: Problem
) -> None:
    async with opened(aws, tmp_path, seconds=0.4 if "delay" in fault else 20) as provider:
        aws.faults.add("", **fault, times=None)
        for read in ("list", "search") if "delay" in fault else READS:
            with pytest.raises(expected) as failure:
                await READS[read](provider)
            assert failure.value.fix
        health = await provider.health_check()
        assert (health.ok, health.problem) == (False, problem)
        assert health.fix


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize(("fault", "expected"), [case[:2] for case in REFUSALS], ids=lambda value: str(value)[:40])
async def test_a_write_that_fails_says_so_and_is_whole_once_it_is_made_again(
    aws: AgentCoreEmulator, tmp_path: Path, operation: str, fault: dict[str, Any], expected: type[MemoryFailure]
) -> None:
    async with opened(aws, tmp_path, seconds=0.4 if "delay" in fault else 20) as provider:
        if operation != "BatchCreateMemoryRecords":
            await store(provider, *facts(3))
        await provider.store_event(event(1))
        aws.faults.add(operation, **fault, times=None)
        if (operation, expected) == ("DeleteEvent", MemoryMissing):  # what is not there is deleted
            await WRITES[operation](provider)
        else:
            with pytest.raises((expected, MemoryIncomplete)) as failure:
                await WRITES[operation](provider)
            assert failure.value.fix
        aws.faults.clear()
        await WRITES[operation](provider)
        found, events = await scan(provider), ids_of_events(await provider.list_events("octocat", "s1"))
    expected_facts = {
        "BatchUpdateMemoryRecords": [fact(1, "Anew."), *facts(3)[1:]],
        "BatchDeleteMemoryRecords": facts(3)[1:],
    }
    assert found == expected_facts.get(operation, facts(3))
    expected_events = {"CreateEvent": [event(9).id, event(1).id], "DeleteEvent": []}
    assert events == expected_events.get(operation, [event(1).id])
    assert len(await stored(aws)) == len(found) + (operation == "BatchDeleteMemoryRecords")


def ids_of_events(events: Any) -> list[str]:
    return [one.id for one in events]


async def test_a_batch_that_was_made_and_not_answered_is_not_made_twice(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        aws.faults.add("BatchCreateMemoryRecords", cut=True, times=3)
        with pytest.raises(MemoryUnreachable):
            await store(provider, *facts(3))
        done = await provider.store_records(facts(4), approval=APPROVAL)
        assert sorted(done.stored) == ids(facts(4))
    assert len(await stored(aws)) == 4
    tokens = [request["clientToken"] for request in asked(aws, "BatchCreateMemoryRecords")]
    assert len(tokens) == 5
    assert len(set(tokens)) == 2


async def test_what_fails_of_a_batch_is_named_and_what_is_stored_is_not_stored_again(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        aws.faults.add("BatchCreateMemoryRecords", failing={fact(2).id})
        with pytest.raises(MemoryIncomplete, match="2 of 3 records were written") as incomplete:
            await store(provider, *facts(3))
        assert incomplete.value.failed == (fact(2).id,)
        assert set(incomplete.value.stored) == {fact(1).id, fact(3).id}
        assert "run it again" in incomplete.value.fix
        done = await provider.store_records(facts(3), approval=APPROVAL)
        assert done.stored == (fact(2).id,)
    assert len(await stored(aws)) == 3


async def test_of_several_batches_those_that_were_made_stay(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await provider.list_records()
        aws.faults.add("ListMemoryRecords", delay=0)
        aws.faults.add("BatchCreateMemoryRecords", delay=0)
        aws.faults.add("BatchCreateMemoryRecords", code="AccessDeniedException", times=None)
        with pytest.raises(MemoryIncomplete) as incomplete:
            await store(provider, *facts(350))
        assert (len(incomplete.value.stored), len(incomplete.value.failed)) == (100, 250)
        assert len(asked(aws, "BatchCreateMemoryRecords")) <= 3
        aws.faults.clear()
        done = await provider.store_records(facts(350), approval=APPROVAL)
        assert (len(done.stored), len(done.unchanged)) == (250, 100)
    assert len(await stored(aws)) == 350


async def test_nothing_is_removed_before_what_supersedes_it_is_stored(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    heir = fact(2, replaces=fact(1).id)
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact(1))
        aws.faults.add("BatchCreateMemoryRecords", code="ThrottledException", times=None)
        with pytest.raises(MemoryThrottled):
            await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
        assert await scan(provider) == [fact(1)]
        assert asked(aws, "BatchDeleteMemoryRecords") == []


async def test_what_was_superseded_and_could_not_be_removed_goes_when_it_is_tried_again(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    heir = fact(2, replaces=fact(1).id)
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact(1))
        aws.faults.add("BatchDeleteMemoryRecords", status=500, times=None)
        with pytest.raises(MemoryUnreachable):
            await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    aws.faults.clear()
    async with opened(aws, tmp_path) as provider:
        done = await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
        assert (done.unchanged, done.removed) == ((heir.id,), (fact(1).id,))
        assert await scan(provider) == [heir]


async def test_what_is_forgotten_is_kept_as_such_before_it_is_deleted(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact(1))
        aws.faults.add("BatchDeleteMemoryRecords", status=500, times=None)
        with pytest.raises(MemoryUnreachable):
            await provider.delete_records([fact(1).id], approval=APPROVAL)
        assert await provider.forgotten_ids() == {fact(1).id}
        aws.faults.clear()
        assert (await provider.delete_records([fact(1).id], approval=APPROVAL)).removed == (fact(1).id,)
        assert await scan(provider) == []
    assert len(asked(aws, "BatchCreateMemoryRecords")) == 2


async def test_empty_pages_are_no_end(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(120))
    async with opened(aws, tmp_path / "elsewhere") as provider:
        for read in ("list", "scan", "get", "info"):
            aws.faults.add("ListMemoryRecords", empty=True)
            assert await READS[read](provider)
            aws.faults.clear()
        aws.faults.add("RetrieveMemoryRecords", empty=True)
        query = Query(title="rule 7 part 7", now=BEGIN)
        assert await provider.search_records(query, namespaces=("*",), top_k=3)
        aws.faults.add("ListEvents", empty=True)
        await provider.store_event(event(1))
        assert await provider.list_events("octocat", "s1") == [event(1)]


async def test_a_text_that_does_not_fit_stops_the_whole_write_before_anything_is_sent(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        with pytest.raises(MemoryRefused, match="16,000"):
            await store(provider, fact(1), fact(2, "x" * 16_001))
        with pytest.raises(MemoryRefused, match="100,000"):
            await provider.store_event(event(1, "x" * 100_001))
    assert {call.operation for call in aws.calls} == {"ListMemoryRecords"}


async def test_a_call_that_is_given_up_is_made_once_when_it_is_tried_again(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        await provider.list_records()
        aws.faults.add("BatchCreateMemoryRecords", delay=0.7)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await store(provider, *facts(3))
        await provider.store_records(facts(3), approval=APPROVAL)
    async with opened(aws, tmp_path / "elsewhere") as provider:
        assert await scan(provider) == facts(3)
    assert len(await stored(aws)) == 3
