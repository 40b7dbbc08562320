"""`/why`: what is recalled for a thread, asked anew.

The item is read from GitHub as it is now; what was recalled when it was opened is kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from memory_agents.app.providing import now
from memory_agents.core import payloads
from memory_agents.core.github_events import IssueEvent, PullRequestEvent
from memory_agents.core.outcomes import Explained, Outcome
from memory_agents.core.queries import query_of
from memory_agents.core.requests import Request
from memory_agents.edges.github import GitHubApi
from memory_agents.edges.github.api import READS_ISSUES, READS_PULLS
from memory_agents.edges.github.pulls import changed_paths
from memory_agents.errors import EventError
from memory_agents.memory.integration import MemoryIntegration
from memory_agents.memory.provider import MemoryReader
from memory_agents.monitors import base
from memory_agents.settings import Settings

_ISSUE = ("issues", "issue", "issues", READS_ISSUES)
_PULL = ("pull_request", "pull_request", "pulls", READS_PULLS)
"""event, its part of the payload, the path of REST, the permission"""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Recalls for the thread that a Request stands in, and renders nothing."""

    settings: Settings
    github: GitHubApi
    reader: MemoryReader

    async def __call__(self, request: Request) -> Outcome:
        """What is recalled now. Raises GitHubFailure or EventError where the item cannot be read."""
        event = await self._event(request)
        if isinstance(event, PullRequestEvent):
            number = event.pull_request.number
            total = event.pull_request.changed_files
            paths = await changed_paths(self.github, request.repository, number, total=total)
            query = query_of(event, now(), paths)
        else:
            query = query_of(event, now())
        sections = base.sections(self.settings, base.FAMILIES[base.family(event)])
        memory = MemoryIntegration(lambda: self.reader, deadline=self.settings.timeout_seconds)
        recollection = await memory.recall(query, sections)
        return Explained(sections=tuple(recollection.sections.items()), status=recollection.status)

    async def _event(self, request: Request) -> IssueEvent | PullRequestEvent:
        """The issue or pull request as if it were opened now: REST shows it as a payload does."""
        place = request.place
        name, key, path, needs = _PULL if place.is_pull_request else _ISSUE
        url = f"/repos/{request.repository}/{path}/{place.number}"
        found = await self.github.send(f"read #{place.number}", "GET", url, needs=needs)
        payload = {"action": "opened", key: found.body}
        event = payloads.parse(name, payload, repository=request.repository)
        if not isinstance(event, IssueEvent | PullRequestEvent):
            raise EventError(f"GitHub's answer when asked to read #{place.number} is no {key}.", fix="run again later")
        return event
