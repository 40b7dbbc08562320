"""What is no memory of AgentCore, and credentials that are none: an error that says what to do, never a traceback."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from memory_agents.core.records import Problem, Query
from memory_agents.errors import MemoryUnreachable
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers import agentcore_journal
from memory_agents.memory.providers.agentcore import AgentCoreProvider
from memory_agents.memory.providers.agentcore_events import request_of
from memory_agents.memory.providers.agentcore_records import entry_of, held_record
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, scan, store
from tests.memory.providers.emulated import asked, aws, opened, prepared

__all__ = ["aws", "prepared"]

CALLS: dict[str, Callable[[MemoryProvider], Awaitable[object]]] = {
    "list": lambda provider: provider.list_records(),
    "search": lambda provider: provider.search_records(Query(title="rule", now=BEGIN), namespaces=("*",), top_k=3),
    "get": lambda provider: provider.get_record(fact().id),
    "forgotten": lambda provider: provider.forgotten_ids(),
    "scan": scan,
    "events": lambda provider: provider.list_events("octocat", "s1"),
    "store": lambda provider: provider.store_records([fact()], approval=APPROVAL),
    "event": lambda provider: provider.store_event(event(1)),
    "delete session": lambda provider: provider.delete_session("octocat", "s1"),
}
RECORDS, EVENTS = "memoryRecordSummaries", "events"
FIELDS = {"memoryStrategyId": "none", "createdAt": BEGIN.timestamp()}
OURS = {**entry_of(held_record(fact(), at=BEGIN)), "timestamp": BEGIN.timestamp(), **FIELDS}


@asynccontextmanager
async def answering(state: Path, *bodies: str) -> AsyncIterator[AgentCoreProvider]:
    """A provider of a server that answers all with these bodies, one after the other and again."""
    number = 0

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        nonlocal number
        number += 1
        return web.Response(text=bodies[number % len(bodies)], content_type="application/json")

    runner = web.ServerRunner(web.Server(answer), handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    provider = AgentCoreProvider("stranger-Abcdefgh12", region="us-east-1", endpoint=url, state=state)
    try:
        yield provider
    finally:
        await provider.close()
        await runner.cleanup()


@pytest.mark.parametrize(
    "body",
    [
        "<html>Sign in</html>",
        "",
        "{}",
        "null",
        "[1]",
        json.dumps({RECORDS: "x", EVENTS: "x"}),
        json.dumps({RECORDS: [None], EVENTS: [None]}),
    ],
    ids=["a page", "nothing", "no members", "null", "a list", "no lists", "no entries"],
)
async def test_what_answers_otherwise_than_the_service_is_said_to_be_no_memory(tmp_path: Path, body: str) -> None:
    async with answering(tmp_path, body) as provider:
        for call in CALLS.values():
            with pytest.raises(MemoryUnreachable, match=r"no AgentCore memory.*AGENTCORE_DATA_PLANE_ENDPOINT"):
                await call(provider)
        health = await provider.health_check()
        assert (health.ok, health.problem) == (False, Problem.NETWORK)


@pytest.mark.parametrize(
    "change",
    [
        {"memoryRecordId": None},
        {"memoryRecordId": ["mem-1"]},
        {"timestamp": "yesterday"},
        {"timestamp": 1e300},
        {"timestamp": []},
        {"metadata": ["record_id"]},
        {"metadata": {"record_id": None, "kind": {"stringValue": "record"}}},
        {"metadata": {**OURS["metadata"], "title": {"numberValue": float("inf")}}},
        {"metadata": {**OURS["metadata"], "details.0": None, "number": None}},
        {"content": None},
        {"content": {"text": 5}},
        {"namespaces": None},
    ],
    ids=str,
)
async def test_a_record_of_another_form_is_left_out_and_the_others_are_read(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    whole = {"memoryRecordId": "mem-1", **OURS}
    other = {"memoryRecordId": "mem-2", **entry_of(held_record(fact(2), at=BEGIN)), "timestamp": 0.0, **FIELDS}
    async with answering(tmp_path, json.dumps({RECORDS: [{**whole, **change}, other]})) as provider:
        assert await provider.list_records() == [fact(2)]
        assert (await provider.health_check()).ok


async def test_an_event_of_another_form_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    asked = request_of(replace(event(1), created_at=datetime.now(UTC)), memory_id="")
    whole = {"eventId": "1#a", **{name: asked[name] for name in ("metadata", "payload")}}
    others = [{**whole, **change} for change in ({"metadata": [1]}, {"payload": 5}, {"eventId": None})]
    times = [{"eventId": "0#a", "eventTimestamp": "yesterday"}, {**whole, "eventTimestamp": 1e300}]
    async with answering(tmp_path, json.dumps({EVENTS: [*others, *times]})) as provider:
        assert [found.id for found in await provider.list_events("octocat", "s1")] == [event(1).id]


async def test_pages_that_lead_to_each_other_have_an_end(tmp_path: Path) -> None:
    pages = [json.dumps({RECORDS: [], EVENTS: [], "nextToken": token}) for token in ("one", "two", "three")]
    async with asyncio.timeout(15), answering(tmp_path, *pages) as provider:
        for name in ("list", "search", "events"):
            with pytest.raises(MemoryUnreachable):
                await CALLS[name](provider)


async def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    said = {"memoryRecordId": "mem-1", **OURS, "timestamp": BEGIN.replace(tzinfo=None).isoformat()}
    async with answering(tmp_path, json.dumps({RECORDS: [said]})) as provider:
        [held] = (await provider._reader.known([fact().id]))[fact().id]
        assert held.at == BEGIN


def journal_in(state: Path) -> sqlite3.Connection:
    [path] = state.glob("agentcore-*.sqlite3")
    return sqlite3.connect(path, isolation_level=None)


async def test_a_journal_that_another_process_holds_is_done_without(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(aws, tmp_path) as provider:
        await provider.get_info()
    monkeypatch.setattr(agentcore_journal, "_SCHEMA", replace(agentcore_journal._SCHEMA, seconds=0.1))
    other = journal_in(tmp_path)
    other.execute("BEGIN EXCLUSIVE")
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact())
        assert await scan(provider) == [fact()]
        [notice] = (await provider.get_info()).notices
        assert "is given up for this run" in notice.text
    other.close()


@pytest.mark.parametrize(
    "row", ["5", "[]", "null", '{"timestamp": "x"}', '{"timestamp": "2026-01-01", "metadata": [1]}']
)
async def test_a_row_of_the_journal_that_is_none_costs_the_journal_alone(
    aws: AgentCoreEmulator, tmp_path: Path, row: str
) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, fact())
    connection = journal_in(tmp_path)
    connection.execute("INSERT INTO written VALUES ('a', ?, ?)", (BEGIN.isoformat(), row))
    connection.close()
    async with opened(aws, tmp_path) as provider:
        assert await scan(provider) == [fact()]


async def test_a_memory_is_named_so_that_its_id_is_not_taken_for_a_secret(
    aws: AgentCoreEmulator, tmp_path: Path
) -> None:
    async with opened(aws, tmp_path) as provider:
        assert (await provider.get_info()).location == f"AgentCore memory/{aws.memory_id} in {aws.url}"
    async with opened(aws, tmp_path, memory_id="another-Abcdefgh12") as provider:
        assert "no memory/another-Abcdefgh12 at" in (await provider.health_check()).detail


async def test_more_than_the_service_finds_at_once_is_found(aws: AgentCoreEmulator, tmp_path: Path) -> None:
    async with opened(aws, tmp_path) as provider:
        await store(provider, *(fact(number, f"Rule {number}.") for number in range(1, 621)))
        for top_k in (100, 150, 610):
            query = Query(title="rule", now=BEGIN)
            assert len(await provider.search_records(query, namespaces=("codebase/*",), top_k=top_k)) == top_k
    assert len(asked(aws, "RetrieveMemoryRecords")) == 1
