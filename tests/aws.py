"""Clients of an emulated AgentCore: aiobotocore's own, over HTTP, with no settings of this machine."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import ClientError

from memory_agents.testing.agentcore import AgentCoreEmulator

NOW = datetime(2026, 5, 4, 12, 30, 15, 123456, tzinfo=UTC)


@asynccontextmanager
async def data_plane(aws: AgentCoreEmulator, *, attempts: int = 1) -> AsyncIterator[Any]:
    """A client of the data plane."""
    async with _client(aws, "bedrock-agentcore", attempts) as client:
        yield client


@asynccontextmanager
async def control_plane(aws: AgentCoreEmulator) -> AsyncIterator[Any]:
    """A client of the control plane."""
    async with _client(aws, "bedrock-agentcore-control", 1) as client:
        yield client


@functools.cache
def _session() -> AioSession:
    """One for all tests: it reads the service's models once."""
    return get_session()


def _client(aws: AgentCoreEmulator, service: str, attempts: int) -> Any:
    return _session().create_client(
        service,
        region_name=aws.region,
        endpoint_url=aws.url,
        aws_access_key_id="emulated",
        aws_secret_access_key="emulated",
        config=AioConfig(retries={"mode": "standard", "total_max_attempts": attempts}, read_timeout=10),
    )


def entry(
    identifier: str, text: str = "a fact", namespace: str = "codebase/conventions", **more: Any
) -> dict[str, Any]:
    """One record of a BatchCreateMemoryRecords."""
    return {
        "requestIdentifier": identifier,
        "namespaces": [namespace],
        "content": {"text": text},
        "timestamp": NOW,
        **more,
    }


def said(text: str) -> dict[str, Any]:
    """One payload of a CreateEvent."""
    return {"conversational": {"role": "OTHER", "content": {"text": text}}}


def code_of(error: ClientError) -> tuple[str, int]:
    """The code and the status of an error."""
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


class Clock:
    """A calendar that stands still until it is told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now
