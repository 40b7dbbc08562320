"""A process of its own that puts writes into a queue and is to be killed.

python -m tests.memory.queueing FOLDER COUNT: memory is unreachable; prints the number of each write that is put.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from memory_agents.core.records import Approval, BatchResult, Record
from memory_agents.errors import MemoryUnreachable
from memory_agents.memory.spool import StoreRecords
from memory_agents.memory.write_queue import WriteQueue
from memory_agents.testing.conformance.samples import APPROVAL, fact
from memory_agents.testing.in_memory import InMemoryProvider


class Unreachable(InMemoryProvider):
    """Takes no Record."""

    async def store_records(
        self,
        records: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> BatchResult:
        raise MemoryUnreachable("No connection.", fix="look at the network")


async def main(folder: Path, count: int) -> None:
    """Put, until somebody ends it."""
    async with WriteQueue(Unreachable(), folder) as queue:
        for number in range(count):
            await queue.put(StoreRecords(records=(fact(number),), approval=APPROVAL))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        await queue.drained()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
