"""The default provider on real repositories: what the branch holds is what is recalled."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from memory_agents.core.records import ProviderInfo, Query
from memory_agents.errors import MemoryMissing
from memory_agents.memory.git import Remote
from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.git_branch import GitBranchProvider
from tests.repositories import SUBMODULE, SYMLINK, BareRepository, fact

TABS = {"codebase/conventions/tabs.md": fact("Indent with tabs.", "aaaaaaaa")}
TESTS = {"testing/patterns/tests.md": fact("Tests are written with pytest.", "bbbbbbbb")}


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


@asynccontextmanager
async def reading(remote: BareRepository, branch: str = "memory") -> AsyncIterator[GitBranchProvider]:
    """A new process's provider; the state folder is the one of the process before."""
    provider = GitBranchProvider(Remote(str(remote.path)), branch, state=remote.path.parent / "state")
    try:
        yield provider
    finally:
        await provider.close()


async def texts(remote: BareRepository) -> dict[str, str]:
    async with reading(remote) as provider:
        return {record.id: record.text for record in await provider.list_records()}


async def info(remote: BareRepository) -> ProviderInfo:
    async with reading(remote) as provider:
        return await provider.get_info()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files that are read from now on."""
    paths: list[str] = []
    parse = fact_file.parse

    def noting(path: str, content: bytes) -> object:
        paths.append(path)
        return parse(path, content)

    monkeypatch.setattr(fact_file, "parse", noting)
    return paths


async def test_the_facts_of_the_branch_are_listed_found_and_shown(remote: BareRepository) -> None:
    commit = remote.commit(TABS | TESTS)
    async with reading(remote) as provider:
        assert {record.id for record in await provider.list_records()} == {"aaaaaaaa", "bbbbbbbb"}
        found = await provider.search_records(Query(title="pytest tests"), namespaces=("*",), top_k=5)
        assert found[0].record.id == "bbbbbbbb"
        assert 0 < found[0].score <= 1
        shown = await provider.get_record("aaaaaaaa")
        assert shown is not None
        assert (shown.text, shown.namespace) == ("Indent with tabs.", "codebase/conventions")
        assert await provider.get_record("cccccccc") is None
        told = await provider.get_info()
        assert (told.provider, told.records, told.version, told.notices) == ("git", 2, commit, ())
        assert (await provider.health_check()).ok


async def test_only_the_namespaces_that_are_asked_for_answer(remote: BareRepository) -> None:
    remote.commit(TABS | TESTS)
    async with reading(remote) as provider:
        listed = await provider.list_records(namespaces=("testing/*",))
        assert [record.id for record in listed] == ["bbbbbbbb"]
        assert await provider.search_records(Query(title="tabs"), namespaces=("testing/*",), top_k=5) == []


async def test_only_files_that_changed_are_read_again(remote: BareRepository, parsed: list[str]) -> None:
    remote.commit(TABS | TESTS)
    await texts(remote)
    assert sorted(parsed) == [*TABS, *TESTS]
    parsed.clear()
    await texts(remote)
    assert parsed == []
    remote.commit({"codebase/conventions/tabs.md": fact("Indent with spaces.", "aaaaaaaa")})
    assert (await texts(remote))["aaaaaaaa"] == "Indent with spaces."
    assert parsed == [*TABS]


async def test_a_file_that_was_deleted_is_forgotten(remote: BareRepository) -> None:
    remote.commit(TABS | TESTS)
    await texts(remote)
    remote.commit({"codebase/conventions/tabs.md": None})
    assert set(await texts(remote)) == {"bbbbbbbb"}


async def test_a_file_that_moves_takes_its_new_namespace(remote: BareRepository) -> None:
    remote.commit(TABS)
    await texts(remote)
    remote.commit({"codebase/conventions/tabs.md": None, "own/place/tabs.md": TABS["codebase/conventions/tabs.md"]})
    async with reading(remote) as provider:
        assert [record.namespace for record in await provider.list_records()] == ["own/place"]


async def test_a_branch_whose_history_was_thrown_away_is_read_as_it_is_now(remote: BareRepository) -> None:
    remote.commit(TABS)
    await texts(remote)
    remote.commit(TESTS, anew=True)
    assert set(await texts(remote)) == {"bbbbbbbb"}


async def test_a_branch_that_is_not_there_is_memory_that_is_still_empty(remote: BareRepository) -> None:
    remote.commit({"README.md": "x"}, branch="main")
    told = await info(remote)
    assert (told.records, told.version, told.is_new, told.notices) == (0, "", True, ())
    async with reading(remote) as provider:
        assert (await provider.health_check()).detail.startswith("There is no branch memory of")


async def test_a_repository_without_any_commit_is_empty_too(remote: BareRepository) -> None:
    assert await texts(remote) == {}


async def test_a_branch_that_was_deleted_takes_its_facts_along(remote: BareRepository) -> None:
    remote.commit(TABS)
    await texts(remote)
    remote.delete()
    assert await texts(remote) == {}
    remote.commit(TESTS)
    assert set(await texts(remote)) == {"bbbbbbbb"}


async def test_what_is_no_fact_is_none(remote: BareRepository) -> None:
    commit = remote.commit({"x": "y"}, branch="main")
    files = {
        "README.md": "How to use this branch.",
        "meta/pairs.md": "not a duplicate",
        "codebase/notes.txt": "text",
        "codebase/conventions/link.md": "../../README.md",
        "codebase/conventions/module.md": commit,
    }
    remote.commit(
        TABS | files, modes={"codebase/conventions/link.md": SYMLINK, "codebase/conventions/module.md": SUBMODULE}
    )
    assert set(await texts(remote)) == {"aaaaaaaa"}
    assert (await info(remote)).notices == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x" * (fact_file.MAX_BYTES + 1), "bytes; at most"),
        ("---\nid: [\n---\nTabs.\n", ".md:3: "),
        (b"\xff\xfe", "UTF-8"),
        ("", "no text"),
    ],
    ids=["huge", "broken", "binary", "empty"],
)
async def test_a_file_that_cannot_be_read_is_skipped_by_name_in_every_run(
    content: str | bytes, told: str, remote: BareRepository
) -> None:
    remote.commit(TABS | {"codebase/conventions/bad.md": content})
    for _ in range(2):  # the index of the first run knows the file
        told_of = (await info(remote)).notices
        assert [notice.partial for notice in told_of] == [True]
        assert "codebase/conventions/bad.md" in told_of[0].text
        assert told in told_of[0].text
        assert told_of[0].fix
        assert set(await texts(remote)) == {"aaaaaaaa"}


async def test_of_two_files_with_one_id_one_is_recalled_and_the_other_named(remote: BareRepository) -> None:
    remote.commit(TABS | {"codebase/patterns/tabs.md": fact("Something else.", "aaaaaaaa")})
    for _ in range(2):
        told = await info(remote)
        assert told.records == 1
        assert [notice.fix for notice in told.notices] == ["give it another `id`, or none"]


async def test_names_of_files_may_be_any_text(remote: BareRepository) -> None:
    remote.commit({"codebase/conventions/tabs und größe 'x' $(id).md": fact("Tabs.", "aaaaaaaa")})
    assert await texts(remote) == {"aaaaaaaa": "Tabs."}


async def test_without_the_remote_an_earlier_copy_is_used_and_that_is_said(remote: BareRepository) -> None:
    remote.commit(TABS)
    await texts(remote)
    remote.path.rename(remote.path.with_name("gone"))
    told = await info(remote)
    assert told.records == 1
    assert [notice.partial for notice in told.notices] == [True]
    assert "What an earlier run brought is used." in told.notices[0].text


async def test_without_the_remote_and_a_copy_memory_is_unreachable_and_the_input_is_named(tmp_path: Path) -> None:
    provider = GitBranchProvider(Remote(str(tmp_path / "none.git")), "memory", state=tmp_path / "state")
    with pytest.raises(MemoryMissing, match="`memory-remote`"):
        await provider.list_records()
    health = await provider.health_check()
    assert not health.ok
    assert "`memory-remote`" in health.fix
    await provider.close()


async def test_an_index_that_is_damaged_is_made_anew(remote: BareRepository) -> None:
    remote.commit(TABS)
    await texts(remote)
    for index in (remote.path.parent / "state").glob("*/facts.sqlite3"):
        index.write_bytes(b"not a database" * 100)
    assert set(await texts(remote)) == {"aaaaaaaa"}


async def test_branches_and_remotes_do_not_mix_in_one_state_folder(remote: BareRepository) -> None:
    remote.commit(TABS)
    remote.commit(TESTS, branch="other")
    async with reading(remote) as one, reading(remote, "other") as two:
        assert [record.id for record in await one.list_records()] == ["aaaaaaaa"]
        assert [record.id for record in await two.list_records()] == ["bbbbbbbb"]


async def test_questions_asked_at_once_fetch_once(remote: BareRepository, parsed: list[str]) -> None:
    remote.commit(TABS)
    async with reading(remote) as provider:
        await asyncio.gather(*(provider.list_records() for _ in range(5)))
    assert parsed == [*TABS]


async def test_nothing_is_made_before_the_first_question(remote: BareRepository) -> None:
    async with reading(remote):
        pass
    assert not (remote.path.parent / "state").exists()


PROCESS = """
import asyncio, sys
from pathlib import Path
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider

async def main() -> None:
    provider = GitBranchProvider(Remote(sys.argv[1]), "memory", state=Path(sys.argv[2]))
    print(len(await provider.list_records(limit=1000)), (await provider.get_info()).notices)
    await provider.close()

asyncio.run(main())
"""


def test_two_processes_at_once_may_share_a_state_folder(remote: BareRepository) -> None:
    remote.commit({f"codebase/conventions/f{n}.md": fact(f"Fact {n}.", f"aaaaa{n:03}") for n in range(200)})
    command = [sys.executable, "-c", PROCESS, str(remote.path), str(remote.path.parent / "state")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=30) for process in running] == [("200 ()\n", "")] * 2
