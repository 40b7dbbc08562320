"""The provider of AgentCore: what it asks of the service, lays over it, and does where the service does less."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from memory_agents.core.records import Problem, Query
from memory_agents.errors import MemoryDenied, MemoryMissing, MemoryThrottled, MemoryUnreachable
from memory_agents.memory.health import SOFT_LIMIT
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, facts, ids, scan, store
from tests.memory.providers.emulated import LATE, asked, aws, late, opened, prepared, stored

__all__ = ["aws", "late", "prepared"]

RULES = Query(title="rule about the parser", now=BEGIN)
ROOT = Path(__file__).parents[3]


async def test_a_name_that_the_service_would_refuse_is_stored_under_one_that_it_takes(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        await provider.store_event(event(1, actor="dependabot[bot]", session="PR #42"))
        [request] = asked(aws, "CreateEvent")
        assert (request["actorId"], request["sessionId"]) == ("dependabot:5Bbot:5D", "PR_20_2342")
        assert request["payload"] == [{"conversational": {"content": {"text": "Step 1."}, "role": "OTHER"}}]
        assert request["extractionMode"] == "SKIP"
        assert await provider.list_events("dependabot:5Bbot:5D", "PR_20_2342") == []
    assert all(request["includePayloads"] for request in asked(aws, "ListEvents"))


async def test_records_are_stored_a_hundred_at_a_time(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(250))
    sizes = [len(request["records"]) for request in asked(aws, "BatchCreateMemoryRecords")]
    assert sorted(sizes) == [50, 100, 100]


async def test_a_few_ids_are_looked_up_by_themselves_and_many_in_one_listing(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(250))
        before = len(asked(aws, "ListMemoryRecords"))
        assert await provider.get_record(fact(250).id) is not None
        filtered = [request for request in asked(aws, "ListMemoryRecords")[before:] if "metadataFilters" in request]
        assert len(filtered) == 2  # whether keys work at all is tried once
        before = len(asked(aws, "ListMemoryRecords"))
        for _ in range(3):
            await provider.store_records(facts(250), approval=APPROVAL)
        assert len(asked(aws, "ListMemoryRecords")) - before <= 3 + 3


async def test_a_search_asks_for_the_narrowest_place(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(3), replace(fact(7), namespace="reviews/issues"))
        for globs in (("codebase/*",), ("codebase/conventions", "own"), ("reviews/*",), ("*", "!reviews/*")):
            await provider.search_records(RULES, namespaces=globs, top_k=3)
    places = [
        request.get("namespace") or (request["namespacePath"], kind_of(request))
        for request in asked(aws, "RetrieveMemoryRecords")
    ]
    assert sorted(places, key=str) == sorted(
        [("/codebase/", ""), "/codebase/conventions/", "/own/", ("/reviews/", "past"), ("/", "record")], key=str
    )


def kind_of(request: dict[str, dict[str, list[dict[str, dict[str, dict[str, str]]]]]]) -> str:
    filters = request["searchCriteria"].get("metadataFilters", [])
    return "".join(its["right"]["metadataValue"]["stringValue"] for its in filters)


async def test_a_long_question_is_cut_and_an_empty_one_lists(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(3), fact(9, paths=("src/**",)))
        await provider.search_records(Query(title="parser", body="x " * 9_000), namespaces=("*",), top_k=3)
        [request] = asked(aws, "RetrieveMemoryRecords")
        assert len(request["searchCriteria"]["searchQuery"]) == 10_000
        found = await provider.search_records(Query(paths=("src/a.py",), now=BEGIN), namespaces=("*",), top_k=3)
        assert [match.record.id for match in found] == [fact(9).id]
    assert len(asked(aws, "RetrieveMemoryRecords")) == 1


async def test_a_hundred_that_may_not_be_recalled_crowd_nobody_out(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    dead = [replace(fact(number), expires_at=BEGIN) for number in range(2, 122)]
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact(1, "Tabs are four columns wide."), *dead)
        found = await provider.search_records(Query(title="indent with tabs", now=BEGIN), namespaces=("*",), top_k=3)
        assert [match.record.id for match in found] == [fact(1).id]


async def test_what_was_written_is_there_at_once_though_the_service_shows_it_late(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(late, tmp_path) as provider:
        await store(provider, *facts(3))
        await provider.delete_records([fact(1).id], approval=APPROVAL)
        await provider.store_records([fact(2, "Anew.")], approval=APPROVAL, update=[fact(2).id])
        assert await stored(late) == []
        assert await scan(provider) == [fact(2, "Anew."), facts(3)[2]]
        assert await provider.forgotten_ids() == {fact(1).id}
        assert await provider.get_record(fact(1).id) is None
        late.settle()
        assert await scan(provider) == [fact(2, "Anew."), facts(3)[2]]


async def test_what_another_changes_or_deletes_later_is_seen_although_it_was_written_here(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(late, tmp_path / "one") as one, opened(late, tmp_path / "two") as two:
        await store(one, *facts(3))
        late.settle()
        assert await scan(one) == facts(3)
        await two.delete_records([fact(1).id], approval=APPROVAL)
        await two.store_records([fact(2, "Anew.")], approval=APPROVAL, update=[fact(2).id])
        late.settle()
        assert await scan(one) == [fact(2, "Anew."), facts(3)[2]]


async def test_a_process_that_starts_again_knows_what_the_one_before_wrote(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(late, tmp_path) as provider:
        await store(provider, *facts(3))
        await provider.delete_records([fact(1).id], approval=APPROVAL)
    async with opened(late, tmp_path) as provider:
        assert await scan(provider) == facts(3)[1:]
        done = await provider.store_records(facts(3), approval=APPROVAL)
        assert (done.unchanged, done.taken_back) == ((fact(2).id, fact(3).id), (fact(1).id,))
    long_after = {"clock": lambda: BEGIN + timedelta(minutes=16)}
    async with opened(late, tmp_path, **long_after) as provider:
        assert await scan(provider) == []


WRITING = """
import asyncio, sys
from pathlib import Path
from memory_agents.memory.providers.agentcore import AgentCoreProvider
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, facts

