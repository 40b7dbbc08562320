"""Record ↔ plain values, exactly, as JSON carries them: what every place that keeps Records by itself writes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from memory_agents.core.records import Record, Source

_TIMES = {"created_at", "expires_at"}
_TUPLES = {"labels", "paths", "cites"}
_NEEDED = {"id", "namespace", "text"}
_BLANK = Record(id="", namespace="", text="")


def values_of(record: Record) -> dict[str, Any]:
    """name → value of the fields that say something; `source` is such a mapping itself, times are in ISO 8601."""
    values = _values(record, _BLANK)
    values["source"] = _values(record.source, _BLANK.source)
    for name in _TIMES & values.keys():
        values[name] = values[name] and values[name].isoformat()
    return values


def record_of(values: Mapping[str, Any]) -> Record:
    """The Record that `values_of` was given.

    Values of another form raise AttributeError, KeyError, TypeError or ValueError, or give a Record with fields of a
    wrong type: check what others may have written.
    """
    values = dict(values)
    for name in _TIMES & values.keys():
        values[name] = values[name] and datetime.fromisoformat(values[name])
    for name in _TUPLES & values.keys():
        values[name] = tuple(values[name])
    values["source"] = Source(**values["source"])
    return Record(**values)


def _values(held: Record | Source, blank: Record | Source) -> dict[str, Any]:
    """name → value of the fields that are needed or not as in `blank`."""
    fields = ((name, getattr(held, name)) for name in held.__slots__)
    return {name: value for name, value in fields if name in _NEEDED or value != getattr(blank, name)}
