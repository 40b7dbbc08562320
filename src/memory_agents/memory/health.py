"""What a failure of memory says of its health, and when it holds more than it should: the same for every provider."""

from __future__ import annotations

from collections.abc import Mapping

from memory_agents.core.records import Health, Notice, Problem
from memory_agents.errors import (
    MemoryAgentsError,
    MemoryDenied,
    MemoryMissing,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
)

SOFT_LIMIT = 10_000
"""long-term Records from which on a person is told that they are many"""
_PROBLEMS: Mapping[type[MemoryAgentsError], Problem] = {
    MemoryDenied: Problem.AUTH,
    MemoryMissing: Problem.MISSING,
    MemoryThrottled: Problem.THROTTLED,
    MemoryTimeout: Problem.SLOW,
    MemoryUnreachable: Problem.NETWORK,
}


def sick(error: MemoryAgentsError) -> Health:
    """The Health of what answers with `error`."""
    return Health(ok=False, detail=error.message, fix=error.fix, problem=_PROBLEMS.get(type(error), Problem.OTHER))


def counted(records: int) -> str:
    """`1 record`, or `2,000 records`."""
    return f"{records:,} record{'s' if records != 1 else ''}"


def too_many(records: int | None) -> tuple[Notice, ...]:
    """What to say where there are more Records than SOFT_LIMIT."""
    if records is None or records <= SOFT_LIMIT:
        return ()
    return (
        Notice(
            text=f"Memory holds {records:,} records, and is meant for {SOFT_LIMIT:,}.",
            fix="forget what is out of date, or give passing facts an end with `expires=90d`",
        ),
    )
