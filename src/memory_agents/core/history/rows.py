"""What is kept of a repository's past, as GitHub's lists have it: a row for each thing.

Shapes follow https://docs.github.com/rest/issues and https://docs.github.com/rest/pulls/comments. Every text
is untrusted. A title or text is cut when it is read: a search looks at the beginning, and what is shown is
read again before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LONGEST_BODY = 6_000
"""characters of an issue or a pull request that are kept"""
LONGEST_COMMENT = 3_000
"""characters of a comment that are kept, and of the end of a diff hunk"""


class Stream(StrEnum):
    """One of GitHub's bulk lists of a repository."""

    ISSUES = "issues"
    """issues and pull requests"""
    REVIEWS = "review comments"
    COMMENTS = "comments"
    EVENTS = "events"
    """of issues and pull requests; only how they were closed is kept"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wrote or did something; the login is untrusted text."""

    login: str
    id: int
    is_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An issue or a pull request."""

    number: int
    node_id: str
    """GitHub's name for it in GraphQL"""
    title: str
    body: str
    author: Person
    url: str
    state: str
    """open or closed"""
    state_reason: str
    """of a closed issue: completed, not_planned, duplicate; may be empty"""
    labels: tuple[str, ...]
    created_at: datetime
    closed_at: datetime | None
    merged_at: datetime | None
    is_pull_request: bool

    @property
    def key(self) -> int:
        """What is the row's own within its stream."""
        return self.number

    @property
    def outcome(self) -> str:
        """How it stands: open, merged, completed, not_planned, duplicate or closed."""
        if self.merged_at is not None:
            return "merged"
        return (self.state_reason or self.state) if self.state == "closed" else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment in the conversation of an issue or pull request."""

    id: int
    node_id: str
    number: int
    body: str
    author: Person
    created_at: datetime

    @property
    def key(self) -> int:
        """What is the row's own within its stream."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRemark:
    """A comment on a line of a pull request, or an answer to one."""

    id: int
    node_id: str
    number: int
    body: str
    author: Person
    url: str
    path: str
    hunk: str
    """the end of the diff hunk under which it stands"""
    created_at: datetime
    reply_to: int | None
    """the id of the comment that began the thread"""

    @property
    def key(self) -> int:
        """What is the row's own within its stream."""
        return self.id

    @property
    def thread(self) -> int:
        """The id of the comment that began the thread, there or not."""
        return self.reply_to or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """That an issue or pull request was closed: the last time counts."""

    id: int
    number: int
    actor: Person
    commit: str
    """the commit that closed it; empty where none did"""
    created_at: datetime

    @property
    def key(self) -> int:
        """What is the row's own within its stream: one for each issue."""
        return self.number


Row = Item | Remark | ReviewRemark | Closing


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list: the row that is kept of it, if any, and its place in the list."""

    at: datetime
    """when it was last updated: what the lists are sorted and asked by"""
    id: int
    row: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How an issue, a pull request or a comment stands now."""

    title: str
    """empty for a comment"""
    body: str
    state: str = ""
    state_reason: str = ""
    labels: tuple[str, ...] = ()
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    is_hidden: bool = False
    """whether somebody hid it, as spam or off-topic"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    entries: tuple[Listed, ...]
    following: str = ""
    """where the next page is; empty at the end of the list"""
    pages_left: int = 0
    """this one and those that follow, as GitHub counts them now; 0 where it does not say"""
    unreadable: int = 0
    """entries that are not what GitHub sends"""
    requests_left: int | None = None
    """of the rate limit; None where GitHub does not say"""
