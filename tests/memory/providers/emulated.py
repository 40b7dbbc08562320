"""An emulated memory of AgentCore, and providers on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from memory_agents.memory.providers.agentcore import AgentCoreProvider
from memory_agents.memory.providers.agentcore_client import AgentCoreClient
from memory_agents.testing.agentcore import AgentCoreEmulator
from memory_agents.testing.conformance.samples import BEGIN

PLENTY = 1e6


LATE = 600.0
"""seconds until `late` shows what is stored"""


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give credentials that the emulator takes, and no others; let botocore try again without a pause."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda _, context: 0.0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulated")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulated")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws() -> Iterator[AgentCoreEmulator]:
    """Shows at once what is stored."""
    with AgentCoreEmulator(events_per_second=PLENTY) as emulator:
        yield emulator


@pytest.fixture
def late() -> Iterator[AgentCoreEmulator]:
    """Shows it LATE."""
    with AgentCoreEmulator(events_per_second=PLENTY, visibility_seconds=LATE) as emulator:
        yield emulator


@asynccontextmanager
async def opened(aws: AgentCoreEmulator, state: Path, **how: Any) -> AsyncIterator[AgentCoreProvider]:
    """A provider that is closed in the end, at the time BEGIN."""
    how = {"region": aws.region, "endpoint": aws.url, "events_per_second": PLENTY, "clock": lambda: BEGIN, **how}
    provider = AgentCoreProvider(how.pop("memory_id", aws.memory_id), state=state, **how)
    try:
        yield provider
    finally:
        await provider.close()


async def stored(aws: AgentCoreEmulator) -> list[dict[str, Any]]:
    """All records that the service itself shows."""
    client = AgentCoreClient(aws.memory_id, region=aws.region, endpoint=aws.url, seconds=20)
    pages = client.pages("list_memory_records", namespacePath="/")
    found = [record async for page in pages for record in page["memoryRecordSummaries"]]
    await client.close()
    return found


def asked(aws: AgentCoreEmulator, operation: str) -> list[dict[str, Any]]:
    """The requests of an operation, in order."""
    return [call.request for call in aws.calls if call.operation == operation]
