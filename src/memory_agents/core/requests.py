"""What somebody asked for in a comment or by a label, from whatever source it is known, and the receipt for it.

Each statement of a comment has a token: a hash of what it says. The receipt is the first line of our reply, a
hidden HTML comment: whom it answers, whether all was done, and the tokens of what is settled. So a later run knows
what is left to do, and a run with an old payload does nothing twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from memory_agents.core.commands import Command, Remember
from memory_agents.core.facts import Origin, token
from memory_agents.core.github_events import (
    OWN_MARKER,
    Account,
    IssueCommentEvent,
    ReviewCommentEvent,
    ReviewEvent,
    item_of,
)

ISSUE_COMMENT, REVIEW_COMMENT, REVIEW, ITEM = "issue-comment", "review-comment", "review", "item"

_OTHER = "+"
"""begins the token of a Command that states no fact"""
_RECEIPT = re.compile(
    re.escape(OWN_MARKER)
    + r" answer (?P<kind>[a-z-]{4,20}) (?P<key>\d{1,20}) (?P<done>done|failed)(?P<settled>(?: \+?[0-9a-f]{8})*) -->"
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
    said_at: datetime | None = None
    """what answers it is later; None where that is not known"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the first line of our reply says."""

    kind: str
    key: int
    done: bool
    settled: frozenset[str]
    """tokens of what was carried out"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A comment that asks for something."""

    place: Place
    repository: str
    """`owner/name`"""
    body: str
    """what it says now"""
    author: Account
    sender: Account
    """whose permission counts: who wrote it, or edited it"""
    url: str
    said_at: datetime
    added: frozenset[str] | None = None
    """tokens of what the sender put there; None is all that it says"""
    gone: frozenset[str] = frozenset()
    """tokens of what the sender took out"""
    is_edit: bool = False
    is_whole: bool = False
    """whether everything that the comment does not say now is gone"""
    receipt: Receipt | None = None
    """what was answered before"""

    @property
    def settled(self) -> frozenset[str]:
        """Tokens of what was carried out before."""
        return self.receipt.settled if self.receipt is not None else frozenset()

    def asks(self, its: str) -> bool:
        """Whether the sender asks for what the token stands for."""
        return self.added is None or its in self.added

    def restates(self, its: str) -> bool:
        """Whether an edit says it anew: it may come back, although an edit before took it out.

        What the receipt names as done was said by an edit that is run again.
        """
        return self.is_edit and self.receipt is not None and its not in self.receipt.settled


def place_of(event: IssueCommentEvent | ReviewEvent | ReviewCommentEvent) -> Place:
    """Where the event's comment stands."""
    item = item_of(event)
    thread = None
    if isinstance(event, ReviewEvent):
        kind, comment = REVIEW, event.review
    elif isinstance(event, ReviewCommentEvent):
        kind, comment = REVIEW_COMMENT, event.comment
        thread = comment.reply_to or comment.id
    else:
        kind, comment = ISSUE_COMMENT, event.comment
    return Place(
        origin=Origin(repository_id=event.origin.repository.id, kind=kind, key=comment.id),
        number=item.number,
        is_pull_request=item.is_pull_request,
        thread=thread,
        said_at=comment.created_at,
    )


def said(commands: Sequence[Command]) -> dict[str, str]:
    """Token → what it stands for, as it is written: a fact's text, or a Command's words."""
    found: dict[str, str] = {}
    for command in commands:
        if isinstance(command, Remember):
            found |= {token(command, text): text for text in command.facts}
        else:
            found[other_token(command)] = ""
    return found


def other_token(command: Command) -> str:
    """Stands for a Command that states no fact."""
    return _OTHER + hashlib.sha256(repr(command).encode()).hexdigest()[:8]


def added(now: dict[str, str], before: dict[str, str], text_before: str, *, is_own: bool) -> frozenset[str]:
    """Tokens of what an edit put into a comment. `text_before`: all of the comment until then.

    In somebody else's comment (not `is_own`), words that stood there already are not the editor's, even where they
    became a Command only now: a closed code block, a quote sign that is gone.
    """
    new = frozenset(now) - frozenset(before)
    return new if is_own else frozenset(its for its in new if not (now[its] and now[its] in text_before))


def are_facts(tokens: Collection[str]) -> frozenset[str]:
    """Those of the tokens that stand for facts."""
    return frozenset(its for its in tokens if not its.startswith(_OTHER))


def marker(origin: Origin) -> str:
    """Begins our reply to what came from `origin`, whatever became of it."""
    return f"{OWN_MARKER} answer {origin.kind} {origin.key} "


def receipt(origin: Origin, *, done: bool, settled: Collection[str] = ()) -> str:
    """The first line of our reply."""
    return f"{marker(origin)}{' '.join(('done' if done else 'failed', *sorted(settled)))} -->"


def read_receipt(body: str) -> Receipt | None:
    """The receipt that a comment of ours begins with."""
    found = _RECEIPT.match(body)
    if found is None:
        return None
    settled = frozenset(found["settled"].split())
    return Receipt(kind=found["kind"], key=int(found["key"]), done=found["done"] == "done", settled=settled)
