"""Facts on a branch do what the suite asks of all, beside a bare repository."""

from __future__ import annotations

from pathlib import Path

from memory_agents.memory.git import Remote
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.testing.conformance import Clock, ProviderConformance
from tests.repositories import BareRepository


class TestGit(ProviderConformance):
    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        remote = place / "remote.git"
        if not remote.exists():
            BareRepository(remote)
        return GitBranchProvider(Remote(str(remote)), "memory", state=place / "state", clock=clock)
