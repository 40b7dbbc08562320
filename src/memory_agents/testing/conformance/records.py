"""What is stored comes back: every field, by id, in a list and in a scan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from memory_agents.core.records import EPOCH, Problem, Record
from memory_agents.testing.conformance.opening import Opens
from memory_agents.testing.conformance.samples import ALL, APPROVAL, PAST, TEXTS, WHOLE, fact, facts, ids, scan, store

_GLOBS = {
    ("*",): {"codebase/conventions", "codebase/patterns", "testing/patterns", "reviews/issues", "own"},
    ("codebase/*",): {"codebase/conventions", "codebase/patterns"},
    ("*/patterns",): {"codebase/patterns", "testing/patterns"},
    ("own",): {"own"},
    ("codebase",): set(),
    ("own", "reviews/*"): {"own", "reviews/issues"},
    ("*", "!reviews/*"): {"codebase/conventions", "codebase/patterns", "testing/patterns", "own"},
    ("!codebase/patterns", "codebase/*"): {"codebase/conventions"},
    ("!own",): set(),
    (): set(),
}
"""globs → the namespaces that they cover"""


class KeepsRecords(Opens):
    """Storing Records and reading them."""

    async def test_every_field_comes_back_by_id_in_a_list_in_a_scan_and_later(self, tmp_path: Path) -> None:
        blank = Record(id="f0123456789ab-3", namespace="own", text="Nothing else is said.")
        records = [WHOLE, blank, PAST]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            assert [await provider.get_record(record.id) for record in records] == records
            assert sorted(await provider.list_records(), key=records.index) == records
        await self.settle()
        async with self.opened(tmp_path) as provider:
            assert [await provider.get_record(record.id) for record in records] == records
            assert sorted(await scan(provider), key=records.index) == records

    async def test_every_text_comes_back_to_the_last_character(self, tmp_path: Path) -> None:
        records = [fact(number, text) for number, text in enumerate(TEXTS)]
        records += [replace(fact(100 + number), title=" ".join(text.split())) for number, text in enumerate(TEXTS)]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            for record in records:
                assert await provider.get_record(record.id) == record

    async def test_a_text_of_eight_thousand_characters_is_kept_whole(self, tmp_path: Path) -> None:
        text = "".join(chr(0x4E00 + number % 5_000) for number in range(8_000))
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(text=text))
            found = await provider.get_record(fact().id)
        assert found is not None
        assert found.text == text

    async def test_times_are_exact_and_utc(self, tmp_path: Path) -> None:
        times = [
            EPOCH,
            EPOCH + timedelta(microseconds=1),
            datetime(2026, 10, 25, 1, 30, 0, 999_999, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ]
        records = [replace(fact(number), created_at=time) for number, time in enumerate(times)]
        records += [replace(fact(100 + number), expires_at=time) for number, time in enumerate(times)]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            found = {record.id: record for record in await scan(provider)}
        for record in records:
            assert found[record.id] == record
            assert found[record.id].created_at.utcoffset() == timedelta(0)

    async def test_ids_of_every_form_are_kept_apart(self, tmp_path: Path) -> None:
        forms = ["abcdefgh", "abcdefgh-", "abcdefgh_", "a" * 64, "-_-_-_-_", "01234567", "octo-hello-pr-7", "f1a2c3d4"]
        records = [replace(fact(number, f"Rule {number}."), id=its) for number, its in enumerate(forms)]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            assert [await provider.get_record(its) for its in forms] == records

    async def test_what_is_not_there_is_none_and_an_empty_memory_is_empty(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            assert await provider.get_record("f00000000000-1") is None
            assert list(await provider.list_records()) == []
            assert await scan(provider) == []
            assert await provider.pairs_apart() == frozenset()
            assert await provider.forgotten_ids() == frozenset()

    async def test_a_list_is_newest_first_and_by_id_where_times_are_equal(self, tmp_path: Path) -> None:
        old, new, *equal = facts(6)
        times = {1: old.created_at, 2: new.created_at}
        equal = [replace(record, created_at=times[2] - timedelta(microseconds=1)) for record in equal]
        async with self.opened(tmp_path) as provider:
            await store(provider, *equal[::-1], old, new)
            assert ids(await provider.list_records()) == ids([new, *equal, old])

    async def test_a_list_has_at_most_as_many_as_are_asked_for_and_those_are_the_newest(self, tmp_path: Path) -> None:
        records = facts(7)
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            assert ids(await provider.list_records(limit=3)) == ids(records[:3:-1])
            assert ids(await provider.list_records(limit=7)) == ids(records[::-1])
            assert ids(await provider.list_records(limit=ALL)) == ids(records[::-1])

    async def test_globs_choose_namespaces_and_one_with_an_exclamation_mark_takes_away(self, tmp_path: Path) -> None:
        names = [PAST.namespace, "codebase/conventions", "codebase/patterns", "testing/patterns", "own"]
        records = [PAST, *(fact(number, namespace=name) for number, name in enumerate(names[1:]))]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            for globs, covered in _GLOBS.items():
                found = await provider.list_records(namespaces=globs)
                assert sorted(record.namespace for record in found) == sorted(covered), globs

    async def test_the_newest_of_a_namespace_are_listed_however_many_newer_ones_another_has(
        self, tmp_path: Path
    ) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact(0, namespace="own"), *facts(120))
            assert ids(await provider.list_records(namespaces=("own",), limit=5)) == [fact(0).id]

    async def test_a_list_shows_what_has_expired_and_what_is_not_approved(self, tmp_path: Path) -> None:
        records = [replace(fact(1), approved=False), replace(fact(2), expires_at=EPOCH)]
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            assert list(await provider.list_records()) == records[::-1]

    async def test_two_hundred_and_fifty_in_one_call_are_stored_listed_and_scanned_each_once(
        self, tmp_path: Path
    ) -> None:
        records = facts(250)
        async with self.opened(tmp_path) as provider:
            await store(provider, *records)
            assert ids(await provider.list_records(limit=ALL)) == ids(records[::-1])
            assert await scan(provider) == records
            assert (await provider.get_info()).records in (None, 250)
        await self.settle()
        async with self.opened(tmp_path) as provider:
            assert await scan(provider) == records

    async def test_a_scan_is_given_in_parts(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, *facts(250))
            assert len([page async for page in provider.scan_records() if page]) > 1

    async def test_pairs_that_are_no_duplicates_are_kept_smaller_number_first(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await provider.set_apart([(9, 2), (2, 9), (4, 4)], approval=APPROVAL)
            await provider.set_apart([(3, 4), (2, 9)], approval=APPROVAL)
            assert await provider.pairs_apart() == {(2, 9), (3, 4)}
        await self.settle()
        async with self.opened(tmp_path) as provider:
            assert await provider.pairs_apart() == {(2, 9), (3, 4)}

    async def test_what_is_no_record_is_neither_listed_nor_counted(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, *facts(2))
            await provider.delete_records([fact(1).id], approval=APPROVAL)
            await provider.keep_forgotten([fact(9).id], approval=APPROVAL)
            await provider.set_apart([(1, 2)], approval=APPROVAL)
            assert ids(await provider.list_records()) == [fact(2).id]
            assert list(await provider.list_records(namespaces=("meta", "meta/*"))) == []
            assert ids(await scan(provider)) == [fact(2).id]
            assert (await provider.get_info()).records in (None, 1)

    async def test_a_healthy_provider_says_so_and_what_it_is(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            health = await provider.health_check()
            assert (health.ok, health.problem) == (True, Problem.NONE)
            assert health.detail
            await store(provider, fact())
            assert (await provider.health_check()).ok
            info = await provider.get_info()
            assert info.provider
            assert info.location
            assert info.records in (None, 1)
            assert not info.is_new, "there is a record: nobody needs to be told how to begin"

    async def test_closing_twice_is_no_error(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path) as provider:
            await store(provider, fact())
            await provider.close()
        async with self.opened(tmp_path) as unused:
            await unused.close()
