"""What the service's own model allows of a request, checked before it is sent.

botocore itself checks what is required, types and the least; not the most, patterns, enums and unions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
"""(value, where it stands) → what is wrong with it, as sentences"""

Whole = Callable[[Any], bool]
"""answer → whether it has what the model requires"""

_NUMBERS: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
}


def check_of(shape: Any) -> Check:
    """The check of a botocore Shape, such as the input of an operation: made once, for requests are large."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return _nothing
    if kind == "structure":
        return _structure(shape)
    if kind == "list":
        return _list(shape)
    if kind == "map":
        return _map(shape)
    if kind == "string":
        return _string(shape)
    if kind in _NUMBERS:
        return _number(shape)
    return _nothing


def whole_of(shape: Any) -> Whole:
    """Whether an answer has the members that its Shape requires, and lists have mappings in them; no deeper."""
    kinds = {"list": list, "structure": dict, "string": str}
    needed = {name: kinds.get(shape.members[name].type_name, object) for name in shape.required_members}

    def is_whole(answer: Any) -> bool:
        said = {name: answer.get(name) for name in needed}
        return all(isinstance(said[name], kind) for name, kind in needed.items()) and all(
            isinstance(entry, dict) for its in said.values() if isinstance(its, list) for entry in its
        )

    return is_whole


def _nothing(value: Any, where: str) -> Iterator[str]:  # noqa: ARG001
    return iter(())


def _structure(shape: Any) -> Check:
    members = {name: check_of(member) for name, member in shape.members.items()}
    required, is_union = frozenset(shape.required_members), bool(getattr(shape, "is_tagged_union", False))

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where or 'the request'} is no structure"
            return
        for name in required - value.keys():
            yield f"{_at(where, name)} is missing"
        if is_union and len(value) != 1:
            yield f"{where} has {len(value)} members instead of one"
        for name, its in value.items():
            if name not in members:
                yield f"{_at(where, name)} is unknown"
            else:
                yield from members[name](its, _at(where, name))

    return check


def _list(shape: Any) -> Check:
    member, is_long = check_of(shape.member), _range(shape, "entries")

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list | tuple):
            yield f"{where} is no list"
            return
        yield from is_long(len(value), where)
        for number, its in enumerate(value):
            yield from member(its, f"{where}[{number}]")

    return check


def _map(shape: Any) -> Check:
    key, member, is_long = check_of(shape.key), check_of(shape.value), _range(shape, "entries")

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where} is no map"
            return
        yield from is_long(len(value), where)
        for name, its in value.items():
            yield from key(name, where)
            yield from member(its, f"{where}.{name}")

    return check


def _string(shape: Any) -> Check:
    is_long = _range(shape, "characters")
    pattern = re.compile(shape.metadata["pattern"], re.ASCII) if "pattern" in shape.metadata else None
    allowed = frozenset(shape.enum)

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{where} is no text"
            return
        yield from is_long(len(value), where)
        if pattern is not None and pattern.fullmatch(value) is None:
            yield f"{where} is not of the form {shape.metadata['pattern']}"
        if allowed and value not in allowed:
            yield f"{where} is none of {', '.join(sorted(allowed))}"

    return check


def _number(shape: Any) -> Check:
    types, in_range = _NUMBERS[shape.type_name], _range(shape, "")

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            yield f"{where} is no {shape.type_name}"
        elif isinstance(value, int | float):
            yield from in_range(value, where)

    return check


def _range(shape: Any, unit: str) -> Callable[[float, str], Iterator[str]]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(size: float, where: str) -> Iterator[str]:
        if least is not None and size < least:
            yield f"{where}: {size:,} {unit}".rstrip() + f", at least {least:,}"
        if most is not None and size > most:
            yield f"{where}: {size:,} {unit}".rstrip() + f", at most {most:,}"

    return check


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
