"""Writer: records of AgentCore made, changed and deleted in batches, none lost in silence and none made twice."""

from __future__ import annotations

import asyncio
import contextlib
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
class Written:
    """What became of what was to be written, by key."""

    made: dict[str, Held] = field(default_factory=dict)
    """as the service has it now; of what was deleted, as it had it"""
    gone: set[str] = field(default_factory=set)
    """was to be changed, and somebody has deleted it"""
    failed: dict[str, MemoryFailure] = field(default_factory=dict)

    def settled(self) -> Written:
        """Itself; raises what went wrong, if anything did."""
        if not self.failed:
            return self
        why = next(iter(self.failed.values()))
        if not self.made:
            raise why
        raise MemoryIncomplete(
            f"{len(self.made)} of {len(self.made) + len(self.failed)} records were written. {why.message}",
            fix=_AGAIN,
            stored=tuple(self.made),
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
            with contextlib.suppress(MemoryRefused):  # too old to be known, or never right: whoever asks says it anew
                made |= (await self._send(sent)).made.keys()
        return made

    async def write(self, new: Sequence[Held], changed: Sequence[Held] = ()) -> Written:
        """Create and update. MemoryRefused, before anything is sent, for what cannot be kept."""
        if not (new or changed):
            return Written()
        entries = await asyncio.to_thread(lambda: [entry_of(held) for held in (*new, *changed)])
        written = Written()
        await self._each(written, list(zip(new, entries, strict=False)), self._create, lambda pair: pair[0].key)
        pairs = list(zip(changed, entries[len(new) :], strict=True))
        await self._each(written, pairs, self._update, lambda pair: pair[0].key)
        return written.settled()

    async def delete(self, held: Sequence[Held]) -> None:
        """Delete what is held under ids of the service."""
        written = Written()
        await self._each(written, held, self._delete, lambda its: its.key)
        written.settled()

    async def _each(
        self,
        written: Written,
        entries: Sequence[_T],
        work: Callable[[Sequence[_T]], Awaitable[Written]],
        key: Callable[[_T], str],
    ) -> None:
        """Let `work` do them in batches, and add what it tells. After a batch that failed whole none is begun."""
        turn = asyncio.Semaphore(_AT_ONCE)
        broken: list[MemoryFailure] = []

        async def one(batch: Sequence[_T]) -> None:
            async with turn:
                try:
                    done = await work(batch) if not broken else Written(failed=all_of(batch, broken[0]))
                except MemoryFailure as failure:
                    broken.append(failure)
                    done = Written(failed=all_of(batch, failure))
            written.made |= done.made
            written.gone |= done.gone
            written.failed |= done.failed

        def all_of(batch: Sequence[_T], failure: MemoryFailure) -> dict[str, MemoryFailure]:
            return {key(its): failure for its in batch}

        await asyncio.gather(*(one(entries[at : at + BATCH]) for at in range(0, len(entries), BATCH)))

    async def _create(self, batch: Sequence[tuple[Held, Entry]]) -> Written:
        sent = Sent(
            token=uuid4().hex,
            at=self._clock(),
            entries=[{"requestIdentifier": held.key, **entry} for held, entry in batch],
            held=[held for held, _ in batch],
        )
        await self._journal.sending(sent)
        return await self._send(sent)

    async def _send(self, sent: Sent) -> Written:
        """Send a batch, perhaps not for the first time."""
        try:
            answer = await self._client.call(
                "batch_create_memory_records", records=sent.entries, clientToken=sent.token
            )
        except MemoryRefused:
            await self._journal.answered(sent.token, [])
            raise
        ids, failed = _outcome(answer, [held.key for held in sent.held], "requestIdentifier")
        made = {held.key: held.as_of(ids[held.key]) for held in sent.held if held.key in ids}
        entries = dict(zip((held.key for held in sent.held), sent.entries, strict=True))
        self._reader.wrote(made.values())
        await self._journal.answered(sent.token, [(held, entries[key]) for key, held in made.items()])
        return Written(made, failed={key: _refusal(code) for key, code in failed.items()})

    async def _update(self, batch: Sequence[tuple[Held, Entry]]) -> Written:
        records = [{"memoryRecordId": held.service_id, **entry} for held, entry in batch]
        answer = await self._client.call("batch_update_memory_records", records=records)
        made, failed = _outcome(answer, [held.service_id for held, _ in batch], "memoryRecordId")
        done = [pair for pair in batch if pair[0].service_id in made]
        gone = [held for held, _ in batch if failed.get(held.service_id) == _GONE]
        self._reader.wrote([held for held, _ in done])
        await self._journal.updated(done)
        await self._note_gone(gone)
        return Written(
            {held.key: held for held, _ in done},
            {held.key for held in gone},
            {
                held.key: _refusal(failed[held.service_id])
                for held, _ in batch
                if held.service_id in failed and held not in gone
            },
        )

    async def _delete(self, batch: Sequence[Held]) -> Written:
        records = [{"memoryRecordId": held.service_id} for held in batch]
        answer = await self._client.call("batch_delete_memory_records", records=records)
        _, failed = _outcome(answer, [held.service_id for held in batch], "memoryRecordId")
        refused = {its: code for its, code in failed.items() if code != _GONE}
        gone = [held for held in batch if held.service_id not in refused]
        await self._note_gone(gone)
        return Written(
            {held.key: held for held in gone},
            failed={held.key: _refusal(refused[held.service_id]) for held in batch if held.service_id in refused},
        )

    async def _note_gone(self, held: Sequence[Held]) -> None:
        ids = [its.service_id for its in held]
        self._reader.removed(ids)
        await self._journal.deleted(ids)


def _outcome(
    answer: Mapping[str, Any], asked: Sequence[str], name: str
) -> tuple[dict[str, str], dict[str, int | None]]:
    """What became of each entry of a batch: (entry → the service's id, entry → the code of its failure, if told).

    An entry of which there is no word has failed.
    """
    done = {its.get(name): str(its.get("memoryRecordId", "")) for its in answer["successfulRecords"]}
    failed = {its.get(name): its.get("errorCode") for its in answer["failedRecords"]}
    made = {its: done[its] for its in asked if done.get(its)}
    return made, {its: failed.get(its) for its in asked if its not in made}


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
