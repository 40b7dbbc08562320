"""The Issue monitor: recalls for an issue or a comment on one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from memory_agents.core.github_events import ChangedPaths, IssueCommentEvent, IssueEvent
from memory_agents.core.queries import query_of
from memory_agents.monitors.base import Monitor, Recalled


class IssueMonitor(Monitor):
    """Handles `issues`, and `issue_comment` on an issue."""

    async def recall(self, event: IssueEvent | IssueCommentEvent, clock: Callable[[], datetime]) -> Recalled:
        """Recall for the issue or the comment and render. Raises TemplateError where even ours fails."""
        return await self._answer(event, query_of(event, clock()), ChangedPaths())
