"""Whoever copies a memory may be killed at any moment: run again, nothing is lost and nothing is there twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from memory_agents.core.backup import Entry
from memory_agents.operations.copying import AT_ONCE, everything
from memory_agents.testing.conformance.samples import APPROVAL, fact, facts
from tests import offline
from tests.memory.providers.writing import git, hook
from tests.operations.copier import FILE, SOURCE, TARGET, branch
from tests.repositories import BareRepository

COUNT = AT_ONCE + 50
ALL: set[Entry] = {*facts(COUNT), fact(COUNT + 1).id, (3, 7)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two memories on branches: one is full, the other empty."""

    async def fill() -> None:
        async with branch(tmp_path, SOURCE) as source:
            await source.store_records(facts(COUNT + 1), approval=APPROVAL)
            await source.delete_records([fact(COUNT + 1).id], approval=APPROVAL)
            await source.set_apart([(3, 7)], approval=APPROVAL)

    for name in (SOURCE, TARGET):
        BareRepository(tmp_path / f"{name}.git")
    asyncio.run(fill())
    return tmp_path


@contextmanager
def running(what: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.operations.copier", what, str(folder)]
    with subprocess.Popen(
        command, cwd=offline.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run_to_its_end(what: str, folder: Path) -> None:
    with running(what, folder) as process:
        process.communicate("\n" * 100, timeout=50)
        assert process.returncode == 0


def kill_in_the_middle(what: str, folder: Path) -> None:
    with running(what, folder) as process:
        assert process.stdout is not None
        assert 0 < int(process.stdout.readline()) < COUNT
        process.kill()


def of(folder: Path, name: str) -> set[Entry]:
    async def read() -> set[Entry]:
        async with branch(folder, name) as provider:
            return {entry async for some in everything(provider) for entry in some}

    return asyncio.run(read())


def files(folder: Path) -> int:
    """How many facts stand on the branch of the target: a memory would hide one that is there twice."""
    names = git(folder / f"{TARGET}.git", "ls-tree", "-r", "--name-only", "memory").splitlines()
    return sum("/" in name and not name.startswith("meta/") for name in names)


def test_a_move_that_is_killed_goes_on_where_it_was(folder: Path) -> None:
    kill_in_the_middle("move", folder)
    assert of(folder, TARGET) < ALL
    run_to_its_end("move", folder)
    assert of(folder, TARGET) == of(folder, SOURCE) == ALL
    assert files(folder) == COUNT


def test_a_backup_that_is_killed_leaves_nothing_and_a_restore_that_is_killed_goes_on(folder: Path) -> None:
    before = set(folder.iterdir())
    kill_in_the_middle("backup", folder)
    assert set(folder.iterdir()) == before
    run_to_its_end("backup", folder)
    assert set(folder.iterdir()) - before == {folder / FILE}
    kill_in_the_middle("restore", folder)
    assert of(folder, TARGET) < ALL
    run_to_its_end("restore", folder)
    assert of(folder, TARGET) == ALL
    assert files(folder) == COUNT


def test_a_move_that_is_killed_before_it_hears_that_a_write_was_made_does_not_make_it_again(folder: Path) -> None:
    remote = BareRepository(folder / f"{TARGET}.git")  # which is there: no more is made
    made = folder / "made"
    hook(remote, "post-receive", f"touch '{made}'; sleep 2")
    with running("move", folder) as process:
        while not made.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    (remote.path / "hooks" / "post-receive").unlink()
    run_to_its_end("move", folder)
    assert of(folder, TARGET) == ALL
    assert files(folder) == COUNT
