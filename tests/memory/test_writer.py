"""The one door to writes: what passes through it, and what comes of it. On a real branch of a real repository."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from memory_agents.core.commands import LONGEST_FACT
from memory_agents.core.outcomes import AlreadyKnown, Forgotten, Outcome, Refused, Remembered
from memory_agents.core.records import Approval, Record
from memory_agents.core.sanitizer import redact
from memory_agents.errors import MemoryTimeout
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.memory.writer import MemoryWriter
from tests import builders
from tests.repositories import BareRepository

_T = TypeVar("_T")

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BY = Approval(by="mona", by_id=1, permission="write", url="https://github.com/octo/hello/issues/1")
SECRET = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


def fact(text: str, number: int = 1) -> Record:
    return replace(builders.record(f"f0123456789ab-{number:08d}", text=text), created_at=NOW)


def write(remote: BareRepository, work: Callable[[MemoryWriter], Awaitable[_T]], **options: object) -> _T:
    """Do it with a writer of its own, as each run has one."""

    async def done() -> _T:
        provider = GitBranchProvider(Remote(str(remote.path)), "memory", state=remote.path.parent / "state")
        try:
            return await work(MemoryWriter(provider, redact=redact, now=lambda: NOW, **options))  # type: ignore[arg-type]
        finally:
            await provider.close()

    return asyncio.run(done())


def remember(remote: BareRepository, *facts: Record, **options: object) -> tuple[Outcome, ...]:
    return write(remote, lambda writer: writer.remember(facts, approval=BY), **options)


def held(remote: BareRepository) -> frozenset[str]:
    return write(remote, lambda writer: writer.ids())


def test_text_title_and_paths_are_stored_without_secrets(remote: BareRepository) -> None:
    told = replace(fact(f"Use {SECRET} here."), title=f"Key {SECRET}", paths=(f"src/{SECRET}/**",))
    [done] = remember(remote, told)
    assert isinstance(done, Remembered)
    assert done.redacted == ("github-token",)
    shown = remote._git("log", "--all", "-p", "--format=%B")
    assert SECRET not in shown
    assert shown.count("[REDACTED:github-token]") == 3


def test_a_fact_of_nothing_but_a_secret_is_refused(remote: BareRepository) -> None:
    assert isinstance(remember(remote, fact(f" {SECRET}."))[0], Refused)
    assert held(remote) == frozenset()


def test_a_fact_that_is_too_long_is_refused_and_never_cut(remote: BareRepository) -> None:
    assert isinstance(remember(remote, fact("x" * (LONGEST_FACT + 1)))[0], Refused)
    assert isinstance(remember(remote, fact("word " * (LONGEST_FACT // 5)))[0], Remembered)


def test_a_fact_that_has_expired_already_is_refused(remote: BareRepository) -> None:
    assert isinstance(remember(remote, replace(fact("X"), expires_at=NOW))[0], Refused)
    assert isinstance(remember(remote, replace(fact("X"), expires_at=NOW + timedelta(1)))[0], Remembered)


def test_of_two_that_say_the_same_in_one_stroke_the_first_is_kept(remote: BareRepository) -> None:
    first, second = remember(remote, fact("Use tabs.", 1), fact("use  tabs", 2))
    assert isinstance(first, Remembered)
    assert second == AlreadyKnown(record=first.record)


def test_the_same_for_other_files_is_another_fact(remote: BareRepository) -> None:
    remember(remote, fact("Use tabs.", 1))
    assert isinstance(remember(remote, replace(fact("Use tabs.", 2), paths=("docs/**",)))[0], Remembered)


def test_the_fact_that_is_replaced_is_not_told_as_being_on_the_same_matter(remote: BareRepository) -> None:
    remember(remote, fact("Times are stored as UTC.", 1), fact("Times are stored as strings.", 2))
    [done] = remember(remote, replace(fact("Times are stored as TAI.", 3), replaces="f0123456789ab-00000001"))
    assert isinstance(done, Remembered)
    assert [match.record.id for match in done.related] == ["f0123456789ab-00000002"]
    assert held(remote) == {"f0123456789ab-00000002", "f0123456789ab-00000003"}


def test_a_past_issue_can_be_neither_replaced_nor_forgotten(remote: BareRepository) -> None:
    remote.commit({"reviews/issues/212.md": '---\nid: "past-one-212"\nnumber: "212"\n---\n\nIt failed.\n'})
    assert isinstance(remember(remote, replace(fact("X"), replaces="past-one-212"))[0], Refused)
    forgotten = write(remote, lambda writer: writer.forget(["past-one-212"], approval=BY))
    assert forgotten == (Forgotten(id="past-one-212", how="unknown"),)


def test_a_dry_run_tells_the_same_and_writes_nothing(remote: BareRepository) -> None:
    [told] = remember(remote, fact("Use tabs."), dry_run=True)
    assert held(remote) == frozenset()
    assert remember(remote, fact("Use tabs."))[0] == told


def test_pruning_takes_what_has_expired_and_lets_it_be_said_again_for_longer(remote: BareRepository) -> None:
    remote.commit(
        {
            "codebase/patterns/old.md": '---\nid: "old-one-1"\nexpires_at: "2026-02-28"\n---\n\nOld.\n',
            "codebase/patterns/new.md": '---\nid: "new-one-1"\nexpires_at: "2026-03-02"\n---\n\nNew.\n',
        }
    )
    assert write(remote, lambda writer: writer.prune()) == (Forgotten(id="old-one-1", how="withdrawn"),)
    assert held(remote) == {"new-one-1"}
    assert "meta/" not in remote._git("ls-tree", "-r", "--name-only", "refs/heads/memory")


def test_it_gives_up_at_its_deadline(remote: BareRepository) -> None:
    with pytest.raises(MemoryTimeout, match="longer than"):
        remember(remote, fact("Use tabs."), deadline=0.0001)
