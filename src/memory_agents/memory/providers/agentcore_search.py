"""Search: the service's candidates, this machine's last writes, and the ranking that every provider shares.

The service finds some of a place by meaning. Where what is not asked for may have crowded out what is, all of the
place is read. Scoring is the ranking's own: by words, and by vectors of the best candidates where there is a model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from memory_agents.core import namespaces as core_namespaces
from memory_agents.core import ranking
from memory_agents.core.ranking.analysed import Analysed, analysed, rank_analysed
from memory_agents.core.ranking.paths import Touched, is_past
from memory_agents.core.records import EPOCH, Match, Query, Record
from memory_agents.core.text import words
from memory_agents.errors import MissingExtra
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers.agentcore_names import Kind, Place, places_of
from memory_agents.memory.providers.agentcore_reading import Filters, Reader, each_once
from memory_agents.memory.providers.agentcore_records import Held

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from memory_agents.core.ranking import Cosines
    from memory_agents.memory.embedding import Embedder

_MOST_ASKED = 10_000
"""characters of a question"""
LEAST_CANDIDATES, _MOST_CANDIDATES = 50, 100
"""records that the service is asked for: twice as many as are wanted, within these"""
_EMBEDDED = 32
"""candidates that get a vector: 13 ms each, once"""
_MOST = 500
"""candidates that are ranked"""
_ASKED_TOKENS = 128
_ANALYSED = 2_000
"""Records whose words are remembered, and texts whose vectors are"""


class Search:
    """Answers Queries from a Reader."""

    def __init__(self, reader: Reader, embedder: Embedder | None) -> None:
        """`embedder`: None ranks by words alone."""
        self._reader = reader
        self._embedder = embedder
        self._analysed = lru_cache(_ANALYSED)(analysed)
        self._vector = lru_cache(_ANALYSED)(self._embed)

    async def matches(self, query: Query, globs: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """The best `top_k` recallable Records in the namespaces (globs)."""

        def wanted(held: Held) -> bool:
            return held.record is not None and _may_answer(query, held.record, globs)

        await self._reader.settle()
        places = places_of(globs)
        text = "\n".join(part for part in (query.title, query.body, query.context) if part.strip())[:_MOST_ASKED]
        if text.strip():
            most = min(max(2 * top_k, LEAST_CANDIDATES), _MOST_CANDIDATES)
            asked = [self._found(place, text, _kind(place, globs), wanted, most) for place in places]
            if query.paths and (facts := [place for place in places if not _is_past(place)]):
                asked += [self._reader.held(place, {names.SCOPED: names.YES}, wanted) for place in facts]
        else:
            asked = [self._reader.held(place, _kind(place, globs), wanted) for place in places]
        found = each_once(held for some in await asyncio.gather(*asked) for held in some)
        records = [held.record for held in found if held.record is not None]
        return await asyncio.to_thread(self._ranked, query, records, top_k)

    async def _found(
        self, place: Place, text: str, filters: Filters, wanted: Callable[[Held], bool], most: int
    ) -> list[Held]:
        """Candidates of a place; where more than half of them are not wanted, they may crowd out some that are."""
        shown = await self._reader.retrieved(place, text, filters, most=most)
        if len(shown) < most or sum(wanted(held) for held in shown) >= most / 2:
            return self._reader.with_own(shown, wanted)
        return await self._reader.held(place, filters, wanted)

    def _ranked(self, query: Query, records: Sequence[Record], top_k: int) -> list[Match]:
        candidates = [self._analysed(record) for record in _likely(query, records)]
        embedder = self._embedder
        if embedder is None:
            return rank_analysed(query, candidates, top_k=top_k)

        def meaning(order: NDArray[np.int64]) -> tuple[NDArray[np.float64], Callable[[NDArray[np.int64]], Cosines]]:
            return self._meaning(embedder, query, candidates, order)

        try:
            return rank_analysed(query, candidates, top_k=top_k, meaning=meaning)
        except MissingExtra:  # the model cannot be loaded: words alone answer
            self._embedder = None
            return rank_analysed(query, candidates, top_k=top_k)

    def _meaning(
        self, embedder: Embedder, query: Query, candidates: Sequence[Analysed], order: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], Callable[[NDArray[np.int64]], Cosines]]:
        """Half of the vectors for the best by words, half for the best of the service, which come first."""
        import numpy as np

        chosen = _alternating(order.tolist(), list(range(len(candidates))))[:_EMBEDDED]
        size = len(candidates)
        titles, texts = (np.zeros((size, embedder.size), dtype=np.float32) for _ in range(2))
        known = np.zeros(size, dtype=bool)
        for number in chosen:
            title, text = ranking.embedded_texts(candidates[number].record)
            titles[number], texts[number] = self._vector(title), self._vector(text)
            known[number] = bool(text)
        asked = embedder.embed(ranking.asked_texts(query), tokens=_ASKED_TOKENS).astype(np.float32)
        known &= bool(asked.any())
        near = (texts @ asked[1]).astype(np.float64)

        def cosines(numbers: NDArray[np.int64]) -> Cosines:
            return ranking.Cosines(
                text_text=near[numbers],
                title_text=(texts[numbers] @ asked[0]).astype(np.float64),
                title_title=(titles[numbers] @ asked[0]).astype(np.float64),
                text_title=(titles[numbers] @ asked[1]).astype(np.float64),
                known=known[numbers],
            )

        return np.where(known, near, np.nan), cosines

    def _embed(self, text: str) -> NDArray[np.float16]:
        if self._embedder is None:
            raise MissingExtra("The search by meaning", "dense")
        vector: NDArray[np.float16] = self._embedder.embed([text])[0]
        return vector


def _likely(query: Query, records: Sequence[Record]) -> Sequence[Record]:
    """Those that are worth splitting into words: where there are many, the ones that have most of the Query's."""
    if len(records) <= _MOST:
        return records
    asked = set(words(f"{query.title}\n{query.body}\n{query.context}"))
    touched = Touched.of(query.paths)

    def shared(record: Record) -> float:
        text = f"{record.title}\n{record.text}".casefold()
        return sum(word in text for word in asked) + len(asked) * (ranking.nearness(touched, record) > 0)

    return sorted(records, key=shared, reverse=True)[:_MOST]


def _may_answer(query: Query, record: Record, globs: tuple[str, ...]) -> bool:
    later = is_past(record) and EPOCH < query.now < record.created_at
    return core_namespaces.matches(record.namespace, globs) and ranking.is_allowed(query, record) and not later


def _kind(place: Place, globs: tuple[str, ...]) -> Filters:
    """What spares reading what the globs take away: the past, which is most of a memory that has it."""
    past = core_namespaces.HISTORY_PREFIX
    if _is_past(place):
        return {names.KIND: Kind.PAST.value}
    if place.holds(Place(f"/{past}", is_whole=True)) and f"!{past}*" in globs:
        return {names.KIND: Kind.RECORD.value}
    return {}


def _is_past(place: Place) -> bool:
    return place.name.startswith(f"/{core_namespaces.HISTORY_PREFIX}")


def _alternating(one: Sequence[int], two: Sequence[int]) -> list[int]:
    """Each once: the first of both, the second of both, and so on."""
    return list(dict.fromkeys(number for pair in zip(one, two, strict=True) for number in pair))
