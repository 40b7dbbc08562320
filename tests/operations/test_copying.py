"""What is copied from one memory to another is the same there, whatever both are and whatever happens on the way."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from memory_agents.core.backup import Entry
from memory_agents.core.records import Approval, BatchResult, ProviderInfo, Record
from memory_agents.core.sanitizer import Redacted
from memory_agents.errors import (
    MemoryAgentsError,
    MemoryDenied,
    MemoryFailure,
    MemoryIncomplete,
    MemoryRefused,
    MemoryThrottled,
    MemoryUnreachable,
)
from memory_agents.operations import backup, copying
from memory_agents.operations.copying import AT_ONCE, Copied
from memory_agents.operations.patience import WAITS, Patience
from memory_agents.operations.progress import Counted, Progress
from memory_agents.testing.conformance.samples import APPROVAL, BEGIN, PAST, TEXTS, WHOLE, fact, facts
from memory_agents.testing.in_memory import InMemoryProvider
from tests.memories import KINDS, held, memory, writer

SECRET = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"
SAMPLES = [WHOLE, PAST, *(replace(fact(number + 10, text), cites=("12",)) for number, text in enumerate(TEXTS))]


class Told:
    """Waits that were asked for, none of which is waited, and progress that was told."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.told: list[Progress | Counted] = []
        self.patience = Patience(self.told.append, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


async def of(*entries: Entry) -> AsyncIterator[Sequence[Entry]]:
    """Entries as a memory gives them: some at a time."""
    for start in range(0, len(entries), 100):
        yield entries[start : start + 100]


async def copied(target: InMemoryProvider, *entries: Entry, told: Told | None = None, dry_run: bool = False) -> Copied:
    told = told or Told()
    door = writer(target, dry_run=dry_run)
    return await copying.copy(of(*entries), target, door, patience=told.patience)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(KINDS, repeat=2)))
async def test_between_any_two_memories_everything_stays_the_same(tmp_path: Path, source: str, target: str) -> None:
    one, two, back = (tmp_path / name for name in ("one", "two", "back"))
    for folder in (one, two, back):
        folder.mkdir()
    async with memory(source, one) as first, memory(target, two) as second, memory(source, back) as third:
        await first.store_records(SAMPLES, approval=APPROVAL)
        await first.store_records([fact(1), fact(2)], approval=APPROVAL)
        await first.delete_records([fact(2).id], approval=APPROVAL)
        await first.set_apart([(3, 7), (9, 4)], approval=APPROVAL)
        before = await held(first)
        assert {*SAMPLES, fact(1), fact(2).id, (3, 7), (4, 9)} == before
        done = await copying.copy(copying.everything(first), second, writer(second))
        assert (done.stored, done.forgotten, done.apart) == (len(SAMPLES) + 1, 1, 2)
        await copying.copy(copying.everything(second), third, writer(third))
        assert await held(first) == await held(second) == await held(third) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_there_is_left_as_it_is_and_what_was_forgotten_there_stays_forgotten(
    tmp_path: Path, kind: str
) -> None:
    async with memory(kind, tmp_path) as target:
        there = replace(fact(1), text="Indent with blanks.")
        await target.store_records([there, fact(2)], approval=APPROVAL)
        await target.delete_records([fact(2).id], approval=APPROVAL)
        done = await copying.copy(of(fact(1), fact(2), fact(3)), target, writer(target))
        assert (done.unchanged, done.taken_back, done.stored) == (1, 1, 1)
        assert await held(target) == {there, fact(3), fact(2).id}


async def test_what_another_memory_forgot_is_forgotten_here_too_and_counted() -> None:
    target = InMemoryProvider()
    await copied(target, fact(1), fact(2))
    done = await copied(target, fact(2), fact(1).id, fact(9).id)
    assert (done.unchanged, done.forgotten, done.removed, done.there) == (1, 2, 1, {fact(2).id})
    assert await held(target) == {fact(2), fact(1).id, fact(9).id}
    assert (await copied(target, fact(1).id)).forgotten == 0


async def test_what_was_forgotten_while_it_was_read_ends_up_forgotten() -> None:
    target = InMemoryProvider()
    done = await copied(target, fact(1), fact(2), fact(1).id)
    assert await held(target) == {fact(2), fact(1).id}
    assert done.there == {fact(2).id}


async def test_a_secret_is_replaced_in_all_that_a_record_says_and_the_record_is_counted() -> None:
    told = replace(fact(1), text=f"Use {SECRET}.", title=SECRET, labels=(SECRET,), paths=(SECRET,), cites=(SECRET,))
    target = InMemoryProvider()
    done = await copied(target, told, fact(2))
    assert (done.stored, done.redacted) == (2, 1)
    kept = target.store.records[told.id]
    assert SECRET not in repr(kept)
    assert repr(kept).count("[REDACTED:github-token]") == 5
    assert (kept.id, kept.created_at, kept.source) == (told.id, told.created_at, told.source)


