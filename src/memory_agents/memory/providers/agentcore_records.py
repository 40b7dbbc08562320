"""Record ↔ what the service keeps: text it can search, metadata it can filter by, the rest packed. Pure.

The content is the title, an empty line and the text. Provenance that fits stands in metadata of its own, legible for
people and programs; every other field is in `details.0`, `details.1`, …: compressed JSON.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from memory_agents.core import namespaces
from memory_agents.core.record_values import record_of, values_of
from memory_agents.core.records import EPOCH, ID, Record
from memory_agents.errors import MemoryRefused
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers.agentcore_names import Kind

MOST_TEXT = 16_000
"""characters of a record's content"""
MOST_KEYS = 20
"""metadata of a record"""
MOST_VALUE = 256
"""characters of one value"""

_SHOWN = ("repository", "url", "author", "permission")
"""fields of the Source that have metadata of their own"""
_TITLE, _CREATED, _NUMBER, _DETAILS = "title", "created_at", "number", "details"
_BETWEEN = "\n\n"
_EXACT = 2**53
"""whole numbers below it are kept by a double"""
_UNPACKED_MOST = 1_000_000
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the service holds under an id of its own."""

    service_id: str
    """'' while it has none"""
    kind: Kind
    key: str
    """our id; of a pair apart `3-12`"""
    record: Record | None
    """None where the kind says it all"""
    at: datetime
    """when it was written, by the clock of whoever wrote it"""

    @property
    def is_record(self) -> bool:
        """Whether it is a Record."""
        return self.record is not None

    def as_of(self, service_id: str) -> Held:
        """The same, under the id that the service gave it."""
        return replace(self, service_id=service_id)


def held_record(record: Record, *, at: datetime, service_id: str = "") -> Held:
    """A Record, to be written."""
    is_past = record.namespace.startswith(namespaces.HISTORY_PREFIX)
    kind = Kind.PAST if is_past else Kind.RECORD
    return Held(service_id=service_id, kind=kind, key=record.id, record=record, at=at)


def note(kind: Kind, key: str, *, at: datetime) -> Held:
    """What is no Record, to be written. `key`: an id, or of a pair apart `3-12`, the smaller number first."""
    return Held(service_id="", kind=kind, key=key, record=None, at=at)


def pair_of(key: str) -> tuple[int, int]:
    """The issues that a key of the kind APART names. ValueError if it names none."""
    low, high = key.split("-")
    return int(low), int(high)


def entry_of(held: Held) -> dict[str, Any]:
    """What of it a request to create or update says, but for the id. Raises MemoryRefused for what is too much."""
    metadata: dict[str, Any] = {names.RECORD_ID: {"stringValue": held.key}, names.KIND: {"stringValue": held.kind}}
    if held.record is None:
        place, content = names.NOTES[held.kind], held.key
    else:
        place, content = held.record.namespace, _content(held.record)
        if held.record.paths and held.kind is Kind.RECORD:
            metadata[names.SCOPED] = {"stringValue": names.YES}
        metadata |= _metadata(held.record, taken=len(metadata))
    return {
        "namespaces": [names.place_of(place)],
        "content": {"text": content},
        "timestamp": held.at,
        "metadata": metadata,
    }


def held_of(summary: Mapping[str, Any]) -> Held | None:
    """What a record of the service says; None if it is none of ours. ValueError if it is, and damaged."""
    try:
        metadata = summary.get("metadata") or {}
        kind, key = _KINDS.get(_string(metadata, names.KIND)), _string(metadata, names.RECORD_ID)
        if kind is None or not key:
            return None
        service_id, at = _text(summary["memoryRecordId"]), _time(summary.get("timestamp"))
        held = Held(service_id=service_id, kind=kind, key=key, record=None, at=at)
        if kind is Kind.APART:
            pair_of(key)
        elif not ID.fullmatch(key):
            raise ValueError("its id is none")
        return held if kind in names.NOTES else replace(held, record=_record(summary, key, metadata))
    except (AttributeError, KeyError, OverflowError, TypeError, zlib.error) as error:
        raise ValueError(str(error)) from error


def packed(
    details: Mapping[str, Any], shown: Mapping[str, str], *, what: str, most: int, taken: int = 0
) -> dict[str, str]:
    """Values of metadata: those of `shown` that fit by themselves, and all else in pieces. See `unpacked`.

    Raises MemoryRefused if `what`, which has `taken` others, needs more than `most`.
    """
    values = {name: names.value_of(text) for name, text in shown.items() if text}
    fitting = {name: value for name, value in values.items() if len(value) <= MOST_VALUE}
    rest = {**details, **{name: shown[name] for name in values.keys() - fitting.keys()}}
    if rest:
        raw = json.dumps(rest, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        data = base64.b64encode(zlib.compress(raw.encode("utf-8", "surrogatepass"), 9)).decode()
        pieces = range(0, len(data), MOST_VALUE)
        fitting |= {f"{_DETAILS}.{at // MOST_VALUE}": data[at : at + MOST_VALUE] for at in pieces}
    if taken + len(fitting) > most:
        raise MemoryRefused(
            f"{what} has {taken + len(fitting)} values of metadata, and AgentCore keeps {most}.",
            fix="give it fewer or shorter labels, paths and cites",
        )
    return fitting


def unpacked(values: Mapping[str, str], shown: Iterable[str]) -> dict[str, Any]:
    """What `packed` was given, in one mapping. ValueError or zlib.error if it is damaged."""
    found: dict[str, Any] = {}
    pieces: list[str] = []
    while (name := f"{_DETAILS}.{len(pieces)}") in values:
        pieces.append(values[name])
    if pieces:
        data = base64.b64decode("".join(pieces), validate=True)
        raw = zlib.decompressobj().decompress(data, _UNPACKED_MOST)
        found = dict(json.loads(raw.decode("utf-8", "surrogatepass")))
    return found | {name: names.text_of(values[name]) for name in shown if name in values}


def _content(record: Record) -> str:
    content = f"{record.title}{_BETWEEN}{record.text}" if record.title else record.text
    if not 0 < len(content) <= MOST_TEXT:
        raise MemoryRefused(
            f"The text of {record.id} has {len(content):,} characters, and AgentCore keeps 1 to {MOST_TEXT:,}.",
            fix="say it in fewer words" if content else "give it a text",
        )
    return content


def _metadata(record: Record, *, taken: int) -> dict[str, Any]:
    values = values_of(record)
    for name in ("id", "namespace", "text", "title"):
        values.pop(name, None)
    source = values.pop("source")
    shown = {name: source.pop(name) for name in _SHOWN if name in source}
    if _CREATED in values:
        shown[_CREATED] = values.pop(_CREATED)
    numbers = {_TITLE: len(record.title)} if record.title else {}
    if 0 <= source.get(_NUMBER, -1) < _EXACT:
        numbers[_NUMBER] = source.pop(_NUMBER)
    details = values | ({"source": source} if source else {})
    strings = packed(details, shown, what=f"Record {record.id}", most=MOST_KEYS, taken=taken + len(numbers))
    return {name: {"numberValue": float(number)} for name, number in numbers.items()} | {
        name: {"stringValue": value} for name, value in strings.items()
    }


def _record(summary: Mapping[str, Any], key: str, metadata: Mapping[str, Any]) -> Record:
    strings = {name: value["stringValue"] for name, value in metadata.items() if value and "stringValue" in value}
    values = unpacked(strings, (*_SHOWN, _CREATED))
    source = values.pop("source", {}) | {name: values.pop(name) for name in _SHOWN if name in values}
    if _NUMBER in metadata:
        source[_NUMBER] = int(metadata[_NUMBER]["numberValue"])
    content, title = _text(summary["content"]["text"]), ""
    if _TITLE in metadata:
        length = int(metadata[_TITLE]["numberValue"])
        title, content = content[:length], content[length + len(_BETWEEN) :]
    (place,) = summary["namespaces"]
    namespace = names.namespace_of(place)
    if not namespaces.is_valid(namespace):
        raise ValueError("its namespace is none")
    return record_of({**values, "source": source, "id": key, "namespace": namespace, "title": title, "text": content})


def _string(metadata: Mapping[str, Any], name: str) -> str:
    value = metadata.get(name) or {}
    return str(value.get("stringValue") or "")


def _text(said: object) -> str:
    """A text. Raises as `held_of` expects."""
    if not isinstance(said, str):
        raise TypeError("it is no text")
    return said


def _time(said: float | str | datetime | None) -> datetime:
    """When something was, in UTC: seconds since 1970, ISO 8601, or a time of ours. Raises as `held_of` expects."""
    match said:
        case None:
            return EPOCH
        case datetime():
            return said.astimezone(UTC)
        case str():
            at = datetime.fromisoformat(said)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        case _:
            return EPOCH + timedelta(seconds=said)
