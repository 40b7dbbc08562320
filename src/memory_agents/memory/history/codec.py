"""Rows of a repository's past, and places in its lists, ↔ JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from memory_agents.core.history import Closing, Item, Person, Remark, ReviewRemark, Row
from memory_agents.core.records import HTTP_URL
from memory_agents.memory.index import IndexCorrupt


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a list was read."""

    upto: datetime | None = None
    """how far the reading is: the time of the last update of what it had last"""
    known: datetime | None = None
    """everything updated before is known; None until the list was first read to its end"""
    reading: int = 0
    """the number of the whole reading that is under way, or was the last"""
    began: datetime | None = None
    """when that began"""
    is_whole: bool = True
    """whether a whole reading is under way; otherwise only what is new is read"""
    newest: int = 0
    """of EVENTS: the highest id down to which, from the top, everything is known"""
    oldest: int = 0
    """of EVENTS: the lowest id that was read"""
    seen: int = 0
    """of EVENTS: how many there are from `newest` to `oldest`"""


def encoded(row: Row | Place) -> str:
    """A row or place as JSON."""
    return json.dumps(_plain(row), default=_plain, separators=(",", ":"))


def _plain(value: object) -> object:
    """What JSON has no form for; dataclasses.asdict would copy all that it has one for."""
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError


_T = TypeVar("_T", Item, Remark, ReviewRemark, Closing, Place)
_TIMES = frozenset({"created_at", "closed_at", "merged_at", "upto", "known", "began"})
_PEOPLE = frozenset({"author", "actor"})


def decoded(kind: type[_T], text: str) -> _T:
    """What was encoded, or raise IndexCorrupt."""
    reason = "it holds a row that cannot be read"
    try:
        values: dict[str, Any] = json.loads(text)
        for name in values.keys() & _TIMES:
            values[name] = values[name] and datetime.fromisoformat(values[name])
        for name in values.keys() & _PEOPLE:
            values[name] = Person(**values[name])
        if "labels" in values:
            values["labels"] = tuple(map(str, values["labels"]))
        is_harmless = "url" not in values or HTTP_URL.fullmatch(values["url"]) is not None
        row = kind(**values)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise IndexCorrupt(reason) from error
    if not is_harmless:
        raise IndexCorrupt(reason)
    return row
