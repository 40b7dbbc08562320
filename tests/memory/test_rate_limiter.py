"""Each key has its own pace, and nobody waits for another's."""

from __future__ import annotations

import asyncio

import pytest

from memory_agents.errors import MemoryThrottled
from memory_agents.memory.rate_limiter import RateLimiter


class Time:
    """A clock that sleepers wait for, turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, woken))
        await woken

    async def turn(self, seconds: float) -> None:
        self.now += seconds
        for at, woken in self._sleepers:
            if at <= self.now and not woken.done():
                woken.set_result(None)
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def sleepers(self) -> int:
        return sum(not woken.done() for _, woken in self._sleepers)


def limiter(time: Time, per_second: float = 0.25, longest: float = 20.0) -> RateLimiter:
    return RateLimiter(per_second, longest=longest, fix="set RATE", now=time, sleep=time.sleep)


async def started(limited: RateLimiter, keys: list[str], order: list[str]) -> list[asyncio.Task[None]]:
    async def one(key: str, number: int) -> None:
        await limited.wait(key)
        order.append(f"{key}{number}")

    tasks = [asyncio.create_task(one(key, number)) for number, key in enumerate(keys)]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_the_first_call_of_a_key_waits_for_nothing() -> None:
    time, order = Time(), list[str]()
    await started(limiter(time), ["a", "b", "c"], order)
    assert order == ["a0", "b1", "c2"]


async def test_idle_keys_do_not_wait_while_another_key_does() -> None:
    time, order = Time(), list[str]()
    limited = limiter(time)
    await started(limited, ["a", "a", "a"], order)
    assert (order, time.sleepers) == (["a0"], 2)
    await started(limited, ["b", "c"], order)
    assert order == ["a0", "b0", "c1"]
    assert time.sleepers == 2


async def test_calls_of_one_key_come_in_order_and_at_its_pace() -> None:
    time, order = Time(), list[str]()
    await started(limiter(time), ["a", "a", "a"], order)
    await time.turn(3.9)
    assert order == ["a0"]
    await time.turn(0.2)
    assert order == ["a0", "a1"]
    await time.turn(4)
    assert order == ["a0", "a1", "a2"]


async def test_who_would_wait_too_long_is_told_at_once_and_takes_no_ones_place() -> None:
    time, order = Time(), list[str]()
    limited = limiter(time, longest=8)
    await started(limited, ["a", "a", "a"], order)
    with pytest.raises(MemoryThrottled) as throttled:
        await limited.wait("a")
    assert throttled.value.fix == "set RATE"
    await time.turn(4)
    await started(limited, ["a"], order)
    await time.turn(8)
    assert order == ["a0", "a1", "a2", "a0"]


async def test_the_place_of_a_last_one_who_gives_up_is_free_again() -> None:
    time, order = Time(), list[str]()
    limited = limiter(time)
    _, waiting = await started(limited, ["a", "a"], order)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await started(limited, ["a"], order)
    await time.turn(4)
    assert order == ["a0", "a0"]


async def test_keys_that_are_idle_are_dropped() -> None:
    time = Time()
    limited = limiter(time)
    for number in range(2_000):
        await limited.wait(number)
        time.now += 1
    assert len(limited) < 520
