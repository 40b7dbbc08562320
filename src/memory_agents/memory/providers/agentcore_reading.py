"""Reader: what a memory of AgentCore holds, with this machine's last writes over it.

The service answers by a key only where the memory declares it, and nothing tells whether it does: that is tried once.
What a filter should have done is done again here, so a service that ignores one is slower, not wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from memory_agents.errors import MemoryRefused
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers.agentcore_client import AgentCoreClient
from memory_agents.memory.providers.agentcore_journal import Journal
from memory_agents.memory.providers.agentcore_names import EVERYTHING, Kind, Place, notes_of
from memory_agents.memory.providers.agentcore_records import Held, held_of

PAGE = 100
"""records of one answer"""
_FEW = 10
"""ids that are looked up one by one; more are looked for in all that there is"""
_KNOWN_SECONDS = 60.0
"""for which a whole listing serves writes that follow it; what others write is not seen at once anyway"""
_SETTLED_SECONDS = 60.0
"""between two looks at which writes are visible"""
FORGOTTEN_SECONDS = 60.0
"""for which a search trusts what is known to be forgotten"""
_REMEMBERED = 5_000
"""records of the service that are not read twice"""
_SAID = ("timestamp", "content", "namespaces", "metadata")
"""what of a record of the service says something: its score is another one in each answer"""

Filters = Mapping[str, str]
"""key → value, of agentcore_names.INDEXED_KEYS"""
_NO_FILTERS: Filters = {}


class Reader:
    """Lists, looks up and searches."""

    def __init__(self, client: AgentCoreClient, journal: Journal) -> None:
        """Both stay the caller's to open and close."""
        self._client = client
        self._journal = journal
        self._can_filter: bool | None = None
        self._unreadable: set[str] = set()
        self._before: dict[str, tuple[tuple[Any, ...], Held | None]] = {}
        """service's id → what it said when it was read last, and what that is"""
        self._all: dict[str, Held] = {}
        self._forgotten: set[str] = set()
        self._all_at = self._settled_at = self._forgotten_at = float("-inf")
        self._asking = asyncio.Lock()

    @property
    def unreadable(self) -> int:
        """Records of ours that were met and cannot be read."""
        return len(self._unreadable)

    @property
    def lacks_keys(self) -> bool:
        """Whether the memory was found not to declare our keys."""
        return self._can_filter is False

    async def held(self, place: Place, filters: Filters, wanted: Callable[[Held], bool]) -> list[Held]:
        """What is wanted of a place; `filters` spare pages, and must be a part of what is wanted."""
        can_filter = bool(filters) and await self.can_filter()
        shown = [held async for page in self._pages(place, filters if can_filter else _NO_FILTERS) for held in page]
        return self._journal.over(shown, wanted)

    async def in_places(self, places: Iterable[Place], filters: Filters, wanted: Callable[[Held], bool]) -> list[Held]:
        """The same of several places, at once."""
        found = await asyncio.gather(*(self.held(place, filters, wanted) for place in places))
        return each_once(held for some in found for held in some)

    async def known(self, keys: Collection[str]) -> dict[str, list[Held]]:
        """key → all that is held under it, of those keys that are known."""
        asked = set(keys)
        first, is_all = await self._first_page()
        if is_all:
            shown: list[Held] = first
        elif len(asked) <= _FEW and await self.can_filter():
            pages = await asyncio.gather(*(self._found(EVERYTHING, {names.RECORD_ID: key}) for key in sorted(asked)))
            shown = [held for page in pages for held in page]
        else:
            shown = [held for held in (await self._everything()).values() if held.key in asked]
        found: dict[str, list[Held]] = {}
        for held in self._journal.over(shown, lambda held: held.key in asked):
            found.setdefault(held.key, []).append(held)
        return found

    async def counted(self) -> int | None:
        """How many Records there are, where that is known or told by one page."""
        first, is_all = await self._first_page()
        if not is_all and not self._is_fresh():
            return None
        shown = self._journal.over(first if is_all else list(self._all.values()), lambda _: True)
        forgotten = {held.key for held in shown if held.kind is Kind.FORGOTTEN}
        return len({held.key for held in shown if held.is_record} - forgotten)

    async def forgotten(self, *, age: float = 0) -> set[str]:
        """Ids that are forgotten, as known not longer than `age` seconds ago. Own ones are known at once.

        Whoever stores such a record meanwhile does not know it yet: nobody shows it, and the next write deletes it.
        """
        async with self._asking:
            now = time.monotonic()
            if now - self._forgotten_at >= age:
                notes = await self.held(notes_of(Kind.FORGOTTEN), {}, lambda held: held.kind is Kind.FORGOTTEN)
                self._forgotten, self._forgotten_at = {held.key for held in notes}, now
        return self._forgotten

    async def apart(self) -> set[str]:
        """The keys of pairs that are apart."""
        found = await self.held(notes_of(Kind.APART), {}, lambda held: held.kind is Kind.APART)
        return {held.key for held in found}

    async def scan(self) -> AsyncIterator[list[Held]]:
        """All Records, a page at a time; an id that is held twice is given once."""
        shown: set[str] = set()
        given = set(await self.forgotten())
        async for page in self._pages(EVERYTHING, _NO_FILTERS):
            shown |= {held.service_id for held in page}
            yield _new(self._journal.now(page), given)
        yield _new(self._journal.unshown(shown), given)

    async def retrieved(self, place: Place, text: str, filters: Filters, *, most: int) -> list[Held]:
        """What the service finds for a text, at most `most`, the best first, as it is there."""
        criteria: dict[str, Any] = {"searchQuery": text, "topK": most}
        if filters and await self.can_filter():
            criteria["metadataFilters"] = _expressions(filters)
        pages = self._client.pages("retrieve_memory_records", **place.asked, searchCriteria=criteria)
        return [held async for page in pages for held in self._read(page)]

    def with_own(self, shown: Sequence[Held], wanted: Callable[[Held], bool]) -> list[Held]:
        """What the service shows with this machine's last writes over it, of what is wanted."""
        return self._journal.over(shown, wanted)

    async def settle(self) -> None:
        """Where many writes are laid over what the service shows: see which of them it shows by now."""
        now = time.monotonic()
        if self._journal.size > PAGE and now - self._settled_at > _SETTLED_SECONDS:
            self._settled_at = now
            async for page in self._pages(EVERYTHING, _NO_FILTERS):
                self._journal.now(page)

    async def can_filter(self) -> bool:
        """Whether the memory answers by our keys: an entry that is there must be found by its own.

        As long as there is none of ours, it is not known, and there is nothing to filter.
        """
        if self._can_filter is None:
            first, _ = await self._first_page()
            if not first:
                return False
            key = first[0].key
            try:
                found = await self._found(EVERYTHING, {names.RECORD_ID: key})
            except MemoryRefused:
                found = []
            self._can_filter = any(held.key == key for held in found)
        return self._can_filter

    def wrote(self, held: Collection[Held]) -> None:
        """Take note of what was written, for `known` and `forgotten`."""
        self._all |= {its.service_id: its for its in held}
        self._forgotten |= {its.key for its in held if its.kind is Kind.FORGOTTEN}

    def removed(self, service_ids: Iterable[str]) -> None:
        """Take note of what is gone, for `known`."""
        for service_id in service_ids:
            self._all.pop(service_id, None)

    async def _everything(self) -> dict[str, Held]:
        """All there is, by the service's ids; not older than _KNOWN_SECONDS, but for what was written here."""
        if not self._is_fresh():
            self._all = {}
            async for page in self._pages(EVERYTHING, _NO_FILTERS):
                self._all |= {held.service_id: held for held in page}
            self._all_at = time.monotonic()
        return self._all

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._all_at < _KNOWN_SECONDS

    async def _first_page(self) -> tuple[list[Held], bool]:
        """What the service lists first, and whether that is all."""
        page = await self._client.call("list_memory_records", **EVERYTHING.asked, maxResults=PAGE)
        return self._read(page), not page.get("nextToken")

    async def _found(self, place: Place, filters: Filters) -> list[Held]:
        return [held async for page in self._pages(place, filters) for held in page]

    async def _pages(self, place: Place, filters: Filters) -> AsyncIterator[list[Held]]:
        asked: dict[str, Any] = {**place.asked}
        if filters:
            asked["metadataFilters"] = _expressions(filters)
        async for page in self._client.pages("list_memory_records", **asked):
            yield self._read(page)

    def _read(self, page: Mapping[str, Any]) -> list[Held]:
        """What of a page is ours and can be read."""
        if len(self._before) > _REMEMBERED:
            self._before.clear()
        found = []
        for summary in page["memoryRecordSummaries"]:
            service_id, said = str(summary.get("memoryRecordId")), tuple(map(summary.get, _SAID))
            before, held = self._before.get(service_id, ((), None))
            if before != said:
                held = self._held(service_id, summary)
                self._before[service_id] = said, held
            if held is not None:
                found.append(held)
        return found

    def _held(self, service_id: str, summary: Mapping[str, Any]) -> Held | None:
        try:
            return held_of(summary)
        except ValueError:
            self._unreadable.add(service_id)
            return None


def each_once(found: Iterable[Held]) -> list[Held]:
    """One for each thing that is held: of what two have written at once, the last."""
    best: dict[tuple[str, bool, Kind | None], Held] = {}
    for held in found:
        thing = (held.key, held.is_record, None if held.is_record else held.kind)
        if thing not in best or (held.at, held.service_id) > (best[thing].at, best[thing].service_id):
            best[thing] = held
    return list(best.values())


def _new(page: Iterable[Held], given: set[str]) -> list[Held]:
    """The Records of a page that were not given before."""
    found = [held for held in each_once(page) if held.is_record and held.key not in given]
    given |= {held.key for held in found}
    return found


def _expressions(filters: Filters) -> list[dict[str, Any]]:
    return [
        {
            "left": {"metadataKey": key},
            "operator": "EQUALS_TO",
            "right": {"metadataValue": {"stringValue": value}},
        }
        for key, value in filters.items()
    ]
