"""Several machines write to one memory of AgentCore, which shows it late: nothing is lost and nothing comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from memory_agents.core.records import Query
from memory_agents.errors import MemoryUnreachable
from memory_agents.memory.providers.agentcore_reading import FORGOTTEN_SECONDS
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, facts, scan, store
from tests.memory.providers.emulated import asked, aws, late, opened, prepared, stored

__all__ = ["aws", "late", "prepared"]

OLD = fact(1)
HEIR = fact(2, replaces=OLD.id)
RULES = Query(title="rule about the parser", now=BEGIN)


async def test_what_one_machine_could_not_remove_another_removes(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path / "one") as one:
        await store(one, OLD)
        aws.faults.add("BatchDeleteMemoryRecords", status=500, times=3)
        with pytest.raises(MemoryUnreachable):
            await one.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        assert await scan(one) == [OLD, HEIR]
    async with opened(aws, tmp_path / "two") as two:
        done = await two.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        assert (done.unchanged, done.removed) == ((HEIR.id,), (OLD.id,))
        assert await scan(two) == [HEIR]
    assert len(await stored(aws)) == 1  # the note that it was to go is gone, too


async def test_what_was_superseded_and_is_stated_anew_stays(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, OLD)
        aws.faults.add("BatchDeleteMemoryRecords", status=500, times=3)
        with pytest.raises(MemoryUnreachable):
            await provider.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        anew = replace(OLD, text="Stated anew.")
        await provider.store_records([anew], approval=APPROVAL, update=[OLD.id])
        done = await provider.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        assert done.removed == ()
        assert await scan(provider) == [anew, HEIR]


async def test_a_removal_that_goes_well_leaves_no_note(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, OLD)
        await provider.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        [left] = await stored(aws)
        assert left["metadata"]["record_id"]["stringValue"] == HEIR.id


async def test_what_is_forgotten_while_another_stores_it_is_shown_by_nobody_and_goes_at_the_next_write(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    rule = fact(1, "A rule about the parser.", paths=("src/**",))
    async with opened(late, tmp_path / "one") as one, opened(late, tmp_path / "two") as two:
        await one.keep_forgotten([rule.id], approval=APPROVAL)
        assert (await two.store_records([rule, fact(2)], approval=APPROVAL)).taken_back == ()
    late.settle()
    async with opened(late, tmp_path / "three") as three:
        queries = (RULES, Query(title="gate", paths=("src/a.py",), now=BEGIN), Query(paths=("src/a.py",), now=BEGIN))
        for query in queries:
            found = await three.search_records(query, namespaces=("*",), top_k=5)
            assert rule.id not in [match.record.id for match in found]
        assert await three.list_records(namespaces=("codebase/*",)) == [fact(2)]
        assert await three.get_record(rule.id) is None
        assert await scan(three) == [fact(2)]
        assert (await three.get_info()).records == 1
        done = await three.store_records([rule], approval=APPROVAL)
        assert done.taken_back == (rule.id,)
    late.settle()
    assert len(await stored(late)) == 2  # the other fact, and that this one is forgotten


async def test_what_this_machine_has_stored_is_not_shown_once_another_has_forgotten_it(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path / "one") as one, opened(aws, tmp_path / "two") as two:
        await store(one, *facts(2))
        await two.delete_records([fact(1).id], approval=APPROVAL)
        found = await one.search_records(RULES, namespaces=("*",), top_k=5)
        assert [match.record.id for match in found] == [fact(2).id]
        assert await one.list_records() == facts(2)[1:]
        assert await one.get_record(fact(1).id) is None
        assert await scan(one) == facts(2)[1:]


async def test_searches_ask_once_a_minute_what_is_forgotten(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(60))
        before = len(aws.calls)
        for _ in range(4):
            await provider.search_records(RULES, namespaces=("codebase/*",), top_k=3)
        assert sorted(call.operation for call in aws.calls[before:]) == [
            "ListMemoryRecords",
            *["RetrieveMemoryRecords"] * 4,
        ]
        await provider.delete_records([fact(1).id], approval=APPROVAL)
        found = await provider.search_records(RULES, namespaces=("codebase/*",), top_k=60)
        assert fact(1).id not in [match.record.id for match in found]
        provider._reader._forgotten_at -= FORGOTTEN_SECONDS
        before = len(asked(aws, "ListMemoryRecords"))
        await provider.search_records(RULES, namespaces=("codebase/*",), top_k=3)
        assert len(asked(aws, "ListMemoryRecords")) == before + 1


async def test_what_another_has_removed_is_made_anew_when_it_is_stated_anew(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    anew = replace(OLD, text="Stated anew.")
    async with opened(aws, tmp_path / "one") as one, opened(aws, tmp_path / "two") as two:
        await store(one, OLD)
        await two.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        done = await one.store_records([anew], approval=APPROVAL, update=[OLD.id])
        assert done.stored == (OLD.id,)
        assert await scan(two) == [anew, HEIR]


async def test_what_another_has_forgotten_is_not_made_anew(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    many = facts(120)  # so many that what is known is a listing that may be a minute old
    async with opened(aws, tmp_path / "one") as one, opened(aws, tmp_path / "two") as two:
        await store(one, *many)
        await one.store_records(many, approval=APPROVAL)
        await two.delete_records([OLD.id], approval=APPROVAL)
        anew = [replace(record, text="Stated anew.") for record in many]
        done = await one.store_records(anew, approval=APPROVAL, update=[record.id for record in many])
        assert done.taken_back == (OLD.id,)
        assert len(done.stored) == 119
        assert await two.get_record(OLD.id) is None
    assert len(await stored(aws)) == 120


async def test_of_a_record_that_two_have_made_the_one_that_is_left_is_changed(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(late, tmp_path / "one") as one, opened(late, tmp_path / "two") as two:
        await store(one, OLD)
        await store(two, OLD)
        late.settle()
        async with opened(late, tmp_path / "three") as three:
            await three.store_records([OLD], approval=APPROVAL)  # cleans one of them
        late.settle()
        for provider, text in ((one, "By one."), (two, "By two.")):
            anew = replace(OLD, text=text)
            done = await provider.store_records([anew], approval=APPROVAL, update=[OLD.id])
            assert done.stored == (OLD.id,)
            late.settle()
        assert await scan(one) == [replace(OLD, text="By two.")]
    assert len(await stored(late)) == 1


async def test_what_the_service_does_not_show_after_three_minutes_is_gone(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    now = BEGIN

    async with (
        opened(aws, tmp_path / "one", clock=lambda: now) as one,
        opened(aws, tmp_path / "two") as two,
    ):
        await store(one, OLD)
        await two.store_records([HEIR], approval=APPROVAL, removing=[OLD.id])
        now += timedelta(minutes=4)
        assert await scan(one) == [HEIR]


async def test_a_change_counts_although_what_it_changes_was_written_by_a_clock_that_is_ahead(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    ahead = {"clock": lambda: BEGIN + timedelta(minutes=2)}
    async with opened(late, tmp_path / "one", **ahead) as one, opened(late, tmp_path / "two") as two:
        await store(one, OLD)
        late.settle()
        for text in ("Anew.", OLD.text):
            anew = replace(OLD, text=text)
            done = await two.store_records([anew], approval=APPROVAL, update=[OLD.id])
            assert done.stored == (OLD.id,)
            assert await two.get_record(OLD.id) == anew
        late.settle()
    async with opened(late, tmp_path / "three") as three:
        assert await three.get_record(OLD.id) == OLD


async def test_an_event_of_a_session_that_was_deleted_is_kept_again_by_the_next_process_too(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        for _ in range(2):
            await provider.store_event(event(1))
            assert await provider.delete_session("octocat", "s1") == 1
    async with opened(aws, tmp_path) as provider:
        await provider.store_event(event(1))
        await provider.store_event(event(1))
        assert await provider.list_events("octocat", "s1") == [event(1)]
