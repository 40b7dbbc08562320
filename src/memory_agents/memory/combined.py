"""Several memories as one: facts, and the history of the repository."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from memory_agents.core import namespaces
from memory_agents.core.records import Health, Match, Notice, Problem, ProviderInfo, Query, Record
from memory_agents.errors import MemoryAgentsError, MemoryTimeout, sentence
from memory_agents.memory.health import sick
from memory_agents.memory.provider import MemoryReader

_T = TypeVar("_T")
SPARE = 5
"""Matches beyond those asked for, in the place of those that are held back"""
REJECTIONS = 2
"""later issues that a past one was said not to be the same as, from which on it is suggested for none"""
_OF_THE_DEADLINE = 0.9
"""a part that is too slow is given up so early that what the others answered can still be shown"""


@dataclass(slots=True)
class Part:
    """One memory: not opened yet, open, or failed."""

    name: str
    """for a person: `facts`"""
    where: str
    """what may be slow: `the memory's remote`"""
    open: Callable[[], MemoryReader]
    holds: tuple[str, ...] = ()
    """the Namespaces that it can have; empty is any"""
    reader: MemoryReader | None = None
    failure: MemoryAgentsError | None = None

    def may_have(self, globs: tuple[str, ...]) -> bool:
        """Whether there is a reason to ask it for these Namespaces."""
        return not self.holds or any(namespaces.matches(name, globs) for name in self.holds)


class CombinedReader:
    """MemoryReader that asks all of several and puts together what they answer.

    One that fails, or is too slow, is noticed and asked no more; the others answer. Only where all fail is
    that an error: the first one's.
    """

    def __init__(self, *parts: Part, deadline: float) -> None:
        """`parts`: the most important first; each is opened when it is first asked. `deadline`: seconds for all."""
        self._parts = parts
        self._deadline = deadline
        self._began: float | None = None

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        found = await self._all(
            lambda reader: reader.search_records(query, namespaces=namespaces, top_k=top_k + SPARE), namespaces
        )
        matches = _distinct([match for matches in found for match in matches])
        if query.number is not None and any(match.record.kind == "past issue" for match in matches):
            apart = await self.pairs_apart()
            rejected = _rejected(apart)
            matches = [match for match in matches if not _is_held_back(query.number, match, apart, rejected)]
        return sorted(matches, key=lambda match: -match.score)[:top_k]

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        found = await self._all(lambda reader: reader.list_records(namespaces=namespaces, limit=limit), namespaces)
        records = [record for records in found for record in records]
        return sorted(records, key=lambda record: record.created_at, reverse=True)[:limit]

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        found = await self._all(lambda reader: reader.get_record(record_id))
        return next((record for record in found if record is not None), None)

    async def pairs_apart(self) -> frozenset[tuple[int, int]]:
        """See MemoryReader."""
        return frozenset().union(*await self._all(lambda reader: reader.pairs_apart()))

    async def health_check(self) -> Health:
        """See MemoryReader. Says how each is, with its own fix; the last one's, which is a failed one's, is `fix`."""
        try:
            healths = await self._all(lambda reader: reader.health_check())
        except MemoryAgentsError:
            healths = []
        failed = (part.failure for part in self._parts if part.failure is not None)
        healths += [sick(error) for error in failed]
        healths.sort(key=lambda health: (not health.ok, bool(health.fix)))
        told = [
            sentence(f"{health.detail} Fix: {health.fix}") if health.fix else health.detail for health in healths[:-1]
        ]
        return Health(
            ok=all(health.ok for health in healths),
            detail=" ".join((*told, healths[-1].detail)),
            fix=healths[-1].fix,
            problem=next((health.problem for health in healths if health.problem), Problem.NONE),
        )

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader. Provider and version are those of the first that answers."""
        infos = await self._all(lambda reader: reader.get_info(), share=1)
        failed = [part.failure for part in self._parts if part.failure is not None]
        return ProviderInfo(
            provider=infos[0].provider,
            location="; ".join(info.location for info in infos),
            records=_sum(info.records for info in infos),
            version=infos[0].version,
            is_new=infos[0].is_new,
            notices=(
                *(Notice(text=error.message, fix=error.fix, partial=True) for error in failed),
                *(notice for info in infos for notice in info.notices),
            ),
            cut_off=next((info.cut_off for info in infos if info.cut_off is not None), None),
        )

    async def close(self) -> None:
        """See MemoryReader."""
        for part in self._parts:
            if part.reader is not None:
                with contextlib.suppress(MemoryAgentsError):
                    await part.reader.close()

    async def _all(
        self,
        question: Callable[[MemoryReader], Awaitable[_T]],
        globs: tuple[str, ...] = ("*",),
        *,
        share: float = _OF_THE_DEADLINE,
    ) -> list[_T]:
        """The answers of those that answer in their share of the deadline, in their order.

        Raises the first failure where none does.
        """
        asked = [part for part in self._parts if part.may_have(globs)]
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        ends = self._began + share * self._deadline
        answers = await asyncio.gather(*(self._one(part, question, ends) for part in asked))
        answered = [answer[0] for answer in answers if answer]
        failures = [part.failure for part in asked if part.failure is not None]
        if not answered and failures:
            raise failures[0]
        return answered

    async def _one(self, part: Part, question: Callable[[MemoryReader], Awaitable[_T]], ends: float) -> tuple[_T, ...]:
        if part.failure is None:
            try:
                if part.reader is None:
                    part.reader = part.open()
                async with asyncio.timeout_at(ends):
                    return (await question(part.reader),)
            except TimeoutError:
                part.failure = MemoryTimeout(
                    f"Memory ({part.name}) did not answer within {self._deadline:g} seconds.",
                    fix=f"raise `timeout-seconds`, or see why {part.where} is slow",
                )
            except MemoryAgentsError as error:
                part.failure = error
        return ()


def _sum(counts: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def _rejected(apart: frozenset[tuple[int, int]]) -> frozenset[int]:
    """Issues that people said so often are not what a later one is about: they only look alike."""
    times = Counter(older for older, _ in apart)
    return frozenset(number for number, count in times.items() if count >= REJECTIONS)


def _is_held_back(number: int, match: Match, apart: frozenset[tuple[int, int]], rejected: frozenset[int]) -> bool:
    """Whether people said that the past issue is not the same as the one of that number, or as others before."""
    other = match.record.source.number
    if match.record.kind != "past issue" or other is None:
        return False
    return other in rejected or (min(number, other), max(number, other)) in apart


def _distinct(matches: Sequence[Match]) -> list[Match]:
    """Each past item once: what a person keeps on the branch goes before what was indexed."""
    seen: set[str] = set()
    kept = []
    for match in matches:
        url = match.record.source.url if match.record.kind != "fact" else ""
        if url not in seen:
            kept.append(match)
        seen |= {url} - {""}
    return kept
