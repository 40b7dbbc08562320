"""The control plane of the emulator, asked by aiobotocore over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from memory_agents.testing.agentcore import AgentCoreEmulator
from tests.aws import code_of, control_plane, data_plane, entry

REQUEST: dict[str, Any] = {"name": "octo_hello", "eventExpiryDuration": 7}


async def test_a_memory_is_creating_then_active_and_only_then_takes_records() -> None:
    async with (
        AgentCoreEmulator(activation_seconds=600) as aws,
        control_plane(aws) as control,
        data_plane(aws) as data,
    ):
        answer = await control.create_memory(**REQUEST, indexedKeys=[{"key": "kind", "type": "STRING"}])
        memory = answer["memory"]
        assert (answer["ResponseMetadata"]["HTTPStatusCode"], memory["status"]) == (202, "CREATING")
        assert memory["id"].startswith("octo_hello-")
        with pytest.raises(ClientError, match="is CREATING"):
            await data.batch_create_memory_records(memoryId=memory["id"], records=[entry("a")])
        aws.settle()
        await control.get_waiter("memory_created").wait(memoryId=memory["id"])
        found = (await control.get_memory(memoryId=memory["id"]))["memory"]
        assert (found["status"], found["indexedKeys"]) == ("ACTIVE", [{"key": "kind", "type": "STRING"}])
        assert await data.batch_create_memory_records(memoryId=memory["id"], records=[entry("a")])


async def test_a_waiter_gives_up_on_a_memory_that_stays_in_creation() -> None:
    async with AgentCoreEmulator(activation_seconds=600) as aws, control_plane(aws) as control:
        memory_id = (await control.create_memory(**REQUEST))["memory"]["id"]
        with pytest.raises(WaiterError):
            await control.get_waiter("memory_created").wait(
                memoryId=memory_id, WaiterConfig={"Delay": 0, "MaxAttempts": 2}
            )


async def test_a_creation_can_come_to_nothing() -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as control, data_plane(aws) as data:
        aws.faults.add("CreateMemory", failing={"octo_hello"})
        memory_id = (await control.create_memory(**REQUEST))["memory"]["id"]
        found = (await control.get_memory(memoryId=memory_id))["memory"]
        assert (found["status"], found["failureReason"]) == ("FAILED", "It failed on demand")
        with pytest.raises(ClientError, match="is FAILED"):
            await data.list_actors(memoryId=memory_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "octo-hello"},
        {"name": "1st"},
        {"name": "x" * 49},
        {"eventExpiryDuration": 366},
        {"encryptionKeyArn": "alias/mine"},
        {"indexedKeys": [{"key": "kind", "type": "DATE"}]},
        {"indexedKeys": [{"key": f"k{n}", "type": "STRING"} for n in range(11)]},
        {"indexedKeys": [{"key": "kind", "type": "STRING"}] * 2},
        {"tags": {"a": "ä"}},
        {"memoryStrategies": [{"semanticMemoryStrategy": {"name": "a", "namespaceTemplates": ["a", "b"]}}]},
        {"memoryStrategies": [{"semanticMemoryStrategy": {"name": "a"}}, {"summaryMemoryStrategy": {"name": "a"}}]},
    ],
)
async def test_a_memory_that_the_service_would_not_make_is_refused(wrong: dict[str, Any]) -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as control:
        with pytest.raises(ClientError) as refused:
            await control.create_memory(**{**REQUEST, **wrong})
    assert code_of(refused.value) == ("ValidationException", 400)


async def test_a_name_is_taken_once_and_a_repeated_token_answers_as_before() -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as control:
        first = (await control.create_memory(**REQUEST, clientToken="t" * 33))["memory"]["id"]
        again = (await control.create_memory(**REQUEST, clientToken="t" * 33))["memory"]["id"]
        assert first == again
        with pytest.raises(ClientError, match="already exists"):
            await control.create_memory(**REQUEST)


async def test_a_seventh_strategy_is_beyond_the_quota() -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as control:
        strategies = [{"semanticMemoryStrategy": {"name": f"s{n}"}} for n in range(7)]
        with pytest.raises(ClientError) as refused:
            await control.create_memory(**REQUEST, memoryStrategies=strategies)
    assert code_of(refused.value) == ("ServiceQuotaExceededException", 402)


async def test_memories_are_listed_in_pages_without_their_names() -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as control:
        made = {aws.memory_id}
        for number in range(3):
            made.add((await control.create_memory(**{**REQUEST, "name": f"m{number}"}))["memory"]["id"])
        pages = control.get_paginator("list_memories").paginate(PaginationConfig={"PageSize": 2})
        found = [memory async for page in pages for memory in page["memories"]]
    assert {memory["id"] for memory in found} == made
    assert not any("name" in memory for memory in found)


async def test_an_update_adds_keys_and_strategies_and_a_second_one_meanwhile_conflicts() -> None:
    async with AgentCoreEmulator(activation_seconds=600) as aws, control_plane(aws) as control:
        keys = [{"key": "more", "type": "NUMBER"}]
        answer = await control.update_memory(memoryId=aws.memory_id, addIndexedKeys=keys, eventExpiryDuration=30)
        assert answer["memory"]["status"] == "UPDATING"
        with pytest.raises(ClientError) as refused:
            await control.update_memory(memoryId=aws.memory_id, eventExpiryDuration=3)
        assert code_of(refused.value) == ("ConflictException", 409)
        aws.settle()
        found = (await control.get_memory(memoryId=aws.memory_id))["memory"]
    assert (found["status"], found["eventExpiryDuration"]) == ("ACTIVE", 30)
    assert found["indexedKeys"][-1:] == keys
    assert len(found["indexedKeys"]) == 4


async def test_a_strategy_is_added_changed_and_taken_away() -> None:
    async with AgentCoreEmulator() as aws, control_plane(aws) as control:

        async def update(**changes: Any) -> list[dict[str, Any]]:
            answer = await control.update_memory(memoryId=aws.memory_id, memoryStrategies=changes)
            strategies: list[dict[str, Any]] = answer["memory"]["strategies"]
            return strategies

        (made,) = await update(addMemoryStrategies=[{"semanticMemoryStrategy": {"name": "facts"}}])
        assert made["type"] == "SEMANTIC"
        chosen = {"memoryStrategyId": made["strategyId"]}
        (changed,) = await update(modifyMemoryStrategies=[{**chosen, "namespaceTemplates": ["facts/{actorId}"]}])
        assert changed["namespaceTemplates"] == ["facts/{actorId}"]
        assert await update(deleteMemoryStrategies=[chosen]) == []
        with pytest.raises(ClientError, match="not found"):
            await update(deleteMemoryStrategies=[chosen])


async def test_a_memory_is_deleting_then_gone_with_what_it_held() -> None:
    async with (
        AgentCoreEmulator(activation_seconds=600) as aws,
        control_plane(aws) as control,
        data_plane(aws) as data,
    ):
        assert (await control.delete_memory(memoryId=aws.memory_id))["status"] == "DELETING"
        assert (await control.get_memory(memoryId=aws.memory_id))["memory"]["status"] == "DELETING"
        aws.settle()
        assert (await control.list_memories())["memories"] == []
        for gone in (control.get_memory, control.delete_memory, data.list_actors):
            with pytest.raises(ClientError) as refused:
                await gone(memoryId=aws.memory_id)
            assert code_of(refused.value) == ("ResourceNotFoundException", 404)
