"""Search: the service's candidates, this machine's last writes, and the ranking that every provider shares.

The service finds some of a place by meaning. Where what is not asked for may have crowded out what is, all of the
place is read. Scoring is the ranking's own: by words, and by vectors of the best candidates where there is a model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from memory_agents.core import namespaces as core_namespaces
from memory_agents.core import ranking
from memory_agents.core.ranking import Glance, Glanced, Words
from memory_agents.core.ranking.paths import Touched
from memory_agents.core.ranking.scoring import is_of_later
from memory_agents.core.records import Match, Query, Record
from memory_agents.core.text import words
from memory_agents.errors import MissingExtra
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers.agentcore_names import Kind, Place, places_of
from memory_agents.memory.providers.agentcore_reading import FORGOTTEN_SECONDS, Filters, Reader, each_once
from memory_agents.memory.providers.agentcore_records import Held

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
_REMEMBERED = 2_000
"""Records whose words are remembered, and texts whose vectors are"""


class Search:
    """Answers Queries from a Reader."""

    def __init__(self, reader: Reader, embedder: Embedder | None) -> None:
        """`embedder`: None ranks by words alone."""
        self._reader = reader
        self._embedder = embedder
        self._words = lru_cache(_REMEMBERED)(Words.of)
        self._vector = lru_cache(_REMEMBERED)(self._embed)

    async def matches(self, query: Query, globs: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """The best `top_k` recallable Records in the namespaces (globs)."""

        def wanted(held: Held) -> bool:
            return held.record is not None and _may_answer(query, held.record, globs)

        await self._reader.settle()
        places = places_of(globs)
        text = "\n".join(part for part in (query.title, query.body, query.context) if part.strip())[:_MOST_ASKED]
        if text.strip() and top_k <= _MOST_CANDIDATES:
            most = min(max(2 * top_k, LEAST_CANDIDATES), _MOST_CANDIDATES)
            asked = [self._found(place, text, _kind(place, globs), wanted, most) for place in places]
            if query.paths and (facts := [place for place in places if not _is_past(place)]):
                asked += [self._reader.held(place, {names.SCOPED: names.YES}, wanted) for place in facts]
        else:
            asked = [self._reader.held(place, _kind(place, globs), wanted) for place in places]
        forgotten, some = await asyncio.gather(self._reader.forgotten(age=FORGOTTEN_SECONDS), asyncio.gather(*asked))
        found = each_once(held for its in some for held in its)
        records = [held.record for held in found if held.record is not None and held.key not in forgotten]
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
        glances = [Glance(record, self._words(record)) for record in _likely(query, records, top_k)]
        found = Glanced.of(query, glances)
        if self._embedder is not None:
            try:
                found = self._by_meaning(self._embedder, found)
            except MissingExtra:  # the model cannot be loaded: words alone answer
                self._embedder = None
        return found.matches({number: found.glances[number].record for number in found.best(top_k)}, top_k)

    def _by_meaning(self, embedder: Embedder, found: Glanced) -> Glanced:
        """Half of the vectors for the best by words, half for the best of the service, which come first."""
        asked = embedder.embed(ranking.asked_texts(found.query), tokens=_ASKED_TOKENS)
        both = zip_longest(found.best(_EMBEDDED), range(len(found.glances)))
        chosen = set(islice(dict.fromkeys(number for pair in both for number in pair if number is not None), _EMBEDDED))
        glances = [
            replace(glance, vectors=self._vectors(glance.record)) if number in chosen else glance
            for number, glance in enumerate(found.glances)
        ]
        return Glanced.of(found.query, glances, asked)

    def _vectors(self, record: Record) -> NDArray[np.float16]:
        """[2, size] of its title, and of title and text."""
        import numpy as np

        return np.stack([self._vector(text) for text in ranking.embedded_texts(record)])

    def _embed(self, text: str) -> NDArray[np.float16]:
        if self._embedder is None:
            raise MissingExtra("The search by meaning", "dense")
        vector: NDArray[np.float16] = self._embedder.embed([text])[0]
        return vector


def _likely(query: Query, records: Sequence[Record], top_k: int) -> Sequence[Record]:
    """Those that are worth splitting into words: where there are many, the ones that have most of the Query's."""
    if len(records) <= (most := max(_MOST, top_k)):
        return records
    asked = set(words(f"{query.title}\n{query.body}\n{query.context}"))
    touched = Touched.of(query.paths)

    def shared(record: Record) -> float:
        text = f"{record.title}\n{record.text}".casefold()
        return sum(word in text for word in asked) + len(asked) * (ranking.nearness(touched, record) > 0)

    return sorted(records, key=shared, reverse=True)[:most]


def _may_answer(query: Query, record: Record, globs: tuple[str, ...]) -> bool:
    allowed = ranking.is_allowed(query, record) and not is_of_later(query, record)
    return allowed and core_namespaces.matches(record.namespace, globs)


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
