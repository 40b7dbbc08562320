"""Memories of every kind, to copy between: each is opened as the conformance suite opens it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from memory_agents.core.backup import Entry
from memory_agents.core.sanitizer import Redacted, redact
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.writer import MemoryWriter
from memory_agents.operations.copying import everything
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance.opening import Clock, Opens, now
from memory_agents.testing.conformance.samples import BEGIN
from tests.conformance import test_agentcore as agentcore
from tests.conformance import test_chroma_embedded as chroma
from tests.conformance import test_git as git
from tests.conformance import test_in_memory as in_memory

KINDS: Mapping[str, Callable[[], Opens]] = {
    "in-memory": in_memory.TestInMemory,
    "git": git.TestGit,
    "chroma": chroma.TestChromaEmbedded,
    "agentcore": agentcore.TestAgentCore,
}


@asynccontextmanager
async def memory(kind: str, folder: Path, clock: Clock = now) -> AsyncIterator[MemoryProvider]:
    """The memory of a kind that is kept in a folder; the same folder is the same memory, but for AgentCore's."""
    place = folder / kind
    place.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        opens = KINDS[kind]()
        if isinstance(opens, agentcore.TestAgentCore):
            opens.aws = stack.enter_context(emulated())
        async with opens.opened(place, clock) as provider:
            yield provider


@contextlib.contextmanager
def emulated() -> Iterator[AgentCoreEmulator]:
    """An AgentCore that shows writes late, and its credentials."""
    with pytest.MonkeyPatch.context() as patch, AgentCoreEmulator(visibility_seconds=agentcore.LATE) as aws:
        patch.setenv("AWS_ACCESS_KEY_ID", "emulated")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "emulated")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield aws


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
