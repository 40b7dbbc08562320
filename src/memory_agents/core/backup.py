"""A memory as lines of JSON: what a backup says of itself, then one entry a line. docs/backup.md has the format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from memory_agents.core import namespaces
from memory_agents.core.record_values import record_of, values_of
from memory_agents.core.records import ID, Record, Source

Entry = Record | str | tuple[int, int]
"""a Record, an id that was forgotten, or a pair of issues that are no duplicates, the smaller number first"""

FORMAT = "memory-agents backup"
VERSION = 1
_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_REFUSED = (AttributeError, KeyError, RecursionError, TypeError, UnicodeError, ValueError)
"""what reading values of another form may raise"""


class BackupFault(Exception):
    """What is wrong with a line of a backup."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a backup says of itself."""

    provider: str
    location: str
    """of the memory that it was made of, for a person"""
    created_at: datetime
    records: int
    forgotten: int
    """ids"""
    apart: int
    """pairs of issues"""
    sha256: str
    """of all bytes after the first line, in hexadecimal digits"""

    def line(self) -> bytes:
        """The first line of the file."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return _line({"format": FORMAT, "version": VERSION, **values, "created_at": self.created_at.isoformat()})


def header_of(line: bytes) -> Header:
    """The Header that a first line holds. Raises BackupFault."""
    try:
        values = dict(json.loads(line))
    except _REFUSED:
        values = {}
    if values.pop("format", None) != FORMAT:
        raise BackupFault("it is no backup of memory-agents")
    version = values.pop("version", None)
    if not _is_number(version) or version != VERSION:
        raise BackupFault(f"it is a backup of version {version!r}, and this program reads version {VERSION}")
    _check(values, _HEADER_FORMS, needed=_HEADER_FORMS.keys())
    return Header(**{**values, "created_at": datetime.fromisoformat(values["created_at"])})


def line_of(entry: Entry) -> bytes:
    """The line that holds an entry."""
    match entry:
        case Record():
            return _line({"record": values_of(entry)})
        case str():
            return _line({"forgotten": entry})
        case _:
            return _line({"apart": entry})


def entry_of(line: bytes) -> Entry:
    """The entry that a line holds. Raises BackupFault where it holds anything else, or more."""
    try:
        [(kind, value)] = json.loads(line.decode("utf-8", "surrogatepass")).items()
    except _REFUSED:
        raise BackupFault("it is no entry of a backup") from None
    match kind, value:
        case "record", dict():
            return _record(value)
        case "forgotten", str() if ID.fullmatch(value):
            return value
        case "apart", [low, high] if _is_number(low) and _is_number(high) and 0 < low < high:
            return low, high
        case _:
            raise BackupFault(f"`{kind}` holds something else")


def _line(values: Mapping[str, Any]) -> bytes:
    # Half a surrogate pair, which GitHub does not refuse, has no UTF-8; it is kept all the same.
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _record(values: Mapping[str, Any]) -> Record:
    _check(values, _RECORD_FORMS, needed=("id", "namespace", "text", "source"))
    _check(values["source"], _SOURCE_FORMS)
    record = record_of(values)
    ends = record.expires_at and record.expires_at.astimezone(UTC)
    return replace(record, created_at=record.created_at.astimezone(UTC), expires_at=ends)


_Form = tuple[Callable[[Any], bool], str]
"""whether a value has the form, and what it is not if it has not"""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_time(value: object) -> bool:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found is not None and found.tzinfo is not None and bool(found.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


_TEXT = (_is_text, "no text")
_TEXTS = (_is_texts, "no list of texts")
_NUMBER = (_is_number, "no whole number")
_TIME = (_is_time, "no time with its zone")
_OPTIONAL_NUMBER = (lambda value: value is None or _is_number(value), "no whole number")
_OPTIONAL_TIME = (lambda value: value is None or _is_time(value), "no time with its zone")
_HEADER_FORMS: Mapping[str, _Form] = {
    **dict.fromkeys(("provider", "location"), _TEXT),
    **dict.fromkeys(("records", "forgotten", "apart"), _NUMBER),
    "created_at": _TIME,
    "sha256": (lambda value: _is_text(value) and bool(_CHECKSUM.fullmatch(value)), "no checksum"),
}
_RECORD_FORMS: Mapping[str, _Form] = {
    "id": (lambda value: _is_text(value) and bool(ID.fullmatch(value)), "no id"),
    "namespace": (
        lambda value: _is_text(value) and namespaces.is_valid(value) and value.partition("/")[0] != namespaces.NOTES,
        "no namespace",
    ),
    **dict.fromkeys(("text", "title", "state", "approved_by", "proposed_by", "replaces"), _TEXT),
    **dict.fromkeys(("labels", "paths", "cites"), _TEXTS),
    "approved": (lambda value: isinstance(value, bool), "neither true nor false"),
    "created_at": _TIME,
    "expires_at": _OPTIONAL_TIME,
    "source": (lambda value: isinstance(value, dict), "no object"),
}
_SOURCE_FORMS: Mapping[str, _Form] = {
    name: _OPTIONAL_NUMBER if name in {"number", "author_id"} else _TEXT for name in Source.__slots__
}


def _check(values: Mapping[str, Any], forms: Mapping[str, _Form], needed: Collection[str] = ()) -> None:
    """Raise BackupFault where a value has another form, or stands where none does."""
    for name, value in values.items():
        if name not in forms:
            raise BackupFault(f"`{name}` is no field")
        has_form, otherwise = forms[name]
        if not has_form(value):
            raise BackupFault(f"`{name}` is {otherwise}")
    for name in needed:
        if name not in values:
            raise BackupFault(f"`{name}` is missing")
