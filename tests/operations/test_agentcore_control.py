"""Waiting for AgentCore's control plane, and what its errors mean."""

from __future__ import annotations

import pytest

from memory_agents.errors import MemoryAgentsError, MemoryMissing, MemoryRefused, MemoryTimeout
from memory_agents.operations import agentcore_control
from memory_agents.testing.agentcore import AgentCoreEmulator
from tests.aws import control_plane


async def test_a_wait_ends_at_its_limit_and_tells_where_to_look() -> None:
    told: list[str] = []
    async with AgentCoreEmulator(activation_seconds=600) as aws, control_plane(aws) as client:
        plane = agentcore_control.ControlPlane(client)
        memory = await plane.create({"name": "octo_hello", "eventExpiryDuration": 7})
        with pytest.raises(MemoryTimeout, match="setup agentcore show"):
            await plane.wait(memory["id"], tell=told.append, seconds=0, pause=0)
        aws.settle()
        await plane.delete(memory["id"])
        with pytest.raises(MemoryTimeout, match="is not gone"):
            await plane.wait_until_gone(memory["id"], tell=told.append, seconds=0, pause=0)
        aws.settle()
        with pytest.raises(MemoryMissing):
            await plane.wait(memory["id"], tell=told.append, seconds=0, pause=0)
    assert all(" is CREATING (0 s)" in line or " is DELETING (0 s)" in line for line in told)


async def test_a_memory_is_found_on_any_page_by_its_whole_name() -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as client:
        plane = agentcore_control.ControlPlane(client)
        made = await plane.create({"name": "octo_hello", "eventExpiryDuration": 7})
        aws.faults.add("ListMemories", empty=True)
        found = await plane.find("octo_hello")
        assert found is not None
        assert found["id"] == made["id"]
        assert await plane.find("octo") is None


@pytest.mark.parametrize(
    ("operation", "code", "message", "error", "fix"),
    [
        (
            "CreateMemory",
            "ValidationException",
            "Indexed keys require at least one memory strategy",
            MemoryRefused,
            "add --strategy semantic",
        ),
        ("CreateMemory", "ConflictException", "It already exists", agentcore_control.NameTaken, "choose another"),
    ],
)
def test_an_answer_of_aws_that_one_option_settles_names_it(
    operation: str, code: str, message: str, error: type[MemoryAgentsError], fix: str
) -> None:
    found = agentcore_control._refusal({"Error": {"Code": code, "Message": message}}, operation)
    assert type(found) is error
    assert fix in found.fix
    assert message in found.message
