"""Search: the nearest of the collection, and what is about the files that are touched, are candidates; we rank them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import ranking
from memory_agents.core.ranking import Glance, Glanced, Words
from memory_agents.core.records import EPOCH
from memory_agents.memory.providers import chroma_items as items

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from memory_agents.core.records import Match, Query, Record
    from memory_agents.memory.embedding import Embedder
    from memory_agents.memory.providers.chroma_items import Found, Where
    from memory_agents.memory.providers.chroma_memory import ChromaMemory

CANDIDATES = 1_500
"""that are nearest: with fewer, what shares rare words and is not near is lost; docs/chromadb.md has the figures"""
ASKED_TOKENS = 128
"""of a question that are embedded, as by the local index"""
_MOST_FILES = 500
"""touched ones that are looked for"""
_PRESENT = timedelta(hours=1)
"""a question of so short a time ago is one of now: nothing is later, and a filter would cost more than the search"""


class Searcher:
    """Searches a collection that is there."""

    def __init__(self, memory: ChromaMemory, embedder: Embedder, clock: Callable[[], datetime]) -> None:
        """`clock`: by which is judged whether a question is of the past."""
        self._memory = memory
        self._embedder = embedder
        self._clock = clock

    async def search(self, query: Query, namespaces: Sequence[str], top_k: int) -> list[Match]:
        """The best `top_k` of the namespaces; see MemoryReader."""
        asked = await asyncio.to_thread(self._asked, query)
        now = items.microseconds(query.now)
        is_past = EPOCH < query.now < self._clock() - _PRESENT
        where = items.recallable(namespaces, now, now if is_past else None)
        lists = await asyncio.gather(*self._candidates(query, asked, where))
        found = {its.id: its for some in lists for its in some}
        glances, unread = await asyncio.to_thread(self._glances, list(found.values()))
        if unread:
            texts = await self._memory.collection.get(ids=unread, include=["metadatas", "documents"])
            glances += await asyncio.to_thread(self._counted, texts)
        ranked = await asyncio.to_thread(Glanced.of, query, glances, asked)
        best = {number: ranked.glances[number].record.id for number in ranked.best(top_k)}
        records = await self._memory.records(list(best.values()))
        chosen: dict[int, Record] = {number: records[its] for number, its in best.items() if its in records}
        return ranked.matches(chosen, top_k)

    def _candidates(
        self, query: Query, asked: NDArray[np.float32], where: Where
    ) -> Iterator[Awaitable[Sequence[Found]]]:
        """What to ask of the collection."""
        collection = self._memory.collection
        if asked[1].any():
            if collection.most >= CANDIDATES:
                yield collection.nearest(asked[1], CANDIDATES, where)
            else:  # the best of each part are more than one answer may hold
                for part in range(items.PARTS):
                    its = {"$and": [{"part": part}, where]}
                    yield collection.nearest(asked[1], min(collection.most, CANDIDATES // items.PARTS), its)
        # A name of a file may be no text: bytes as they came. No record has such a path.
        if files := sorted(filter(items.is_text, set(query.paths)))[:_MOST_FILES]:
            scoped = {"$and": [items.about_paths(files), where]}
            yield collection.get(where=scoped, include=["metadatas"], limit=CANDIDATES)

    def _asked(self, query: Query) -> NDArray[np.float32]:
        """[2, size] the vectors of the texts that are asked."""
        return self._embedder.embed(ranking.asked_texts(query), tokens=ASKED_TOKENS).astype(np.float32)

    def _glances(self, found: Sequence[Found]) -> tuple[list[Glance], list[str]]:
        """What ranking looks at, and ids of those whose words have to be counted in their texts."""
        glances = {its.id: items.glance_of(its, self._embedder.size) for its in found}
        known = [glance for glance in glances.values() if glance is not None]
        return known, [its for its, glance in glances.items() if glance is None]

    def _counted(self, found: Sequence[Found]) -> list[Glance]:
        records = dict(self._memory.whole(found))
        vectors = {its.id: items.vectors_in(its, self._embedder.size) for its in found}
        return [
            Glance(record, Words.of(record), its_vectors)
            for its, record in records.items()
            if (its_vectors := vectors[its]) is not None
        ]
