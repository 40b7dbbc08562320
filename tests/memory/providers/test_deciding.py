"""What a write changes is decided once for all providers, and what an earlier one began is ended by its repetition."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memory_agents.core.records import BatchResult, Record
from memory_agents.memory.providers import deciding
from memory_agents.memory.providers.deciding import Decision
from memory_agents.testing.conformance.samples import fact

OLD, HEIR, OTHER = fact(1), fact(2, replaces=fact(1).id), fact(3)


def decided(
    *records: Record,
    known: Iterable[Record] = (),
    forgotten: Collection[str] = (),
    update: Collection[str] = (),
    removing: Sequence[str] = (),
    leaving: Collection[str] = (),
) -> Decision:
    held = {record.id: record for record in known}
    return deciding.storing(records, known=held, forgotten=forgotten, update=update, removing=removing, leaving=leaving)


def test_what_is_new_is_stored_in_its_order_and_what_is_known_is_left() -> None:
    done = decided(OTHER, OLD, HEIR, known=[replace(OLD, text="Other words.")])
    assert done == Decision((OTHER, HEIR), (), BatchResult(stored=(OTHER.id, HEIR.id), unchanged=(OLD.id,)))


def test_of_two_with_one_id_the_first_counts() -> None:
    assert decided(OLD, replace(OLD, text="Other words.")).store == (OLD,)


@pytest.mark.parametrize("held", [OLD, replace(OLD, text="Other words.")])
def test_an_update_is_written_where_it_says_something_else(held: Record) -> None:
    assert decided(OLD, known=[held], update=[OLD.id]).store == (() if held == OLD else (OLD,))


@pytest.mark.parametrize("update", [(), (OLD.id,)])
def test_what_was_forgotten_is_taken_back_and_removed_where_it_is_held(update: tuple[str, ...]) -> None:
    """Somebody forgot it while another stored it."""
    done = decided(OLD, OTHER, known=[OLD], forgotten=[OLD.id, OTHER.id], update=update)
    assert done == Decision((), (OLD.id,), BatchResult(taken_back=(OLD.id, OTHER.id)))


def test_what_is_superseded_goes_once_and_what_is_not_there_is_missing() -> None:
    done = decided(HEIR, known=[OLD], removing=[OLD.id, OTHER.id, OLD.id])
    assert (done.remove, done.result.removed, done.result.missing) == ((OLD.id,), (OLD.id,), (OTHER.id,))


@pytest.mark.parametrize("forgotten", [(), (HEIR.id,)])
def test_what_is_superseded_by_a_record_that_is_not_written_stays(forgotten: tuple[str, ...]) -> None:
    done = decided(HEIR, known=[OLD, HEIR][: 2 - len(forgotten)], forgotten=forgotten, removing=[OLD.id])
    assert (done.remove, done.result.removed) == ((), ())


def test_what_an_earlier_call_was_removing_goes_though_its_heir_is_there_already() -> None:
    done = decided(HEIR, known=[OLD, HEIR], removing=[OLD.id], leaving=[OLD.id])
    assert done == Decision((), (OLD.id,), BatchResult(unchanged=(HEIR.id,), removed=(OLD.id,)))


def test_what_the_call_itself_states_is_never_removed() -> None:
    assert decided(OLD, HEIR, known=[OLD], removing=[OLD.id], leaving=[OLD.id]).remove == ()


def test_of_what_is_forgotten_it_is_said_what_was_there() -> None:
    done = deciding.forgetting([OLD.id, OTHER.id, OLD.id], known=[OLD.id])
    assert done == BatchResult(removed=(OLD.id,), missing=(OTHER.id,))


@dataclass
class Memory:
    """A memory that writes as every provider does, one thing at a time."""

    held: dict[str, Record]
    forgotten: frozenset[str]
    leaving: set[str] = field(default_factory=set)
    """notes of what is about to be removed"""

    def steps(self, records: Sequence[Record], update: Collection[str], removing: Sequence[str]) -> Iterator[None]:
        """One call; whoever stops in between is a process that died."""
        done = decided(
            *records,
            known=self.held.values(),
            forgotten=self.forgotten,
            update=update,
            removing=removing,
            leaving=self.leaving,
        )
        for its in done.remove:
            self.leaving.add(its)
            yield
        for record in done.store:
            self.held[record.id] = record
            yield
        for its in done.remove:
            del self.held[its]
            yield
        self.leaving.difference_update(done.remove)


IDS = [fact(number).id for number in range(1, 5)]
RECORDS = st.lists(
    st.builds(
        lambda its, replaced, text: replace(fact(1), id=its, replaces=replaced, text=text),
        st.sampled_from(IDS),
        st.sampled_from(["", *IDS]),
        st.sampled_from(["One.", "Two."]),
    ),
    max_size=5,
)
SOME_IDS = st.lists(st.sampled_from(IDS), max_size=4)


CALLS = st.tuples(RECORDS, SOME_IDS, SOME_IDS)
"""Records, what is stated anew, what is to go"""


@given(RECORDS, SOME_IDS, CALLS, st.integers(0, 15))
@example([OLD], [], ([HEIR], [], []), 2)
def test_a_call_that_died_anywhere_and_is_repeated_ends_as_one_that_did_not(
    held: list[Record], forgotten: list[str], call: tuple[list[Record], list[str], list[str]], steps: int
) -> None:
    """The heir is there, what it replaces is gone, and nothing else changed."""
    records, update, removing = call
    removing = [*removing, *(record.replaces for record in records if record.replaces)]
    whole, broken = (Memory({record.id: record for record in held}, frozenset(forgotten)) for _ in range(2))
    list(whole.steps(records, update, removing))
    list(islice(broken.steps(records, update, removing), steps))
    list(broken.steps(records, update, removing))
    assert broken.held == whole.held
