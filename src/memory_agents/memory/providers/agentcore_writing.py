"""Writer: records of AgentCore made, changed and deleted in batches, none lost in silence and none made twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryIncomplete,
    MemoryRefused,
    MemoryThrottled,
    MemoryUnreachable,
)
from memory_agents.memory.providers.agentcore_client import AgentCoreClient
from memory_agents.memory.providers.agentcore_journal import Entry, Journal, Sent
from memory_agents.memory.providers.agentcore_reading import Reader
from memory_agents.memory.providers.agentcore_records import Held, entry_of

_T = TypeVar("_T")
BATCH = 100
"""records of one request"""
_AT_ONCE = 2
"""batches under way"""
_GONE = 404
_AGAIN = "run it again: what is stored is not stored twice"


@dataclass(slots=True)
class _Tally:
    """What became of several batches."""

    done: list[str] = field(default_factory=list)
    """keys"""
    failed: dict[str, MemoryFailure] = field(default_factory=dict)
    """key → why"""

    def settle(self) -> None:
        """Raise what went wrong, if anything did."""
        if not self.failed:
            return
        why = next(iter(self.failed.values()))
        if not self.done:
            raise why
        raise MemoryIncomplete(
            f"{len(self.done)} of {len(self.done) + len(self.failed)} records were written. {why.message}",
            fix=_AGAIN,
            stored=tuple(self.done),
            failed=tuple(self.failed),
        )


class Writer:
    """Writes in batches. Its methods raise MemoryIncomplete for what was done in part."""

    def __init__(
        self, client: AgentCoreClient, journal: Journal, reader: Reader, *, clock: Callable[[], datetime]
    ) -> None:
        """All stay the caller's."""
        self._client = client
        self._journal = journal
        self._reader = reader
        self._clock = clock

    async def finish(self, keys: Collection[str]) -> set[str]:
        """Send again what got no answer and is about the keys; the keys that are there now because of it."""
        made: set[str] = set()
        for sent in self._journal.pending(keys):
            try:
                failed = await self._send(sent)
            except MemoryRefused:
                continue  # it is too old to be known, or never was right: whoever asks now says it anew
            made |= {held.key for held in sent.held} - failed.keys()
        return made

    async def write(self, new: Sequence[Held], changed: Sequence[Held] = ()) -> None:
        """Create and update. MemoryRefused, before anything is sent, for what cannot be kept."""
        entries = await asyncio.to_thread(lambda: [entry_of(held) for held in (*new, *changed)])
        tally = _Tally()
        pairs = list(zip(new, entries, strict=False))
        await self._each(tally, _batches(pairs), self._create, lambda pair: pair[0].key)
        pairs = list(zip(changed, entries[len(new) :], strict=True))
        await self._each(tally, _batches(pairs), self._update, lambda pair: pair[0].key)
        tally.settle()

    async def delete(self, held: Sequence[Held]) -> None:
        """Delete what is held under ids of the service."""
        tally = _Tally()
        await self._each(tally, _batches(held), self._delete, lambda its: its.key)
        tally.settle()

    async def _each(
        self,
        tally: _Tally,
        batches: Sequence[Sequence[_T]],
        work: Callable[[Sequence[_T]], Awaitable[Mapping[str, MemoryFailure]]],
        key: Callable[[_T], str],
    ) -> None:
        """Let `work` do every batch; it tells the keys that failed. After a batch that failed whole none is begun."""
        turn = asyncio.Semaphore(_AT_ONCE)
        broken: list[MemoryFailure] = []

        async def one(batch: Sequence[_T]) -> None:
            keys = [key(its) for its in batch]
            async with turn:
                try:
                    failed = dict.fromkeys(keys, broken[0]) if broken else await work(batch)
                except MemoryFailure as failure:
                    broken.append(failure)
                    failed = dict.fromkeys(keys, failure)
            tally.failed |= failed
            tally.done += [its for its in keys if its not in failed]

        async with asyncio.TaskGroup() as group:
            for batch in batches:
                group.create_task(one(batch))

    async def _create(self, batch: Sequence[tuple[Held, Entry]]) -> Mapping[str, MemoryFailure]:
        sent = Sent(
            token=uuid4().hex,
            at=self._clock(),
            entries=[{"requestIdentifier": held.key, **entry} for held, entry in batch],
            held=[held for held, _ in batch],
        )
        await self._journal.sending(sent)
        return await self._send(sent)

    async def _send(self, sent: Sent) -> Mapping[str, MemoryFailure]:
        """Send a batch, perhaps not for the first time; the keys that failed."""
        try:
            answer = await self._client.call(
                "batch_create_memory_records", records=sent.entries, clientToken=sent.token
            )
        except MemoryRefused:
            await self._journal.answered(sent.token, [])
            raise
        ids = [held.key for held in sent.held]
        made, failed = _outcome(answer, ids, "requestIdentifier")
        written = [
            (held.as_of(made[held.key]), entry)
            for held, entry in zip(sent.held, sent.entries, strict=True)
            if held.key in made
        ]
        self._reader.wrote(held for held, _ in written)
        await self._journal.answered(sent.token, written)
        return failed

    async def _update(self, batch: Sequence[tuple[Held, Entry]]) -> Mapping[str, MemoryFailure]:
        records = [{"memoryRecordId": held.service_id, **entry} for held, entry in batch]
        answer = await self._client.call("batch_update_memory_records", records=records)
        made, failed = _outcome(answer, [held.service_id for held, _ in batch], "memoryRecordId")
        written = [pair for pair in batch if pair[0].service_id in made]
        self._reader.wrote(held for held, _ in written)
        await self._journal.updated(written)
        return {held.key: failed[held.service_id] for held, _ in batch if held.service_id in failed}

    async def _delete(self, batch: Sequence[Held]) -> Mapping[str, MemoryFailure]:
        records = [{"memoryRecordId": held.service_id} for held in batch]
        answer = await self._client.call("batch_delete_memory_records", records=records)
        gone, failed = _outcome(answer, [held.service_id for held in batch], "memoryRecordId", good=_GONE)
        self._reader.removed(gone)
        await self._journal.deleted(list(gone))
        return {held.key: failed[held.service_id] for held in batch if held.service_id in failed}