async def test_near_duplicates_and_what_has_expired_are_copied_as_they_are() -> None:
    same = [fact(1), replace(fact(2), text="indent  with tabs"), replace(fact(3), expires_at=fact(3).created_at)]
    target = InMemoryProvider()
    await copied(target, *same)
    assert await held(target) == set(same)


async def test_a_dry_run_counts_the_same_and_writes_nothing() -> None:
    target = InMemoryProvider()
    await copied(target, fact(1), fact(2), fact(3).id)
    before = await held(target)
    entries = (fact(1), fact(3), replace(fact(4), text=SECRET), fact(5), fact(2).id, (1, 2))
    looked = await copied(target, *entries, dry_run=True)
    assert await held(target) == before
    done = await copied(target, *entries)
    assert looked == done
    assert (done.stored, done.unchanged, done.taken_back, done.redacted, done.removed, done.apart) == (2, 1, 1, 1, 1, 1)


async def test_records_go_in_writes_of_a_bounded_size_and_progress_is_told() -> None:
    target, told = Failing(), Told()
    await copied(target, *facts(2 * AT_ONCE + 10), told=told)
    assert target.sizes == [AT_ONCE, AT_ONCE, 10]
    assert [progress.done for progress in told.told if isinstance(progress, Counted)] == [
        AT_ONCE,
        2 * AT_ONCE,
        2 * AT_ONCE + 10,
    ]


class Failing(InMemoryProvider):
    """Fails in the ways that it is given, one for each write, then works. `lost` answers get lost after the write."""

    def __init__(self, *failures: MemoryAgentsError | None, lost: bool = False, stores: int = 0) -> None:
        super().__init__()
        self.failures = list(failures)
        self.lost = lost
        self.stores = stores
        self.sizes: list[int] = []

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        self.sizes.append(len(records))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            kept = records if self.lost else records[: self.stores]
            done = await super().store_records(kept, approval=approval)
            if isinstance(failure, MemoryIncomplete):
                failure.stored = done.stored
            raise failure
        return await super().store_records(records, approval=approval, update=update, removing=removing)


INCOMPLETE = MemoryIncomplete("Some were not written.", fix="run it again", stored=(), failed=())
THROTTLED = MemoryThrottled("It asked to wait.", fix="wait")
UNREACHABLE = MemoryUnreachable("No connection.", fix="look at the network")


@pytest.mark.parametrize("failure", [THROTTLED, UNREACHABLE], ids=lambda failure: type(failure).__name__)
async def test_what_fails_for_a_moment_is_tried_again_after_waits_that_grow(failure: MemoryFailure) -> None:
    target, told = Failing(failure, None, failure, failure), Told()
    done = await copied(target, *facts(AT_ONCE + 1), told=told)
    assert told.waits == [WAITS[0], WAITS[0], WAITS[1]]
    assert (done.stored, done.unchanged) == (AT_ONCE + 1, 0)
    assert await held(target) == set(facts(AT_ONCE + 1))
    waits = [progress for progress in told.told if progress.waits]
    assert [progress.waits for progress in waits] == told.waits


async def test_what_a_write_stored_in_part_is_counted_once_and_the_rest_follows() -> None:
    secret = replace(fact(1), text=f"Use {SECRET}.")
    target = Failing(INCOMPLETE, stores=3)
    done = await copied(target, secret, *facts(10)[1:])
    assert (done.stored, done.unchanged, done.redacted, len(target.store.records)) == (10, 0, 1, 10)


async def test_a_write_whose_answer_was_lost_is_not_made_twice() -> None:
    target = Failing(UNREACHABLE, lost=True)
    done = await copied(target, *facts(10))
    assert (done.done, done.there) == (10, {record.id for record in facts(10)})
    assert len(target.store.records) == 10


async def test_after_some_tries_it_stops_and_says_how_far_it_came_and_what_to_do() -> None:
    target, told = Failing(None, *[THROTTLED] * 99), Told()
    with pytest.raises(MemoryFailure) as stopped:
        await copied(target, *facts(AT_ONCE + 1), told=told)
    assert told.waits == list(WAITS)
    assert str(stopped.value) == (
        f"Stopped after {AT_ONCE} records. It asked to wait. Fix: wait; then run it again, which goes on from there"
    )
    target.failures.clear()
    done = await copied(target, *facts(AT_ONCE + 1))
    assert (done.stored, done.unchanged) == (1, AT_ONCE)


async def test_a_fix_that_says_to_run_it_again_says_so_once() -> None:
    with pytest.raises(MemoryFailure) as stopped:
        await copied(Failing(*[INCOMPLETE] * 99), fact(1))
    assert stopped.value.fix == "run it again"


