"""The PullRequest monitor: recalls for a pull request and what people say about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from memory_agents.core.code_blocks import ending
from memory_agents.core.github_events import (
    ChangedPaths,
    IssueCommentEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    item_of,
)
from memory_agents.core.records import Query
from memory_agents.monitors.base import MOST_CONTEXT, MOST_TITLE, Monitor, Recalled, asked

MOST_PATHS = 300
_HUNK = 300
"""characters of the diff hunk's end: the lines that a review comment is about; more would drown the title"""

PullRequestFamily = PullRequestEvent | ReviewEvent | ReviewCommentEvent | IssueCommentEvent


class PullRequestMonitor(Monitor):
    """Handles `pull_request(_target)`, its reviews and review comments, and `issue_comment` in its conversation."""

    async def recall(self, event: PullRequestFamily, clock: Callable[[], datetime], paths: ChangedPaths) -> Recalled:
        """Recall for what was proposed or said and render. Raises TemplateError where even ours fails."""
        return await self._answer(event, query(event, paths, clock()), paths)


def query(event: PullRequestFamily, changed: ChangedPaths, now: datetime) -> Query:
    """What the event says; the files that it is about, and what a comment stands in, count less."""
    paths = changed.paths[:MOST_PATHS]
    if isinstance(event, ReviewCommentEvent) and event.comment.path:
        paths = tuple(dict.fromkeys((event.comment.path, *paths)))
    return asked(event, now, context=_around(event, paths), paths=paths)


def _around(event: PullRequestFamily, paths: tuple[str, ...]) -> str:
    """What surrounds the words of the event, the most telling first."""
    title, words = item_of(event).title[:MOST_TITLE], "\n".join(paths)
    match event:
        case PullRequestEvent():
            return words
        case ReviewEvent():
            return f"{title}\n{words}"
        case ReviewCommentEvent(comment=comment):
            return f"{title}\n{ending(comment.diff_hunk, _HUNK)}\n{comment.path}"
        case IssueCommentEvent(issue=proposed):
            return f"{title}\n{proposed.body[: MOST_CONTEXT // 2]}\n{words}"
