"""PromptContext → the variables of a template, in which every untrusted text prints fenced and attributed."""

from __future__ import annotations

from dataclasses import replace

from memory_agents.core.code_blocks import as_code, ending
from memory_agents.core.context import CommentView, ItemView, MemoryView, PromptContext, PullRequestView, SectionView
from memory_agents.core.fences import Fencer, Provenance, Untrusted
from memory_agents.core.namespaces import HISTORY_PREFIX
from memory_agents.core.records import Trust


def template_values(context: PromptContext, fencer: Fencer) -> dict[str, object]:
    """Variables of a template; `docs/templates.md` lists them."""
    made = _Values(context, fencer)
    issue, pull_request, comment = context.issue, context.pull_request, context.comment
    return {
        "repository": context.repository,
        "event": context.event.model_dump(),
        "issue": made.item(issue, "issue") if issue else None,
        "pull_request": made.pull_request(pull_request) if pull_request else None,
        "comment": made.comment(comment) if comment else None,
        "memory": {
            "status": context.status,
            "sections": tuple(made.section(section) for section in context.sections),
            "count": len(context.memories()),
            "dropped": context.dropped,
        },
    }


class _Values:
    """Makes them, with the fencer and the size of one context."""

    def __init__(self, context: PromptContext, fencer: Fencer) -> None:
        self._fencer = fencer
        self._limit = context.max_text

    def item(self, item: ItemView, kind: str, *, branch: str = "") -> dict[str, object]:
        by = Provenance(
            kind=kind,
            author=item.author,
            author_id=item.author_id,
            trust=Trust.UNTRUSTED,
            date=item.created_at,
            url=item.url,
            title=item.title,
            state=item.state,
            branch=branch,
            labels=item.labels,
        )
        return {
            "number": item.number,
            "url": item.url,
            "state": item.state,
            "content": self._fenced(item.body, by),
            "title": self._fenced(item.title, by),
            "labels": tuple(self._fenced(label, by) for label in item.labels),
        }

    def pull_request(self, shown: PullRequestView) -> dict[str, object]:
        head = f"{shown.head_repository}:{shown.head}" if shown.is_fork else shown.head
        part = Provenance(
            kind="pull request",
            trust=Trust.UNTRUSTED,
            author=shown.author,
            author_id=shown.author_id,
            date=shown.created_at,
            url=shown.url,
        )
        return {
            **self.item(shown, "pull request", branch=f"{head} into {shown.base}" if head else ""),
            "is_draft": shown.is_draft,
            "is_fork": shown.is_fork,
            "base": self._fenced(shown.base, part),
            "head": self._fenced(shown.head, part),
            "head_repository": self._fenced(shown.head_repository, part),
            "paths": self._fenced(as_code("\n".join(shown.paths)), replace(part, kind="changed files")),
            "paths_shown": len(shown.paths),
            "paths_total": shown.paths_total,
        }

    def comment(self, comment: CommentView) -> dict[str, object]:
        by = Provenance(
            kind=comment.kind,
            author=comment.author,
            author_id=comment.author_id,
            trust=Trust.UNTRUSTED,
            date=comment.created_at,
            url=comment.url,
            state=comment.state,
            paths=(comment.path,) if comment.path else (),
        )
        # the lines of a diff are not the commenter's, and the event does not say whose
        diff = Provenance(kind="diff", trust=Trust.UNTRUSTED, paths=by.paths)
        return {
            "kind": comment.kind,
            "url": comment.url,
            "state": comment.state,
            "content": self._fenced(comment.body, by),
            "path": self._fenced(comment.path, diff),
            "hunk": self._fenced(as_code(ending(comment.hunk, self._limit // 2)), diff),
        }

    def section(self, section: SectionView) -> dict[str, object]:
        """Maintainers' statements and everybody else's text stand apart."""
        values = [(memory.trust, self._memory(memory)) for memory in section.memories]
        return {
            "name": section.name,
            "trusted": tuple(value for trust, value in values if trust is Trust.MAINTAINER),
            "untrusted": tuple(value for trust, value in values if trust is Trust.UNTRUSTED),
        }

    def _memory(self, memory: MemoryView) -> dict[str, object]:
        is_past = memory.namespace.startswith(HISTORY_PREFIX)
        by = Provenance(
            kind=memory.kind,
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
            "kind": memory.kind,
            "number": f"{memory.repository}#{memory.number}" if is_past and memory.number is not None else "",
            "score": memory.score,
            "content": self._fenced(memory.text, by),
        }

    def _fenced(self, text: str, by: Provenance) -> Untrusted:
        return Untrusted(text, by, self._fencer, self._limit)
