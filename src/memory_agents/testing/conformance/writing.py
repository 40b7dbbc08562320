"""Writes are safe to repeat, and say what they did."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from memory_agents.core.records import BatchResult, Record
from memory_agents.testing.conformance.opening import Opens
from memory_agents.testing.conformance.samples import APPROVAL, WHOLE, fact, facts, ids, scan, store


class Writes(Opens):
    """Storing again, updating, superseding and forgetting."""

    async def test_storing_again_changes_nothing(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            done = await provider.store_records([fact(1, "Other words."), fact(2)], approval=APPROVAL)
            assert done == BatchResult(stored=(fact(2).id,), unchanged=(fact(1).id,))
            assert await scan(provider) == [fact(1), fact(2)]

    async def test_of_two_with_one_id_in_a_call_the_first_counts(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            done = await provider.store_records([fact(1), fact(1, "Other words.")], approval=APPROVAL)
            assert done == BatchResult(stored=(fact(1).id,))
            assert await scan(provider) == [fact(1)]

    async def test_an_empty_call_does_nothing(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            assert await provider.store_records([], approval=APPROVAL) == BatchResult()
            assert await provider.delete_records([], approval=APPROVAL) == BatchResult()
            await provider.set_apart([], approval=APPROVAL)
            await provider.keep_forgotten([], approval=APPROVAL)
            assert await scan(provider) == []

    async def test_an_update_is_written_over_what_is_there_in_every_field(self, tmp_path: Path) -> None:
        anew = replace(WHOLE, id=fact(1).id, namespace="testing/patterns")
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1), fact(2))
            done = await provider.store_records([anew], approval=APPROVAL, update=[anew.id])
            assert done == BatchResult(stored=(anew.id,))
            assert await provider.get_record(anew.id) == anew
            assert ids(await provider.list_records(namespaces=("codebase/*",))) == [fact(2).id]
            assert await scan(provider) == [anew, fact(2)]
            back = await provider.store_records([fact(1)], approval=APPROVAL, update=[anew.id])
            assert back.stored == (anew.id,)
            assert await provider.get_record(anew.id) == fact(1)
        await self.settle()
        async with self.opened(tmp_path) as provider:
            assert await scan(provider) == [fact(1), fact(2)]

    async def test_an_update_that_says_the_same_is_no_change_and_one_of_an_unknown_id_stores(
        self, tmp_path: Path
    ) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            done = await provider.store_records(
                [fact(1), fact(2)], approval=APPROVAL, update=[fact(1).id, fact(2).id, fact(3).id]
            )
            assert done == BatchResult(stored=(fact(2).id,), unchanged=(fact(1).id,))

    async def test_what_is_superseded_goes_and_what_is_not_there_is_missing(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            done = await provider.store_records(
                [fact(2, replaces=fact(1).id)], approval=APPROVAL, removing=[fact(1).id, fact(9).id, fact(1).id]
            )
            assert done == BatchResult(stored=(fact(2).id,), removed=(fact(1).id,), missing=(fact(9).id,))
            assert ids(await scan(provider)) == [fact(2).id]
            assert ids(await provider.list_records()) == [fact(2).id]

    async def test_what_is_superseded_is_not_forgotten_and_may_be_stated_anew(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            await provider.store_records([], approval=APPROVAL, removing=[fact(1).id])
            assert await provider.forgotten_ids() == frozenset()
            done = await provider.store_records([fact(1)], approval=APPROVAL, update=[fact(1).id])
            assert done == BatchResult(stored=(fact(1).id,))
            assert await provider.get_record(fact(1).id) == fact(1)

    async def test_what_a_record_that_is_not_written_would_replace_is_spared(self, tmp_path: Path) -> None:
        heir = fact(2, replaces=fact(1).id)
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1), heir)
            done = await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
            assert done == BatchResult(unchanged=(heir.id,))
            assert await scan(provider) == [fact(1), heir]

    async def test_what_the_call_itself_states_is_not_removed(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            done = await provider.store_records(
                [fact(1), fact(2)], approval=APPROVAL, removing=[fact(1).id], update=[fact(1).id]
            )
            assert done.removed == ()
            assert await scan(provider) == [fact(1), fact(2)]

    async def test_what_was_forgotten_is_stored_again_by_nobody_and_by_no_update(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, *facts(3))
            done = await provider.delete_records([fact(1).id, fact(9).id, fact(2).id], approval=APPROVAL)
            assert done == BatchResult(removed=(fact(1).id, fact(2).id), missing=(fact(9).id,))
            assert await provider.get_record(fact(1).id) is None
            assert ids(await scan(provider)) == ids(await provider.list_records()) == [fact(3).id]
            again = await provider.store_records(facts(3), approval=APPROVAL)
            assert again == BatchResult(taken_back=(fact(1).id, fact(2).id), unchanged=(fact(3).id,))
        await self.settle()
        async with self.opened(tmp_path) as provider:
            done = await provider.store_records([fact(1), fact(4)], approval=APPROVAL, update=[fact(1).id])
            assert done == BatchResult(taken_back=(fact(1).id,), stored=(fact(4).id,))
            assert await provider.forgotten_ids() == {fact(1).id, fact(2).id}
            assert ids(await scan(provider)) == ids([fact(3), fact(4)])

    async def test_forgetting_again_says_missing_and_what_never_was_may_still_come(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1))
            for expected in (BatchResult(removed=(fact(1).id,)), BatchResult(missing=(fact(1).id,))):
                assert await provider.delete_records([fact(1).id, fact(1).id], approval=APPROVAL) == expected
            assert await provider.delete_records([fact(2).id], approval=APPROVAL) == BatchResult(missing=(fact(2).id,))
            await store(provider, fact(2))

    async def test_ids_are_kept_as_forgotten_whether_they_are_known_or_not(self, tmp_path: Path) -> None:
        kept = [fact(1).id, fact(7).id, "abcdefgh", "a" * 64]
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1), fact(2))
            for _ in range(2):
                await provider.keep_forgotten(kept, approval=APPROVAL)
            assert await provider.forgotten_ids() == set(kept)
            assert ids(await scan(provider)) == [fact(2).id]
        await self.settle()
        async with self.opened(tmp_path) as provider:
            assert await provider.forgotten_ids() == set(kept)
            done = await provider.store_records([fact(7), fact(8)], approval=APPROVAL)
            assert done == BatchResult(taken_back=(fact(7).id,), stored=(fact(8).id,))

    async def test_what_one_writes_another_on_the_same_memory_finds(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as one, self.opened(tmp_path) as two:
            await store(one, fact(1), fact(2))
            await one.delete_records([fact(2).id], approval=APPROVAL)
            await one.set_apart([(1, 2)], approval=APPROVAL)
            await self.settle()
            assert await two.get_record(fact(1).id) == fact(1)
            assert ids(await two.list_records()) == [fact(1).id]
            assert await two.pairs_apart() == {(1, 2)}
            assert await two.forgotten_ids() == {fact(2).id}
            done = await two.store_records([fact(1), fact(2)], approval=APPROVAL)
            assert done == BatchResult(unchanged=(fact(1).id,), taken_back=(fact(2).id,))

    async def test_of_many_who_store_the_same_at_once_one_does_it(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            calls = (provider.store_records([fact(1), fact(2)], approval=APPROVAL) for _ in range(5))
            done = await asyncio.gather(*calls)
            assert sorted(len(result.stored) for result in done) == [0, 0, 0, 0, 2]
            assert await scan(provider) == [fact(1), fact(2)]

    async def test_two_on_one_memory_who_store_at_once_leave_everything_there_once(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as one, self.opened(tmp_path) as two:
            await asyncio.gather(
                one.store_records([fact(1), fact(2)], approval=APPROVAL),
                two.store_records([fact(2), fact(3)], approval=APPROVAL),
            )
        await self.settle()
        async with self.opened(tmp_path) as provider:
            assert await scan(provider) == facts_of(1, 2, 3)
            assert ids(await provider.list_records()) == ids(facts_of(3, 2, 1))

    async def test_different_writes_at_once_are_all_made(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(1), fact(2))
            await asyncio.gather(
                provider.delete_records([fact(1).id], approval=APPROVAL),
                provider.store_records([fact(2, "Anew.")], approval=APPROVAL, update=[fact(2).id]),
                provider.set_apart([(1, 2)], approval=APPROVAL),
                *(provider.store_records([fact(number)], approval=APPROVAL) for number in (3, 4, 5)),
            )
            assert await scan(provider) == [fact(2, "Anew."), *facts_of(3, 4, 5)]
            assert await provider.forgotten_ids() == {fact(1).id}
            assert await provider.pairs_apart() == {(1, 2)}


def facts_of(*numbers: int) -> list[Record]:
    """The facts of those numbers."""
    return [fact(number) for number in numbers]
