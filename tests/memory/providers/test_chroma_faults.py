"""A Chroma server that fails, in every way: nothing is lost in silence, nothing is there twice, the fix is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from memory_agents.core.records import MemoryEvent, Problem
from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryIncomplete,
    MemoryRefused,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
)
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, event, fact, ids, scan
from tests.chroma_proxy import FOUND, TABS, ChromaProxy, Fault, provider, proxy
from tests.chroma_server import chroma_server

__all__ = ["chroma_server", "provider", "proxy"]

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


@pytest.mark.parametrize("status", [422, 429, 500])
@pytest.mark.parametrize(("said", "told"), [(b"Is it there?", "Is it there?"), (b"No.", "No."), (b"No", "No.")])
async def test_what_a_server_says_ends_with_one_mark(
    provider: ChromaProvider, proxy: ChromaProxy, status: int, said: bytes, told: str
) -> None:
    proxy.spoil(Fault("/get", status, b'{"message": "%s"}' % said))
    with pytest.raises(MemoryFailure) as raised:
        await provider.get_record(fact(1).id)
    assert raised.value.message.endswith(f": {told}")


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


async def test_events_that_are_stored_at_once_fail_and_succeed_each_for_itself(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    proxy.spoil(Fault("/add", status=500))
    events: list[MemoryEvent] = [event(number) for number in range(5)]
    done = await asyncio.gather(*(provider.store_event(one) for one in events), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [MemoryUnreachable]
    kept = [one for one, error in zip(events, done, strict=True) if error is None]
    assert list(await provider.list_events("octocat", "s1")) == kept[::-1]
