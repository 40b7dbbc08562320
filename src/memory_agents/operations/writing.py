"""What a maintainer asks to remember and forget on the command line, through the one door to writing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from memory_agents.core import namespaces
from memory_agents.core.outcomes import Outcome
from memory_agents.core.records import Approval, Record
from memory_agents.errors import UsageError
from memory_agents.memory.writer import FACTS, MemoryWriter

BY_HAND = Approval()
"""somebody who may push to the branch"""

_TERM = re.compile(r"(?P<count>[1-9][0-9]{0,3})(?P<unit>[dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


async def remember(
    writer: MemoryWriter,
    text: str,
    *,
    namespace: str,
    paths: Sequence[str],
    expires: str,
    replaces: str,
    now: datetime,
) -> tuple[Outcome, ...]:
    """Keep one fact. Raises UsageError."""
    if not text.strip():
        raise UsageError("There is nothing to remember.", fix="give TEXT some words")
    fact = Record(
        id=f"f{uuid.uuid4().hex[:12]}-1",
        namespace=fact_namespace(namespace),
        text=text.strip(),
        created_at=now,
        paths=tuple(path.strip() for path in paths if path.strip()),
        expires_at=_expiry(expires, now) if expires else None,
        replaces=replaces,
    )
    return await writer.remember([fact], approval=BY_HAND)


async def forget(writer: MemoryWriter, ids: Sequence[str]) -> tuple[Outcome, ...]:
    """Take facts back."""
    return await writer.forget(ids, approval=BY_HAND)


def fact_namespace(name: str) -> str:
    """A Namespace that holds facts. Raises UsageError."""
    if not namespaces.matches(namespaces.validate(name), FACTS) or name.partition("/")[0] == "meta":
        raise UsageError(f"{name} holds no facts.", fix="name another, such as codebase/conventions")
    return name


def _expiry(text: str, now: datetime) -> datetime:
    term = _TERM.fullmatch(text)
    if term:
        return now + timedelta(days=int(term["count"]) * _DAYS[term["unit"]])
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time to expire at.", fix="write --expires 90d, 12w, 6m, 1y or 2027-01-31"
        ) from None
    expires = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if expires <= now:
        raise UsageError(f"{text} is past: the fact would never be recalled.", fix="give --expires a later day")
    return expires
