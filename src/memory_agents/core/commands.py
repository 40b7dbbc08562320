"""Comment text → Commands. The standard library alone: the action's first step asks whether a comment has any.

A Command stands at the start of a line, outside of quotes, lists, code, HTML comments and what an e-mail program
adds. What it says is kept as it was written: a slice of the text, never re-wrapped, lowercased or unescaped; its
newlines are LF. A character before the slash that nobody sees makes the line text: that is how people show a Command
without giving it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from memory_agents.core import command_words, namespaces
from memory_agents.core.comment_blocks import Kind, lines
from memory_agents.core.comment_lines import Said, said
from memory_agents.core.page import is_invisible, with_plain_newlines
from memory_agents.errors import UsageError

LONGEST_FACT = 8_000
"""characters of one fact; a longer one is refused, never cut"""
MOST_FACTS = 50
"""facts of one comment"""
MOST_COMMANDS = 50
"""of one comment; what stands behind them is not read"""


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


_LINE = re.compile(rf" {{0,3}}(?P<verb>(?ai:{'|'.join(Verb)}))(?!\S)")
_PREFIX = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9_/-]{0,255}):(?=\s|\Z)")
_MARKER = re.compile(r"[ \t]*(?:[-+*]|[0-9]{1,9}[.)])")


def has_command(body: str) -> bool:
    """Whether the comment has a Command line, right or wrong."""
    return bool(said(with_plain_newlines(body), _LINE))


def parse(body: str, known: Sequence[str], *, said_on: date | None = None) -> tuple[Command, ...]:
    """The Commands of a comment, in order.

    `known`: the Namespaces that a fact may be put into. `said_on`: when the comment was made; a date by which a fact
    expires has to come after it.
    """
    text = with_plain_newlines(body)
    parts = said(text, _LINE)
    commands: list[Command] = []
    left = MOST_FACTS
    for part in parts[:MOST_COMMANDS]:
        verb = _verb(part)
        try:
            command = _command(verb, text[part.line.end() : part.end], known, said_on=said_on, most_facts=left)
        except UsageError as wrong:
            command = Wrong(verb=verb, problem=wrong.message, fix=wrong.fix)
        left -= len(command.facts) if isinstance(command, Remember) else 0
        commands.append(command)
    if len(parts) > MOST_COMMANDS:
        problem = f"This comment has {len(parts)} commands; those behind the first {MOST_COMMANDS} were not read."
        commands.append(Wrong(verb=_verb(parts[-1]), problem=problem, fix="put the others into another comment"))
    return tuple(commands)


def _verb(part: Said) -> Verb:
    return Verb(part.line["verb"].lower())


def _command(verb: Verb, behind: str, known: Sequence[str], *, said_on: date | None, most_facts: int) -> Command:
    """The Command of that verb, from the text behind it; all but `/remember` end with their line."""
    line = behind.partition("\n")[0].strip()
    match verb:
        case Verb.REMEMBER:
            command = _remember(behind, known, said_on)
            if len(command.facts) > most_facts:
                raise UsageError(
                    f"There are more than {MOST_FACTS} facts in this comment.",
                    fix=f"put at most {MOST_FACTS} into one comment, and the others into another",
                )
            return command
        case Verb.FORGET:
            return Forget(ids=command_words.record_ids(line))
        case Verb.RECALL:
            if _is_blank(line):
                raise UsageError("There is nothing to search for.", fix="write words after it: `/recall retry limits`")
            return Recall(query=line)
        case Verb.MEMORIES:
            return Memories(namespace=command_words.namespace_glob(line, known))
        case Verb.WHY:
            if line:
                raise UsageError("`/why` takes nothing after it.", fix="write `/why` alone on its line")
            return Why()
        case Verb.NOT_DUPLICATE:
            return NotDuplicate(numbers=command_words.numbers(line))


def _remember(behind: str, known: Sequence[str], said_on: date | None) -> Remember:
    options, at = command_words.options(behind, said_on)
    prefix = _PREFIX.match(behind, at)
    namespace = command_words.namespace(prefix[1], known) if prefix else ""
    facts = _facts(behind[prefix.end() if prefix and namespace else at :])
    for fact in facts:
        if len(fact) > LONGEST_FACT:
            first = command_words.quoted(fact.partition("\n")[0])
            raise UsageError(
                f"The fact that begins with {first} has {len(fact):,} characters.",
                fix=f"say it in at most {LONGEST_FACT:,}, or make several facts of it: a bullet each",
            )
    return Remember(
        namespace=namespace or namespaces.CONVENTIONS,
        facts=facts,
        paths=options.paths,
        expires_days=options.expires_days,
        expires_on=options.expires_on,
        replaces=options.replaces,
    )


def _facts(text: str) -> tuple[str, ...]:
    """The facts that a text states: itself, or where it is a list that begins on a line of its own, each item of it.

    An item goes on with its nested lists, paragraphs and code, which stay indented as they are; only the first
    marker and the blanks around it go. A list behind other text is part of that text.
    """
    has_own_line = not text.partition("\n")[0].strip()
    items = _items(text) if has_own_line else ()
    facts = tuple(fact for fact in items or (text.strip(),) if not _is_blank(fact))
    if not facts:
        raise UsageError("There is nothing to remember.", fix="write the fact after it: `/remember Times are UTC`")
    return facts


def _items(text: str) -> tuple[str, ...]:
    """The items of the list that the text is; none where it is no list."""
    starts: list[int] = []
    for line in lines(text):
        if line.begins_item and (starts or not text[: line.start].strip()):
            starts.append(line.start)
        elif line.kind is Kind.BLANK:
            continue
        elif not starts:
            return ()
        elif not line.is_nested:
            raise UsageError(
                "Behind the list of facts there is text that is part of none.",
                fix="indent it below the bullet that it belongs to, make it a bullet, or put it into another comment",
            )
    items = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    return tuple(_MARKER.sub("", item, count=1).strip() for item in items)


def _is_blank(text: str) -> bool:
    """Whether nobody sees anything of it."""
    return all(char.isspace() or is_invisible(char) for char in text)
