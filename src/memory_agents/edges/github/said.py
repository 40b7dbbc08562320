"""What somebody said, as GitHub's lists have it: JSON → rows.

An entry that lacks what GitHub always sends raises one of `answers.UNREADABLE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from memory_agents.core.digest import Labelling
from memory_agents.core.github_events import Account
from memory_agents.core.requests import ISSUE_COMMENT, REVIEW, REVIEW_COMMENT
from memory_agents.edges.github.answers import actor, time, user

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A comment, a review comment or the text of a review. Its body is whole, and untrusted."""

    kind: str
    """issue-comment, review-comment or review"""
    id: int
    node_id: str
    number: int
    """of the issue or pull request"""
    is_pull_request: bool
    thread: int | None
    """of a review comment: the id of the first of its thread"""
    body: str
    author: Account
    url: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a comment or review stands now."""

    body: str
    writer: Account
    """whose words they are: who edited it last, or else its author"""
    edited_at: datetime | None
    is_hidden: bool


def comment(entry: Json) -> Said:
    """A comment of a conversation, in REST."""
    number = int(entry["issue_url"].rpartition("/")[2])
    return _said(entry, ISSUE_COMMENT, number, is_pull_request=f"/pull/{number}#" in entry["html_url"])


def review_comment(entry: Json) -> Said:
    """A comment on a line of a pull request, in REST."""
    number = int(entry["pull_request_url"].rpartition("/")[2])
    thread = int(entry.get("in_reply_to_id") or entry["id"])
    return _said(entry, REVIEW_COMMENT, number, is_pull_request=True, thread=thread)


def _said(entry: Json, kind: str, number: int, *, is_pull_request: bool, thread: int | None = None) -> Said:
    return Said(
        kind=kind,
        id=int(entry["id"]),
        node_id=str(entry["node_id"]),
        number=number,
        is_pull_request=is_pull_request,
        thread=thread,
        body=str(entry["body"] or ""),
        author=user(entry["user"]),
        url=str(entry["html_url"]),
        created_at=time(entry["created_at"]),
        updated_at=time(entry["updated_at"]),
    )


def review(node: Json, pull: Json) -> Said | None:
    """A review, in GraphQL; None for one that is not submitted, or says nothing."""
    if not node["submittedAt"] or not node["body"].strip():
        return None
    return Said(
        kind=REVIEW,
        id=int(node["fullDatabaseId"]),
        node_id=str(node["id"]),
        number=int(pull["number"]),
        is_pull_request=True,
        thread=None,
        body=node["body"],
        author=actor(node["author"]),
        url=str(node["url"]),
        created_at=time(node["submittedAt"]),
        updated_at=time(node["updatedAt"]),
    )


def labelling(entry: Json) -> Labelling | None:
    """An event, in REST, that set a label on what is still there; None of another."""
    issue = entry.get("issue")
    if entry["event"] != "labeled" or issue is None:
        return None
    number, label = int(issue["number"]), str(entry["label"]["name"])
    return Labelling(number=number, label=label, actor=user(entry["actor"]), at=time(entry["created_at"]))


def standing(node: Json) -> Standing:
    """A comment or review, in GraphQL."""
    edited_at = node["lastEditedAt"]
    return Standing(
        body=str(node["body"] or ""),
        writer=actor(node["editor"] if edited_at else node["author"]),
        edited_at=time(edited_at) if edited_at else None,
        is_hidden=node["isMinimized"] is True,
    )
