"""The PullRequest monitor: recalls for a pull request and what people say about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from memory_agents.core.github_events import (
    ChangedPaths,
    IssueCommentEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
)
from memory_agents.core.queries import query_of
from memory_agents.monitors.base import Monitor, Recalled

PullRequestFamily = PullRequestEvent | ReviewEvent | ReviewCommentEvent | IssueCommentEvent


class PullRequestMonitor(Monitor):
    """Handles `pull_request(_target)`, its reviews and review comments, and `issue_comment` in its conversation."""

    async def recall(self, event: PullRequestFamily, clock: Callable[[], datetime], paths: ChangedPaths) -> Recalled:
        """Recall for what was proposed or said and render. Raises TemplateError where even ours fails."""
        return await self._answer(event, query_of(event, clock(), paths), paths)
