"""What the Monitors share: the table of families, and the way from a Query to a Prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from memory_agents.configuration import MIN_SCORES
from memory_agents.core import context
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import (
    ChangedPaths,
    IssueCommentEvent,
    IssueEvent,
    ItemEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    item_of,
)
from memory_agents.core.records import Query
from memory_agents.memory.integration import MemoryIntegration, Recollection, Section
from memory_agents.monitors import prompting
from memory_agents.monitors.prompting import Prompt
from memory_agents.rendering import Templates
from memory_agents.settings import Settings

ABOUT_ISSUES = ("similar_issues", "conventions", "patterns")
CALIBRATED = frozenset({"similar_issues"})
"""sections whose cut-off an index run measures, with the repository's own duplicates"""
ABOUT_CODE = ("conventions", "patterns", "reviews", "similar_issues")

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "issue": ABOUT_ISSUES,
        "pull_request": ABOUT_CODE,
        "review_comment": ABOUT_CODE,
        "review": ABOUT_CODE,
    }
)
"""template → the sections of its Prompt, in their order"""


def family(event: ItemEvent) -> str:
    """The template of an event's family."""
    match event:
        case IssueEvent() | IssueCommentEvent() | PullRequestEvent():
            return "pull_request" if item_of(event).is_pull_request else "issue"
        case ReviewCommentEvent():
            return "review_comment"
        case ReviewEvent():
            return "review"


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a Monitor hands to the edges."""

    prompt: Prompt
    recollection: Recollection


class Monitor:
    """Recalls for one event and renders its Prompt. It holds read-only memory."""

    def __init__(self, memory: MemoryIntegration, templates: Templates, settings: Settings, fencer: Fencer) -> None:
        """All it needs; nothing is opened here."""
        self._memory = memory
        self._templates = templates
        self._settings = settings
        self._fencer = fencer

    async def _answer(self, event: ItemEvent, query: Query, paths: ChangedPaths) -> Recalled:
        """Recall and render. Raises TemplateError where even the default template fails."""
        own = family(event)
        recollection = await self._memory.recall(query, sections(self._settings, FAMILIES[own]))
        return Recalled(
            prompt=prompting.render(
                self._templates,
                (self._settings.template or own, own),
                context.build(event, recollection.sections, status=recollection.status, paths=paths),
                fencer=self._fencer,
                max_bytes=self._settings.max_prompt_bytes,
            ),
            recollection=recollection,
        )


def sections(settings: Settings, names: tuple[str, ...]) -> tuple[Section, ...]:
    """The sections of those names, as the settings fill them."""
    return tuple(
        Section(
            name=name,
            namespaces=settings.sections[name],
            top_k=settings.top_k,
            min_score=MIN_SCORES[name] if settings.min_score is None else settings.min_score,
            is_calibrated=name in CALIBRATED and settings.min_score is None,
        )
        for name in names
    )