class Breaking(InMemoryProvider):
    """Breaks off a reading after each 100 Records further, and at each first question for what else it keeps."""

    def __init__(self, count: int = 0) -> None:
        super().__init__()
        self.records = facts(count)
        self.breaks = [*range(100, count, 100)]
        self.asked: set[str] = set()

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        self.fail_at_first("scan")
        for start in range(0, len(self.records), 50):
            if start in self.breaks:
                self.breaks.remove(start)
                raise THROTTLED
            yield self.records[start : start + 50]

    async def forgotten_ids(self) -> frozenset[str]:
        self.fail_at_first("forgotten")
        return frozenset({"f-gone"})

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        self.fail_at_first("apart")
        return frozenset({(3, 7)})

    async def get_info(self) -> ProviderInfo:
        self.fail_at_first("info")
        return await super().get_info()

    def fail_at_first(self, what: str) -> None:
        if what not in self.asked:
            self.asked.add(what)
            raise UNREACHABLE


async def test_what_is_there_already_is_asked_for_again_where_that_fails_for_a_moment() -> None:
    told = Told()
    done = await copied(Breaking(250), *facts(260), "f-gone", (3, 7), told=told)
    assert (done.stored, done.unchanged, done.forgotten, done.apart) == (10, 250, 0, 0)
    assert len(told.waits) == 5
    assert all(isinstance(each, Counted) and "Records" in each.what for each in told.told if each.waits)


async def test_what_is_copied_from_is_read_again_from_where_it_broke_off_and_each_record_comes_once() -> None:
    told = Told()
    source = Breaking(1_000)
    entries = [entry async for some in copying.everything(source, told.patience) for entry in some]
    assert entries == [*facts(1_000), "f-gone", (3, 7)]
    assert max(told.waits) == WAITS[0], "it came further each time"


async def test_a_memory_that_breaks_off_at_the_same_place_is_given_up_after_some_tries() -> None:
    told = Told()
    source = Breaking(200)
    source.breaks = [100] * 99
    with pytest.raises(MemoryThrottled):
        [None async for _ in copying.everything(source, told.patience)]
    assert told.waits[-len(WAITS) :] == list(WAITS)


async def test_a_backup_too_waits_for_what_fails_for_a_moment(tmp_path: Path) -> None:
    told = Told()
    with backup.body_for(tmp_path / "m", force=False) as body:
        taken = await backup.take(Breaking(250), body, now=BEGIN, patience=told.patience)
    assert (taken.header.records, taken.header.forgotten, taken.header.apart) == (250, 1, 1)
    waits = [each for each in told.told if isinstance(each, Counted) and each.waits]
    assert {each.done for each in waits} == {0, 100, 200, 250}


async def test_what_will_not_pass_is_not_waited_for() -> None:
    told = Told()
    with pytest.raises(MemoryFailure, match="Stopped after 0 records"):
        await copied(Failing(MemoryDenied("No.", fix="set the token")), fact(1), told=told)
    assert told.waits == []


class Picky(InMemoryProvider):
    """Keeps no text of more than 100 characters."""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        if any(len(record.text) > 100 for record in records):
            raise MemoryRefused("A text has more than 100 characters.", fix="say it shorter")
        return await super().store_records(records, approval=approval, update=update, removing=removing)


async def test_what_cannot_be_kept_there_is_named_and_everything_else_is_kept() -> None:
    records = facts(60)
    long = {7, 8, 40}
    records = [replace(its, text="x" * 101) if number in long else its for number, its in enumerate(records)]
    target = Picky()
    done = await copied(target, *records)
    assert set(done.refused) == {records[number].id for number in long}
    assert (done.stored, done.unsure) == (57, set())
    assert await held(target) == {its for its in records if len(its.text) < 100}


class Silent(InMemoryProvider):
    """Says nothing of the last Record of a write, which it loses."""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        return await super().store_records(records[:-1], approval=approval, update=update, removing=removing)


async def test_a_record_of_which_the_target_says_nothing_is_not_taken_for_copied() -> None:
    done = await copied(Silent(), *facts(5))
    assert (done.stored, done.unsure) == (4, {facts(5)[-1].id})
    assert done.there == {its.id for its in facts(4)}


class Shallow(InMemoryProvider):
    """Takes Records, and keeps ids alone."""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        return BatchResult(stored=tuple(record.id for record in records))


def long_facts(count: int) -> Iterator[Record]:
    return (fact(number, f"{number} {'x' * 10_000}") for number in range(1, count + 1))


async def made_as_they_are_asked_for(count: int) -> AsyncIterator[Sequence[Entry]]:
    records = long_facts(count)
    while some := list(itertools.islice(records, 100)):
        yield some


async def most_memory_of_a_copy(count: int) -> int:
    """Bytes."""
    target = Shallow()
    door = writer(target, cleaned=lambda text: Redacted(text, ()))
    tracemalloc.start()
    try:
        done = await copying.copy(made_as_they_are_asked_for(count), target, door)
        assert done.stored == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_the_memory_that_a_copy_takes_does_not_grow_with_the_texts() -> None:
    await most_memory_of_a_copy(100)
    few, many = await most_memory_of_a_copy(2 * AT_ONCE), await most_memory_of_a_copy(10 * AT_ONCE)
    assert many - few < 2_000_000, "the texts alone would take 20 MB more"
