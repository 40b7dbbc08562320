"""A Chroma server that fails, in every way: nothing is lost in silence, nothing is there twice, the fix is named."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from memory_agents.core.records import MemoryEvent, Problem, Query, Record
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
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, event, fact, facts, ids, scan, store
from tests.chroma_proxy import ChromaProxy, Fault, proxy_of
from tests.chroma_server import ChromaServer, chroma_server
from tests.embedding import WordEmbedder

__all__ = ["chroma_server"]

TABS = Query(title="indent with tabs", now=BEGIN)
FOUND = ("codebase/*",)
CLOCK = lambda: BEGIN  # noqa: E731  # events of the samples live
READS: dict[str, tuple[str, Callable[[ChromaProvider], Awaitable[object]]]] = {
    "search": ("/query", lambda its: its.search_records(TABS, namespaces=FOUND, top_k=3)),
    "list": ("/get", lambda its: its.list_records()),
    "get": ("/get", lambda its: its.get_record(fact().id)),
    "scan": ("/get", scan),
    "info": ("/get", lambda its: its.get_info()),
    "forgotten": ("/get", lambda its: its.forgotten_ids()),
    "apart": ("/get", lambda its: its.pairs_apart()),
    "events": ("/get", lambda its: its.list_events("octocat", "s1")),
}
WRITES: dict[str, tuple[str, Callable[[ChromaProvider], Awaitable[object]]]] = {
    "store": ("/add", lambda its: its.store_records([fact(3)], approval=APPROVAL)),
    "update": ("/upsert", lambda its: its.store_records([fact(1, "New.")], approval=APPROVAL, update=[fact(1).id])),
    "remove": ("/delete", lambda its: its.store_records([], approval=APPROVAL, removing=[fact(1).id])),
    "forget": ("/add", lambda its: its.delete_records([fact(1).id], approval=APPROVAL)),
    "keep forgotten": ("/add", lambda its: its.keep_forgotten([fact(9).id], approval=APPROVAL)),
    "apart": ("/add", lambda its: its.set_apart([(1, 2)], approval=APPROVAL)),
    "event": ("/add", lambda its: its.store_event(event(1))),
    "session": ("/delete", lambda its: its.delete_session("octocat", "s0")),
}
FAULTS: dict[str, tuple[Fault, type[MemoryFailure], str]] = {
    "throttled": (Fault(status=429), MemoryThrottled, "run it again"),
    "failed": (Fault(status=500), MemoryUnreachable, "CHROMADB_HOST"),
    "bad gateway": (Fault(status=502, body=b"<html>"), MemoryUnreachable, "chroma-url"),
    "moved": (Fault(status=302), MemoryUnreachable, "chroma-url"),
    "denied": (Fault(status=401), MemoryDenied, "CHROMADB_TOKEN"),
    "refused": (Fault(status=422), MemoryRefused, "shorten"),
    "gateway's time is over": (Fault(status=504), MemoryTimeout, "again"),
    "cut": (Fault(cut=True), MemoryUnreachable, "chroma-url"),
    "no JSON": (Fault(status=200, body=b"<html>hello"), MemoryUnreachable, "chroma-url"),
    "slow": (Fault(delay=20), MemoryTimeout, "timeout-seconds"),
}


@pytest.fixture
async def proxy(chroma_server: ChromaServer) -> AsyncIterator[ChromaProxy]:
    async with proxy_of(chroma_server.url) as its:
        yield its


@pytest.fixture
async def provider(proxy: ChromaProxy, chroma_server: ChromaServer) -> AsyncIterator[ChromaProvider]:
    """It holds two facts and an event, and has used each of its connections."""
    its = ChromaProvider(
        url=proxy.url, collection=chroma_server.new_name(), embedder=WordEmbedder(), seconds=10, clock=CLOCK
    )
    await store(its, fact(1), fact(2))
    await its.store_event(event(0, session="s0"))
    yield its
    await its.close()


def _made_quick(provider: ChromaProvider) -> None:
    provider._memory._seconds = 0.3


@pytest.mark.parametrize(
    ("read", "fault"),
    [*(("search", fault) for fault in FAULTS), *((read, fault) for read in READS for fault in ("throttled", "cut"))],
)
async def test_a_read_says_what_is_wrong_and_works_again_when_it_is_over(
    provider: ChromaProvider, proxy: ChromaProxy, read: str, fault: str
) -> None:
    ending, ask = READS[read]
    spoilt, error, fix = FAULTS[fault]
    if spoilt.delay:
        _made_quick(provider)
    proxy.spoil(Fault(ending, spoilt.status, spoilt.body, spoilt.cut, spoilt.delay))
    with pytest.raises(error) as raised:
        await ask(provider)
    assert fix in raised.value.fix
    assert proxy.url in raised.value.message
    provider._memory._seconds = 10
    await ask(provider)


@pytest.mark.parametrize(
    ("write", "fault"),
    [*(("store", fault) for fault in FAULTS), *((write, fault) for write in WRITES for fault in ("throttled", "slow"))],
)
async def test_a_write_that_failed_is_made_once_when_it_is_repeated(
    provider: ChromaProvider, proxy: ChromaProxy, write: str, fault: str
) -> None:
    ending, make = WRITES[write]
    spoilt, error, fix = FAULTS[fault]
    if spoilt.delay:
        _made_quick(provider)
    before = await scan(provider)
    proxy.spoil(Fault(ending, spoilt.status, spoilt.body, spoilt.cut, spoilt.delay))
    with pytest.raises(error) as raised:
        await make(provider)
    assert fix in raised.value.fix
    provider._memory._seconds = 10
    assert [record for record in await scan(provider) if record not in before] == []
    await make(provider)
    expected = {
        "store": [fact(1), fact(2), fact(3)],
        "update": [fact(1, "New."), fact(2)],
        "remove": [fact(2)],
        "forget": [fact(2)],
    }
    assert await scan(provider) == expected.get(write, before)
    assert await provider.forgotten_ids() == {"forget": {fact(1).id}, "keep forgotten": {fact(9).id}}.get(write, set())
    assert await provider.pairs_apart() == ({(1, 2)} if write == "apart" else set())
    assert len(await provider.list_events("octocat", "s1")) == (write == "event")
    assert len(await provider.list_events("octocat", "s0")) == (write != "session")


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_whose_answer_was_lost_is_there_once_when_it_is_repeated(
    provider: ChromaProvider, proxy: ChromaProxy, write: str
) -> None:
    ending, make = WRITES[write]
    proxy.spoil(Fault(ending, cut=True, is_done=True))
    with pytest.raises(MemoryUnreachable):
        await make(provider)
    await make(provider)
    found = ids(await scan(provider))
    assert len(found) == len(set(found))
    assert (fact(3).id in found) == (write == "store")
    assert (fact(1).id in found) == (write not in {"remove", "forget"})


async def test_of_several_parts_the_second_fails_and_the_error_names_what_was_not_stored(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    many = [fact(number, f"Rule {number}.") for number in range(10, 50)]
    proxy.spoil(Fault("/add", status=500, skip=1))
    with pytest.raises(MemoryIncomplete) as raised:
        await provider.store_records(many, approval=APPROVAL)
    assert raised.value.stored == tuple(ids(many[:32]))
    assert raised.value.failed == tuple(ids(many[32:]))
    assert many[32].id in raised.value.message
    assert "run it again" in raised.value.fix
    again = await provider.store_records(many, approval=APPROVAL)
    assert (again.stored, again.unchanged) == (raised.value.failed, raised.value.stored)
    assert await scan(provider) == [fact(1), fact(2), *many]


async def test_nothing_is_removed_where_what_replaces_it_could_not_be_stored(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    proxy.spoil(Fault("/add", status=500))
    with pytest.raises(MemoryUnreachable):
        await provider.store_records([fact(3, replaces=fact(1).id)], approval=APPROVAL, removing=[fact(1).id])
    assert await scan(provider) == [fact(1), fact(2)]


async def test_what_was_stored_stays_where_what_it_replaces_could_not_be_removed(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    heir = fact(3, replaces=fact(1).id)
    proxy.spoil(Fault("/delete", status=429))
    with pytest.raises(MemoryIncomplete) as raised:
        await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    assert (raised.value.stored, raised.value.failed) == ((heir.id,), (fact(1).id,))
    assert await scan(provider) == [fact(1), fact(2), heir]


async def test_what_is_forgotten_is_kept_as_forgotten_before_it_goes(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    proxy.spoil(Fault("/delete", status=500))
    with pytest.raises(MemoryUnreachable):
        await provider.delete_records([fact(1).id], approval=APPROVAL)
    assert await provider.forgotten_ids() == {fact(1).id}
    assert (await provider.delete_records([fact(1).id], approval=APPROVAL)).removed == (fact(1).id,)
    assert (await provider.store_records([fact(1)], approval=APPROVAL)).taken_back == (fact(1).id,)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"ids": null}', b'{"ids": [], "metadatas": [[{}]]}'])
async def test_an_answer_of_another_form_is_no_empty_memory(
    provider: ChromaProvider, proxy: ChromaProxy, body: bytes
) -> None:
    for ending in ("/query", "/get"):
        proxy.spoil(Fault(ending, status=200, body=body))
        with pytest.raises(MemoryUnreachable):
            await provider.search_records(TABS, namespaces=FOUND, top_k=3)
        proxy.faults.clear()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault(status=403), Problem.AUTH),
        (Fault(status=503), Problem.NETWORK),
        (Fault(status=404, times=2), Problem.MISSING),
        (Fault(status=429), Problem.THROTTLED),
        (Fault(delay=20), Problem.SLOW),
        (Fault(status=400), Problem.OTHER),
    ],
    ids=lambda value: str(value) if isinstance(value, Problem) else "",
)
async def test_its_health_says_what_is_wrong(
    provider: ChromaProvider, proxy: ChromaProxy, fault: Fault, problem: Problem
) -> None:
    if fault.delay:
        _made_quick(provider)
    proxy.spoil(Fault(status=fault.status, delay=fault.delay, times=fault.times))
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, problem)
    assert health.fix
    provider._memory._seconds = 10
    assert (await provider.health_check()).ok


async def test_a_server_that_is_not_there_is_told_from_one_that_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    provider = ChromaProvider(url=f"http://127.0.0.1:{port}", embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.NETWORK)
    assert "CHROMADB_PORT" in health.fix
    with pytest.raises(MemoryUnreachable):
        await provider.store_records([fact()], approval=APPROVAL)


async def test_a_wrong_token_is_told_and_never_shown(chroma_server: ChromaServer) -> None:
    right, wrong = "right" * 4, "wrong" * 4
    async with proxy_of(chroma_server.url, token=right) as proxy:
        for token, is_ok in ((wrong, False), ("", False), (right, True)):
            provider = ChromaProvider(
                url=proxy.url,
                token=token,
                tenant="default_tenant",
                database="default_database",
                collection=chroma_server.new_name(),
                embedder=WordEmbedder(),
            )
            health = await provider.health_check()
            await provider.close()
            assert health.ok == is_ok, health
            assert is_ok or health.problem == Problem.AUTH
            assert wrong not in f"{health}"


async def test_a_token_alone_says_whose_it_is(chroma_server: ChromaServer) -> None:
    async with proxy_of(chroma_server.url, token="t" * 8) as proxy:
        answer = b'{"tenant": "default_tenant", "databases": ["default_database"], "user_id": "u"}'
        proxy.spoil(Fault("/auth/identity", status=200, body=answer))
        provider = ChromaProvider(
            url=proxy.url, token="t" * 8, collection=chroma_server.new_name(), embedder=WordEmbedder()
        )
        await store(provider, fact())
        assert await provider.get_record(fact().id) == fact()
        await provider.close()
        assert sum(path.endswith("/auth/identity") for path in proxy.seen) == 1


async def test_a_token_is_not_sent_where_others_can_read_it() -> None:
    provider = ChromaProvider(url="http://chroma.example:8000", token="t" * 8, embedder=WordEmbedder())
    with pytest.raises(MemoryDenied, match="https"):
        await provider.list_records()


@pytest.mark.parametrize(("tenant", "database"), [("nobody", "default_database"), ("default_tenant", "nowhere")])
async def test_a_tenant_or_database_that_is_not_there_is_missing_and_no_empty_memory(
    chroma_server: ChromaServer, tenant: str, database: str
) -> None:
    provider = ChromaProvider(url=chroma_server.url, tenant=tenant, database=database, embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.MISSING)
    assert "CHROMADB_DATABASE" in health.fix
    with pytest.raises(MemoryMissing):
        await provider.list_records()
    with pytest.raises(MemoryMissing):
        await provider.store_records([fact()], approval=APPROVAL)
    await provider.close()


async def test_a_collection_that_somebody_deleted_is_missing_once_and_then_new(
    provider: ChromaProvider, chroma_server: ChromaServer
) -> None:
    base = f"{chroma_server.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    async with httpx.AsyncClient() as client:
        assert (await client.delete(f"{base}/{provider._memory._name}")).is_success
    with pytest.raises(MemoryMissing, match="collection"):
        await provider.list_records()
    assert list(await provider.list_records()) == []
    await store(provider, fact(5))
    assert ids(await provider.list_records()) == [fact(5).id]


async def test_two_processes_on_one_server_share_a_memory(
    chroma_server: ChromaServer, provider: ChromaProvider
) -> None:
    program = f"""
import asyncio
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, fact, facts
from tests.embedding import WordEmbedder

async def main():
    its = ChromaProvider(url={chroma_server.url!r}, collection={provider._memory._name!r}, embedder=WordEmbedder())
    print(await its.store_records(facts(40), approval=APPROVAL))
    await its.close()

asyncio.run(main())
"""
    ours = provider.store_records(facts(40), approval=APPROVAL)
    root = Path(__file__).parents[3]
    theirs = asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    _, done = await asyncio.gather(ours, theirs)
    assert "BatchResult" in done.stdout
    assert ids(await scan(provider)) == ids(facts(40))
    newest: Record = (await provider.list_records(limit=1))[0]
    assert newest.id == fact(40).id


async def test_events_that_are_stored_at_once_fail_and_succeed_each_for_itself(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    proxy.spoil(Fault("/add", status=500))
    events: list[MemoryEvent] = [event(number) for number in range(5)]
    done = await asyncio.gather(*(provider.store_event(one) for one in events), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [MemoryUnreachable]
    kept = [one for one, error in zip(events, done, strict=True) if error is None]
    assert list(await provider.list_events("octocat", "s1")) == kept[::-1]
