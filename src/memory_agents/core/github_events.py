"""GitHubEvent: the frozen union of the events that mean something here.

Shapes follow https://docs.github.com/webhooks/webhook-events-and-payloads; `payloads.parse` makes
them. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from memory_agents.core.records import EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A GitHub account as a payload shows it; the login is untrusted text, the id is not."""

    login: str
    id: int
    is_bot: bool = False


OWN_MARKER = "<!-- memory-agents:"
"""begins every comment that we post: a hidden HTML comment"""

GHOST = Account(login="ghost", id=10137)
"""Stands for a deleted account, as on github.com."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where the event happened."""

    full_name: str
    """`owner/name`"""
    id: int = 0
    private: bool = False
    url: str = ""
    default_branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An issue or a pull request. Title, body, labels and author are untrusted text."""

    number: int
    title: str
    body: str
    author: Account
    url: str
    association: str = ""
    state: str = ""
    state_reason: str = ""
    labels: tuple[str, ...] = ()
    created_at: datetime = EPOCH
    is_pull_request: bool = False
    is_draft: bool = False
    is_merged: bool = False
    changed_files: int = 0
    """of a pull request; 0 where the payload does not say"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """Head and base of a pull request; the branch names are untrusted text."""

    head: str
    head_sha: str
    head_repository: str
    """`owner/name`; empty when the fork was deleted"""
    base: str
    base_repository: str

    @property
    def is_fork(self) -> bool:
        """Whether the head lies in another repository than the base."""
        return self.head_repository != self.base_repository


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPaths:
    """The files that a pull request changes; their names are untrusted text."""

    paths: tuple[str, ...] = ()
    """those that were read, relative to the repository's top"""
    total: int = 0
    """how many there really are"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment, review comment or review; body, author, path and hunk are untrusted text."""

    id: int
    body: str
    author: Account
    url: str
    association: str = ""
    created_at: datetime = EPOCH
    before: str = ""
    """of an edited one: the body until then"""
    path: str = ""
    diff_hunk: str = ""
    state: str = ""
    """of a review: approved, changes_requested, commented or dismissed"""
    reply_to: int | None = None
    """of a review comment that is an answer: the id of the first of its thread"""

    @property
    def is_ours(self) -> bool:
        """Whether it looks like one that we posted. Anybody can make it look so: what is ours is only ignored."""
        return self.body.startswith(OWN_MARKER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What every event has: what happened, where, and who caused it."""

    name: str
    """as in GITHUB_EVENT_NAME"""
    action: str = ""
    repository: Repository
    actor: Account
    """who caused it: the payload's sender"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvent:
    """`issues`."""

    origin: Origin
    issue: Item
    label: str = ""
    """of `labeled` and `unlabeled`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCommentEvent:
    """`issue_comment`: on an issue or in the conversation of a pull request."""

    origin: Origin
    issue: Item
    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestEvent:
    """`pull_request` and `pull_request_target`."""

    origin: Origin
    pull_request: Item
    branches: Branches
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """`pull_request_review`."""

    origin: Origin
    pull_request: Item
    branches: Branches
    review: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCommentEvent:
    """`pull_request_review_comment`."""

    origin: Origin
    pull_request: Item
    branches: Branches
    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchEvent:
    """`workflow_dispatch`."""

    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEvent:
    """`schedule`; its payload holds no repository."""

    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEvent:
    """An event that has no meaning here."""

    origin: Origin


ItemEvent = IssueEvent | IssueCommentEvent | PullRequestEvent | ReviewEvent | ReviewCommentEvent
"""An event of one issue or pull request: what can be recalled for."""

GitHubEvent = ItemEvent | DispatchEvent | ScheduleEvent | OtherEvent


def item_of(event: ItemEvent) -> Item:
    """The issue or pull request that the event is about."""
    match event:
        case IssueEvent() | IssueCommentEvent():
            return event.issue
        case PullRequestEvent() | ReviewEvent() | ReviewCommentEvent():
            return event.pull_request


def comment_of(event: ItemEvent) -> Comment | None:
    """What somebody wrote about it, where that is the event."""
    match event:
        case IssueCommentEvent() | ReviewCommentEvent():
            return event.comment
        case ReviewEvent():
            return event.review
        case IssueEvent() | PullRequestEvent():
            return None
