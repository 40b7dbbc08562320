"""What somebody wrote or labelled, as GitHub's lists have it: JSON → rows, texts whole.

An entry that lacks what GitHub always sends raises one of `answers.UNREADABLE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from memory_agents.core.facts import Origin
from memory_agents.core.github_events import Account
from memory_agents.core.pending import Labelled, Written
from memory_agents.core.requests import ISSUE_COMMENT, REVIEW, REVIEW_COMMENT, Place
from memory_agents.edges.github.answers import actor, time, user

Json = Mapping[str, Any]


def comment(entry: Json, repository_id: int) -> Written:
    """A comment of a conversation, in REST."""
    number = _number(entry["issue_url"])
    place = Place(
        origin=Origin(repository_id=repository_id, kind=ISSUE_COMMENT, key=int(entry["id"])),
        number=number,
        is_pull_request=f"/pull/{number}#" in entry["html_url"],
        said_at=time(entry["created_at"]),
    )
    return _written(entry, place)


def review_comment(entry: Json, repository_id: int) -> Written:
    """A comment on a line of a pull request, in REST."""
    place = Place(
        origin=Origin(repository_id=repository_id, kind=REVIEW_COMMENT, key=int(entry["id"])),
        number=_number(entry["pull_request_url"]),
        is_pull_request=True,
        thread=int(entry.get("in_reply_to_id") or entry["id"]),
        said_at=time(entry["created_at"]),
    )
    return _written(entry, place)


def review(node: Json, pull: Json, repository_id: int) -> Written | None:
    """A review, in GraphQL; None for one that is not submitted, or says nothing."""
    if not node["submittedAt"] or not node["body"].strip():
        return None
    return Written(
        place=Place(
            origin=Origin(repository_id=repository_id, kind=REVIEW, key=int(node["fullDatabaseId"])),
            number=int(pull["number"]),
            is_pull_request=True,
            said_at=time(node["submittedAt"]),
        ),
        node_id=str(node["id"]),
        body=node["body"],
        author=actor(node["author"]),
        url=str(node["url"]),
        created_at=time(node["submittedAt"]),
        updated_at=time(node["updatedAt"]),
    )


def editors(node: Json, until: datetime) -> tuple[Account, ...] | None:
    """Who edited a text, the last first, in GraphQL; None if it was edited after `until` or not all are known."""
    if node["lastEditedAt"] is None:
        return ()
    edits = node["userContentEdits"] or {"totalCount": 0, "nodes": ()}
    named = [edit["editor"] for edit in edits["nodes"] if edit]
    is_known = all((node["editor"], *named)) and len(named) == edits["totalCount"] > 0
    if not is_known or time(node["lastEditedAt"]) > until:
        return None
    accounts = [actor(each) for each in named]
    author = actor(node["author"])
    if node["includesCreatedEdit"] and author in accounts:  # who wrote it stands among those who edited it
        accounts.remove(author)
    return tuple(dict.fromkeys((actor(node["editor"]), *accounts)))


def labelled(entry: Json) -> Labelled | None:
    """An event, in REST, that set a label or closed an item that is still there; None of another."""
    issue = entry.get("issue")
    if issue is None or entry["event"] not in {"labeled", "closed"}:
        return None
    labels = [entry["label"]] if entry["event"] == "labeled" else issue["labels"]
    names = tuple(str(label["name"]) for label in labels)
    return Labelled(number=int(issue["number"]), labels=names, at=time(entry["created_at"]))


def _written(entry: Json, place: Place) -> Written:
    return Written(
        place=place,
        node_id=str(entry["node_id"]),
        body=str(entry["body"] or ""),
        author=user(entry["user"]),
        url=str(entry["html_url"]),
        created_at=time(entry["created_at"]),
        updated_at=time(entry["updated_at"]),
    )


def _number(url: str) -> int:
    """The number at the end of the address of an issue or pull request."""
    return int(url.rpartition("/")[2])
