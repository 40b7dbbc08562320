"""A write that was put is made, in order, or is among the dead letters: whatever fails, and whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from memory_agents.core.records import Approval, BatchResult, Record
from memory_agents.errors import (
    MemoryAgentsError,
    MemoryDenied,
    MemoryIncomplete,
    MemoryMissing,
    MemoryRefused,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
    MissingExtra,
)
from memory_agents.memory import spool
from memory_agents.memory.spool import DeleteRecords, StoreEvent, StoreRecords, Write
from memory_agents.memory.write_queue import WriteQueue
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, PAST, WHOLE, event, fact
from memory_agents.testing.in_memory import InMemoryProvider, InMemoryStore
from tests import offline

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PASSING: list[MemoryAgentsError] = [
    MemoryDenied("Denied."),
    MemoryIncomplete("In part.", fix="again", stored=(), failed=()),
    MemoryMissing("Missing."),
    MemoryThrottled("Throttled."),
    MemoryTimeout("Slow."),
    MemoryUnreachable("Unreachable."),
    MissingExtra("Chroma", "chromadb"),
]
REFUSED = MemoryRefused("Too long.", fix="say it shorter")


class Faulty(InMemoryProvider):
    """Fails as often as it was told, before or after it has made the write; keeps the order of what it made."""

    def __init__(self, store: InMemoryStore | None = None) -> None:
        super().__init__(store, clock=lambda: BEGIN)
        self.faults: list[tuple[MemoryAgentsError, bool]] = []
        self.made: list[str] = []
        self.gate: asyncio.Event | None = None
        """while it is there, every write waits for it"""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        if self.gate is not None:
            await self.gate.wait()
        failure, is_made = self.faults.pop(0) if self.faults else (None, True)
        done = BatchResult()
        if is_made:
            self.made.append(records[0].text)
            done = await super().store_records(records, approval=approval, update=update, removing=removing)
        if failure is not None:
            raise failure
        return done


def statement(number: int, key: int = 1) -> StoreRecords:
    """The `number`th write states the Record `key` anew."""
    record = replace(fact(key), text=f"Statement {number}.")
    return StoreRecords(records=(record,), approval=APPROVAL, update=(record.id,))


class Waits:
    """Waits that were asked for; each takes no time, and lets others go on."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


def opened(
    provider: InMemoryProvider,
    folder: Path,
    *,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    size: int = 1_000,
    drain_seconds: float = 10,
) -> WriteQueue:
    return WriteQueue(
        provider,
        folder,
        size=size,
        drain_seconds=drain_seconds,
        clock=lambda: NOW,
        sleep=sleep or Waits(),
        chance=lambda: 0.5,
    )


