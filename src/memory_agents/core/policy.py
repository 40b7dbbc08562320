"""GitHubEvent + mode → Plan: what is done, or why nothing is. Pure, and the only place that decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from memory_agents.core.github_events import (
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
    """recall for the event's issue or pull request, whatever happened to it"""
    INDEX = "index"
    """read the repository's past, whatever the event is"""


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall for the event and render a Prompt."""

    event: ItemEvent


@dataclass(frozen=True, slots=True)
class Index:
    """Read past issues, pull requests and reviews into the local index."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Do nothing, for this reason: a sentence for the log and the summary."""

    reason: str


Plan = Recall | Index | Skip

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


def plan(event: GitHubEvent, mode: Mode) -> Plan:
    """Decide what an event asks for."""
    if mode is Mode.INDEX:
        return Index()
    if isinstance(event, DispatchEvent | ScheduleEvent | OtherEvent):
        return Skip(f"A `{_word(event.origin.name)}` event names no issue or pull request to recall for.")
    comment = comment_of(event)
    if comment is not None and comment.is_ours:
        return Skip("The comment is one that memory-agents posted.")
    if mode is Mode.RECALL:
        return Recall(event)
    about, actions = _RECALLED[type(event)]
    if event.origin.action not in actions:
        return Skip(f"Nothing is recalled when {about} is {_word(event.origin.action)}; use `mode: recall` to.")
    if comment is not None and comment.author.is_bot:
        # two bots that answer each other would never end
        return Skip(f"Nothing is recalled for {about} of a bot; use `mode: recall` to.")
    if isinstance(event, ReviewEvent) and not event.review.body.strip():
        return Skip("The review has no text of its own, and each of its comments is an event of its own.")
    return Recall(event)


def wants_paths(event: ItemEvent) -> int | None:
    """The number of the pull request whose changed paths the recall wants; None where it is no pull request."""
    item = item_of(event)
    return item.number if item.is_pull_request else None


def _word(text: str) -> str:
    """`text` as one harmless word: it comes from a payload or a variable."""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in "_-"))[:40] or "unnamed"
