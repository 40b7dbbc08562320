"""Pages of a list, and the opaque tokens that lead from one to the next."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from memory_agents.testing.agentcore.errors import invalid
from memory_agents.testing.agentcore.shapes import Violation

DEFAULT_SIZE = 20
"""entries of a page where the request does not say"""

Key = tuple[float | str, ...]
"""what a list is sorted by, ascending; no two entries have the same"""


def page(
    items: Sequence[tuple[Key, Any]], request: Mapping[str, Any], *, of: object, empty: bool = False
) -> tuple[list[Any], dict[str, str]]:
    """The entries of the page that `request` asks for, and `{"nextToken": ...}` where more follow.

    `of` is what the list is of: a token of another list is refused. An `empty` page leads to where it should begin.
    """
    made_for = hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]
    start = _start(request.get("nextToken"), made_for)
    rest = sorted((key, item) for key, item in items if start is None or key > start)
    shown = [] if empty else rest[: request.get("maxResults", DEFAULT_SIZE)]
    if len(shown) == len(rest):
        return [item for _, item in shown], {}
    return [item for _, item in shown], {"nextToken": _token(shown[-1][0] if shown else start, made_for)}


def _token(after: Key | None, made_for: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([made_for, after]).encode()).decode()


def _start(token: str | None, made_for: str) -> Key | None:
    if token is None:
        return None
    try:
        of, after = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError):
        of, after = "", None
    if of != made_for:
        raise invalid("Invalid nextToken", [Violation("nextToken", "was not answered to this request")])
    return None if after is None else tuple(after)
