"""What a maintainer asks to remember on the command line, through the one door to writing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from memory_agents.core import command_words, facts, namespaces
from memory_agents.core.commands import Remember
from memory_agents.core.facts import Origin
from memory_agents.core.outcomes import Outcome, Refused
from memory_agents.core.records import Approval, Notice, Source
from memory_agents.errors import UsageError
from memory_agents.memory.provider import MemoryReader
from memory_agents.memory.writer import MemoryWriter

BY_HAND = Approval()
"""somebody who may push to the branch"""
_FIXES = {
    "paths": "write paths from the repository's root with /, such as --paths 'src/api/**', at most 20",
    "expires": "write --expires 90d, 12w, 6m, 1y or a day to come such as 2027-01-31, at most 10 years ahead",
    "replaces": "see the ids with `memory-agents list`",
}
"""option → how it is written"""


async def remember(
    writer: MemoryWriter,
    text: str,
    *,
    namespace: str,
    paths: Sequence[str],
    expires: str,
    replaces: str,
    now: datetime,
) -> tuple[Outcome, ...]:
    """Keep one fact; the options say what those of `/remember` say. Raises UsageError."""
    if not text.strip():
        raise UsageError("There is nothing to remember.", fix="give TEXT some words")
    options = _options({"paths": ",".join(paths), "expires": expires, "replaces": replaces}, now)
    command = Remember(
        namespace=namespace,
        facts=(text.strip(),),
        paths=options.paths,
        expires_days=options.expires_days,
        expires_on=options.expires_on,
        replaces=options.replaces,
    )
    origin = Origin(repository_id=0, kind="command-line", key=uuid.uuid4().int)
    stated = facts.facts((command,), origin, source=Source(), said_at=now)
    outcomes = await writer.remember(tuple(stated.values()), approval=BY_HAND)
    return tuple(map(_for_command_line, outcomes))


async def about_new(reader: MemoryReader, namespace: str, known: Sequence[str]) -> tuple[Notice, ...]:
    """That a Namespace begins with this fact, if it does: it may be a slip. Raises MemoryFailure."""
    if namespace in known or await reader.list_records(namespaces=(namespace,), limit=1):
        return ()
    text = f"{namespace} is a new namespace, which begins here."
    return (Notice(text=text, fix=f"if it is a slip, take one of: {', '.join(known)}"),)


def _options(given: Mapping[str, str], now: datetime) -> command_words.Options:
    """The options that are given. Raises UsageError in the words of the command line."""
    for name, value in given.items():
        try:
            command_words.options(f'{name}="{value}"' if value else "", now.date())
        except UsageError as error:
            raise UsageError(error.message.replace(f"`{name}=`", f"--{name}"), fix=_FIXES[name]) from None
    words = " ".join(f'{name}="{value}"' for name, value in given.items() if value)
    return command_words.options(words, now.date())[0]


def _for_command_line(outcome: Outcome) -> Outcome:
    """The same, where a comment's command would be named with the command line's."""
    if isinstance(outcome, Refused):
        return replace(outcome, fix=outcome.fix.replace("`/memories`", "`memory-agents list`"))
    return outcome


def fact_namespace(name: str, known: Sequence[str]) -> str:
    """The Namespace of that name, or the one of the `known` that ends so. Raises UsageError where it holds no facts."""
    found = command_words.namespace(name, known) or namespaces.validate(name)
    if not namespaces.may_hold_facts(found):
        raise UsageError(f"{found} holds no facts.", fix="name another, such as codebase/conventions")
    return found
