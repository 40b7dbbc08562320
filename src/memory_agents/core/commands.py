"""Comment text → Commands. The standard library alone: the action's first step asks whether a comment has any.

A Command stands at the start of a line, outside of quotes, code, HTML comments and what an e-mail program
adds. What it says is kept as it was written: a slice of the text, never re-wrapped, lowercased or unescaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LONGEST_FACT = 8_000
"""characters of one fact; a longer one is refused, never cut"""
MOST_FACTS = 50
"""facts of one comment"""


class Verb(StrEnum):
    """What a person may ask for."""

    REMEMBER = "/remember"
    FORGET = "/forget"
    RECALL = "/recall"
    MEMORIES = "/memories"
    WHY = "/why"
    NOT_DUPLICATE = "/not-duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """`/remember [options] [namespace:] text`, or a bullet list of facts."""

    namespace: str
    """one of the known ones"""
    facts: tuple[str, ...]
    """at least one, none blank"""
    paths: tuple[str, ...] = ()
    expires_days: int | None = None
    """`expires=90d`, `12w`, `6m` or `1y`, as days"""
    expires_on: str = ""
    """`expires=2027-01-31`"""
    replaces: str = ""
    """the id of the fact that this one supersedes"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """`/forget <id>…`."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """`/recall <query>`."""

    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memories:
    """`/memories [namespace]`: a namespace or a glob; empty is all facts."""

    namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """`/why`: what is recalled for this thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDuplicate:
    """`/not-duplicate #N`: this issue is not the same as those."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A line that begins like a Command and is none."""

    verb: Verb
    problem: str
    """one sentence; it may quote the line"""
    fix: str


Command = Remember | Forget | Recall | Memories | Why | NotDuplicate | Wrong


def has_command(body: str) -> bool:
    """Whether the comment has a Command line, right or wrong."""
    raise NotImplementedError


def parse(body: str, known: Sequence[str]) -> tuple[Command, ...]:
    """The Commands of a comment, in order. `known`: the Namespaces that a fact may be put into."""
    raise NotImplementedError
