"""MemoryWriter: the only door to writes. It redacts, caps, looks for what is known already, then stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from memory_agents.core import namespaces
from memory_agents.core.commands import LONGEST_FACT, Verb
from memory_agents.core.near_duplicates import same
from memory_agents.core.outcomes import AlreadyKnown, Forgotten, Outcome, Refused, Remembered, SetApart, TakenBack
from memory_agents.core.records import Approval, BatchResult, Match, Query, Record
from memory_agents.core.sanitizer import Redacted
from memory_agents.errors import MemoryTimeout
from memory_agents.memory.provider import MemoryProvider

_T = TypeVar("_T")

_RELATED = 0.45
"""the score from which another fact is told as being on the same matter"""
_MOST_LIKE = 8
"""facts that may say the same, and are compared"""
_MOST_RELATED = 3
_ALL = 1_000_000
_MOST_ASKED = 500
"""characters of a fact by which others like it are searched"""


class MemoryWriter:
    """Writes facts to one provider. Every method may raise a MemoryFailure; nothing was written then."""

    def __init__(
        self,
        provider: MemoryProvider,
        *,
        redact: Callable[[str], Redacted],
        now: Callable[[], datetime],
        deadline: float = 90,
        dry_run: bool = False,
    ) -> None:
        """`deadline`: seconds for one write. `dry_run`: say what would be done, and write nothing."""
        self._provider = provider
        self._redact = redact
        self._now = now
        self._deadline = deadline
        self._dry_run = dry_run

    async def ids(self) -> frozenset[str]:
        """The ids of all facts."""
        return await self._in_time(self._ids())

    async def remember(
        self,
        facts: Sequence[Record],
        *,
        approval: Approval,
        update: Collection[str] = (),
        removing: Sequence[str] = (),
    ) -> tuple[Outcome, ...]:
        """Store facts in one stroke; one Outcome for each, in order.

        A fact that is there stays as it is, unless its id is in `update`: then it was stated anew. `removing`:
        ids of facts that the same source states no longer.
        """
        return await self._in_time(self._remember(facts, approval, update, removing))

    async def forget(self, ids: Sequence[str], *, approval: Approval) -> tuple[Outcome, ...]:
        """Take facts back; one Outcome for each id, in order."""
        return await self._in_time(self._forget(tuple(dict.fromkeys(ids)), approval))

    async def prune(self) -> tuple[Outcome, ...]:
        """Remove all facts that have expired; one Outcome for each."""
        return await self._in_time(self._prune())

    async def set_apart(self, number: int, others: Sequence[int], *, approval: Approval) -> tuple[Outcome, ...]:
        """Keep that issue `number` is no duplicate of the others; one Outcome for each."""
        apart = [other for other in dict.fromkeys(others) if other != number]
        if apart and not self._dry_run:
            pairs = [(min(number, other), max(number, other)) for other in apart]
            await self._in_time(self._provider.set_apart(pairs, approval=approval))
        return tuple(
            Refused(asked=Verb.NOT_DUPLICATE, problem=f"#{other} is this very one.", fix="name another issue")
            if other == number
            else SetApart(number=number, other=other)
            for other in dict.fromkeys(others)
        )

    async def copy(self, records: Sequence[Record], *, approval: Approval) -> tuple[BatchResult, frozenset[str]]:
        """Store Records of another memory; what was done, and the ids of those in which a secret was replaced.

        Nothing else about them changes: no near-duplicate is looked for, and ids, times and who approved them stay.
        """
        return await self._in_time(self._copy(records, approval))

    async def copy_notes(
        self, *, forgotten: Collection[str] = (), apart: Sequence[tuple[int, int]] = (), approval: Approval
    ) -> None:
        """Keep which ids another memory has forgotten, and which issues it keeps apart."""
        if forgotten and not self._dry_run:
            await self._in_time(self._provider.keep_forgotten(forgotten, approval=approval))
        if apart and not self._dry_run:
            await self._in_time(self._provider.set_apart(apart, approval=approval))

    async def _in_time(self, work: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._deadline):
                return await work
        except TimeoutError:
            raise MemoryTimeout(
                f"Memory took longer than {self._deadline:g} seconds to write.", fix="run the job again"
            ) from None

    async def _ids(self) -> frozenset[str]:
        return frozenset(fact.id for fact in await self._provider.list_records(namespaces=namespaces.FACTS, limit=_ALL))

    async def _remember(
        self, facts: Sequence[Record], approval: Approval, update: Collection[str], removing: Sequence[str]
    ) -> tuple[Outcome, ...]:
        decided: dict[str, Outcome] = {}
        kept: list[_Checked] = []
        own = frozenset((*(fact.id for fact in facts), *removing))
        leaving = [await self._provider.get_record(name) for name in removing]
        superseded = frozenset(record.replaces for record in leaving if record is not None)
        for fact in facts:
            known = await self._provider.get_record(fact.id)
            if known is not None and fact.id not in update:
                decided[fact.id] = Remembered(record=known, how="unchanged")
                continue
            checked = await self._checked(fact, own, kept, superseded, is_update=known is not None)
            if isinstance(checked, _Checked):
                kept.append(checked)
            else:
                decided[fact.id] = checked
        gone = tuple(dict.fromkeys((*removing, *(one.record.replaces for one in kept if one.record.replaces))))
        if kept or gone:
            decided |= await self._store(kept, approval, update, gone)
        return tuple(decided[fact.id] for fact in facts)

    async def _store(
        self, kept: Sequence[_Checked], approval: Approval, update: Collection[str], gone: Sequence[str]
    ) -> dict[str, Outcome]:
        if self._dry_run:
            return {one.record.id: one.outcome() for one in kept}
        done = await self._provider.store_records(
            [one.record for one in kept], approval=approval, update=update, removing=gone
        )
        taken_back, unchanged = frozenset(done.taken_back), frozenset(done.unchanged)
        return {
            one.record.id: TakenBack(id=one.record.id)
            if one.record.id in taken_back
            else one.outcome(is_unchanged=one.record.id in unchanged)
            for one in kept
        }

    async def _checked(
        self,
        fact: Record,
        own: frozenset[str],
        before: Sequence[_Checked],
        superseded: frozenset[str],
        *,
        is_update: bool,
    ) -> _Checked | Outcome:
        """The fact as it may be stored, or why it is not.

        `own`: ids of the same source; they are no answer. `superseded`: ids that facts replaced which leave now.
        """
        if len(fact.text) > LONGEST_FACT:
            problem = f"The fact has {len(fact.text):,} characters, and at most {LONGEST_FACT:,} are kept."
            return Refused(asked=Verb.REMEMBER, problem=problem, fix="say it shorter, or in several facts")
        if fact.expires_at is not None and fact.expires_at <= self._now():
            return Refused(asked=Verb.REMEMBER, problem="It has expired already.", fix="name a later date")
        if fact.replaces and fact.replaces not in superseded:
            old = await self._provider.get_record(fact.replaces)
            if old is None or not namespaces.matches(old.namespace, namespaces.FACTS):
                problem = f"There is no fact `{fact.replaces}` to replace."
                return Refused(asked=Verb.REMEMBER, problem=problem, fix="see the ids with `/memories`")
        redacted, clean = await asyncio.to_thread(self._cleaned, fact)
        if redacted.findings and not _is_anything_left(redacted):
            return Refused(asked=Verb.REMEMBER, problem="Nothing is left of the fact without the secret in it.")
        kinds = tuple(dict.fromkeys(finding.kind for finding in redacted.findings))
        query = Query(
            title=clean.text[:_MOST_ASKED], paths=clean.paths, exclude=own | {clean.replaces}, now=self._now()
        )
        found = await self._provider.search_records(query, namespaces=namespaces.FACTS, top_k=_MOST_LIKE)
        for record in (*(match.record for match in found), *(one.record for one in before)):
            if same(clean, record):
                return AlreadyKnown(record=record)
        related = tuple(match for match in found if match.score >= _RELATED)[:_MOST_RELATED]
        return _Checked(record=clean, redacted=kinds, related=related, is_update=is_update)

    def _cleaned(self, fact: Record) -> tuple[Redacted, Record]:
        """The fact without secrets, and what was found in its text. Scanning takes time, hence a thread."""
        redacted = self._redact(fact.text)
        title, *paths = (self._redact(text).text for text in (fact.title, *fact.paths))
        return redacted, replace(fact, text=redacted.text, title=title, paths=tuple(paths))

    async def _copy(self, records: Sequence[Record], approval: Approval) -> tuple[BatchResult, frozenset[str]]:
        clean = await asyncio.to_thread(lambda: [self._cleaned_whole(record) for record in records])
        redacted = frozenset(new.id for old, new in zip(records, clean, strict=True) if new != old)
        if self._dry_run:
            return BatchResult(stored=tuple(record.id for record in clean)), redacted
        return await self._provider.store_records(clean, approval=approval), redacted

    def _cleaned_whole(self, record: Record) -> Record:
        """The Record without secrets, in whatever it says."""
        _, clean = self._cleaned(record)
        labels, cites = (tuple(self._redact(text).text for text in texts) for texts in (record.labels, record.cites))
        return replace(clean, labels=labels, cites=cites)

    async def _prune(self) -> tuple[Outcome, ...]:
        now = self._now()
        facts = await self._provider.list_records(namespaces=namespaces.FACTS, limit=_ALL)
        expired = [fact.id for fact in facts if fact.expires_at is not None and fact.expires_at <= now]
        if expired and not self._dry_run:
            # not forgotten for good: who says it again for longer is heard
            done = await self._provider.store_records((), approval=Approval(), removing=expired)
            expired = list(done.removed)
        return tuple(Forgotten(id=name, how="withdrawn") for name in expired)

    async def _forget(self, ids: Sequence[str], approval: Approval) -> tuple[Outcome, ...]:
        known = {name: await self._provider.get_record(name) for name in ids}
        facts = {
            name: record
            for name, record in known.items()
            if record is not None and namespaces.matches(record.namespace, namespaces.FACTS)
        }
        if facts and not self._dry_run:
            done = await self._provider.delete_records(tuple(facts), approval=approval)
            facts = {name: record for name, record in facts.items() if name in done.removed}
        return tuple(
            Forgotten(id=name, how="forgotten", namespace=facts[name].namespace)
            if name in facts
            else Forgotten(id=name, how="unknown")
            for name in ids
        )


def _is_anything_left(redacted: Redacted) -> bool:
    rest = redacted.text
    for finding in redacted.findings:
        rest = rest.replace(f"[REDACTED:{finding.kind}]", "")
    return any(char.isalnum() for char in rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A fact that may be stored."""

    record: Record
    redacted: tuple[str, ...]
    related: tuple[Match, ...] = field(default=())
    is_update: bool

    def outcome(self, *, is_unchanged: bool = False) -> Remembered:
        return Remembered(
            record=self.record,
            how="unchanged" if is_unchanged else "updated" if self.is_update else "stored",
            redacted=self.redacted,
            related=self.related,
            replaced=self.record.replaces,
        )
