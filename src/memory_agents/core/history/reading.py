"""An entry of one of GitHub's lists, as JSON → the row that is kept of it.

Only what a row needs is looked at. What GitHub leaves out for deleted accounts has a stand-in; an entry
that lacks what GitHub always sends raises ValueError, KeyError, TypeError or AttributeError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from memory_agents.core.github_events import GHOST
from memory_agents.core.history.rows import (
    LONGEST_BODY,
    LONGEST_COMMENT,
    Closing,
    Item,
    Listed,
    Person,
    Remark,
    ReviewRemark,
    Row,
    Stream,
)
from memory_agents.core.records import HTTP_URL

Json = Mapping[str, Any]


def listed(stream: Stream, entry: Json) -> Listed:
    """Read one entry of a list."""
    at = _time(entry["created_at"] if stream is Stream.EVENTS else entry["updated_at"])
    return Listed(at, _number(entry["id"]), _ROWS[stream](entry))


def _item(entry: Json) -> Item:
    pull = entry.get("pull_request")
    merged = (pull or {}).get("merged_at")
    return Item(
        number=_number(entry["number"]),
        node_id=_text(entry["node_id"]),
        title=_text(entry["title"])[:500],
        body=_text(entry["body"])[:LONGEST_BODY],
        author=_person(entry["user"]),
        url=_url(entry["html_url"]),
        state=_text(entry["state"]),
        state_reason=_text(entry.get("state_reason")),
        labels=tuple(_text(label if isinstance(label, str) else label["name"])[:100] for label in entry["labels"]),
        created_at=_time(entry["created_at"]),
        closed_at=_time(entry["closed_at"]) if entry["closed_at"] else None,
        merged_at=_time(merged) if merged else None,
        is_pull_request=pull is not None,
    )


def _remark(entry: Json) -> Remark:
    return Remark(
        id=_number(entry["id"]),
        node_id=_text(entry["node_id"]),
        number=_last_number(entry["issue_url"]),
        body=_text(entry["body"])[:LONGEST_COMMENT],
        author=_person(entry["user"]),
        created_at=_time(entry["created_at"]),
    )


def _review_remark(entry: Json) -> ReviewRemark:
    reply_to = entry.get("in_reply_to_id")
    return ReviewRemark(
        id=_number(entry["id"]),
        node_id=_text(entry["node_id"]),
        number=_last_number(entry["pull_request_url"]),
        body=_text(entry["body"])[:LONGEST_COMMENT],
        author=_person(entry["user"]),
        url=_url(entry["html_url"]),
        path=_text(entry["path"]),
        hunk=_text(entry["diff_hunk"])[-LONGEST_COMMENT:],
        created_at=_time(entry["created_at"]),
        reply_to=_number(reply_to) if reply_to is not None else None,
    )


def _closing(entry: Json) -> Closing | None:
    issue = entry.get("issue")
    if entry["event"] != "closed" or issue is None:
        return None
    return Closing(
        id=_number(entry["id"]),
        number=_number(issue["number"]),
        actor=_person(entry["actor"]),
        commit=_text(entry.get("commit_id"))[:40],
        created_at=_time(entry["created_at"]),
    )


_ROWS: Mapping[Stream, Callable[[Json], Row | None]] = {
    Stream.ISSUES: _item,
    Stream.COMMENTS: _remark,
    Stream.REVIEWS: _review_remark,
    Stream.EVENTS: _closing,
}


def _person(user: Json | None) -> Person:
    if user is None:
        return Person(login=GHOST.login, id=GHOST.id)
    login = _text(user["login"])
    return Person(login=login, id=_number(user["id"]), is_bot=user.get("type") == "Bot" or login.endswith("[bot]"))


def _number(value: Any) -> int:
    """An id or number that a database can keep."""
    number = int(value)
    if not 0 <= number < 2**63:
        raise ValueError
    return number


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError
    return value


def _url(value: object) -> str:
    """An address of a form that is harmless wherever it is shown."""
    url = _text(value)
    if not HTTP_URL.fullmatch(url):
        raise ValueError
    return url


def _last_number(url: object) -> int:
    """The number at the end of the address of an issue or pull request."""
    return _number(_text(url).rpartition("/")[2])


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value))
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
