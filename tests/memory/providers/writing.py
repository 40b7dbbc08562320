"""What the tests of writing share: facts, who approves them, and a look at what the branch then holds."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from memory_agents.core.records import Approval, Record, Source
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider
from tests.repositories import BareRepository

URL = "https://github.com/octo/hello/issues/1#issuecomment-2"
APPROVAL = Approval(by="mona", by_id=7, permission="write", url=URL)
TABS = Record(
    id="f0123456789ab-1",
    namespace="codebase/conventions",
    text="Indent with tabs.",
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
    source=Source(url=URL, author="mona", author_id=7, permission="write"),
)
TABS_PATH = "codebase/conventions/indent-with-tabs-f0123456789ab-1.md"
TESTS = replace(TABS, id="f0123456789ab-2", namespace="testing/patterns", text="Tests use pytest.")
TESTS_PATH = "testing/patterns/tests-use-pytest-f0123456789ab-2.md"


@asynccontextmanager
async def writing(
    remote: BareRepository | Remote, *, state: Path | None = None, seconds: float = 30
) -> AsyncIterator[GitBranchProvider]:
    """A new process's provider; its state folder is that of the process before, or `state`."""
    if isinstance(remote, BareRepository):
        state = state or remote.path.parent / "state"
        remote = Remote(str(remote.path))
    assert state is not None
    provider = GitBranchProvider(remote, "memory", state=state, write_seconds=seconds)
    try:
        yield provider
    finally:
        await provider.close()


def git(folder: Path, *args: str, environment: Mapping[str, str] | None = None) -> str:
    who = ("-c", "user.name=Pat", "-c", "user.email=pat@example.com")
    done = subprocess.run(["git", "-C", str(folder), *who, *args], capture_output=True, check=True, env=environment)
    return done.stdout.decode("utf-8", "surrogateescape")


def files(remote: BareRepository, revision: str = "memory") -> dict[str, str]:
    """Path → text of all that the branch holds."""
    names = git(remote.path, "ls-tree", "-r", "-z", "--name-only", revision).split("\0")[:-1]
    return {name: git(remote.path, "show", f"{revision}:{name}") for name in names}


def log(remote: BareRepository) -> list[str]:
    """The messages of the branch's commits, newest first."""
    return git(remote.path, "log", "-z", "--format=%B", "memory").split("\0")[:-1]


def hook(remote: BareRepository, name: str, script: str) -> None:
    """Make the repository run a script when it is pushed to."""
    path = remote.path / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
