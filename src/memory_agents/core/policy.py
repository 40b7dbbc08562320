"""GitHubEvent + mode → Plan: what is done, or why nothing is. Pure, and the only place that decides it.

What a Plan to write still needs is asked of GitHub afterwards: whether `may_write`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from memory_agents.core.commands import has_command
from memory_agents.core.github_events import (
    Account,
    Comment,
    DispatchEvent,
    GitHubEvent,
    IssueCommentEvent,
    IssueEvent,
    ItemEvent,
    OtherEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    ScheduleEvent,
    comment_of,
    item_of,
)


class Mode(StrEnum):
    """The input `mode`."""

    AUTO = "auto"
    """the event decides"""
    RECALL = "recall"
    """recall for the event's issue or pull request, whatever happened to it; nothing is written"""
    INDEX = "index"
    """read the repository's past, whatever the event is"""
    CATCH_UP = "catch-up"
    """carry out what was asked for and never done, whatever the event is"""


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall for the event and render a Prompt."""

    event: ItemEvent


@dataclass(frozen=True, slots=True)
class Index:
    """Read past issues, pull requests and reviews into the local index."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Carry out what was asked for and never done, and remove what expired."""


@dataclass(frozen=True, slots=True)
class Obey:
    """Carry out the Commands of a comment: of what it says now, and no longer says, or said when it was deleted."""

    event: IssueCommentEvent | ReviewEvent | ReviewCommentEvent


@dataclass(frozen=True, slots=True)
class Digest:
    """Remember the issue or pull request whose label asks for it, if one does."""

    event: IssueEvent | PullRequestEvent


@dataclass(frozen=True, slots=True)
class Skip:
    """Do nothing, for this reason: a sentence for the log and the summary."""

    reason: str


Writing = Obey | Digest
Plan = Recall | Index | CatchUp | Writing | Skip

LEVELS = ("none", "read", "triage", "write", "maintain", "admin")
"""permissions, the least first"""

_RECALLED: Mapping[type[ItemEvent], tuple[str, frozenset[str]]] = MappingProxyType(
    {
        IssueEvent: ("an issue", frozenset({"opened", "edited", "reopened"})),
        IssueCommentEvent: ("a comment", frozenset({"created"})),
        PullRequestEvent: ("a pull request", frozenset({"opened", "synchronize", "reopened", "ready_for_review"})),
        ReviewEvent: ("a review", frozenset({"submitted"})),
        ReviewCommentEvent: ("a review comment", frozenset({"created"})),
    }
)
"""event → what it is about, and the actions that mode auto recalls for"""
_SAID = frozenset({"created", "submitted"})
_READ_ONLY = frozenset({"pull_request", "pull_request_review", "pull_request_review_comment"})
"""events whose runs get a token that cannot write, where the head lies in a fork"""


def plan(event: GitHubEvent, mode: Mode) -> Plan:
    """Decide what an event asks for."""
    if mode is Mode.INDEX:
        return Index()
    if mode is Mode.CATCH_UP:
        return CatchUp()
    if isinstance(event, DispatchEvent | ScheduleEvent | OtherEvent):
        return Skip(f"A `{_word(event.origin.name)}` event names no issue or pull request to recall for.")
    comment = comment_of(event)
    if comment is not None and comment.is_ours:
        return Skip("The comment is one that memory-agents posted.")
    if mode is Mode.RECALL:
        return Recall(event)
    return _writing(event) or _recall(event)


def may_write(permission: str, least: str) -> bool:
    """Whether somebody with `permission` may write where `least` is asked for; an unknown one may not."""
    return permission in LEVELS and LEVELS.index(permission) >= LEVELS.index(least)


def wants_paths(event: ItemEvent) -> int | None:
    """The number of the pull request whose changed paths the recall wants; None where it is no pull request."""
    item = item_of(event)
    return item.number if item.is_pull_request else None


def _recall(event: ItemEvent) -> Recall | Skip:
    about, actions = _RECALLED[type(event)]
    comment = comment_of(event)
    if event.origin.action not in actions:
        return Skip(f"Nothing is recalled when {about} is {_word(event.origin.action)}; use `mode: recall` to.")
    if comment is not None and comment.author.is_bot:
        # two bots that answer each other would never end
        return Skip(f"Nothing is recalled for {about} of a bot; use `mode: recall` to.")
    if isinstance(event, ReviewEvent) and not event.review.body.strip():
        return Skip("The review has no text of its own, and each of its comments is an event of its own.")
    return Recall(event)


def _writing(event: ItemEvent) -> Writing | Skip | None:
    """What the event asks to write, or why that is not done; None where it asks for nothing."""
    if isinstance(event, IssueEvent | PullRequestEvent):
        asks = event.origin.action == "labeled" or (event.origin.action == "closed" and bool(item_of(event).labels))
        return (_unless_refused(event, event.origin.actor) or Digest(event)) if asks else None
    comment = comment_of(event)
    if comment is None or not _asks(event.origin.action, comment):
        return None
    if comment.author.is_bot:
        return Skip("Bots give no commands.")
    return _unless_refused(event, event.origin.actor) or Obey(event)


def _asks(action: str, comment: Comment) -> bool:
    if action == "edited":
        return has_command(comment.body) or has_command(comment.before)
    return (action in _SAID or action == "deleted") and has_command(comment.body)


def _unless_refused(event: ItemEvent, sender: Account) -> Skip | None:
    if sender.is_bot and event.origin.action != "closed":  # who closes does not decide: who set the label does
        return Skip("Bots give no commands.")
    if isinstance(event, PullRequestEvent | ReviewEvent | ReviewCommentEvent):
        is_fork = event.branches.is_fork
        if is_fork and event.origin.name in _READ_ONLY:
            return Skip("Nothing is written in a run for a fork: its token can only read. A catch-up run does it.")
    return None


def _word(text: str) -> str:
    """`text` as one harmless word: it comes from a payload or a variable."""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in "_-"))[:40] or "unnamed"
