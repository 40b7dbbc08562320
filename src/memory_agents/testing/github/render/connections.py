"""Connections: lists in GraphQL, of which a query names how many rows it wants and behind which."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from memory_agents.testing.github.messages import JsonObject, Refusal, Unsupported

MOST_ROWS = 100
"""of one connection"""
CURSOR = "cursor:v2:"
Row = TypeVar("Row")
Resolver = Callable[..., Any]


def connection(
    name: str, rows: Callable[..., Sequence[Row]], show: Callable[[Row], JsonObject], *, takes: frozenset[str]
) -> Resolver:
    """What gives the rows of a field: `rows` takes those arguments of the field that `takes` names.

    `first` goes on behind the cursor `after`; nothing goes backwards from a cursor.
    """

    def resolve(_: object, **arguments: Any) -> JsonObject:
        given = {key for key, value in arguments.items() if value not in (None, False)}  # they have such defaults
        if unknown := sorted(given - takes - {"after", "first", "last"}):
            raise Unsupported(f"the fake gives {name} without {', '.join(unknown)}")
        bound = next((each for each in ("first", "last") if each in given), None)
        if bound is None:
            message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            raise Refusal("MISSING_PAGINATION_BOUNDARIES", message)
        size: int = arguments[bound]
        if size > MOST_ROWS:
            message = (
                f"Requesting {size} records on the `{name}` connection exceeds the `{bound}` limit of 100 records."
            )
            raise Refusal("EXCESSIVE_PAGINATION", message)
        found = rows(**{key: arguments[key] for key in takes & given})
        start = _start(arguments.get("after")) if bound == "first" else max(len(found) - size, 0)
        end = min(start + size, len(found))
        page = {
            "startCursor": _cursor(start + 1) if end > start else None,
            "endCursor": _cursor(end) if end > start else None,
            "hasNextPage": bound == "first" and end < len(found),
            "hasPreviousPage": start > 0,
        }
        return {"nodes": [show(row) for row in found[start:end]], "totalCount": len(found), "pageInfo": page}

    return resolve


def _cursor(place: int) -> str:
    return b64encode(f"{CURSOR}{place}".encode()).decode()


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(b64decode(cursor, validate=True).decode().removeprefix(CURSOR))
    except ValueError:
        raise Refusal("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from None
