"""Outcomes: what really became of a Command or a label, for the reply, the outputs and the summary.

Texts in them may quote untrusted words; `replies` and `answers` make them safe to post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from memory_agents.core.records import Match, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A Fact is on the branch."""

    record: Record
    """as it is stored: redacted"""
    how: Literal["stored", "updated", "unchanged"]
    """`unchanged`: it was there already, from the same source"""
    redacted: tuple[str, ...] = ()
    """kinds of secrets that were taken out"""
    related: tuple[Match, ...] = ()
    """other facts on the same matter, which may contradict it"""
    replaced: str = ""
    """the id of the fact that it superseded"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyKnown:
    """The same is remembered already, from another source: nothing was stored."""

    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """This very fact was forgotten before: it is not stored again by the same source."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A Fact was taken back."""

    id: str
    how: Literal["forgotten", "withdrawn", "unknown"]
    """`withdrawn`: its source states it no longer, and may do so again; `unknown`: there is no such fact"""
    namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What `/recall` found, best first, or what `/memories` lists, newest first."""

    asked: str
    """the query, or the namespace"""
    matches: tuple[Match, ...]
    """of a list the scores are 1 and there are no reasons"""
    is_search: bool
    more: int = 0
    """how many more there are"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What is recalled for this thread, by section of the prompt."""

    sections: tuple[tuple[str, tuple[Match, ...]], ...]
    status: str
    """of the recall: ok, empty, degraded, unavailable"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """Two issues are kept as no duplicates of each other."""

    number: int
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A labelled item is still open: its digest is stored when it is closed."""

    number: int
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It cannot be carried out as it was asked: trying again would not help."""

    asked: str
    """what, such as `/remember`"""
    problem: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It was not carried out, for a part of memory or GitHub did not answer: catch-up tries again."""

    asked: str
    """what, such as `/remember`; empty is all of it"""
    problem: str
    fix: str = ""
    is_down: bool = False
    """whether memory did not answer at all"""


Outcome = Remembered | AlreadyKnown | TakenBack | Forgotten | Listed | Explained | SetApart | Waiting | Refused | Failed


def is_final(outcome: Outcome) -> bool:
    """Whether nothing is left to be done, so that catch-up passes it over."""
    return not isinstance(outcome, Failed)
