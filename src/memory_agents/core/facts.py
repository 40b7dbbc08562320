"""Command or label → the Records that it asks to keep.

Their ids come from their source and from what is stated there. So a second run makes the same Records and writes
nothing twice, a statement that moves in its comment keeps its id, and one that an edit changes is another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from memory_agents.core.commands import Remember
from memory_agents.core.records import Record, Source

DIGEST = "digest"
"""in place of a token: a labelled item has one digest for each Namespace"""


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
        return "f" + hashlib.sha256(told.encode()).hexdigest()[:12] + "-"

    def id(self, token: str) -> str:
        """The id of the fact that the token stands for."""
        return f"{self.prefix}{token}"


def token(command: Remember, text: str) -> str:
    """Stands for one statement: its text with its options. 8 hexadecimal digits."""
    stated = (text, command.namespace, command.paths, command.expires_days, command.expires_on, command.replaces)
    return hashlib.sha256(repr(stated).encode()).hexdigest()[:8]


def facts(
    commands: Sequence[Remember], origin: Origin, *, source: Source, said_at: datetime, approved_by: str = ""
) -> dict[str, Record]:
    """Token → the Record that the Commands of one comment ask for, in order.

    `said_at`: when the comment was made; days of expiry count from then.
    """
    return {
        (its := token(command, text)): Record(
            id=origin.id(its),
            namespace=command.namespace,
            text=text,
            created_at=said_at,
            source=source,
            paths=command.paths,
            expires_at=_expiry(command, said_at),
            replaces=command.replaces,
            approved_by=approved_by,
        )
        for command in commands
        for text in command.facts
    }


def _expiry(command: Remember, said_at: datetime) -> datetime | None:
    if command.expires_on:
        day = date.fromisoformat(command.expires_on)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return None if command.expires_days is None else said_at + timedelta(days=command.expires_days)
