"""Checks JSON against a shape of botocore's service models: all that a model says, not only what botocore enforces.

botocore itself checks what is required, types and minima; maxima, patterns and enumerations pass it in silence.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """What breaks a shape, and where."""

    name: str
    """of the member, such as `records[0].content.text`"""
    message: str


def violations(shape: Any, value: object, name: str = "", *, is_answer: bool = False) -> Iterator[Violation]:
    """All that `value`, read from JSON, breaks of a botocore `shape`.

    A map in an answer may be larger than its maximum: the service adds entries of its own to a record's metadata.
    """
    match shape.type_name, value:
        case "structure", _ if getattr(shape, "is_document_type", False):
            return
        case "structure", Mapping():
            yield from _structure(shape, value, name, is_answer=is_answer)
        case "list", Sequence() if not isinstance(value, str):
            yield from _size(shape, len(value), name, "entries")
            for index, item in enumerate(value):
                yield from violations(shape.member, item, f"{name}[{index}]", is_answer=is_answer)
        case "map", Mapping():
            yield from _map(shape, value, name, is_answer=is_answer)
        case "string", str():
            yield from _string(shape, value, name)
        case "boolean", bool():
            pass
        case (("integer" | "long" | "double" | "float" | "timestamp"), int() | float()) if _is_number(shape, value):
            yield from _size(shape, value, name, "")
        case _:
            yield Violation(name, f"is no {shape.type_name}")


def _is_number(shape: Any, value: float) -> bool:
    is_whole = isinstance(value, int) or shape.type_name not in {"integer", "long"}
    return is_whole and not isinstance(value, bool) and math.isfinite(value)


def _structure(shape: Any, value: Mapping[Any, object], name: str, *, is_answer: bool) -> Iterator[Violation]:
    inside = f"{name}." if name else ""
    for required in shape.required_members:
        if required not in value:
            yield Violation(f"{inside}{required}", "is required")
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield Violation(name, f"needs exactly one of {', '.join(shape.members)}")
    wire_names = _members(shape)
    for key, item in value.items():
        if key in wire_names:
            yield from violations(wire_names[key], item, f"{inside}{key}", is_answer=is_answer)
        else:
            yield Violation(f"{inside}{key}", f"is unknown: expected {', '.join(wire_names)}")


@functools.cache
def _members(shape: Any) -> dict[str, Any]:
    """Name on the wire → shape."""
    return {member.serialization.get("name", key): member for key, member in shape.members.items()}


def _map(shape: Any, value: Mapping[Any, object], name: str, *, is_answer: bool) -> Iterator[Violation]:
    if not is_answer:
        yield from _size(shape, len(value), name, "entries")
    for key, item in value.items():
        yield from violations(shape.key, key, f"{name} key {key!r}", is_answer=is_answer)
        yield from violations(shape.value, item, f"{name}.{key}", is_answer=is_answer)


def _string(shape: Any, value: str, name: str) -> Iterator[Violation]:
    yield from _size(shape, len(value), name, "characters")
    pattern = shape.metadata.get("pattern")
    # As the service reads patterns: the whole value, and \s is ASCII.
    if pattern is not None and not re.fullmatch(pattern, value, re.ASCII):
        yield Violation(name, f"does not match {pattern}")
    if shape.enum and value not in shape.enum:
        yield Violation(name, f"is none of {', '.join(shape.enum)}")


def _size(shape: Any, size: float, name: str, unit: str) -> Iterator[Violation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    has = f"has {size} {unit}" if unit else f"is {size}"
    if least is not None and size < least:
        yield Violation(name, f"{has}, at least {least} allowed")
    if most is not None and size > most:
        yield Violation(name, f"{has}, at most {most} allowed")
