"""Changes: what a write means to a memory that shows it late and that others write to. One after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from memory_agents.core.records import BatchResult, Record
from memory_agents.errors import MemoryUnreachable
from memory_agents.memory.providers import deciding
from memory_agents.memory.providers.agentcore_names import Kind
from memory_agents.memory.providers.agentcore_reading import Reader, each_once
from memory_agents.memory.providers.agentcore_records import Held, held_record, note
from memory_agents.memory.providers.agentcore_writing import Writer

Known = Mapping[str, Sequence[Held]]
"""key → all that is held under it"""
_TICK = timedelta(milliseconds=1)
"""the service's smallest difference of time"""


class Changes:
    """Makes the writes of a MemoryProvider. Each is decided by what is there."""

    def __init__(self, reader: Reader, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._one = asyncio.Lock()

    async def store(
        self, records: Sequence[Record], *, update: Collection[str], removing: Sequence[str]
    ) -> BatchResult:
        """See MemoryProvider.store_records. What is superseded gets a note first, so that any later call removes it."""
        stated = {record.id for record in records}
        asked = stated | set(removing)
        async with self._one:
            finished = await self._writer.finish(asked)
            known = await self._reader.known(asked)
            held, leaving = records_of(known), noted(known, Kind.LEAVING)
            decided = deciding.storing(
                records,
                known=held,
                forgotten=noted(known, Kind.FORGOTTEN),
                update=update,
                removing=removing,
                leaving=leaving,
            )
            heirs = {record.replaces for record in decided.store}
            notes = await self._note(Kind.LEAVING, [its for its in decided.result.removed if its in heirs - leaving])
            forgotten = await self._write(decided.store, known)
            gone = [its for key in decided.remove for its in known[key] if its.is_record]
            once = {its.service_id: its for its in (*gone, *_surplus(known, stated))}
            await self._writer.delete(list(once.values()))
            await self._writer.delete([*notes, *_all(known, Kind.LEAVING)])
        # What an earlier call of this machine sent without an answer is stored by this one.
        made = {record.id for record in records if record.id in finished and held.get(record.id) == record}
        result = decided.result
        again = [its for its in result.unchanged if its in made]
        return replace(
            result,
            stored=(*(its for its in result.stored if its not in forgotten), *again),
            unchanged=tuple(its for its in result.unchanged if its not in made),
            taken_back=(*result.taken_back, *sorted(forgotten)),
        )

    async def forget(self, ids: Sequence[str]) -> BatchResult:
        """See MemoryProvider.delete_records."""
        async with self._one:
            await self._writer.finish(ids)
            known = await self._reader.known(ids)
            result = deciding.forgetting(ids, known=records_of(known))
            await self._forget(result.removed, known)
        return result

    async def keep_forgotten(self, ids: Collection[str]) -> None:
        """See MemoryProvider."""
        async with self._one:
            await self._writer.finish(ids)
            await self._forget(ids, await self._reader.known(ids))

    async def set_apart(self, pairs: Sequence[tuple[int, int]]) -> None:
        """See MemoryProvider."""
        wanted = [f"{min(pair)}-{max(pair)}" for pair in pairs if 0 < min(pair) < max(pair)]
        async with self._one:
            await self._writer.finish(wanted)
            there = await self._reader.apart()
            await self._note(Kind.APART, [key for key in wanted if key not in there])

    async def _forget(self, ids: Collection[str], known: Known) -> None:
        """Keep that ids are forgotten, then delete what is held under them."""
        forgotten = noted(known, Kind.FORGOTTEN)
        await self._note(Kind.FORGOTTEN, [its for its in ids if its not in forgotten])
        await self._writer.delete([held for some in known.values() for held in some if held.is_record])

    async def _note(self, kind: Kind, keys: Collection[str]) -> list[Held]:
        """Keep notes; as the service has them."""
        now = self._clock()
        written = await self._writer.write([note(kind, key, at=now) for key in dict.fromkeys(keys)])
        return list(written.made.values())

    async def _write(self, records: Sequence[Record], known: Known) -> set[str]:
        """Create what is new and update the rest; the ids of those that somebody forgot meanwhile.

        What is known may be out of date: what is not there to be changed is looked up again.
        """
        gone = await self._put(records, known)
        if not gone:
            return set()
        known = await self._reader.known(gone)
        forgotten = noted(known, Kind.FORGOTTEN)
        if await self._put([record for record in records if record.id in gone - forgotten], known):
            raise MemoryUnreachable("Others delete the same records at this time.", fix="run it again")
        return forgotten

    async def _put(self, records: Sequence[Record], known: Known) -> set[str]:
        """Create and update by what is known; the ids of what was known and is not there."""
        now = self._clock()
        best = {held.key: held for held in each_once(its for some in known.values() for its in some) if held.is_record}
        new = [held_record(record, at=now) for record in records if record.id not in best]
        changed = [
            # Whoever wrote it may have a clock that is ahead.
            held_record(record, at=max(now, before.at + _TICK), service_id=before.service_id)
            for record in records
            if (before := best.get(record.id))
        ]
        return (await self._writer.write(new, changed)).gone


def records_of(known: Known) -> dict[str, Record]:
    """id → Record, of what is held; of several under one id the last."""
    found = each_once(held for some in known.values() for held in some)
    return {held.key: held.record for held in found if held.record is not None}


def _all(known: Known, kind: Kind) -> list[Held]:
    return [held for some in known.values() for held in some if held.kind is kind]


def noted(known: Known, kind: Kind) -> set[str]:
    """The keys that have a note of the kind."""
    return {held.key for held in _all(known, kind)}


def _surplus(known: Known, ids: Collection[str]) -> list[Held]:
    """What two have written at once, but for one."""
    found = [held for its in ids for held in known.get(its, ()) if held.is_record]
    best = {held.service_id for held in each_once(found)}
    return [held for held in found if held.service_id not in best]
