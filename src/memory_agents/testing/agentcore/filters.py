"""Which records a request asks for: namespaces, strategy and metadata filters."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from memory_agents.testing.agentcore.errors import invalid
from memory_agents.testing.agentcore.memories import Wire

SYSTEM_PREFIX = "x-amz-agentcore-memory-"
"""of metadata that the service adds to each record"""
_SYSTEM_TYPES = {
    f"{SYSTEM_PREFIX}createdAt": "DATETIME",
    f"{SYSTEM_PREFIX}updatedAt": "DATETIME",
    f"{SYSTEM_PREFIX}recordType": "STRING",
}
_MEMBERS = {
    "STRING": "stringValue",
    "STRINGLIST": "stringListValue",
    "NUMBER": "numberValue",
    "DATETIME": "dateTimeValue",
}
"""type of an indexed key → the member of a metadata value that holds it"""

Compare = Callable[[Any, Any], bool]
_OPERATORS: Mapping[str, tuple[frozenset[str], str, Compare]] = {
    "EQUALS_TO": (frozenset({"STRING", "NUMBER"}), "", operator.eq),
    "CONTAINS": (frozenset({"STRINGLIST"}), "stringValue", operator.contains),
    "GREATER_THAN": (frozenset({"NUMBER"}), "", operator.gt),
    "GREATER_THAN_OR_EQUALS": (frozenset({"NUMBER"}), "", operator.ge),
    "LESS_THAN": (frozenset({"NUMBER"}), "", operator.lt),
    "LESS_THAN_OR_EQUALS": (frozenset({"NUMBER"}), "", operator.le),
    "BEFORE": (frozenset({"DATETIME"}), "", operator.lt),
    "AFTER": (frozenset({"DATETIME"}), "", operator.gt),
}
"""operator → the types that it works with, the member of its right side where that is not the type's, what it does"""

Covers = Callable[[Wire, frozenset[str]], bool]
"""whether a record is asked for, given the metadata keys that are indexed for it"""


def stored_namespace(namespace: str) -> str:
    """A namespace as the service keeps it: with a slash at both ends."""
    return f"/{namespace.strip('/')}/" if namespace.strip("/") else "/"


def record_filter(request: Wire, criteria: Wire, indexed: Mapping[str, str]) -> Covers:
    """What a list or a search asks for; `criteria` holds its strategy and metadata filters. Raises ServiceError."""
    in_namespace = _namespace(request)
    strategy = criteria.get("memoryStrategyId")
    conditions = [_condition(entry, {**indexed, **_SYSTEM_TYPES}) for entry in criteria.get("metadataFilters", [])]

    def covers(record: Wire, known: frozenset[str]) -> bool:
        return (
            any(in_namespace(namespace) for namespace in record["namespaces"])
            and strategy in {None, record["memoryStrategyId"]}
            and all(condition(record, known) for condition in conditions)
        )

    return covers


def _namespace(request: Wire) -> Callable[[str], bool]:
    match request:
        case {"namespace": _, "namespacePath": _}:
            raise invalid("Give namespace or namespacePath, not both")
        case {"namespace": str(namespace)}:
            return stored_namespace(namespace).__eq__
        case {"namespacePath": str(path)}:
            return lambda namespace: namespace.startswith(stored_namespace(path))
        case _:
            raise invalid("Either namespace or namespacePath is required")


def _condition(entry: Wire, types: Mapping[str, str]) -> Covers:
    key, name = entry["left"]["metadataKey"], entry["operator"]
    if key not in types:
        raise invalid(f"Metadata key {key} is not an indexed key of this memory")
    right = entry.get("right", {}).get("metadataValue")
    if name in {"EXISTS", "NOT_EXISTS"}:
        if right is not None:
            raise invalid(f"{name} takes no right side")
        return lambda record, known: (_value(record, key, types[key], known) is not None) == (name == "EXISTS")
    works_with, member, compare = _OPERATORS[name]
    member = member or _MEMBERS[types[key]]
    if types[key] not in works_with:
        raise invalid(f"{name} does not work with {key}, which is a {types[key]}")
    if right is None or member not in right:
        raise invalid(f"{name} on {key} needs a right side with {member}")

    def holds(record: Wire, known: frozenset[str]) -> bool:
        value = _value(record, key, types[key], known)
        return value is not None and compare(value, right[member])

    return holds


def _value(record: Wire, key: str, kind: str, known: frozenset[str]) -> Any:
    """What a filter sees of a record's metadata; None where the key is absent or was not indexed in time."""
    if not key.startswith(SYSTEM_PREFIX) and key not in known:
        return None
    return record.get("metadata", {}).get(key, {}).get(_MEMBERS[kind])


def check_metadata(metadata: Wire, indexed: Mapping[str, str]) -> None:
    """Refuse what only the service may write, and values of another type than their key was declared with."""
    for key, value in metadata.items():
        if key.startswith(SYSTEM_PREFIX) or "dateTimeValue" in value:
            raise invalid(f"Metadata {key}: dateTimeValue and {SYSTEM_PREFIX}* are reserved for the service")
        if key in indexed and _MEMBERS[indexed[key]] not in value:
            raise invalid(f"Metadata {key} is indexed as {indexed[key]}: give {_MEMBERS[indexed[key]]}")