class QueueMachine(RuleBasedStateMachine):
    """Puts, faults, crashes and orderly ends in any order, with memory that works in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="queue-"))
        self.loop = asyncio.new_event_loop()
        self.provider = Faulty()
        self.put: list[str] = []
        self.keys: dict[str, str] = {}
        """what a write states → the id of which it states that"""
        self.queue: WriteQueue | None = None

    @rule(key=st.integers(1, 3))
    def put_one(self, key: int) -> None:
        write = statement(len(self.put), key)
        self.loop.run_until_complete(self._open())
        assert self.queue is not None
        self.loop.run_until_complete(self.queue.put(write))
        self.put.append(write.records[0].text)
        self.keys[write.records[0].text] = write.records[0].id

    @rule(fault=st.sampled_from(PASSING), is_made=st.booleans(), times=st.integers(1, 3))
    def fail(self, fault: MemoryAgentsError, is_made: bool, times: int) -> None:
        self.provider.faults += [(fault, is_made)] * times

    @rule()
    def refuse(self) -> None:
        self.provider.faults.append((REFUSED, False))

    @rule(steps=st.integers(1, 20))
    def go_on(self, steps: int) -> None:
        """Let the queue work for a while."""

        async def some() -> None:
            for _ in range(steps):
                await asyncio.sleep(0)

        self.loop.run_until_complete(some())

    @precondition(lambda self: self.queue is not None)
    @rule()
    def crash(self) -> None:
        """The process is gone: nothing is drained, nothing is noted any more. What the thread began, it ends."""
        assert self.queue is not None
        self.queue._worker.cancel()
        self.loop.run_until_complete(asyncio.wait((self.queue._worker,)))
        self.queue._thread.submit(self.queue._spool.close).result()
        self.queue._thread.shutdown()
        self.queue = None

    @precondition(lambda self: self.queue is not None)
    @rule()
    def end(self) -> None:
        assert self.queue is not None
        self.loop.run_until_complete(self.queue.__aexit__(None, None, None))
        self.queue = None

    @invariant()
    def what_is_made_was_put_and_in_order(self) -> None:
        """Only the first that waits may be made again: nothing is ever made behind what was put later."""
        made = [self.put.index(text) for text, _ in itertools.groupby(self.provider.made)]
        assert made == sorted(set(made))

    def teardown(self) -> None:
        self.loop.run_until_complete(self._open())
        assert self.queue is not None
        self.loop.run_until_complete(self.queue.drained())
        self.end()
        letters = [letter.write for letter in spool.dead_letters(self.folder)]
        given_up = [write.records[0].text for write in letters if isinstance(write, StoreRecords)]
        assert len(set(given_up)) == len(given_up)
        # One that was made, and then refused because nobody heard that it was made, is in both.
        assert {*self.provider.made, *given_up} == set(self.put)
        last = {self.keys[text]: text for text in self.provider.made}
        assert {record.id: record.text for record in self.provider.store.records.values()} == last
        self.loop.close()
        shutil.rmtree(self.folder)

    async def _open(self) -> None:
        if self.queue is None:
            self.queue = opened(self.provider, self.folder)
            await self.queue.__aenter__()


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=25, stateful_step_count=20)


async def test_writes_of_every_kind_are_made_in_the_order_in_which_they_were_put(tmp_path: Path) -> None:
    provider = Faulty()
    kept = event(1)
    async with opened(provider, tmp_path) as queue:
        await queue.put(StoreRecords(records=(WHOLE, PAST, fact(1)), approval=APPROVAL))
        await queue.put(DeleteRecords(ids=(PAST.id,), approval=APPROVAL))
        await queue.put(StoreRecords(records=(PAST, fact(2)), approval=APPROVAL, removing=(fact(1).id,)))
        await queue.put(StoreEvent(event=kept))
        await queue.drained()
        assert provider.store.records == {WHOLE.id: WHOLE, fact(2).id: fact(2)}
        assert provider.store.forgotten == {PAST.id}
        assert await provider.list_events(kept.actor_id, kept.session_id) == [kept]


async def test_what_fails_for_a_moment_is_tried_again_after_waits_that_grow_up_to_a_minute(tmp_path: Path) -> None:
    provider, waits = Faulty(), Waits()
    provider.faults = [(fault, False) for fault in PASSING * 2]
    async with opened(provider, tmp_path, sleep=waits) as queue:
        await queue.put(statement(0))
        await queue.put(statement(1))
        await queue.drained()
        assert queue.failure is None
    assert waits.waits == [0.75 * seconds for seconds in (0.5, 1, 2, 4, 8, 16, 32, *[60] * 7)]
    assert provider.made == ["Statement 0.", "Statement 1."]


async def test_what_can_never_be_kept_is_given_up_at_once_and_the_next_is_made(tmp_path: Path) -> None:
    provider, waits = Faulty(), Waits()
    provider.faults = [(REFUSED, False)]
    async with opened(provider, tmp_path, sleep=waits) as queue:
        await queue.put(statement(0))
        await queue.put(statement(1))
        await queue.drained()
        [letter] = queue.dead_letters()
    assert (letter.problem, letter.fix, letter.at) == ("Too long.", "say it shorter", NOW.isoformat())
    assert letter.write == statement(0)
    assert (provider.made, waits.waits) == (["Statement 1."], [])
    assert stat.S_IMODE(spool.dead_letters_file(tmp_path).stat().st_mode) == 0o600
    [notice] = spool.notices(tmp_path)
    assert str(notice).startswith("A write was given up. Fix: see ")
    assert "Statement" not in str(notice)


@pytest.mark.parametrize("write", [statement(1), DeleteRecords(ids=("a-b-c-d-e",), approval=Approval())])
async def test_a_dead_letter_whose_process_died_behind_it_is_told_once(tmp_path: Path, write: Write) -> None:
    first = spool.Spool(tmp_path, size=10)
    first.open()
    first.put(write)
    waiting = first.first()
    assert waiting is not None
    first.give_up(waiting, REFUSED, NOW)
    first.put(write)
    first._execute("UPDATE writes SET id = ?", waiting.id)
    first.give_up(waiting, REFUSED, NOW)
    with spool.dead_letters_file(tmp_path).open("ab") as file:
        file.write(b'{"id": "cut')
    assert [letter.write for letter in spool.dead_letters(tmp_path)] == [write]
    first.close()


async def test_a_put_is_refused_where_too_many_wait_and_what_waits_is_kept(tmp_path: Path) -> None:
    provider = Faulty()
    provider.gate = asyncio.Event()
    async with opened(provider, tmp_path, size=3) as queue:
        for number in range(3):
            await queue.put(statement(number))
        with pytest.raises(MemoryThrottled, match="3 writes"):
            await queue.put(statement(3))
        provider.gate.set()
        await queue.drained()
        await queue.put(statement(4))
        await queue.drained()
    assert provider.made == [f"Statement {number}." for number in (0, 1, 2, 4)]


async def test_many_that_put_at_once_are_all_heard(tmp_path: Path) -> None:
    provider = Faulty()
    async with opened(provider, tmp_path) as queue:
        await asyncio.gather(*(queue.put(statement(number, number + 1)) for number in range(50)))
        await queue.drained()
    assert provider.made == [f"Statement {number}." for number in range(50)]


async def test_an_end_leaves_what_is_not_made_in_time_to_the_next_process(tmp_path: Path) -> None:
    provider = Faulty()
    provider.gate = asyncio.Event()
    async with opened(provider, tmp_path, drain_seconds=0) as queue:
        await queue.put(statement(0))
        await queue.put(statement(1))
    assert provider.made == []
    async with opened(again := Faulty(), tmp_path) as queue:
        await queue.drained()
    assert again.made == ["Statement 0.", "Statement 1."]


async def test_a_put_that_nobody_waits_for_any_more_is_made_all_the_same(tmp_path: Path) -> None:
    provider = Faulty()
    async with opened(provider, tmp_path) as queue:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await queue.put(statement(0))
        await queue.put(statement(1))
        await queue.drained()
    assert provider.made[-1] == "Statement 1."


async def test_one_process_at_a_time_writes_from_a_folder(tmp_path: Path) -> None:
    async with opened(Faulty(), tmp_path):
        with pytest.raises(MemoryUnreachable, match="Another process"):
            await opened(Faulty(), tmp_path).__aenter__()
    async with opened(Faulty(), tmp_path):
        pass


async def test_a_file_that_is_damaged_is_told_and_never_thrown_away(tmp_path: Path) -> None:
    file = tmp_path / "writes.sqlite3"
    file.write_bytes(b"no database " * 100)
    with pytest.raises(MemoryUnreachable, match=r"cannot be used: .* Fix: put that file aside"):
        await opened(Faulty(), tmp_path).__aenter__()
    assert file.read_bytes().startswith(b"no database")


async def test_dead_letters_that_cannot_be_opened_are_told_with_the_fix(tmp_path: Path) -> None:
    spool.dead_letters_file(tmp_path).mkdir()
    with pytest.raises(MemoryUnreachable, match="correct its permissions"):
        spool.dead_letters(tmp_path)
    assert "correct its permissions" in str(spool.notices(tmp_path)[0])


async def test_a_line_that_was_torn_or_changed_hides_no_other_dead_letter_and_is_counted(tmp_path: Path) -> None:
    file = spool.dead_letters_file(tmp_path)
    file.write_text('{}\n{"id": "torn')
    provider = Faulty()
    provider.faults = [(REFUSED, False), (REFUSED, False)]
    async with opened(provider, tmp_path) as queue:
        await queue.put(statement(0))
        await queue.put(statement(1))
        await queue.drained()
        assert [letter.write for letter in queue.dead_letters()] == [statement(0), statement(1)]
    assert len(file.read_text().splitlines()) == 4
    assert [notice.text for notice in spool.notices(tmp_path)] == [
        "2 writes could not be made and were given up.",
        "Lines that say what was given up and cannot be read: 2.",
    ]


def test_what_was_put_is_made_after_the_process_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.memory.queueing", str(tmp_path), "10000"]
    with subprocess.Popen(command, cwd=offline.ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        heard = [int(process.stdout.readline()) for _ in range(20)]
        process.kill()
        heard += [int(line) for line in process.stdout if line.endswith("\n")]

    async def go_on() -> Faulty:
        provider = Faulty()
        async with opened(provider, tmp_path) as queue:
            await queue.drained()
        return provider

    provider = asyncio.run(go_on())
    held = provider.store.records
    assert len(provider.made) == len(held)
    assert {fact(number).id for number in heard} <= held.keys()
    assert len(held) <= len(heard) + 1  # one may be on disk of which the process could not tell any more
