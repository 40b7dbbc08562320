"""Record ↔ compressed JSON, exactly, and blobs that know when they were damaged."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import Any

from memory_agents.core.records import Record, Source
from memory_agents.memory.index.corrupt import IndexCorrupt

_TIMES = {"created_at", "expires_at"}
_TUPLES = {"labels", "paths", "cites"}
_NEEDED = {"id", "namespace", "text"}
_BLANK = Record(id="", namespace="", text="")
_CHECKSUM_BYTES = 4
_LARGEST = 8_000_000
"""bytes of one Record as JSON"""


def encode(record: Record) -> bytes:
    """`record` as JSON in ASCII, which also carries text that UTF-8 cannot; compressed, as most of the file is text."""
    values = _values(record, _BLANK)
    values["source"] = _values(record.source, _BLANK.source)
    for name in _TIMES & values.keys():
        values[name] = values[name] and values[name].isoformat()
    return zlib.compress(json.dumps(values, separators=(",", ":")).encode("ascii"))


def _values(held: Record | Source, blank: Record | Source) -> dict[str, Any]:
    """name → value of the fields that are needed or not as in `blank`."""
    fields = ((name, getattr(held, name)) for name in held.__slots__)
    return {name: value for name, value in fields if name in _NEEDED or value != getattr(blank, name)}


def decode(data: bytes) -> Record:
    """The Record that `encode` was given, or raise IndexCorrupt."""
    try:
        values: dict[str, Any] = json.loads(_decompressed(data))
        for name in _TIMES & values.keys():
            values[name] = values[name] and datetime.fromisoformat(values[name])
        for name in _TUPLES & values.keys():
            values[name] = tuple(values[name])
        values["source"] = Source(**values["source"])
        return Record(**values)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, zlib.error) as error:
        reason = "it holds a record that cannot be read"
        raise IndexCorrupt(reason) from error


def _decompressed(data: bytes) -> bytes:
    """What was compressed, at most _LARGEST bytes: little data may stand for very much."""
    decompressor = zlib.decompressobj()
    found = decompressor.decompress(data, _LARGEST)
    if not decompressor.eof:
        raise ValueError
    return found


def seal(data: bytes) -> bytes:
    """`data` with its checksum."""
    return data + zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "little")


def unseal(sealed: object) -> bytes:
    """What was sealed, or raise IndexCorrupt."""
    if isinstance(sealed, bytes) and len(sealed) >= _CHECKSUM_BYTES:
        data = sealed[:-_CHECKSUM_BYTES]
        if zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "little") == sealed[-_CHECKSUM_BYTES:]:
            return data
    reason = "a part of it is damaged"
    raise IndexCorrupt(reason)
