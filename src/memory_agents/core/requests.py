"""What somebody asked for in a comment or by a label, from whatever source it is known, and the receipt for it.

The receipt is the first line of our reply, a hidden HTML comment: whom it answers, whether all was done, and a
digest of each fact and Command, so that a later run knows what an edit changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from memory_agents.core.commands import Command, Remember
from memory_agents.core.facts import Origin
from memory_agents.core.github_events import (
    OWN_MARKER,
    Account,
    IssueCommentEvent,
    ReviewCommentEvent,
    ReviewEvent,
    item_of,
)

ISSUE_COMMENT, REVIEW_COMMENT, REVIEW, ITEM = "issue-comment", "review-comment", "review", "item"

NOT_DONE = "-"
"""in place of the token of a fact that was passed over"""
_OTHER = "+"
_RECEIPT = re.compile(
    re.escape(OWN_MARKER)
    + r" answer (?P<kind>[a-z-]{4,20}) (?P<key>\d{1,20}) (?P<done>done|failed)(?P<said>(?: (?:-|\+?[0-9a-f]{8}))*) -->"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was asked for, and where it is answered."""

    origin: Origin
    number: int
    """of the issue or pull request"""
    is_pull_request: bool
    thread: int | None = None
    """of a review comment: the id of the first of its thread"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A comment that asks for something."""

    place: Place
    repository: str
    """`owner/name`"""
    body: str
    author: Account
    sender: Account
    """whose permission counts: who wrote it, or edited it last"""
    url: str
    said_at: datetime
    said_before: tuple[str, ...] | None = None
    """of an edited one: what `said` told of it until then; None where it was not edited"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the first line of our reply says."""

    kind: str
    key: int
    done: bool
    said: tuple[str, ...]
    """as `said` told it when it was carried out"""


def request_of(
    event: IssueCommentEvent | ReviewEvent | ReviewCommentEvent, before: Sequence[Command] | None
) -> Request:
    """The Request of an event with a comment. `before`: the Commands of the comment before an edit."""
    item = item_of(event)
    thread = None
    if isinstance(event, ReviewEvent):
        kind, comment = REVIEW, event.review
    elif isinstance(event, ReviewCommentEvent):
        kind, comment = REVIEW_COMMENT, event.comment
        thread = comment.reply_to or comment.id
    else:
        kind, comment = ISSUE_COMMENT, event.comment
    return Request(
        place=Place(
            origin=Origin(repository_id=event.origin.repository.id, kind=kind, key=comment.id),
            number=item.number,
            is_pull_request=item.is_pull_request,
            thread=thread,
        ),
        repository=event.origin.repository.full_name,
        body=comment.body,
        author=comment.author,
        sender=event.origin.actor,
        url=comment.url,
        said_at=comment.created_at,
        said_before=None if before is None else said(before),
    )


def said(commands: Sequence[Command]) -> tuple[str, ...]:
    """A token for each fact that the Commands state, with its options, and for each other Command, in order."""
    return tuple(token for command in commands for token in _tokens(command))


def _tokens(command: Command) -> tuple[str, ...]:
    if not isinstance(command, Remember):
        return (f"{_OTHER}{_digest(command)}",)
    options = (command.namespace, command.paths, command.expires_days, command.expires_on, command.replaces)
    return tuple(_digest((text, *options)) for text in command.facts)


def of_facts(tokens: Sequence[str]) -> tuple[str, ...]:
    """The tokens of facts: one for each ordinal, from 1."""
    return tuple(token for token in tokens if not token.startswith(_OTHER))


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:8]


def marker(origin: Origin) -> str:
    """Begins our reply to what came from `origin`, whatever became of it."""
    return f"{OWN_MARKER} answer {origin.kind} {origin.key} "


def receipt(origin: Origin, *, done: bool, said: Sequence[str] = ()) -> str:
    """The first line of our reply."""
    return f"{marker(origin)}{' '.join(('done' if done else 'failed', *said))} -->"


def read_receipt(body: str) -> Receipt | None:
    """The receipt that a comment of ours begins with."""
    found = _RECEIPT.match(body)
    if found is None:
        return None
    digests = tuple(found["said"].split())
    return Receipt(kind=found["kind"], key=int(found["key"]), done=found["done"] == "done", said=digests)
