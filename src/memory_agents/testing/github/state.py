"""The rows that the fake GitHub keeps. Times are aware UTC datetimes; people are named by login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

READ, WRITE = "read", "write"

ALL_PERMISSIONS: Mapping[str, str] = {"contents": WRITE, "issues": WRITE, "pull_requests": WRITE}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account."""

    login: str
    id: int
    type: str = "User"
    """User, Bot or Organization"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Who a token acts as and what it may do."""

    login: str
    permissions: Mapping[str, str]
    """`contents`, `issues`, `pull_requests` → `read` or `write`"""
    repositories: frozenset[str] | None
    """`owner/name` of those that it was given for; None is all"""

    @property
    def is_installation(self) -> bool:
        """Whether it acts as an app, as the token of a workflow run does."""
        return self.login.endswith("[bot]")

    def reaches(self, repository: str) -> bool:
        """Whether it was given for this repository."""
        return self.repositories is None or repository in self.repositories

    def allows(self, permission: str, level: str) -> bool:
        """Whether its permission reaches `level`; write includes read."""
        granted = self.permissions.get(permission, "")
        return granted in {level, WRITE}


@dataclass(slots=True)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(slots=True)
class Reaction:
    """One person's reaction."""

    id: int
    author: str
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a text."""

    editor: str
    """empty where the account is gone"""
    at: datetime


@dataclass(slots=True, kw_only=True)
class Editable:
    """A text that GitHub keeps the history of."""

    edits: list[Edit] = field(default_factory=list)
    """oldest first"""

    @property
    def edit(self) -> Edit | None:
        """The last one; None where nobody changed the text."""
        return self.edits[-1] if self.edits else None


@dataclass(slots=True, kw_only=True)
class Comment(Editable):
    """A comment of an issue's or a pull request's conversation."""

    id: int
    number: int
    """of the issue or pull request"""
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    minimized: str = ""
    """why it is hidden: outdated, off-topic, resolved, duplicate, spam or abuse"""
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class PullRequest:
    """What a pull request has beyond an issue."""

    base: str
    """branch"""
    head: str
    """branch"""
    base_sha: str
    head_sha: str
    head_owner: str
    """differs from the repository's owner for a fork"""
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: str = ""


@dataclass(slots=True, kw_only=True)
class Issue(Editable):
    """An issue, or with `pull` a pull request."""

    id: int
    number: int
    title: str
    body: str | None
    author: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    labels: list[str] = field(default_factory=list)
    locked: bool = False
    reactions: list[Reaction] = field(default_factory=list)
    pull: PullRequest | None = None


@dataclass(slots=True, kw_only=True)
class Review(Editable):
    """A submitted review of a pull request."""

    id: int
    number: int
    author: str
    body: str
    state: str
    """APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED"""
    commit_id: str
    submitted_at: datetime
    updated_at: datetime
    minimized: str = ""
    """as of a Comment"""


@dataclass(slots=True, kw_only=True)
class ReviewComment(Editable):
    """A comment on a line of a pull request's diff."""

    id: int
    number: int
    review_id: int | None
    author: str
    body: str
    path: str
    line: int
    diff_hunk: str
    commit_id: str
    created_at: datetime
    updated_at: datetime
    in_reply_to: int | None = None
    minimized: str = ""
    """as of a Comment"""
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class IssueEvent:
    """Something that happened to an issue.

    closed, merged, reopened, renamed, labeled, unlabeled or marked_as_duplicate.
    """

    id: int
    number: int
    event: str
    actor: str
    created_at: datetime
    label: str = ""
    commit_id: str = ""
    """of the commit that closed or merged it"""
    state_reason: str | None = None
    """why it was closed"""
    renamed: tuple[str, str] | None = None
    """the title before and after"""
    other: int | None = None
    """number of the pull request that closed it, or of what it is a duplicate of"""
