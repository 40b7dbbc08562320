"""Bringing what one memory holds into another: what a restore and a move share.

It may be killed at any time and be run again: what is there is not stored twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field

from memory_agents.core.backup import Entry
from memory_agents.core.records import BatchResult, Record
from memory_agents.errors import MemoryFailure, MemoryIncomplete, MemoryRefused
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.writer import MemoryWriter
from memory_agents.operations.patience import Patience
from memory_agents.operations.writing import BY_HAND

AT_ONCE = 250
"""entries of one write: each is a commit and a push for git, and is divided further by those that take less"""


@dataclass(slots=True)
class Copied:
    """What became of the entries, or would in a dry run."""

    stored: int = 0
    unchanged: int = 0
    """were there already, and were left as they were"""
    taken_back: int = 0
    """were forgotten there: not stored again"""
    redacted: int = 0
    """of those stored: a secret in them was replaced"""
    forgotten: int = 0
    """ids that are forgotten there now, and were not before"""
    removed: int = 0
    """of those: records that were there"""
    apart: int = 0
    """pairs of issues that are new there"""
    refused: dict[str, MemoryRefused] = field(default_factory=dict)
    """id → why it cannot be kept there"""
    there: set[str] = field(default_factory=set)
    """ids of the Records that the other memory said to have"""
    unsure: set[str] = field(default_factory=set)
    """ids of which it said nothing"""

    @property
    def done(self) -> int:
        """Records that are settled."""
        return self.stored + self.unchanged + self.taken_back + len(self.refused)


async def everything(provider: MemoryProvider, patience: Patience | None = None) -> AsyncIterator[Sequence[Entry]]:
    """All that a memory keeps for long: Records, then what was forgotten, then which issues are kept apart.

    In this order, so that what is forgotten while it is read ends up forgotten.
    """
    patience = patience or Patience()
    async for records in patience.scan(provider):
        yield records
    yield sorted(await patience.until_done(provider.forgotten_ids))
    yield sorted(await patience.until_done(provider.pairs_apart))


async def ids_of(provider: MemoryProvider, patience: Patience) -> set[str]:
    """The ids of all Records."""
    return {record.id async for records in patience.scan(provider) for record in records}


async def copy(
    entries: AsyncIterator[Sequence[Entry]],
    target: MemoryProvider,
    writer: MemoryWriter,
    *,
    expected: int = 0,
    patience: Patience | None = None,
) -> Copied:
    """Bring the entries into `target`, to which `writer` writes. Some thousand ids are held, and few of the texts.

    What fails for a moment is tried again. Raises MemoryFailure, which says how far it came.
    """
    copied = Copied()
    patience = patience or Patience()
    try:
        held = await ids_of(target, patience)
        forgotten = await patience.until_done(target.forgotten_ids)
        apart = await patience.until_done(target.pairs_apart)
        work = _Copying(writer, copied, expected, patience, held, set(forgotten), set(apart))
        async for some in _evenly(entries):
            await work.copy(some)
    except MemoryFailure as error:
        fix = error.fix or "mend that"
        fix = fix if "again" in fix else f"{fix}; then run it again, which goes on from there"
        raise MemoryFailure(f"Stopped after {copied.done:,} records. {error.message}", fix=fix) from None
    return copied


async def _evenly(entries: AsyncIterator[Sequence[Entry]]) -> AsyncIterator[Sequence[Entry]]:
    """The same entries, AT_ONCE at a time."""
    held: list[Entry] = []
    async for some in entries:
        held += some
        while len(held) >= AT_ONCE:
            yield held[:AT_ONCE]
            held = held[AT_ONCE:]
    yield held


@dataclass(slots=True)
class _Copying:
    writer: MemoryWriter
    copied: Copied
    expected: int
    patience: Patience
    held: set[str]
    """ids that are there"""
    forgotten: set[str]
    """ids that are forgotten there"""
    apart: set[tuple[int, int]]

    async def copy(self, entries: Sequence[Entry]) -> None:
        new = []
        for record in (entry for entry in entries if isinstance(entry, Record)):
            if record.id in self.held:
                self.copied.unchanged += 1
                self.copied.there.add(record.id)
            elif record.id in self.forgotten:
                self.copied.taken_back += 1
            else:
                self.held.add(record.id)
                new.append(record)
        await self._store(new)
        self.patience.reached(self.copied.done, self.expected)
        await self._note(
            {entry for entry in entries if isinstance(entry, str)} - self.forgotten,
            {entry for entry in entries if isinstance(entry, tuple)} - self.apart,
        )

    async def _store(self, records: Sequence[Record]) -> None:
        """Store Records; where some cannot be kept, all the others."""
        if not records:
            return
        earlier: set[str] = set()
        """ids that a try stored which did not store all"""

        async def stored() -> tuple[BatchResult, frozenset[str]]:
            try:
                return await self.writer.copy(records, approval=BY_HAND)
            except MemoryIncomplete as error:
                earlier.update(error.stored)
                raise

        try:
            done, redacted = await self.patience.until_done(stored)
        except MemoryRefused as error:
            if len(records) == 1:
                self.copied.refused[records[0].id] = error
                return
            middle = len(records) // 2
            await self._store(records[:middle])
            await self._store(records[middle:])
        else:
            self._count(records, done, redacted, earlier)

    def _count(
        self, records: Sequence[Record], done: BatchResult, redacted: Collection[str], earlier: Collection[str]
    ) -> None:
        new = {*done.stored, *(its for its in done.unchanged if its in earlier)}
        known = {*done.unchanged} - new
        self.copied.stored += len(new)
        self.copied.unchanged += len(known)
        self.copied.taken_back += len(done.taken_back)
        self.copied.redacted += len(new.intersection(redacted))
        self.copied.there |= new | known
        self.copied.unsure.update({record.id for record in records} - new - known - {*done.taken_back})

    async def _note(self, forgotten: set[str], apart: set[tuple[int, int]]) -> None:
        if forgotten or apart:
            await self.patience.until_done(
                lambda: self.writer.copy_notes(forgotten=forgotten, apart=sorted(apart), approval=BY_HAND)
            )
        self.forgotten |= forgotten
        self.copied.there -= forgotten
        self.copied.forgotten += len(forgotten)
        self.copied.removed += len(forgotten & self.held)
        self.copied.apart += len(apart)
