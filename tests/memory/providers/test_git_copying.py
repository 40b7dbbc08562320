"""What copying a memory asks of the branch: a whole scan, whatever people and others do, and ids to forget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from memory_agents.core.records import Approval, BatchResult
from memory_agents.errors import MemoryRefused
from memory_agents.memory.providers import fact_file
from tests.memory.providers.writing import APPROVAL, TABS, TABS_PATH, TESTS, files, log, writing
from tests.repositories import BareRepository

RECORDS = [replace(TABS, id=f"f{number:012x}-1", text=f"Rule {number}.") for number in range(450)]


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


async def test_a_scan_gives_a_record_once_though_a_person_copied_its_file_and_leaves_out_what_cannot_be_read(
    remote: BareRepository,
) -> None:
    content = fact_file.serialise(TABS)
    remote.commit(
        {TABS_PATH: content, "own/copy.md": content, "own/broken.md": "---\nid: [\n---\nx", "own/hand.md": "A."}
    )
    async with writing(remote) as provider:
        found = [record async for page in provider.scan_records() for record in page]
    assert sorted(record.text for record in found) == ["A.", TABS.text]


async def test_a_scan_that_is_under_way_while_others_write_gives_what_was_there_all_the_time_once(
    remote: BareRepository, tmp_path: Path
) -> None:
    async with writing(remote) as provider:
        await provider.store_records(RECORDS, approval=APPROVAL)
        found: list[str] = []
        async for page in provider.scan_records():
            found += [record.id for record in page]
            if len(page) == len(found):
                await provider.delete_records([RECORDS[0].id, RECORDS[-1].id], approval=APPROVAL)
                await provider.store_records([TESTS], approval=APPROVAL)
    assert len(found) == len(set(found))
    assert {record.id for record in RECORDS[1:-1]} <= set(found)
    assert RECORDS[-1].id not in found


async def test_an_id_that_could_not_be_the_name_of_a_file_is_refused_with_the_form_of_ids(
    remote: BareRepository,
) -> None:
    async with writing(remote) as provider:
        for wrong in ("../../README", "short", "a" * 65, "f0123456789ab-1\n", ""):
            with pytest.raises(MemoryRefused, match="Nothing was written") as refused:
                await provider.keep_forgotten([TABS.id, wrong], approval=APPROVAL)
            assert "8 to 64" in refused.value.fix
    assert log_of(remote) == []


async def test_a_text_that_no_file_holds_is_refused_by_its_id_and_nothing_else_is_written(
    remote: BareRepository,
) -> None:
    async with writing(remote) as provider:
        for text in ("x" * 70_000, "\n\n"):
            with pytest.raises(MemoryRefused, match=TABS.id) as refused:
                await provider.store_records([TESTS, replace(TABS, text=text)], approval=APPROVAL)
            assert refused.value.fix
    assert log_of(remote) == []


async def test_two_records_of_a_call_whose_files_would_have_one_name_have_a_file_each(remote: BareRepository) -> None:
    records = [replace(TABS, id="bar-12345678", text="Foo."), replace(TABS, id="12345678", text="Foo bar.")]
    async with writing(remote) as provider:
        await provider.store_records(records, approval=APPROVAL)
        assert [await provider.get_record(record.id) for record in records] == records


async def test_ids_are_forgotten_in_one_commit_that_says_how_many_and_again_in_none(remote: BareRepository) -> None:
    async with writing(remote) as provider:
        await provider.store_records([TABS], approval=Approval())
        for _ in range(2):
            await provider.keep_forgotten([TABS.id, TESTS.id], approval=Approval())
    assert files(remote).keys() == {"README.md", f"meta/forgotten/{TABS.id}.yml", f"meta/forgotten/{TESTS.id}.yml"}
    assert log(remote)[0] == f"Forget 2 facts\n\nForget {TABS.id}\nForget {TESTS.id}\n\n[skip ci]\n"
    assert len(log(remote)) == 2


async def test_what_a_person_deleted_is_not_stored_again_but_is_not_among_the_forgotten_ids(
    remote: BareRepository,
) -> None:
    async with writing(remote) as provider:
        await provider.store_records([TABS], approval=APPROVAL)
    remote.commit({TABS_PATH: None, "meta/forgotten/notes.txt": "x", "meta/forgotten/no id.yml": "x"})
    async with writing(remote) as provider:
        assert await provider.forgotten_ids() == frozenset()
        assert await provider.store_records([TABS], approval=APPROVAL) == BatchResult(taken_back=(TABS.id,))


def log_of(remote: BareRepository) -> list[str]:
    """The messages of the branch's commits; none where there is no branch."""
    return log(remote) if (remote.path / "refs" / "heads" / "memory").exists() else []
