"""Many write at once to one branch, people among them: everything is there once, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from memory_agents.core.records import Approval, Query
from memory_agents.memory.providers import branch_copy
from tests.memory.providers.writing import APPROVAL, TABS, TESTS, TESTS_PATH, git, hook, writing
from tests.repositories import BareRepository, fact

QUERY = Query(title="indent with tabs in tests of pytest", now=datetime(2026, 4, 1, tzinfo=UTC))
COMMIT = "git -c user.name=Pat -c user.email=pat@example.com"
PROCESS = """
import asyncio, sys, time
from pathlib import Path
from memory_agents.core.records import Approval, Record
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider

async def main(remote: str, state: str, who: int, count: int) -> None:
    provider = GitBranchProvider(Remote(remote), "memory", state=Path(state))
    for number in range(count):
        record = Record(id=f"f{who:06}{number:06}-1", namespace="codebase/patterns", text=f"{number} of {who}.")
        started = time.monotonic()
        done = await provider.store_records([record], approval=Approval())
        print(time.monotonic() - started)
        assert done.stored == (record.id,), done
        assert await provider.get_record(record.id) == record
    await provider.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


def race(remote: BareRepository, states: list[Path], count: int) -> list[subprocess.Popen[str]]:
    """Processes that write `count` facts each, one at a time."""
    return [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(remote.path), str(state), str(who), str(count)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for who, state in enumerate(states)
    ]


def seconds(processes: list[subprocess.Popen[str]]) -> list[float]:
    """How long each write took, ascending; nobody failed."""
    said = [process.communicate(timeout=150) for process in processes]
    assert [error for _, error in said] == [""] * len(said)
    assert [process.returncode for process in processes] == [0] * len(said)
    return sorted(float(line) for output, _ in said for line in output.split())


def edit_by_hand(remote: BareRepository, clone: Path) -> None:
    """What a person does: clone, add a file, and push until it works."""
    git(remote.path, "clone", "--quiet", "--branch=memory", str(remote.path), str(clone))
    (clone / "own").mkdir()
    (clone / "own" / "by-hand.md").write_text(fact("Written by hand."))
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message=By hand")
    while True:
        git(clone, "pull", "--quiet", "--rebase")
        try:
            git(clone, "push", "--quiet")
        except subprocess.CalledProcessError:
            continue
        break


@pytest.mark.timeout(180)
async def test_eight_machines_and_a_person_write_two_hundred_facts_at_once(
    remote: BareRepository, tmp_path: Path
) -> None:
    processes = race(remote, [tmp_path / f"state-{who}" for who in range(8)], 25)
    while not git(remote.path, "for-each-ref"):
        assert all(process.poll() is None for process in processes)
    edit_by_hand(remote, tmp_path / "clone")
    took = seconds(processes)
    print(f"200 writes of 8 processes: p50 {took[100]:.3f} s, max {took[-1]:.3f} s")  # noqa: T201 -- see it with -s
    names = git(remote.path, "ls-tree", "-r", "--name-only", "memory").split()
    ids = [name.rpartition(".")[0][-15:] for name in names if name.startswith("codebase/")]
    assert sorted(ids) == [f"f{who:06}{number:06}-1" for who in range(8) for number in range(25)]
    assert "own/by-hand.md" in names
    subjects = git(remote.path, "log", "--format=%s", "memory").splitlines()
    assert len(subjects) == 201
    assert subjects.count("By hand") == 1


@pytest.mark.timeout(120)
async def test_processes_that_share_a_state_folder_do_not_fail_for_each_others_locks(
    remote: BareRepository, tmp_path: Path
) -> None:
    seconds(race(remote, [tmp_path / "state"] * 5, 5))
    async with writing(remote, state=tmp_path / "state") as provider:
        assert len(await provider.list_records()) == 25


async def test_each_process_reads_its_own_commit_though_another_brings_the_shared_index_to_an_older_one(
    remote: BareRepository, tmp_path: Path
) -> None:
    async with writing(remote) as ahead, writing(remote) as behind:
        await ahead.store_records([TABS], approval=APPROVAL)
        await behind.list_records()
        await ahead.store_records([TESTS], approval=APPROVAL)
        assert await ahead.get_record(TESTS.id) == TESTS
        assert await behind.get_record(TESTS.id) is None
        assert await ahead.get_record(TESTS.id) == TESTS
        assert (await behind.get_info()).records == 1
        assert len(await ahead.search_records(QUERY, namespaces=("*",), top_k=5)) == 2


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """All commits are of one second: then the same change on the same commit is the same commit."""
    monkeypatch.setattr(branch_copy, "time", SimpleNamespace(time=lambda: 1_780_000_000.0, monotonic=time.monotonic))


@pytest.mark.usefixtures("one_second")
async def test_a_lost_race_is_decided_anew_from_what_the_winner_wrote(remote: BareRepository, tmp_path: Path) -> None:
    async with writing(remote, state=tmp_path / "a") as one, writing(remote, state=tmp_path / "b") as two:
        await one.store_records([TABS], approval=APPROVAL)
        await two.list_records()
        await one.store_records([TESTS], approval=APPROVAL)
        await one.delete_records([TABS.id], approval=APPROVAL)
        done = await two.store_records([TABS, TESTS], approval=APPROVAL, update=[TABS.id])
        assert (done.taken_back, done.unchanged, done.stored) == ((TABS.id,), (TESTS.id,), ())


@pytest.mark.usefixtures("one_second")
async def test_a_commit_that_somebody_else_made_just_so_and_others_undid_does_not_count_as_the_write(
    remote: BareRepository, tmp_path: Path
) -> None:
    async with writing(remote, state=tmp_path / "a") as one, writing(remote, state=tmp_path / "b") as two:
        await one.store_records([TABS], approval=APPROVAL)
        await two.list_records()
        await one.store_records([TESTS], approval=APPROVAL)  # the very commit that the other will make
        remote.commit({TESTS_PATH: None})
        more = f"git update-ref refs/heads/memory $({COMMIT} commit-tree -p memory -m more memory^{{tree}})"
        hook(remote, "pre-receive", f'rm "$0"; unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY; {more}')
        done = await two.store_records([TESTS], approval=APPROVAL, update=[TESTS.id])
        assert done.stored == (TESTS.id,)
    assert git(remote.path, "log", "--format=%s", "memory").splitlines()[1] == "more"
    assert TESTS_PATH in git(remote.path, "ls-tree", "-r", "--name-only", "memory")


async def test_a_remote_that_is_locked_for_a_moment_is_waited_for(remote: BareRepository) -> None:
    remote.commit({"own/a.md": "A."})
    lock = remote.path / "refs" / "heads" / "memory.lock"
    lock.touch()
    hook(remote, "pre-receive", f"[ -e {remote.path}/once ] && rm -f {lock}; touch {remote.path}/once; exit 0")
    async with writing(remote) as provider:
        assert (await provider.store_records([TABS], approval=Approval())).stored == (TABS.id,)


async def test_a_lock_that_a_killed_process_left_behind_stops_nobody(remote: BareRepository, tmp_path: Path) -> None:
    async with writing(remote) as provider:
        await provider.store_records([TABS], approval=APPROVAL)
    (copy,) = (tmp_path / "state").glob("*/repository.git")
    (copy / "refs" / "memory-agents" / "writing.lock").touch()
    async with writing(remote) as provider:
        assert (await provider.store_records([TESTS], approval=APPROVAL)).stored == (TESTS.id,)
        assert len(await provider.list_records()) == 2
