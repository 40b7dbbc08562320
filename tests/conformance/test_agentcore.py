"""AgentCore does what the suite asks of all: over HTTP, to the emulator, which shows writes late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers.agentcore import AgentCoreProvider
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance import Clock, ProviderConformance

LATE = 600.0
"""seconds after which a write is seen by itself: later than any test ends"""
PLENTY = 1e6


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulated")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulated")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class TestAgentCore(ProviderConformance):
    @pytest.fixture(autouse=True)
    def _emulated(self) -> Iterator[None]:
        with AgentCoreEmulator(visibility_seconds=LATE, events_per_second=PLENTY) as self.aws:
            yield

    async def open(self, place: Path, clock: Clock) -> MemoryProvider:
        self.opened_before = getattr(self, "opened_before", 0) + 1
        return AgentCoreProvider(
            self.aws.memory_id,
            region=self.aws.region,
            endpoint=self.aws.url,
            state=place / f"state-{self.opened_before}",  # each as on a machine of its own
            events_per_second=PLENTY,
            clock=clock,
        )

    async def settle(self) -> None:
        self.aws.settle()
