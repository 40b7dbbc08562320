"""Event + Matches → PromptContext: everything that a template may say, and nothing else.

Plain data, also written as `context-file`: redacted, with nothing hidden in it, and still untrusted.
`template_values` makes of it what a template is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from memory_agents.core.code_blocks import clean_code, ending
from memory_agents.core.fences import clean, one_line
from memory_agents.core.github_events import (
    Branches,
    ChangedPaths,
    Comment,
    IssueCommentEvent,
    IssueEvent,
    Item,
    ItemEvent,
    ReviewCommentEvent,
    ReviewEvent,
    comment_of,
    item_of,
)
from memory_agents.core.records import EPOCH, Match, Record, Trust

SCHEMA_VERSION = 1
SHOWN_PATHS = 100
"""changed paths that a context holds"""
_PATH = 300
_HUNK = 4_000
"""characters of a diff hunk: its end, for a comment stands under its last line"""
_COMMENT_KINDS: Mapping[type[ItemEvent], str] = MappingProxyType(
    {IssueCommentEvent: "comment", ReviewEvent: "review", ReviewCommentEvent: "review comment"}
)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class EventView(_Value):
    """What happened."""

    name: str
    action: str


class ItemView(_Value):
    """An issue or a pull request. Title, body, labels and author are untrusted text."""

    number: int
    url: str
    state: str
    """open, closed or merged"""
    title: str
    body: str
    labels: tuple[str, ...]
    author: str
    author_id: int
    created_at: str


class PullRequestView(ItemView):
    """A pull request. Branches, head repository and paths are untrusted text too."""

    is_draft: bool
    base: str
    """the branch that it changes; empty where the event does not say, as with comments in the conversation"""
    head: str
    head_repository: str
    """`owner/name`; empty where it was deleted or the event does not say"""
    is_fork: bool | None
    """None where the event does not say"""
    paths: tuple[str, ...]
    """changed files, at most SHOWN_PATHS"""
    paths_total: int
    """how many files it really changes"""


class CommentView(_Value):
    """A comment, a review comment or a review. Body, author, path and hunk are untrusted text."""

    kind: str
    """`comment`, `review comment` or `review`"""
    url: str
    author: str
    author_id: int
    body: str
    created_at: str
    path: str
    """of a review comment"""
    hunk: str
    """of a review comment: the end of the diff above it"""
    state: str
    """of a review: approved, changes_requested, commented or dismissed"""


class MemoryView(_Value):
    """One recalled Record. Title and text are redacted; `trust` says who stands behind them."""

    id: str
    namespace: str
    kind: str
    """`fact`, `past issue`, `past pull request` or `past review comment`"""
    score: float
    reasons: tuple[str, ...]
    trust: Trust
    title: str
    text: str
    author: str
    author_id: int | None
    permission: str
    created_at: str
    url: str
    repository: str
    """of a past item, `owner/name`; empty is the event's own"""
    number: int | None
    state: str
    paths: tuple[str, ...]


class SectionView(_Value):
    """One section of the prompt, best first."""

    name: str
    memories: tuple[MemoryView, ...]


class PromptContext(_Value):
    """The values of a template: the same for the prompt, `context-file` and `/why`."""

    version: int = SCHEMA_VERSION
    repository: str
    event: EventView
    issue: ItemView | None
    """what the event is about: this or `pull_request`"""
    pull_request: PullRequestView | None
    comment: CommentView | None
    """what somebody wrote about it, where that is the event"""
    status: str
    """of recall: ok, empty, degraded or unavailable"""
    sections: tuple[SectionView, ...]
    dropped: tuple[str, ...] = ()
    """ids of memories left out to keep the prompt within its size, weakest first"""
    max_text: int = 8_000
    """characters of one untrusted text that the prompt shows"""

    def memories(self) -> list[MemoryView]:
        """All recalled memories, strongest first."""
        return sorted((m for s in self.sections for m in s.memories), key=lambda m: (-m.score, m.id))

    def without(self, ids: Sequence[str]) -> PromptContext:
        """The same context with these memories dropped, in this order."""
        gone = frozenset(ids)
        sections = tuple(
            section.model_copy(update={"memories": tuple(m for m in section.memories if m.id not in gone)})
            for section in self.sections
        )
        return self.model_copy(update={"sections": sections, "dropped": (*self.dropped, *ids)})


