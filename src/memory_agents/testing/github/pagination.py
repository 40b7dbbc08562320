"""Lists as GitHub gives them: sorted, since a time, a page at a time, with a Link header."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from memory_agents.testing.github.messages import Json, Reply, invalid

Row = TypeVar("Row")
DEFAULT_PAGE, LARGEST_PAGE = 30, 100


def since(rows: Iterable[Row], query: Mapping[str, str], updated_at: Callable[[Row], datetime]) -> list[Row]:
    """The rows updated at or after the query's `since`."""
    if not (text := query.get("since")):
        return list(rows)
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Search", "since") from None
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    return [row for row in rows if updated_at(row) >= start]


def ordered(
    rows: Iterable[Row], query: Mapping[str, str], keys: Mapping[str, Callable[[Row], float]], *, direction: str
) -> list[Row]:
    """The rows by the query's `sort` (the first of `keys` if unset) and `direction`."""
    key = keys.get(query.get("sort", next(iter(keys))))
    if key is None:
        raise invalid("Search", "sort")
    oldest_first = sorted(rows, key=key)  # rows of the same second stay in the order of their ids
    return oldest_first[::-1] if query.get("direction", direction) == "desc" else oldest_first


def page(rows: Sequence[Row], query: Mapping[str, str], url: str, render: Callable[[Row], Json]) -> Reply:
    """One page of the rows, with links to the others."""
    size = min(max(_number(query, "per_page", DEFAULT_PAGE), 1), LARGEST_PAGE)
    number = max(_number(query, "page", 1), 1)
    last = max(-(-len(rows) // size), 1)
    targets = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    shown = [
        f'<{url}?{urlencode(dict(query) | {"page": str(target)})}>; rel="{relation}"'
        for relation, target in targets.items()
        if 1 <= target <= last and target != number
    ]
    body = [render(row) for row in rows[(number - 1) * size : number * size]]
    return Reply(status=200, body=body, headers={"link": ", ".join(shown)} if shown else {})


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdigit() else default
