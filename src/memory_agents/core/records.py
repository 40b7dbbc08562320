"""The domain types that cross every boundary: Record, MemoryEvent, Source, Query, Match.

Times are timezone-aware UTC datetimes. Ids are safe in a path: `[a-z0-9_-]{8,64}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from memory_agents.core import namespaces

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID = re.compile(r"[a-z0-9_-]{8,64}")
FULL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
"""of a repository: `owner/name`"""
HTTP_URL = re.compile(r"https?://[A-Za-z0-9_.:/?#%=&~+-]{1,500}")
"""an address without anything that Markdown or a shell could take for more"""
WRITE_PERMISSIONS = frozenset({"admin", "maintain", "write"})


class Trust(StrEnum):
    """Who stands behind a text."""

    MAINTAINER = "maintainer"
    """Somebody with write permission stated or approved it."""
    UNTRUSTED = "untrusted"
    """Anybody may have written it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Provenance of a Record."""

    repository: str = ""
    """`owner/name`"""
    number: int | None = None
    """of the issue or pull request"""
    url: str = ""
    author: str = ""
    """login, as GitHub gave it: untrusted text"""
    author_id: int | None = None
    permission: str = ""
    """of the author when the Record was made: admin, maintain, write, triage, read, none; empty if unknown"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Anything stored long-term: a Fact, or an indexed past issue, pull request or review."""

    id: str
    namespace: str
    text: str
    title: str = ""
    created_at: datetime = EPOCH
    source: Source = field(default_factory=Source)
    labels: tuple[str, ...] = ()
    state: str = ""
    """of a past item: open, completed, not_planned, duplicate, merged, closed; empty for a Fact"""
    paths: tuple[str, ...] = ()
    """globs of the files that it is about; empty is the whole repository"""
    expires_at: datetime | None = None
    approved: bool = True
    approved_by: str = ""
    proposed_by: str = ""
    replaces: str = ""
    cites: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What it is, for a person: `fact`, `past issue`, `past pull request` or `past review comment`."""
        if self.namespace == namespaces.PULL_REQUESTS:
            return "past review comment" if self.paths else "past pull request"
        return "past issue" if self.namespace.startswith(namespaces.HISTORY_PREFIX) else "fact"

    @property
    def trust(self) -> Trust:
        """MAINTAINER for a Fact of somebody with write permission or put on the branch by hand.

        Past items of the tracker are UNTRUSTED whoever wrote them: their text was never stated
        as a Fact.
        """
        if self.namespace.startswith(namespaces.HISTORY_PREFIX) or not self.approved:
            return Trust.UNTRUSTED
        if self.approved_by or self.source.permission in WRITE_PERMISSIONS:
            return Trust.MAINTAINER
        by_hand = not self.source.permission and not self.source.author
        return Trust.MAINTAINER if by_hand else Trust.UNTRUSTED

    def is_recallable(self, now: datetime) -> bool:
        """Whether Monitors may recall it at `now`: approved and not expired."""
        return self.approved and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEvent:
    """What happened in a session, kept for some days. Every text is untrusted."""

    id: str
    """of the form of a Record's: storing it again changes nothing"""
    actor_id: str
    """1 to 255 characters: whose session it is, such as `octocat` or `dependabot[bot]`"""
    session_id: str
    """1 to 255 characters"""
    text: str
    event_type: str = ""
    """a word for what it is, such as `goal` or `decision`"""
    namespace: str = ""
    """of what it is about; may be empty"""
    created_at: datetime = EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who allowed a write, and where they said so."""

    by: str = ""
    """login: untrusted text; empty where a person writes from their own machine"""
    by_id: int | None = None
    permission: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What one write really did, by id."""

    stored: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    """were there already, and were left as they were"""
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """were to be removed and are not there"""
    taken_back: tuple[str, ...] = ()
    """were forgotten or deleted before: not stored again"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to search for. Every part is untrusted text and may be empty."""

    title: str = ""
    body: str = ""
    context: str = ""
    """what surrounds the question, such as the diff hunk that a comment stands under: it counts less than title and
    body"""
    labels: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """files that the event touches, to prefer Records scoped to them"""
    is_change: bool = False
    """whether a pull request asks, which is mostly about what was reported a short time ago"""
    number: int | None = None
    """of the issue that asks: what is kept as no duplicate of it is no answer"""
    exclude: frozenset[str] = frozenset()
    """Record ids that are never an answer, such as the event's own issue"""
    exclude_urls: frozenset[str] = frozenset()
    """Source URLs that are never an answer, nor what stands on such a page: a URL of it with `#`"""
    now: datetime = EPOCH
    """the time from which age is counted and expiry judged"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A Record that answers a Query."""

    record: Record
    score: float
    """in [0, 1], higher is better"""
    reasons: tuple[str, ...] = ()
    """short phrases for a person, such as `title: parser, timeout`; they may quote untrusted words"""


class Problem(StrEnum):
    """What keeps a provider from answering."""

    NONE = ""
    AUTH = "auth"
    NETWORK = "network"
    MISSING = "missing"
    """there is no such memory"""
    THROTTLED = "throttled"
    SLOW = "slow"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a provider can answer, and if not, why."""

    ok: bool
    detail: str
    """one sentence"""
    fix: str = ""
    problem: Problem = Problem.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a person should hear of: what happened and the fix."""

    text: str
    fix: str = ""
    partial: bool = False
    """whether a part of memory is missing from the answer because of it"""
    discreet: str = ""
    """`text` without what a private memory says; empty where `text` says none of it"""

    def __str__(self) -> str:
        return self.told(private=False)

    def told(self, *, private: bool) -> str:
        """What happened and the fix, for a log that everybody reads where memory is `private`."""
        text = self.discreet if private and self.discreet else self.text
        return f"{text} Fix: {self.fix}" if self.fix else text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """What a provider is and holds, for `status` and the summary."""

    provider: str
    location: str
    records: int | None
    """None where counting them would take long"""
    version: str = ""
    """of what it holds: a commit for git; empty where there is none"""
    is_new: bool = False
    """whether there is no memory yet, so that a person is told the next step"""
    notices: tuple[Notice, ...] = ()
    """what was wrong and got around: a skipped file, a rebuilt index"""
    cut_off: float | None = None
    """the score from which on similar issues are worth showing, where that was measured with what it holds"""
