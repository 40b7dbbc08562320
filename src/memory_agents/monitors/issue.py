"""The Issue monitor: recalls for an issue and renders its Prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from memory_agents.core import context
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import IssueEvent
from memory_agents.core.records import Query
from memory_agents.memory.integration import MemoryIntegration, Recollection, Section
from memory_agents.monitors import prompting
from memory_agents.monitors.prompting import Prompt
from memory_agents.rendering import Templates
from memory_agents.settings import MIN_SCORES, Settings

TEMPLATE = "issue"
SECTIONS = ("similar_issues", "conventions", "patterns")


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a Monitor hands to the edges."""

    prompt: Prompt
    recollection: Recollection


class IssueMonitor:
    """Handles `issues` events. It holds read-only memory."""

    def __init__(self, memory: MemoryIntegration, templates: Templates, settings: Settings, fencer: Fencer) -> None:
        """All it needs; nothing is opened here."""
        self._memory = memory
        self._templates = templates
        self._settings = settings
        self._fencer = fencer

    async def recall(self, event: IssueEvent, clock: Callable[[], datetime]) -> Recalled:
        """Recall for the issue and render. Raises TemplateError where even the default template fails."""
        recollection = await self._memory.recall(query(event, clock()), self._sections())
        return Recalled(
            prompt=prompting.render(
                self._templates,
                (self._settings.template or TEMPLATE, TEMPLATE),
                context.build(event, recollection.sections, status=recollection.status),
                fencer=self._fencer,
                max_bytes=self._settings.max_prompt_bytes,
            ),
            recollection=recollection,
        )

    def _sections(self) -> tuple[Section, ...]:
        settings = self._settings
        return tuple(
            Section(
                name=name,
                namespaces=settings.sections[name],
                top_k=settings.top_k,
                min_score=MIN_SCORES[name] if settings.min_score is None else settings.min_score,
            )
            for name in SECTIONS
        )


def query(event: IssueEvent, now: datetime) -> Query:
    """Title, body and labels together; the issue itself is no answer."""
    return Query(
        title=event.issue.title,
        body=event.issue.body,
        labels=event.issue.labels,
        exclude_urls=frozenset({event.issue.url}) - {""},
        now=now,
    )
