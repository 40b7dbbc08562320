"""Command or label → the Records that it asks to keep.

Their ids come from their source, so that a second run makes the same Records and writes nothing twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from memory_agents.core.commands import MOST_FACTS, Remember
from memory_agents.core.records import Record, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The one place that facts come from: a comment, or a labelled item."""

    repository_id: int
    kind: str
    """issue-comment, review-comment, review or item"""
    key: int
    """the comment's or review's id, or the item's number"""

    @property
    def prefix(self) -> str:
        """Begins the ids of all facts from here."""
        told = f"{self.repository_id}/{self.kind}/{self.key}"
        return "f" + hashlib.sha256(told.encode()).hexdigest()[:12]

    def id(self, ordinal: int) -> str:
        """The id of the fact number `ordinal`, from 1."""
        return f"{self.prefix}-{ordinal}"

    def ids(self) -> tuple[str, ...]:
        """The ids of all facts that may come from here."""
        return tuple(self.id(ordinal) for ordinal in range(1, MOST_FACTS + 1))


def facts(commands: tuple[Remember, ...], origin: Origin, *, source: Source, said_at: datetime) -> tuple[Record, ...]:
    """The Records that the Commands of one comment ask for, in order.

    `said_at`: when the comment was made; days of expiry count from then.
    """
    said = [(command, text) for command in commands for text in command.facts]
    return tuple(
        Record(
            id=origin.id(ordinal),
            namespace=command.namespace,
            text=text,
            created_at=said_at,
            source=source,
            paths=command.paths,
            expires_at=_expiry(command, said_at),
            replaces=command.replaces,
        )
        for ordinal, (command, text) in enumerate(said, start=1)
    )


def _expiry(command: Remember, said_at: datetime) -> datetime | None:
    if command.expires_on:
        day = date.fromisoformat(command.expires_on)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return None if command.expires_days is None else said_at + timedelta(days=command.expires_days)