async def main():
    memory, region, url, state = sys.argv[1:]
    provider = AgentCoreProvider(memory, region=region, endpoint=url, state=Path(state), clock=lambda: BEGIN)
    await provider.store_records(facts(250), approval=APPROVAL)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_before_it_hears_an_answer_writes_nothing_twice(tmp_path: Path) -> None:
    with AgentCoreEmulator(visibility_seconds=LATE) as aws:
        assert killed_while_it_waits(aws, tmp_path) == -signal.SIGKILL
        aws.faults.clear()
        async with opened(aws, tmp_path) as provider:
            done = await provider.store_records(facts(250), approval=APPROVAL)
            assert sorted((*done.stored, *done.unchanged)) == ids(facts(250))
            assert await scan(provider) == facts(250)
        aws.settle()
        assert len(await stored(aws)) == 250
    requests = asked(aws, "BatchCreateMemoryRecords")
    tokens = [request["clientToken"] for request in requests]
    assert len(set(tokens)) == 3
    assert len(tokens) > 3


def killed_while_it_waits(aws: AgentCoreEmulator, state: Path) -> int:
    """Let a process write, and kill it once the service has made a batch whose answer it never hears."""
    aws.faults.add("BatchCreateMemoryRecords", cut=True, times=None)
    command = [sys.executable, "-c", WRITING, aws.memory_id, aws.region, aws.url, str(state)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        while process.poll() is None and not asked(aws, "BatchCreateMemoryRecords"):
            time.sleep(0.002)
        process.kill()
        return process.wait()


async def test_duplicates_of_two_writers_are_shown_once_and_cleaned_at_the_next_write(
    late: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(late, tmp_path / "one") as one, opened(late, tmp_path / "two") as two:
        await asyncio.gather(store(one, *facts(2)), store(two, *facts(2)))
        late.settle()
        assert len(await stored(late)) == 4
        assert await scan(one) == facts(2)
        assert ids(await two.list_records()) == ids(facts(2)[::-1])
        done = await one.store_records([fact(1)], approval=APPROVAL)
        assert done.unchanged == (fact(1).id,)
        late.settle()
        assert len(await stored(late)) == 3


async def test_a_memory_without_our_keys_works_and_is_told_how_to_work_faster(tmp_path: Path) -> None:
    with AgentCoreEmulator(indexed_keys={}) as aws:
        async with opened(aws, tmp_path / "one") as provider:
            await store(provider, *facts(120), replace(fact(500, paths=("src/**",)), namespace="own"))
        async with opened(aws, tmp_path / "two") as provider:
            assert await provider.get_record(fact(120).id) == facts(120)[-1]
            query = Query(title="Mend the gate", paths=("src/a.py",), now=BEGIN)
            found = await provider.search_records(query, namespaces=("*", "!reviews/*"), top_k=5)
            assert fact(500).id in [match.record.id for match in found]
            done = await provider.delete_records([fact(1).id], approval=APPROVAL)
            assert done.removed == (fact(1).id,)
            [notice] = (await provider.get_info()).notices
            assert notice.fix == "memory-agents setup agentcore update"


async def test_what_others_keep_in_the_memory_is_left_alone(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact(1))
        foreign = {"namespaces": ["/codebase/conventions/"], "content": {"text": "rule"}, "timestamp": BEGIN}
        damaged = {**foreign, "metadata": {"kind": {"stringValue": "record"}, "record_id": {"stringValue": "no id"}}}
        entries = [{"requestIdentifier": "a", **foreign}, {"requestIdentifier": "b", **damaged}]
        await provider._client.call("batch_create_memory_records", records=entries)
        assert await scan(provider) == [fact(1)]
        assert await provider.search_records(RULES, namespaces=("*",), top_k=5) == []
        [notice] = (await provider.get_info()).notices
        assert notice.partial
        assert notice.text.startswith("1 record")


async def test_the_number_of_records_is_told_where_it_is_known(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory_agents.memory.health.SOFT_LIMIT", 200)
    assert SOFT_LIMIT == 10_000
    async with opened(aws, tmp_path) as provider:
        await store(provider, *facts(60))
        assert (await provider.get_info()).records == 60
        assert (await provider.health_check()).detail.endswith(" answers and holds 60 records.")
        await store(provider, *(fact(number) for number in range(100, 260)))
    async with opened(aws, tmp_path) as provider:
        assert (await provider.get_info()).records is None
        assert (await provider.health_check()).detail.endswith(" answers and holds more than 100 entries.")
        await provider.store_records(facts(60), approval=APPROVAL)
        info = await provider.get_info()
        assert info.records == 220
        assert [notice.text for notice in info.notices] == ["Memory holds 220 records, and is meant for 200."]


async def test_a_session_at_its_limit_holds_up_no_other(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path, events_per_second=0.001, seconds=2_000) as provider:
        await provider.store_event(event(1))
        waiting = asyncio.create_task(provider.store_event(event(2)))
        await provider.store_event(event(1, session="s2"))
        await provider.store_event(event(1, actor="mona"))
        assert not waiting.done()
        waiting.cancel()


async def test_an_event_whose_turn_is_too_far_away_is_refused_and_names_the_setting(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path, events_per_second=0.01) as provider:
        await provider.store_event(event(1))
        with pytest.raises(MemoryThrottled, match="AGENTCORE_EVENTS_PER_SECOND"):
            await provider.store_event(event(2))


async def test_a_blank_endpoint_is_the_regions_own(tmp_path: Path, aws: AgentCoreEmulator) -> None:
    async with opened(aws, tmp_path, endpoint=" ") as provider:
        client = await provider._client._opened()
        assert client.meta.endpoint_url == f"https://bedrock-agentcore.{aws.region}.amazonaws.com"


async def test_a_proxy_does_not_capture_loopback(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with opened(aws, tmp_path) as provider:
        assert (await provider.health_check()).ok


async def test_without_a_region_the_fix_names_the_variable(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path, region="") as provider:
        with pytest.raises(MemoryUnreachable, match="set `aws-region` or AWS_REGION"):
            await provider.list_records()


async def test_without_credentials_it_is_denied(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    async with opened(aws, tmp_path) as provider:
        with pytest.raises(MemoryDenied, match="credentials"):
            await provider.list_records()
        assert (await provider.health_check()).problem is Problem.AUTH


@pytest.mark.parametrize("memory_id", ["another-Abcdefgh12", "no id", ""])
async def test_a_memory_that_is_not_there_is_missing(aws: AgentCoreEmulator, tmp_path: Path, memory_id: str) -> None:
    async with opened(aws, tmp_path, memory_id=memory_id) as provider:
        with pytest.raises(MemoryMissing, match="agentcore-memory-id"):
            await provider.list_records()
        assert (await provider.health_check()).problem is Problem.MISSING


async def test_where_nobody_listens_it_is_unreachable(tmp_path: Path, aws: AgentCoreEmulator) -> None:
    async with opened(aws, tmp_path, endpoint="http://127.0.0.1:9") as provider:
        with pytest.raises(MemoryUnreachable, match="AGENTCORE_DATA_PLANE_ENDPOINT"):
            await provider.list_records()


async def test_no_message_tells_a_secret(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "".join(["s3", "cret"] * 5)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", secret)
    async with opened(aws, tmp_path) as provider:
        for fault in ({"code": "AccessDeniedException"}, {"status": 500}, {"cut": True}):
            aws.faults.add("", **fault, times=3)
            health = await provider.health_check()
            assert not health.ok
            assert secret not in f"{health.detail} {health.fix}"


async def test_a_state_folder_that_cannot_be_written_is_noticed_and_nothing_fails(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    async with opened(aws, tmp_path / "file") as provider:
        await store(provider, fact(1))
        [notice] = (await provider.get_info()).notices
        assert "journal" in notice.text


def damage(state: Path) -> None:
    """Spoil the journal."""
    [path] = state.glob("agentcore-*.sqlite3")
    path.write_bytes(b"no database at all" * 100)


async def test_a_damaged_journal_is_made_anew(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact(1))
    damage(tmp_path)
    async with opened(aws, tmp_path) as provider:
        assert await scan(provider) == [fact(1)]
