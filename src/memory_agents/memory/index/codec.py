"""Record ↔ compressed JSON, exactly, and blobs that know when they were damaged."""

from __future__ import annotations

import json
import zlib

from memory_agents.core.record_values import record_of, values_of
from memory_agents.core.records import Record
from memory_agents.memory.index.corrupt import IndexCorrupt

_CHECKSUM_BYTES = 4
_LARGEST = 8_000_000
"""bytes of one Record as JSON"""


def encode(record: Record) -> bytes:
    """`record` as JSON in ASCII, which also carries text that UTF-8 cannot; compressed, as most of the file is text."""
    return zlib.compress(json.dumps(values_of(record), separators=(",", ":")).encode("ascii"))


def decode(data: bytes) -> Record:
    """The Record that `encode` was given, or raise IndexCorrupt."""
    try:
        return record_of(json.loads(_decompressed(data)))
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
