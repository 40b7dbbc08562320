"""Writing to the collection, in parts: each whole or not at all, and all of it safe to repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import ranking
from memory_agents.errors import MemoryFailure, MemoryIncomplete
from memory_agents.memory.providers import chroma_items as items

if TYPE_CHECKING:
    from memory_agents.core.records import Approval, BatchResult, Record
    from memory_agents.memory.embedding import Embedder
    from memory_agents.memory.providers.chroma_items import Item
    from memory_agents.memory.providers.chroma_memory import ChromaMemory
    from memory_agents.memory.providers.deciding import Decision

_EMBEDDED_AT_ONCE = 32
"""Records that are embedded and then written: what a run that is killed has done stays done"""

_Step = tuple[Sequence[str], Callable[[Sequence[str]], Awaitable[None]]]
"""ids, and what writes them"""


class Writing:
    """The writes of a provider."""

    def __init__(self, memory: ChromaMemory, embedder: Embedder) -> None:
        """The deadline of `memory` holds for each part; embedding is not counted."""
        self._memory = memory
        self._embedder = embedder

    async def store(
        self, decided: Decision, approval: Approval, *, known: Collection[str], leaving: Collection[str]
    ) -> BatchResult:
        """Write the Records, and then remove what they supersede; what came of it.

        `known`: ids that are there. `leaving`: those that an earlier call was about to remove. What is superseded is
        noted as such before its heir is there: else nothing would say, after a failure in between, that it is to go.
        """
        records = {record.id: record for record in decided.store}
        heirs = {record.replaces for record in decided.store}
        await self.note([f"{items.LEAVING}{its}" for its in decided.remove if its in heirs and its not in leaving])
        namespaces = {record.namespace for record in decided.store}
        await self.note([f"{items.NAMESPACE}{name}" for name in sorted(namespaces - self._memory.noted)])
        self._memory.noted.update(namespaces)

        gone: set[str] = set()

        async def write(ids: Sequence[str]) -> None:
            some = [records[its] for its in ids]
            prepared = await asyncio.to_thread(self._prepared, some, approval)
            async with self._memory.deadline():
                await self._put([item for item in prepared if item.id not in known], is_new=True)
                await self._put([item for item in prepared if item.id in known], is_new=False)
                # Who forgets notes it first and removes it then: whatever the order was, it is gone in the end.
                forgotten = await self._memory.noted_of(items.FORGOTTEN, ids)
                gone.update(forgotten)
                undone = [*sorted(forgotten), *(f"{items.LEAVING}{its}" for its in ids if its in leaving)]
                if undone:
                    await self._memory.collection.delete(undone)

        steps: list[_Step] = [(some, write) for some in _parts(list(records), _EMBEDDED_AT_ONCE)]
        await self._in_parts([*steps, *self._removing(decided.remove)])
        its = decided.result
        stored = tuple(one for one in its.stored if one not in gone)
        taken_back = (*its.taken_back, *(one for one in its.stored if one in gone))
        return replace(its, stored=stored, taken_back=taken_back)

    async def note(self, ids: Sequence[str], approval: Approval | None = None) -> None:
        """Write notes."""

        async def write(some: Sequence[str]) -> None:
            async with self._memory.deadline():
                await self._put([items.note(its, self._embedder.size, approval) for its in some], is_new=True)

        await self._in_parts([(some, write) for some in _parts(ids, self._memory.collection.most)])

    async def forget(self, ids: Sequence[str], approval: Approval) -> None:
        """Keep that they are forgotten, then remove them."""
        await self.note([f"{items.FORGOTTEN}{its}" for its in ids], approval)
        await self._in_parts(self._removing(ids))

    def _removing(self, ids: Sequence[str]) -> list[_Step]:
        async def remove(some: Sequence[str]) -> None:
            async with self._memory.deadline():
                await self._memory.collection.delete([*some, *(f"{items.LEAVING}{its}" for its in some)])

        return [(some, remove) for some in _parts(ids, self._memory.collection.most // 2)]

    async def _put(self, some: Sequence[Item], *, is_new: bool) -> None:
        if some:
            await (self._memory.collection.add if is_new else self._memory.collection.upsert)(some)

    async def _in_parts(self, steps: Sequence[_Step]) -> None:
        """Do them in order. Raises MemoryIncomplete where one fails after another is done."""
        done: list[str] = []
        for number, (ids, step) in enumerate(steps):
            try:
                await step(ids)
            except MemoryFailure as error:
                if not done:
                    raise
                failed = tuple(its for some, _ in steps[number:] for its in some)
                shown = ", ".join(failed[:5]) + (" …" if len(failed) > 5 else "")
                message = f"{error.message} {len(done)} items were written before, {len(failed)} were not: {shown}."
                fix = f"run it again: what is stored is not stored twice. If it fails again: {error.fix}"
                raise MemoryIncomplete(message, fix=fix, stored=tuple(done), failed=failed) from error
            done += ids

    def _prepared(self, records: Sequence[Record], approval: Approval) -> list[Item]:
        texts = [text for record in records for text in ranking.embedded_texts(record)]
        vectors = self._embedder.embed(texts).reshape(len(records), 2, -1)
        return [items.item_of(record, its, approval) for record, its in zip(records, np.asarray(vectors), strict=True)]


def _parts(ids: Sequence[str], most: int) -> list[Sequence[str]]:
    return [ids[start : start + most] for start in range(0, len(ids), most)]
