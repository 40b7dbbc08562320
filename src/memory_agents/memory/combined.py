"""Several memories as one: facts, and the history of the repository."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from memory_agents.core.records import Health, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import MemoryAgentsError, MemoryTimeout
from memory_agents.memory.provider import MemoryReader

_T = TypeVar("_T")


@dataclass(slots=True)
class _Source:
    """One memory: not opened yet, open, or failed."""

    open: Callable[[], MemoryReader]
    reader: MemoryReader | None = None
    failure: MemoryAgentsError | None = None


class CombinedReader:
    """MemoryReader that asks all of several and puts together what they answer.

    One that fails, or is too slow, is noticed and asked no more; the others answer. Only where all fail is
    that an error: the first one's.
    """

    def __init__(self, *readers: Callable[[], MemoryReader], deadline: float) -> None:
        """`readers`: make each memory when it is first asked, the most important first. `deadline`: seconds for all."""
        self._sources = [_Source(reader) for reader in readers]
        self._deadline = deadline
        self._ends: float | None = None

    async def search_records(self, query: Query, *, namespaces: tuple[str, ...], top_k: int) -> Sequence[Match]:
        """See MemoryReader."""
        found = await self._all(lambda reader: reader.search_records(query, namespaces=namespaces, top_k=top_k))
        matches = _distinct([match for matches in found for match in matches])
        return sorted(matches, key=lambda match: -match.score)[:top_k]

    async def list_records(self, *, namespaces: tuple[str, ...] = ("*",), limit: int = 100) -> Sequence[Record]:
        """See MemoryReader."""
        found = await self._all(lambda reader: reader.list_records(namespaces=namespaces, limit=limit))
        records = [record for records in found for record in records]
        return sorted(records, key=lambda record: record.created_at, reverse=True)[:limit]

    async def get_record(self, record_id: str) -> Record | None:
        """See MemoryReader."""
        found = await self._all(lambda reader: reader.get_record(record_id))
        return next((record for record in found if record is not None), None)

    async def health_check(self) -> Health:
        """See MemoryReader."""
        healths = await self._all(lambda reader: reader.health_check())
        bad = next((health for health in healths if not health.ok), None)
        return bad or Health(ok=True, detail=" ".join(health.detail for health in healths))

    async def get_info(self) -> ProviderInfo:
        """See MemoryReader. Provider and version are those of the first that answers."""
        infos = await self._all(lambda reader: reader.get_info())
        failed = [source.failure for source in self._sources if source.failure is not None]
        return ProviderInfo(
            provider=infos[0].provider,
            location="; ".join(info.location for info in infos),
            records=sum(info.records for info in infos),
            version=infos[0].version,
            notices=(
                *(Notice(text=error.message, fix=error.fix, partial=True) for error in failed),
                *(notice for info in infos for notice in info.notices),
            ),
        )

    async def close(self) -> None:
        """See MemoryReader."""
        for source in self._sources:
            if source.reader is not None:
                with contextlib.suppress(MemoryAgentsError):
                    await source.reader.close()

    async def _all(self, question: Callable[[MemoryReader], Awaitable[_T]]) -> list[_T]:
        """The answers of those that answer in time, in their order. Raises the first failure where none does."""
        loop = asyncio.get_running_loop()
        self._ends = self._ends or loop.time() + self._deadline
        answers = await asyncio.gather(*(self._one(source, question, self._ends) for source in self._sources))
        answered = [answer[0] for answer in answers if answer]
        failures = [source.failure for source in self._sources if source.failure is not None]
        if not answered and failures:
            raise failures[0]
        return answered

    @staticmethod
    async def _one(source: _Source, question: Callable[[MemoryReader], Awaitable[_T]], ends: float) -> tuple[_T, ...]:
        if source.failure is None:
            try:
                if source.reader is None:
                    source.reader = source.open()
                async with asyncio.timeout_at(ends):
                    return (await question(source.reader),)
            except TimeoutError:
                source.failure = MemoryTimeout("A memory did not answer in time.", fix="raise `timeout-seconds`")
            except MemoryAgentsError as error:
                source.failure = error
        return ()


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
