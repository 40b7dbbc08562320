"""Lists as GitHub gives them: sorted, since a time, a page at a time, with a Link header."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from memory_agents.testing.github.messages import Json, Problem, Reply, invalid

Row = TypeVar("Row")
DEFAULT_PAGE, LARGEST_PAGE = 30, 100
MOST_BY_NUMBER = 10_000
"""rows that `page` may reach; page 100 of 100 is the first that GitHub was seen to refuse, in lists of any length"""
TOO_LARGE = (
    "Pagination with the page parameter is not supported for large datasets, "
    "please use cursor based pagination (after/before)"
)
CURSOR = "cursor:v2:"


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


def newest_first(rows: Iterable[Row], created_at: Callable[[Row], datetime]) -> list[Row]:
    """The rows by their time, and those of one second by their order."""
    return sorted(rows, key=created_at)[::-1]


def page(rows: Sequence[Row], query: Mapping[str, str], url: str, render: Callable[[Row], Json]) -> Reply:
    """One page of the rows, with links to the others."""
    size = _size(query)
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


def cursor_page(
    rows: Iterable[Row],
    query: Mapping[str, str],
    url: str,
    *,
    keys: Mapping[str, Callable[[Row], float]],
    id_of: Callable[[Row], int],
    render: Callable[[Row], Json],
) -> Reply:
    """One page of the rows, newest first by default, with a link to the next alone.

    The link holds a cursor, `after`, which goes on behind a row wherever that one is by now, and a `page` that
    then counts for nothing. Alone, `page` is refused where MOST_BY_NUMBER rows or more would lie behind it.
    """
    shown = ordered(rows, query, keys, direction="desc")
    size, number = _size(query), max(_number(query, "page", 1), 1)
    key, sign = keys[query.get("sort", next(iter(keys)))], -1 if query.get("direction", "desc") == "desc" else 1

    def place(row: Row) -> tuple[float, int]:
        return sign * key(row), sign * id_of(row)

    if cursor := query.get("after"):
        start = bisect_right(shown, _decoded(cursor), key=place)
    elif number * size >= MOST_BY_NUMBER:
        raise Problem(422, TOO_LARGE)
    else:
        start = (number - 1) * size
    body = [render(row) for row in shown[start : start + size]]
    if start + size >= len(shown):
        return Reply(status=200, body=body)
    following = {"after": _encoded(place(shown[start + size - 1])), "page": str(number + 1)}
    link = f'<{url}?{urlencode(dict(query) | following)}>; rel="next"'
    return Reply(status=200, body=body, headers={"link": link})


def _encoded(place: tuple[float, int]) -> str:
    return b64encode(f"{CURSOR}{json.dumps(place)}".encode()).decode()


def _decoded(cursor: str) -> tuple[float, int]:
    try:
        key, number = json.loads(b64decode(cursor, validate=True).decode().removeprefix(CURSOR))
        return float(key), int(number)
    except (ValueError, TypeError):
        raise invalid("Search", "after") from None


def _size(query: Mapping[str, str]) -> int:
    return min(max(_number(query, "per_page", DEFAULT_PAGE), 1), LARGEST_PAGE)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdigit() else default
