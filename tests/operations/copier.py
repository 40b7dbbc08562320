"""Backs up, restores or moves in a process of its own, which is to be killed.

python -m tests.operations.copier backup|restore|move FOLDER: prints how far it is, and goes on at each line of input.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

from memory_agents.core.sanitizer import redact
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.memory.writer import MemoryWriter
from memory_agents.operations import backup, copying
from memory_agents.operations.patience import Patience
from memory_agents.operations.progress import Counted, Progress
from tests.memory.providers.writing import writing

SOURCE, TARGET, FILE = "source", "target", "memory.jsonl"


def branch(folder: Path, name: str) -> AbstractAsyncContextManager[GitBranchProvider]:
    """One of the memories in the folder, as a process that begins sees it."""
    return writing(Remote(str(folder / f"{name}.git")), state=folder / f"state-{name}")


def tell(progress: Progress | Counted) -> None:
    """Print, and wait to be told to go on."""
    assert isinstance(progress, Counted)
    sys.stdout.write(f"{progress.done}\n")
    sys.stdout.flush()
    sys.stdin.readline()


async def main(what: str, folder: Path) -> None:
    """Do it, from git to git."""
    async with branch(folder, SOURCE) as source, branch(folder, TARGET) as target:
        door = MemoryWriter(target, redact=redact, now=lambda: datetime.now(UTC))
        if what == "backup":
            with backup.body_for(folder / FILE, force=True) as body:
                taken = await backup.take(source, body, now=datetime.now(UTC), patience=Patience(tell))
                backup.put(taken.header, body, folder / FILE)
        elif what == "restore":
            with backup.opened(folder / FILE) as found:
                await copying.copy(found.entries(), target, door, patience=Patience(tell))
        else:
            await copying.copy(copying.everything(source), target, door, patience=Patience(tell))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
