"""Memories of every kind, to copy between: each is opened as the conformance suite opens it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from memory_agents.core.backup import Entry
from memory_agents.core.sanitizer import Redacted, redact
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.writer import MemoryWriter
from memory_agents.operations.copying import everything
from memory_agents.testing.conformance.opening import Opens, now
from memory_agents.testing.conformance.samples import BEGIN
from tests.conformance import test_git as git
from tests.conformance import test_in_memory as in_memory

KINDS: Mapping[str, type[Opens]] = {"in-memory": in_memory.TestInMemory, "git": git.TestGit}


@asynccontextmanager
async def memory(kind: str, folder: Path, clock: Callable[[], datetime] = now) -> AsyncIterator[MemoryProvider]:
    """The memory of a kind that is kept in a folder; the same folder is the same memory."""
    place = folder / kind
    place.mkdir(exist_ok=True)
    async with KINDS[kind]().opened(place, clock) as provider:
        yield provider


def writer(
    provider: MemoryProvider, *, cleaned: Callable[[str], Redacted] = redact, dry_run: bool = False
) -> MemoryWriter:
    """The door to a memory."""
    return MemoryWriter(provider, redact=cleaned, now=lambda: BEGIN, dry_run=dry_run)


async def held(provider: MemoryProvider) -> set[Entry]:
    """All that a memory keeps for long, each once."""
    entries = [entry async for some in everything(provider) for entry in some]
    assert len(set(entries)) == len(entries)
    return set(entries)
