"""The Issue monitor: recalls for an issue or a comment on one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from memory_agents.core.github_events import ChangedPaths, IssueCommentEvent, IssueEvent
from memory_agents.core.records import Query
from memory_agents.monitors.base import MOST_TITLE, Monitor, Recalled, asked


class IssueMonitor(Monitor):
    """Handles `issues`, and `issue_comment` on an issue."""

    async def recall(self, event: IssueEvent | IssueCommentEvent, clock: Callable[[], datetime]) -> Recalled:
        """Recall for the issue or the comment and render. Raises TemplateError where even ours fails."""
        return await self._answer(event, query(event, clock()), ChangedPaths())


def query(event: IssueEvent | IssueCommentEvent, now: datetime) -> Query:
    """What the event says; the issue that a comment stands in counts less."""
    issue = event.issue
    around = f"{issue.title[:MOST_TITLE]}\n{issue.body}" if isinstance(event, IssueCommentEvent) else ""
    return asked(event, now, context=around)
