"""What is wrapped around a provider changes what it costs, and never what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.records import Approval, BatchResult, Health, Problem, ProviderInfo, Query, Record
from memory_agents.errors import MemoryThrottled, MemoryTimeout
from memory_agents.memory.cache import Cache
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.wrapper import Call, WrappedProvider, wrapped
from memory_agents.testing.conformance import Clock, ProviderConformance
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, fact
from memory_agents.testing.in_memory import InMemoryProvider, InMemoryStore

_STORES: dict[Path, InMemoryStore] = {}
NAMESPACES = ("codebase/conventions", "testing/patterns")


class TestWrapped(ProviderConformance):
    """With everything around it a provider is still one."""

    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        provider = InMemoryProvider(_STORES.setdefault(place, InMemoryStore()), clock=clock)
        # Kept for no time: others write to the same memory. Kept answers are compared below.
        return wrapped(provider, cache=Cache(seconds=0, size=100), seconds=30, on_call=lambda call: None)


NUMBERS = st.integers(0, 3)
STEPS = st.lists(
    st.tuples(st.sampled_from(["store", "update", "remove", "forget", "apart"]), NUMBERS, st.sampled_from(NAMESPACES)),
    max_size=8,
)


async def answers(provider: MemoryProvider) -> list[object]:
    """What it says to every question that may be kept."""
    query = Query(title="rule", now=BEGIN)
    globs: list[tuple[str, ...]] = [("*",), *((name,) for name in NAMESPACES), ("codebase/*",)]
    said: list[object] = [await provider.get_record(fact(number).id) for number in range(4)]
    for some in globs:
        said.append(list(await provider.list_records(namespaces=some)))
        said.append(list(await provider.search_records(query, namespaces=some, top_k=3)))
    return [*said, await provider.pairs_apart()]


async def step(provider: MemoryProvider, what: str, number: int, namespace: str) -> None:
    record = fact(number, f"Rule {number}.", namespace=namespace)
    match what:
        case "store":
            await provider.store_records([record], approval=APPROVAL)
        case "update":
            await provider.store_records([replace(record, text="New.")], approval=APPROVAL, update=[record.id])
        case "remove":
            await provider.store_records([], approval=APPROVAL, removing=[record.id])
        case "forget":
            await provider.delete_records([record.id], approval=APPROVAL)
        case _:
            await provider.set_apart([(number + 1, 9)], approval=APPROVAL)


@given(STEPS)
def test_kept_answers_are_those_that_the_provider_would_give_after_any_writes(
    steps: list[tuple[str, int, str]],
) -> None:
    async def compare() -> None:
        inner = InMemoryProvider()
        provider = wrapped(inner, cache=Cache(seconds=1_000, size=100, clock=lambda: 0))
        for one in steps:
            await step(provider, *one)
            assert await answers(provider) == await answers(inner)

    asyncio.run(compare())


async def test_a_question_that_was_asked_is_not_asked_again_and_another_is() -> None:
    calls: list[Call] = []
    kept = Cache(seconds=60, size=10, clock=lambda: 0)
    provider = wrapped(InMemoryProvider(), cache=kept, on_call=calls.append)
    query = Query(title="rule", now=BEGIN)
    asked = [
        (query, ("*",), 3),
        (query, ("codebase/*",), 3),
        (query, ("*",), 4),
        (replace(query, title="Rule"), ("*",), 3),
        (replace(query, paths=("a",)), ("*",), 3),
        (replace(query, exclude=frozenset({"abcdefgh"})), ("*",), 3),
        (replace(query, now=BEGIN + timedelta(seconds=60)), ("*",), 3),
    ]
    for again in range(2):
        for one, globs, top_k in asked:
            await provider.search_records(one, namespaces=globs, top_k=top_k)
            assert calls[-1].outcome == ("cached" if again else "ok")
    moment = replace(query, now=BEGIN.replace(second=1))
    await provider.search_records(moment, namespaces=("*",), top_k=3)
    assert calls[-1].outcome == "cached"


async def test_nothing_is_wrapped_around_a_provider_where_nothing_is_asked_for() -> None:
    inner = InMemoryProvider()
    assert wrapped(inner) is inner


class Slow(InMemoryProvider):
    """Never answers."""

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        await asyncio.Event().wait()
        return []

    async def get_info(self) -> ProviderInfo:
        raise MemoryThrottled("It asked to wait.", fix="wait")

    async def get_record(self, record_id: str) -> None:
        raise TimeoutError

    async def health_check(self) -> Health:
        await asyncio.Event().wait()
        raise AssertionError

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        yield [fact(1)]
        await asyncio.Event().wait()


async def test_what_takes_too_long_is_ended_and_told_and_health_says_that_it_is_slow() -> None:
    calls: list[Call] = []
    provider = WrappedProvider(Slow(), seconds=0.01, on_call=calls.append)
    with pytest.raises(MemoryTimeout, match=r"0\.01 seconds \(list_records\)"):
        await provider.list_records()
    assert (await provider.health_check()).problem is Problem.SLOW
    with pytest.raises(MemoryTimeout):
        _ = [page async for page in provider.scan_records()]
    with pytest.raises(MemoryThrottled):
        await provider.get_info()
    with pytest.raises(TimeoutError):  # not its deadline's
        await provider.get_record("abcdefgh")
    assert [(call.method, call.outcome) for call in calls] == [
        ("list_records", "MemoryTimeout"),
        ("health_check", "MemoryTimeout"),
        ("scan_records", "ok"),
        ("scan_records", "MemoryTimeout"),
        ("get_info", "MemoryThrottled"),
        ("get_record", "TimeoutError"),
    ]


async def test_a_failed_write_takes_kept_answers_away_too_for_a_part_of_it_may_be_made() -> None:
    class Torn(InMemoryProvider):
        async def delete_records(self, ids: Sequence[str], *, approval: Approval) -> BatchResult:
            self.store.records.clear()
            raise MemoryThrottled("It asked to wait.", fix="wait")

    inner = Torn()
    provider = wrapped(inner, cache=Cache(seconds=60, size=10))
    await provider.store_records([fact(1)], approval=APPROVAL)
    assert await provider.list_records()
    with pytest.raises(MemoryThrottled):
        await provider.delete_records([fact(1).id], approval=APPROVAL)
    assert not await provider.list_records()


def test_a_call_is_told_in_a_line() -> None:
    assert str(Call("get_info", 0.0123, "ok")) == "memory: get_info ok in 12.3 ms"
