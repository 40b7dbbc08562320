"""Event + Matches → PromptContext: everything that a template may say, and nothing else.

`PromptContext` is plain data, also written as `context-file`. `template_values` gives the same data to
a template, with every untrusted text as a value that prints fenced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from memory_agents.core.fences import Fencer, Provenance, Untrusted, clean, one_line
from memory_agents.core.github_events import Account, IssueEvent, Item
from memory_agents.core.namespaces import HISTORY_PREFIX
from memory_agents.core.records import EPOCH, Match, Record, Trust

SCHEMA_VERSION = 1


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class EventView(_Value):
    """What happened."""

    name: str
    action: str


class IssueView(_Value):
    """The issue of the event. Title, body, labels and author are untrusted, redacted text."""

    number: int
    url: str
    state: str
    title: str
    body: str
    labels: tuple[str, ...]
    author: str
    author_id: int
    created_at: str


class MemoryView(_Value):
    """One recalled Record. Title and text are redacted; `trust` says who stands behind them."""

    id: str
    namespace: str
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
    issue: IssueView
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


def build(event: IssueEvent, sections: Mapping[str, Sequence[Match]], *, status: str) -> PromptContext:
    """The context of an issue event and what memory answered."""
    return PromptContext(
        repository=event.origin.repository.full_name,
        event=EventView(name=event.origin.name, action=event.origin.action),
        issue=_issue(event.issue),
        status=status,
        sections=tuple(_sections(sections, event.origin.repository.full_name)),
    )


def _sections(found: Mapping[str, Sequence[Match]], own: str) -> Iterator[SectionView]:
    """Each memory once, in the first section that has it."""
    seen: set[str] = set()
    for name, matches in found.items():
        new = [match for match in matches if match.record.id not in seen]
        seen.update(match.record.id for match in new)
        yield SectionView(name=name, memories=tuple(_memory(match, own) for match in new))


def template_values(context: PromptContext, fencer: Fencer) -> dict[str, object]:
    """Variables of a template. Untrusted text becomes an Untrusted, which prints fenced and attributed."""
    issue, limit = context.issue, context.max_text
    by = Provenance(
        kind="issue",
        author=issue.author,
        author_id=issue.author_id,
        trust=Trust.UNTRUSTED,
        date=issue.created_at,
        url=issue.url,
        title=issue.title,
        labels=issue.labels,
    )
    return {
        "repository": context.repository,
        "event": context.event.model_dump(),
        "issue": {
            "number": issue.number,
            "url": issue.url,
            "state": issue.state,
            "content": Untrusted(issue.body, by, fencer, limit),
            "title": Untrusted(issue.title, by, fencer, limit),
            "labels": tuple(Untrusted(label, by, fencer, limit) for label in issue.labels),
        },
        "memory": {
            "status": context.status,
            "sections": tuple(_section_values(section, context, fencer) for section in context.sections),
            "count": len(context.memories()),
            "dropped": context.dropped,
        },
    }


def _section_values(section: SectionView, context: PromptContext, fencer: Fencer) -> dict[str, object]:
    """Maintainers' statements and everybody else's text stand apart."""
    values = [(memory.trust, _memory_values(memory, context, fencer)) for memory in section.memories]
    return {
        "name": section.name,
        "trusted": tuple(value for trust, value in values if trust is Trust.MAINTAINER),
        "untrusted": tuple(value for trust, value in values if trust is Trust.UNTRUSTED),
    }


def _memory_values(memory: MemoryView, context: PromptContext, fencer: Fencer) -> dict[str, object]:
    is_past = memory.namespace.startswith(HISTORY_PREFIX)
    by = Provenance(
        kind="past issue" if is_past else "fact",
        author=memory.author,
        author_id=memory.author_id,
        permission=memory.permission,
        trust=memory.trust,
        date=memory.created_at,
        url=memory.url,
        title=memory.title,
        state=memory.state,
        paths=memory.paths,
        score=memory.score,
        why=memory.reasons,
    )
    return {
        "id": memory.id,
        "namespace": memory.namespace,
        "issue": f"{memory.repository}#{memory.number}" if is_past and memory.number is not None else "",
        "score": memory.score,
        "content": Untrusted(memory.text, by, fencer, context.max_text),
    }


def _issue(item: Item) -> IssueView:
    return IssueView(
        number=item.number,
        url=item.url,
        state=item.state,
        title=clean(item.title),
        body=clean(item.body),
        labels=tuple(clean(label) for label in item.labels),
        author=_login(item.author),
        author_id=item.author.id,
        created_at=_date(item.created_at),
    )


def _memory(match: Match, own: str) -> MemoryView:
    record: Record = match.record
    source = record.source
    return MemoryView(
        id=record.id,
        namespace=record.namespace,
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


def _login(account: Account) -> str:
    return clean(account.login)


def _date(time: datetime) -> str:
    return "" if time == EPOCH else time.date().isoformat()
