"""What a write changes in a memory that keeps Records by id, decided from what it holds: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from memory_agents.core.records import BatchResult, Record


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written, and what it means for whoever asked."""

    store: tuple[Record, ...]
    """new, or in place of what is held"""
    remove: tuple[str, ...]
    """ids; after what is stored is there"""
    result: BatchResult


def storing(
    records: Sequence[Record],
    *,
    known: Mapping[str, Record],
    forgotten: Collection[str],
    update: Collection[str],
    removing: Sequence[str],
    leaving: Collection[str] = (),
) -> Decision:
    """Store Records and remove others: see MemoryProvider. `known`: id → what is held, of all ids of the call.

    Of Records with the same id the first counts. What a Record replaces is removed only if that Record is written
    now, and never what the call itself states. `leaving`: ids that an earlier call was about to remove when it
    failed or died: what replaces them is there already. What is held although it is forgotten, for somebody forgot
    it while another stored it, goes too.
    """
    stored, unchanged, taken_back = [], [], []
    wanted = {record.id: record for record in reversed(records)}
    wanted = {record.id: wanted[record.id] for record in records}
    for record in wanted.values():
        held = known.get(record.id)
        if record.id in forgotten:
            taken_back.append(record.id)
        elif held is not None and (record.id not in update or held == record):
            unchanged.append(record.id)
        else:
            stored.append(record)
    written = {record.id for record in stored}
    spared = {record.replaces for record in wanted.values() if record.id not in written} - set(leaving)
    spared |= wanted.keys()
    asked = tuple(dict.fromkeys(removing))
    gone = tuple(its for its in asked if its in known and its not in spared)
    result = BatchResult(
        stored=tuple(record.id for record in stored),
        unchanged=tuple(unchanged),
        removed=gone,
        missing=tuple(its for its in asked if its not in known),
        taken_back=tuple(taken_back),
    )
    return Decision(tuple(stored), (*gone, *(its for its in taken_back if its in known)), result)


def forgetting(ids: Sequence[str], *, known: Collection[str]) -> BatchResult:
    """Forget Records for good; `known`: those of the ids that are held."""
    asked = tuple(dict.fromkeys(ids))
    return BatchResult(
        removed=tuple(its for its in asked if its in known), missing=tuple(its for its in asked if its not in known)
    )
