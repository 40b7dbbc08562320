"""Backs up, restores or moves in a process of its own, which is to be killed.

python -m tests.operations.copier backup|restore|move FOLDER: prints how far it is, and goes on at each line of input.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from memory_agents.operations import backup, copying
from memory_agents.operations.progress import Counted, Progress
from tests.memories import memory, writer

SOURCE, TARGET, FILE = "source", "target", "memory.jsonl"


def tell(progress: Progress | Counted) -> None:
    """Print, and wait to be told to go on."""
    assert isinstance(progress, Counted)
    sys.stdout.write(f"{progress.done}\n")
    sys.stdout.flush()
    sys.stdin.readline()


async def main(what: str, folder: Path) -> None:
    """Do it, from git to git."""
    async with memory("git", folder / SOURCE) as source, memory("git", folder / TARGET) as target:
        if what == "backup":
            with backup.body_for(folder / FILE, force=True) as body:
                taken = await backup.take(source, body, now=datetime.now(UTC), tell=tell)
                backup.put(taken.header, body, folder / FILE)
        elif what == "restore":
            with backup.opened(folder / FILE) as found:
                await copying.copy(found.entries(), target, writer(target), tell=tell)
        else:
            await copying.copy(copying.everything(source), target, writer(target), tell=tell)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