def _outcome(
    answer: Mapping[str, Any], asked: Sequence[str], name: str, *, good: int = 0
) -> tuple[dict[str, str], dict[str, MemoryFailure]]:
    """What became of each entry of a batch: (entry → the service's id, entry → why it failed).

    An entry of which there is no word has failed; one that failed with the code `good` has not.
    """
    done = {str(its.get(name)): str(its["memoryRecordId"]) for its in answer["successfulRecords"]}
    failed: dict[str, MemoryFailure] = {}
    for its in answer["failedRecords"]:
        if good and its.get("errorCode") == good:
            done[str(its.get(name))] = str(its["memoryRecordId"])
        else:
            failed[str(its.get(name))] = _refusal(its.get("errorCode"))
    made = {its: done[its] for its in asked if its in done}
    return made, {its: failed.get(its) or _refusal(None) for its in asked if its not in made}


def _refusal(code: int | None) -> MemoryFailure:
    """Why one record of a batch was not written."""
    told = f"AgentCore did not write a record (code {code})." if code else "AgentCore says nothing of a record."
    if code == 429:
        return MemoryThrottled(told, fix=_AGAIN)
    if code == 403:
        return MemoryDenied(told, fix="allow the batch operations of bedrock-agentcore on this memory")
    if code is not None and 400 <= code < 500:
        return MemoryRefused(told, fix="see whether the service takes what is stored")
    return MemoryUnreachable(told, fix=_AGAIN)


def _batches(entries: Sequence[_T]) -> list[Sequence[_T]]:
    return [entries[at : at + BATCH] for at in range(0, len(entries), BATCH)]
