"""MemoryIntegration: what Monitors hold. It can only recall, within one deadline, and never fails."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from memory_agents.core.records import Match, Notice, ProviderInfo, Query
from memory_agents.errors import MemoryAgentsError
from memory_agents.memory.provider import MemoryReader


class Status(StrEnum):
    """How recall went; the output `status`, which is `skipped` where policy found nothing to recall for."""

    OK = "ok"
    EMPTY = "empty"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the prompt and the Namespaces (globs) that feed it."""

    name: str
    namespaces: tuple[str, ...]
    top_k: int
    min_score: float
    """below it nothing is shown"""
    is_calibrated: bool = False
    """whether the cut-off that was measured goes before `min_score`, where there is one"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """What memory answered."""

    status: Status
    sections: Mapping[str, tuple[Match, ...]]
    """section → Matches, best first"""
    notices: tuple[Notice, ...] = ()
    info: ProviderInfo | None = None
    seconds: float = 0.0


class MemoryIntegration:
    """Read-only memory.

    Usage: `async with MemoryIntegration(open_reader, deadline=20) as memory: await memory.recall(…)`.
    """

    def __init__(
        self, open_reader: Callable[[], MemoryReader], *, deadline: float, missing: tuple[Notice, ...] = ()
    ) -> None:
        """`open_reader` makes the provider when it is first needed; `deadline` is seconds for all of memory.

        `missing`: what is known to be missing before memory is asked.
        """
        self._missing = missing
        self._open_reader = open_reader
        self._deadline = deadline
        self._reader: MemoryReader | None = None

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first recall."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the provider. What was recalled stands, whatever becomes of that."""
        if self._reader is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(self._deadline):
                    await self._reader.close()

    async def recall(self, query: Query, sections: tuple[Section, ...]) -> Recollection:
        """Search every section; a section that fails is empty and noticed. Never raises for memory's sake."""
        started = time.monotonic()
        found: dict[str, tuple[Match, ...]] = {}
        notices = list(self._missing)
        info: ProviderInfo | None = None
        limit = asyncio.timeout(self._deadline)
        try:
            async with limit:
                if self._reader is None:
                    self._reader = self._open_reader()
                await asyncio.gather(*(self._answer(self._reader, query, one, found, notices) for one in sections))
                info = await self._reader.get_info()
                notices += info.notices
        except Exception as error:  # noqa: BLE001 -- recall degrades here: memory must never stop a run
            notices.append(self._late() if limit.expired() else _notice(error))
        cut_off = None if info is None else info.cut_off
        shown = {one.name: _worth_showing(found.get(one.name, ()), one, cut_off) for one in sections}
        return Recollection(
            status=_status(answered=len(found), notices=notices, any_match=any(shown.values())),
            sections=MappingProxyType(shown),
            notices=tuple(dict.fromkeys(notices)),
            info=info,
            seconds=time.monotonic() - started,
        )

    def _late(self) -> Notice:
        return Notice(
            text=f"Memory did not answer within {self._deadline:g} seconds.",
            fix="raise `timeout-seconds`, or see what it waits for",
            partial=True,
        )

    @staticmethod
    async def _answer(
        reader: MemoryReader,
        query: Query,
        section: Section,
        found: dict[str, tuple[Match, ...]],
        notices: list[Notice],
    ) -> None:
        """Search one section; what it answers is kept even where the others are too slow."""
        try:
            matches = await reader.search_records(query, namespaces=section.namespaces, top_k=section.top_k)
        except Exception as error:  # noqa: BLE001 -- another section may still answer
            notices.append(_notice(error))
            return
        found[section.name] = tuple(matches)


def _worth_showing(matches: tuple[Match, ...], section: Section, cut_off: float | None) -> tuple[Match, ...]:
    """The Matches of a section that score enough."""
    least = cut_off if section.is_calibrated and cut_off is not None else section.min_score
    return tuple(match for match in matches if match.score >= least)


def _notice(error: Exception) -> Notice:
    """What went wrong, for a person."""
    if isinstance(error, MemoryAgentsError):
        return Notice(text=error.message, fix=error.fix, partial=True)
    kind = type(error).__name__
    return Notice(text=f"Memory failed: {kind}: {error}.", discreet=f"Memory failed: {kind}.", partial=True)


def _status(*, answered: int, notices: list[Notice], any_match: bool) -> Status:
    partial = any(notice.partial for notice in notices)
    if partial:
        return Status.DEGRADED if answered else Status.UNAVAILABLE
    return Status.OK if any_match else Status.EMPTY
