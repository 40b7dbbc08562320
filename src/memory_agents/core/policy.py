"""GitHubEvent + mode → Plan: what is done, or why nothing is. Pure, and the only place that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from memory_agents.core.github_events import DispatchEvent, GitHubEvent, IssueEvent, OtherEvent, ScheduleEvent


class Mode(StrEnum):
    """The input `mode`."""

    AUTO = "auto"
    """the event decides"""
    RECALL = "recall"
    """recall for the event's issue, whatever happened to it"""


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall for the event and render a Prompt."""

    event: IssueEvent


@dataclass(frozen=True, slots=True)
class Skip:
    """Do nothing, for this reason: a sentence for the log and the summary."""

    reason: str


Plan = Recall | Skip

_RECALLED = frozenset({"opened", "edited", "reopened"})


def plan(event: GitHubEvent, mode: Mode) -> Plan:
    """Decide what an event asks for."""
    match event:
        case IssueEvent() if mode is Mode.RECALL or event.origin.action in _RECALLED:
            return Recall(event)
        case IssueEvent():
            return Skip(f"Nothing is recalled when an issue is {_word(event.origin.action)}; use `mode: recall` to.")
        case DispatchEvent() | ScheduleEvent() | OtherEvent():
            return Skip(f"A `{_word(event.origin.name)}` event names no issue to recall for.")
        case _:
            return Skip(f"`{event.origin.name}` is read, but this version recalls for issues only.")


def _word(text: str) -> str:
    """`text` as one harmless word: it comes from a payload or a variable."""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in "_-"))[:40] or "unnamed"
