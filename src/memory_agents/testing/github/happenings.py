"""What happens to the rows of a repository: they are edited, labeled, closed, merged, and events tell of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from memory_agents.testing.github.rows import Rows
from memory_agents.testing.github.state import Comment, Edit, Issue, IssueEvent, Label, Review, ReviewComment

Clock = Callable[[], datetime]


class Happenings(Rows):
    """Rows, and what changes them. Times default to the fake's clock, and any login may act."""

    def __init__(self, ids: Iterator[int], clock: Clock) -> None:
        super().__init__(ids)
        self._clock = clock

    def merge(self, issue: Issue, *, actor: str, at: datetime | None = None) -> None:
        """Mark a pull request as merged and close it; branches stay as they are."""
        if issue.pull is None:
            raise ValueError(f"#{issue.number} is not a pull request")
        issue.pull.merged_at = at or self._clock()
        issue.pull.merged_by = actor
        self._note("merged", issue, actor, at=issue.pull.merged_at, commit_id=issue.pull.head_sha)
        self.close(issue, actor=actor, at=issue.pull.merged_at)

    def close(
        self,
        issue: Issue,
        *,
        actor: str,
        reason: str | None = None,
        commit: str = "",
        pull: Issue | None = None,
        duplicate_of: Issue | None = None,
        at: datetime | None = None,
    ) -> None:
        """Close an issue or pull request; `commit` is the id of the one whose message did it, or `pull` did.

        `reason` is completed, not_planned or duplicate; a pull request has none.
        """
        issue.state, issue.state_reason = "closed", None if issue.pull else reason
        issue.closed_at, issue.closed_by = at or self._clock(), actor
        if duplicate_of:
            self._note("marked_as_duplicate", issue, actor, at=issue.closed_at, other=duplicate_of.number)
        other = pull.number if pull else None
        self._note("closed", issue, actor, at=issue.closed_at, commit_id=commit, other=other)

    def reopen(self, issue: Issue, *, actor: str, at: datetime | None = None) -> None:
        """Open it again."""
        issue.state, issue.state_reason = "open", None if issue.pull else "reopened"
        issue.closed_at, issue.closed_by = None, ""
        self._note("reopened", issue, actor, at=at)

    def edit_issue(
        self,
        issue: Issue,
        *,
        title: str | None = None,
        body: str | None = None,
        actor: str = "",
        at: datetime | None = None,
    ) -> None:
        """Change title or body; `actor` is the author unless named."""
        at, actor = at or self._clock(), actor or issue.author
        if title is not None and title != issue.title:
            renamed = (issue.title, title)
            issue.title = title
            self._note("renamed", issue, actor, at=at, renamed=renamed)
        if body is not None:
            issue.body = body
            issue.edits.append(Edit(actor, at))
        issue.updated_at = at

    def edit_comment(
        self, comment: Comment | ReviewComment | Review, body: str, *, actor: str = "", at: datetime | None = None
    ) -> None:
        """Change the text of a comment or review; `actor` is the author unless named."""
        comment.body, comment.updated_at = body, at or self._clock()
        comment.edits.append(Edit(actor or comment.author, comment.updated_at))

    def add_label(self, name: str, color: str = "ededed", description: str | None = None) -> Label:
        """The label of that name, made when there is none; names ignore case."""
        return self.labels.setdefault(name.lower(), Label(next(self._ids), name, color, description))

    def set_labels(self, issue: Issue, names: Iterable[str], *, actor: str, at: datetime | None = None) -> None:
        """Give an issue exactly these labels, and note what changed."""
        new = list(dict.fromkeys(self.add_label(name).name for name in names))
        for name in new:
            if name not in issue.labels:
                self._note("labeled", issue, actor, label=name, at=at)
        for name in issue.labels:
            if name not in new:
                self._note("unlabeled", issue, actor, label=name, at=at)
        issue.labels = new

    def _bump(self, number: int, at: datetime) -> None:
        self.issues[number].updated_at = max(at, self.issues[number].updated_at)

    def _note(
        self,
        event: str,
        issue: Issue,
        actor: str,
        *,
        label: str = "",
        commit_id: str = "",
        renamed: tuple[str, str] | None = None,
        other: int | None = None,
        at: datetime | None = None,
    ) -> None:
        at = at or self._clock()
        self._bump(issue.number, at)
        self.events.append(
            IssueEvent(
                id=next(self._ids),
                number=issue.number,
                event=event,
                actor=actor,
                created_at=at,
                label=label,
                commit_id=commit_id,
                state_reason=issue.state_reason if event == "closed" else None,
                renamed=renamed,
                other=other,
            )
        )