def build(
    event: ItemEvent, sections: Mapping[str, Sequence[Match]], *, status: str, paths: ChangedPaths | None = None
) -> PromptContext:
    """The context of an event and what memory answered; `paths` of a pull request, where they were read."""
    item, comment = item_of(event), comment_of(event)
    own = event.origin.repository.full_name
    return PromptContext(
        repository=own,
        event=EventView(name=event.origin.name, action=event.origin.action),
        issue=None if item.is_pull_request else ItemView(**_item(item)),
        pull_request=_pull_request(event, item, paths or ChangedPaths()) if item.is_pull_request else None,
        comment=_comment(event, comment) if comment else None,
        status=status,
        sections=tuple(_sections(sections, own)),
    )


def _item(item: Item) -> dict[str, Any]:
    return {
        "number": item.number,
        "url": item.url,
        "state": "merged" if item.is_merged else item.state,
        "title": clean(item.title),
        "body": clean(item.body),
        "labels": tuple(clean(label) for label in item.labels),
        "author": clean(item.author.login),
        "author_id": item.author.id,
        "created_at": _date(item.created_at),
    }


def _pull_request(event: ItemEvent, item: Item, changed: ChangedPaths) -> PullRequestView:
    branches: Branches | None = None if isinstance(event, IssueEvent | IssueCommentEvent) else event.branches
    return PullRequestView(
        **_item(item),
        is_draft=item.is_draft,
        base=one_line(branches.base) if branches else "",
        head=one_line(branches.head) if branches else "",
        head_repository=one_line(branches.head_repository) if branches else "",
        is_fork=branches.is_fork if branches else None,
        paths=tuple(one_line(path, _PATH) for path in changed.paths[:SHOWN_PATHS]),
        paths_total=max(changed.total, len(changed.paths)),
    )


def _comment(event: ItemEvent, comment: Comment) -> CommentView:
    return CommentView(
        kind=_COMMENT_KINDS[type(event)],
        url=comment.url,
        author=clean(comment.author.login),
        author_id=comment.author.id,
        body=clean(comment.body),
        created_at=_date(comment.created_at),
        path=one_line(comment.path, _PATH),
        hunk=ending(clean_code(comment.diff_hunk), _HUNK),
        state=comment.state,
    )


def _sections(found: Mapping[str, Sequence[Match]], own: str) -> Iterator[SectionView]:
    """Each memory once, in the first section that has it."""
    seen: set[str] = set()
    for name, matches in found.items():
        new = [match for match in matches if match.record.id not in seen]
        seen.update(match.record.id for match in new)
        yield SectionView(name=name, memories=tuple(_memory(match, own) for match in new))


def _memory(match: Match, own: str) -> MemoryView:
    record: Record = match.record
    source = record.source
    return MemoryView(
        id=record.id,
        namespace=record.namespace,
        kind=record.kind,
        score=round(match.score, 3),
        reasons=tuple(clean(reason) for reason in match.reasons),
        trust=record.trust,
        title=one_line(record.title),
        text=clean(record.text),
        author=one_line(source.author),
        author_id=source.author_id,
        permission=source.permission,
        created_at=_date(record.created_at),
        url=one_line(source.url, 500),
        repository="" if source.repository == own else source.repository,
        number=source.number,
        state=one_line(record.state, 40),
        paths=tuple(clean(path) for path in record.paths),
    )


def _date(time: datetime) -> str:
    return "" if time == EPOCH else time.date().isoformat()
