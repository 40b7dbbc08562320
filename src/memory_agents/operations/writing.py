"""What a maintainer asks to remember on the command line, through the one door to writing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from memory_agents.core import command_words, facts, namespaces
from memory_agents.core.commands import Remember
from memory_agents.core.facts import Origin
from memory_agents.core.outcomes import Outcome
from memory_agents.core.records import Approval, Source
from memory_agents.errors import UsageError
from memory_agents.memory.writer import FACTS, MemoryWriter

BY_HAND = Approval()
"""somebody who may push to the branch"""


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
    given = {"paths": ",".join(paths), "expires": expires, "replaces": replaces}
    words = " ".join(f'{name}="{value}"' for name, value in given.items() if value)
    options, _ = command_words.options(words, now.date())
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
    return await writer.remember(tuple(stated.values()), approval=BY_HAND)


def fact_namespace(name: str, known: Sequence[str]) -> str:
    """The Namespace of that name, or the one of the `known` that ends so. Raises UsageError where it holds no facts."""
    found = command_words.namespace(name, known) or namespaces.validate(name)
    if not namespaces.matches(found, FACTS) or found.partition("/")[0] == "meta":
        raise UsageError(f"{found} holds no facts.", fix="name another, such as codebase/conventions")
    return found
