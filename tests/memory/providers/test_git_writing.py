"""Facts are written to the branch as files, one commit a call, and what a person did there stands."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from memory_agents.core.records import Approval, BatchResult, Query
from memory_agents.errors import MemoryFailure
from memory_agents.memory.git import Remote
from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.branch_readme import README
from tests.memory.providers.writing import (
    APPROVAL,
    TABS,
    TABS_PATH,
    TESTS,
    TESTS_PATH,
    URL,
    files,
    git,
    log,
    writing,
)
from tests.repositories import BareRepository, fact


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


async def store(remote: BareRepository, *records: object, **more: object) -> BatchResult:
    async with writing(remote) as provider:
        return await provider.store_records(records, approval=APPROVAL, **more)  # type: ignore[arg-type]


async def forget(remote: BareRepository, *ids: str) -> BatchResult:
    async with writing(remote) as provider:
        return await provider.delete_records(ids, approval=APPROVAL)


async def test_the_first_fact_makes_the_branch_with_a_readme_and_no_history_of_the_code(remote: BareRepository) -> None:
    remote.commit({"main.py": "x"}, branch="main")
    assert await store(remote, TABS, TESTS) == BatchResult(stored=(TABS.id, TESTS.id))
    held = files(remote)
    assert held == {
        "README.md": README,
        TABS_PATH: fact_file.serialise(TABS).decode(),
        TESTS_PATH: fact_file.serialise(TESTS).decode(),
    }
    assert git(remote.path, "rev-list", "--count", "memory").strip() == "1"


async def test_the_first_fact_may_be_the_first_commit_of_the_repository(remote: BareRepository) -> None:
    assert (await store(remote, TABS)).stored == (TABS.id,)
    assert TABS_PATH in files(remote)


async def test_a_branch_that_a_person_made_gets_no_readme(remote: BareRepository) -> None:
    remote.commit({"own/a.md": "A."})
    await store(remote, TABS)
    assert files(remote).keys() == {"own/a.md", TABS_PATH}


async def test_what_was_written_is_read_by_the_same_provider_at_once(remote: BareRepository) -> None:
    async with writing(remote) as provider:
        assert await provider.list_records() == []
        await provider.store_records([TABS], approval=APPROVAL)
        assert await provider.list_records() == [TABS]
        assert (await provider.search_records(Query(title="tabs"), namespaces=("*",), top_k=1))[0].record == TABS
        assert (await provider.get_info()).version == git(remote.path, "rev-parse", "memory").strip()
        await provider.delete_records([TABS.id], approval=APPROVAL)
        assert await provider.get_record(TABS.id) is None


async def test_a_commit_says_which_ids_it_is_about_and_who_approved_but_never_what_a_fact_says(
    remote: BareRepository,
) -> None:
    await store(remote, TABS)
    await store(remote, replace(TABS, text="Spaces."), TESTS, update=[TABS.id], removing=["f-none-0"])
    await forget(remote, TABS.id)
    end = f"\n\nSource: {URL}\nApproved-by: mona (id 7, write)\n\n[skip ci]\n"
    update, new = f"Update {TABS.id} in codebase/conventions", f"Remember {TESTS.id} in testing/patterns"
    assert log(remote)[::-1] == [
        f"Remember {TABS.id} in codebase/conventions{end}",
        f"Remember 2 facts\n\n{update}\n{new}{end}",
        f"Forget {TABS.id}{end}",
    ]
    assert git(remote.path, "log", "--format=%an %ae %cn", "-1", "memory") == (
        "memory-agents memory-agents@users.noreply.github.com memory-agents\n"
    )


@pytest.mark.parametrize("hostile", ["x\nFixes #1", "@octo-org/everyone", "a (id 1, admin)", "\x1b[31m", "a <b@c>"])
async def test_no_login_or_address_says_more_than_a_name_in_a_commit(remote: BareRepository, hostile: str) -> None:
    approval = Approval(by=hostile, by_id=7, permission=hostile, url=f"https://x.example/ {hostile}")
    async with writing(remote) as provider:
        await provider.store_records([TABS], approval=approval)
        await provider.delete_records([TABS.id], approval=approval)
    assert log(remote)[0] == f"Forget {TABS.id}\n\nApproved-by: unknown (id 7)\n\n[skip ci]\n"
    assert files(remote)[f"meta/forgotten/{TABS.id}.yml"].count("\n") == 3


async def test_on_the_command_line_the_commit_is_the_users_own(
    remote: BareRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".gitconfig").write_text('[user]\n\tname = "Mona <script>"\n\temail = mona@example.com\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    async with writing(Remote(str(remote.path), as_user=True), state=tmp_path / "s") as provider:
        await provider.store_records([TABS], approval=Approval())
    assert git(remote.path, "log", "--format=%an %ae|%B", "memory") == (
        f"Mona  script mona@example.com|Remember {TABS.id} in codebase/conventions\n\n[skip ci]\n\n"
    )


async def test_a_known_fact_is_left_as_a_person_edited_it_and_nothing_is_committed(remote: BareRepository) -> None:
    await store(remote, TABS)
    head = remote.commit({TABS_PATH: fact("Edited by hand.", TABS.id)})
    assert await store(remote, TABS) == BatchResult(unchanged=(TABS.id,))
    assert git(remote.path, "rev-parse", "memory").strip() == head


@pytest.mark.parametrize("content", ["---\nid: [broken\n---\nTabs.\n", "Tabs, and no front matter.\n", "\0" * 70_000])
async def test_a_file_that_a_person_broke_is_still_known_by_its_name(remote: BareRepository, content: str) -> None:
    await store(remote, TABS)
    remote.commit({TABS_PATH: content})
    assert await store(remote, TABS) == BatchResult(unchanged=(TABS.id,))
    assert await forget(remote, TABS.id) == BatchResult(removed=(TABS.id,))
    assert TABS_PATH not in files(remote)


async def test_a_fact_is_found_wherever_a_person_moved_it(remote: BareRepository) -> None:
    await store(remote, TABS)
    remote.commit({TABS_PATH: None, 'own/größe \\ "x"\t.md': fact_file.serialise(TABS)})
    assert await store(remote, TABS) == BatchResult(unchanged=(TABS.id,))
    assert await forget(remote, TABS.id) == BatchResult(removed=(TABS.id,))
    assert files(remote).keys() == {"README.md", f"meta/forgotten/{TABS.id}.yml"}


async def test_stated_anew_a_fact_keeps_the_place_that_a_person_gave_it(remote: BareRepository) -> None:
    await store(remote, TABS)
    remote.commit({TABS_PATH: None, "own/tabs.md": fact_file.serialise(TABS)})
    anew = replace(TABS, text="Indent with spaces.")
    for _ in range(2):
        assert (await store(remote, anew, update=[TABS.id])) in (
            BatchResult(stored=(TABS.id,)),
            BatchResult(unchanged=(TABS.id,)),
        )
    assert files(remote).keys() == {"README.md", "own/tabs.md"}
    assert "spaces" in files(remote)["own/tabs.md"]
    assert len(log(remote)) == 3


async def test_stated_anew_for_another_namespace_a_fact_moves_there(remote: BareRepository) -> None:
    await store(remote, TABS)
    assert (await store(remote, replace(TABS, namespace="own"), update=[TABS.id])).stored == (TABS.id,)
    assert files(remote).keys() == {"README.md", "own/indent-with-tabs-f0123456789ab-1.md"}


async def test_copies_that_a_person_made_are_forgotten_with_the_fact(remote: BareRepository) -> None:
    await store(remote, TABS)
    remote.commit({"own/copy.md": fact_file.serialise(TABS), "zoo/copy.md": fact_file.serialise(TABS)})
    await forget(remote, TABS.id)
    assert files(remote).keys() == {"README.md", f"meta/forgotten/{TABS.id}.yml"}


async def test_a_file_of_a_person_is_never_overwritten_by_one_of_the_same_name(remote: BareRepository) -> None:
    remote.commit({TABS_PATH: fact("Mine.", "another-id-of-mine")})
    assert (await store(remote, TABS, update=[TABS.id])).stored == (TABS.id,)
    held = files(remote)
    assert "Mine." in held[TABS_PATH]
    assert held["codebase/conventions/2-indent-with-tabs-f0123456789ab-1.md"] == fact_file.serialise(TABS).decode()
    assert (await forget(remote, TABS.id)).removed == (TABS.id,)
    assert files(remote).keys() == {TABS_PATH, f"meta/forgotten/{TABS.id}.yml"}


async def test_a_file_where_a_folder_should_be_is_named_and_left(remote: BareRepository) -> None:
    remote.commit({"codebase": "a file"})
    with pytest.raises(MemoryFailure, match=r"Nothing was written: `codebase` .* Fix: rename"):
        await store(remote, TABS)
    assert files(remote) == {"codebase": "a file"}


async def test_what_no_file_can_hold_is_refused_and_the_rest_with_it(remote: BareRepository) -> None:
    with pytest.raises(MemoryFailure, match=rf"Nothing was written: '{TABS.id}' cannot .* it has no text"):
        await store(remote, TESTS, replace(TABS, text=" "))
    with pytest.raises(MemoryFailure, match="`id` is not"):
        await store(remote, replace(TABS, id="../../x"))
    assert git(remote.path, "for-each-ref") == ""


async def test_what_was_forgotten_does_not_come_back(remote: BareRepository) -> None:
    await store(remote, TABS)
    assert await forget(remote, TABS.id, "f-never-there", "../x") == BatchResult(
        removed=(TABS.id,), missing=("f-never-there", "../x")
    )
    for update in ((), (TABS.id,)):
        assert await store(remote, TABS, TESTS, update=update) == BatchResult(
            **({"stored": (TESTS.id,)} if not update else {"unchanged": (TESTS.id,)}), taken_back=(TABS.id,)
        )
    assert await forget(remote, TABS.id) == BatchResult(missing=(TABS.id,))
    assert files(remote).keys() == {"README.md", TESTS_PATH, f"meta/forgotten/{TABS.id}.yml"}
    assert files(remote)[f"meta/forgotten/{TABS.id}.yml"] == (
        f'by: "mona"\nby_id: "7"\npermission: "write"\nsource: "{URL}"\n'
    )


async def test_what_was_forgotten_is_just_there_where_a_person_adds_it_again(remote: BareRepository) -> None:
    await store(remote, TABS)
    await forget(remote, TABS.id)
    remote.commit({"own/again.md": fact("Tabs again.", TABS.id)})
    assert await store(remote, TABS) == BatchResult(unchanged=(TABS.id,))
    assert (await store(remote, TABS, update=[TABS.id])).stored == (TABS.id,)
    assert (await forget(remote, TABS.id)).removed == (TABS.id,)


@pytest.mark.parametrize("is_new_machine", [True, False])
async def test_what_a_person_deleted_is_not_stored_again_unless_it_is_stated_anew(
    remote: BareRepository, tmp_path: Path, *, is_new_machine: bool
) -> None:
    await store(remote, TABS)
    remote.commit({TABS_PATH: None})
    remote.commit({"own/later.md": "Later."})
    state = tmp_path / "new" if is_new_machine else None
    async with writing(remote, state=state) as provider:
        assert await provider.store_records([TABS, TESTS], approval=APPROVAL) == BatchResult(
            stored=(TESTS.id,), taken_back=(TABS.id,)
        )
        anew = await provider.store_records([TABS], approval=APPROVAL, update=[TABS.id])
        assert anew == BatchResult(stored=(TABS.id,))


async def test_what_a_person_deleted_can_be_forgotten_so_that_no_edit_brings_it_back(remote: BareRepository) -> None:
    await store(remote, TABS)
    remote.commit({TABS_PATH: None})
    assert await forget(remote, TABS.id) == BatchResult(removed=(TABS.id,))
    assert await store(remote, TABS, update=[TABS.id]) == BatchResult(taken_back=(TABS.id,))


async def test_a_superseded_fact_goes_in_the_same_commit_and_stays_quiet(remote: BareRepository) -> None:
    await store(remote, TABS)
    new = replace(TESTS, replaces=TABS.id)
    assert await store(remote, new, removing=[TABS.id, "f-none-0"]) == BatchResult(
        stored=(new.id,), removed=(TABS.id,), missing=("f-none-0",)
    )
    assert files(remote).keys() == {"README.md", TESTS_PATH}
    assert len(log(remote)) == 2
    assert await store(remote, TABS) == BatchResult(taken_back=(TABS.id,))
    assert await store(remote, new, removing=[TABS.id]) == BatchResult(unchanged=(new.id,), missing=(TABS.id,))


async def test_a_fact_whose_successor_was_taken_back_stays(remote: BareRepository) -> None:
    await store(remote, TABS, TESTS)
    await forget(remote, TESTS.id)
    new = replace(TESTS, replaces=TABS.id)
    assert await store(remote, new, removing=[TABS.id]) == BatchResult(taken_back=(new.id,))
    assert TABS_PATH in files(remote)


async def test_facts_are_removed_without_a_new_one(remote: BareRepository) -> None:
    await store(remote, TABS, TESTS)
    assert await store(remote, removing=[TABS.id]) == BatchResult(removed=(TABS.id,))
    assert log(remote)[0].startswith(f"Remove {TABS.id}\n")


async def test_pairs_that_are_no_duplicates_are_kept_once(remote: BareRepository) -> None:
    async with writing(remote) as provider:
        assert await provider.pairs_apart() == frozenset()
        await provider.set_apart([(34, 12), (12, 34), (5, 5), (0, 3), (12, 7)], approval=APPROVAL)
        assert await provider.pairs_apart() == {(12, 34), (7, 12)}
        await provider.set_apart([(12, 34)], approval=APPROVAL)
    assert len(log(remote)) == 1
    assert "#" not in log(remote)[0].replace(URL, "")
    assert files(remote).keys() == {"README.md", "meta/not-duplicates/12-34.yml", "meta/not-duplicates/7-12.yml"}


async def test_the_branch_is_made_once(remote: BareRepository) -> None:
    for expected in (True, False):
        async with writing(remote) as provider:
            assert await provider.ensure_branch(APPROVAL) is expected
    assert files(remote) == {"README.md": README}
    assert log(remote) == [f"Begin a memory\n\nSource: {URL}\nApproved-by: mona (id 7, write)\n\n[skip ci]\n"]


async def test_two_writes_at_once_in_one_process_both_stand(remote: BareRepository) -> None:
    async with writing(remote) as provider:
        done = await asyncio.gather(
            *(provider.store_records([record], approval=APPROVAL) for record in (TABS, TESTS)), provider.list_records()
        )
        assert done[:2] == [BatchResult(stored=(TABS.id,)), BatchResult(stored=(TESTS.id,))]
        assert len(await provider.list_records()) == 2


async def test_two_machines_see_what_the_other_wrote_before_they_say_that_nothing_is_to_be_done(
    remote: BareRepository, tmp_path: Path
) -> None:
    async with writing(remote, state=tmp_path / "a") as one, writing(remote, state=tmp_path / "b") as two:
        await one.store_records([TABS], approval=APPROVAL)
        assert await two.list_records() == [TABS]
        await one.delete_records([TABS.id], approval=APPROVAL)
        assert await two.store_records([TABS], approval=APPROVAL) == BatchResult(taken_back=(TABS.id,))
        assert await two.list_records() == []
        await one.store_records([TESTS], approval=APPROVAL)
        assert await two.delete_records([TESTS.id], approval=APPROVAL) == BatchResult(removed=(TESTS.id,))


async def test_a_branch_that_was_deleted_meanwhile_is_made_anew(remote: BareRepository) -> None:
    async with writing(remote) as provider:
        await provider.store_records([TABS], approval=APPROVAL)
        remote.delete()
        assert (await provider.store_records([TESTS], approval=APPROVAL)).stored == (TESTS.id,)
    assert files(remote).keys() == {"README.md", TESTS_PATH}


async def test_a_local_copy_that_was_damaged_is_made_anew_for_a_write(remote: BareRepository, tmp_path: Path) -> None:
    await store(remote, TABS)
    async with writing(remote) as provider:
        await provider.list_records()
        (head,) = (tmp_path / "state").glob("*/repository.git/HEAD")
        head.write_text("nonsense")
        assert (await provider.store_records([TESTS], approval=APPROVAL)).stored == (TESTS.id,)
        assert len(await provider.list_records()) == 2


async def test_a_file_that_a_person_made_another_fact_meanwhile_is_not_taken_for_the_old_one(
    remote: BareRepository,
) -> None:
    async with writing(remote) as provider:
        await provider.store_records([TABS], approval=APPROVAL)
        assert await provider.get_record(TABS.id) == TABS
        remote.commit({TABS_PATH: fact("Something else.", "another-id-of-mine")})
        done = await provider.store_records([TESTS], approval=APPROVAL, removing=[TABS.id])
        assert done == BatchResult(stored=(TESTS.id,), missing=(TABS.id,))
    assert "Something else." in files(remote)[TABS_PATH]
