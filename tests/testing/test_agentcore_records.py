"""Memory records in the emulator, asked by aiobotocore over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from memory_agents.testing.agentcore import AgentCoreEmulator
from tests.aws import NOW, Clock, code_of, control_plane, data_plane, entry

SYSTEM = "x-amz-agentcore-memory-"


async def _write(client: Any, aws: AgentCoreEmulator, *entries: dict[str, Any], **more: Any) -> list[str]:
    """Store records; their ids."""
    answer = await client.batch_create_memory_records(memoryId=aws.memory_id, records=list(entries), **more)
    assert not answer["failedRecords"]
    return [record["memoryRecordId"] for record in answer["successfulRecords"]]


async def _texts(client: Any, aws: AgentCoreEmulator, **asked: Any) -> list[str]:
    answer = await client.list_memory_records(memoryId=aws.memory_id, **asked)
    return [record["content"]["text"] for record in answer["memoryRecordSummaries"]]


async def test_a_batch_is_created_with_201_and_each_record_answers_by_its_identifier() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        answer = await client.batch_create_memory_records(memoryId=aws.memory_id, records=[entry("a"), entry("b")])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert [record["requestIdentifier"] for record in answer["successfulRecords"]] == ["a", "b"]
    assert {record["status"] for record in answer["successfulRecords"]} == {"SUCCEEDED"}


async def test_a_record_comes_back_with_the_services_own_metadata_beside_what_was_given() -> None:
    clock = Clock()
    given = {"record_id": {"stringValue": "f1"}, "tags": {"stringListValue": ["x", "y"]}, "n": {"numberValue": 1.5}}
    async with AgentCoreEmulator(clock=clock) as aws, data_plane(aws) as client:
        (record_id,) = await _write(client, aws, entry("a", "Ünï 🐙\nnext", metadata=given))
        found = (await client.get_memory_record(memoryId=aws.memory_id, memoryRecordId=record_id))["memoryRecord"]
    assert found["content"] == {"text": "Ünï 🐙\nnext"}
    assert found["namespaces"] == ["/codebase/conventions/"]
    assert {key: value for key, value in found["metadata"].items() if not key.startswith(SYSTEM)} == given
    assert found["metadata"][f"{SYSTEM}createdAt"]["dateTimeValue"] == found["createdAt"]
    assert "expiresAt" not in found


async def test_a_namespace_is_exact_and_a_path_covers_what_lies_below_it_whatever_slashes_are_sent() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        await _write(
            client, aws, entry("a", "deep", "/a/b/c/"), entry("b", "flat", "a/b"), entry("c", "beside", "a/bc")
        )
        assert await _texts(client, aws, namespace="a/b") == ["flat"]
        assert await _texts(client, aws, namespace="/a/b/") == ["flat"]
        assert sorted(await _texts(client, aws, namespacePath="a/b")) == ["deep", "flat"]
        assert len(await _texts(client, aws, namespacePath="/")) == 3
        for wrong in ({}, {"namespace": "a", "namespacePath": "a"}):
            with pytest.raises(ClientError, match="namespacePath"):
                await _texts(client, aws, **wrong)


async def test_what_is_written_changed_and_deleted_is_seen_after_the_delay() -> None:
    async with AgentCoreEmulator(visibility_seconds=600) as aws, data_plane(aws) as client:
        (record_id,) = await _write(client, aws, entry("a", "one"))
        assert await _texts(client, aws, namespacePath="/") == []
        aws.settle()
        assert await _texts(client, aws, namespacePath="/") == ["one"]
        change = {"memoryRecordId": record_id, "timestamp": NOW, "content": {"text": "two"}}
        await client.batch_update_memory_records(memoryId=aws.memory_id, records=[change])
        assert await _texts(client, aws, namespacePath="/") == ["one"]
        aws.settle()
        assert await _texts(client, aws, namespacePath="/") == ["two"]
        await client.batch_delete_memory_records(memoryId=aws.memory_id, records=[{"memoryRecordId": record_id}])
        assert await _texts(client, aws, namespacePath="/") == ["two"]
        aws.settle()
        assert await _texts(client, aws, namespacePath="/") == []


async def test_the_delay_passes_by_itself() -> None:
    async with AgentCoreEmulator(visibility_seconds=0.3) as aws, data_plane(aws) as client:
        await _write(client, aws, entry("a", "one"))
        async with asyncio.timeout(30):
            while not await _texts(client, aws, namespacePath="/"):  # noqa: ASYNC110 -- nothing tells when
                await asyncio.sleep(0.05)


async def test_an_update_leaves_what_it_does_not_name_and_a_record_that_is_gone_fails_alone() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        kept = {"record_id": {"stringValue": "f1"}}
        one, two = await _write(client, aws, entry("a", "one", metadata=kept), entry("b", "two"))
        await client.delete_memory_record(memoryId=aws.memory_id, memoryRecordId=two)
        changes = [
            {"memoryRecordId": name, "timestamp": NOW, "namespaces": ["testing/patterns"]} for name in (one, two)
        ]
        answer = await client.batch_update_memory_records(memoryId=aws.memory_id, records=changes)
        found = (await client.get_memory_record(memoryId=aws.memory_id, memoryRecordId=one))["memoryRecord"]
        with pytest.raises(ClientError) as gone:
            await client.get_memory_record(memoryId=aws.memory_id, memoryRecordId=two)
    assert [record["memoryRecordId"] for record in answer["successfulRecords"]] == [one]
    assert [(record["memoryRecordId"], record["errorCode"]) for record in answer["failedRecords"]] == [(two, 404)]
    assert (found["content"]["text"], found["namespaces"]) == ("one", ["/testing/patterns/"])
    assert found["metadata"]["record_id"] == {"stringValue": "f1"}
    assert code_of(gone.value) == ("ResourceNotFoundException", 404)


async def test_a_batch_with_a_token_that_was_used_is_not_stored_again() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        first = await _write(client, aws, entry("a"), clientToken="t")
        assert await _write(client, aws, entry("a"), clientToken="t") == first
        assert len(await _texts(client, aws, namespacePath="/")) == 1
        with pytest.raises(ClientError) as refused:
            await _write(client, aws, entry("b"), clientToken="t")
        assert refused.value.response["reason"] == "IdempotentParameterMismatchException"
        await _write(client, aws, entry("a"))  # botocore makes a token of its own
        assert len(await _texts(client, aws, namespacePath="/")) == 2


async def test_records_are_listed_newest_first_over_all_pages() -> None:
    clock = Clock()
    async with AgentCoreEmulator(clock=clock) as aws, data_plane(aws) as client:
        for number in range(3):
            clock.now += timedelta(seconds=1)
            await _write(client, aws, *(entry(f"r{n}", f"{number}") for n in range(80)))
        pages = client.get_paginator("list_memory_records").paginate(
            memoryId=aws.memory_id, namespacePath="/", PaginationConfig={"PageSize": 100}
        )
        found = [page["memoryRecordSummaries"] async for page in pages]
    assert [len(page) for page in found] == [100, 100, 40]
    assert [record["content"]["text"] for page in found for record in page] == ["2"] * 80 + ["1"] * 80 + ["0"] * 80
    assert len({record["memoryRecordId"] for page in found for record in page}) == 240


async def test_a_search_ranks_by_shared_words_within_its_namespace_and_keeps_to_top_k() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        crowd = [entry(f"c{n}", "retry the upload", "elsewhere") for n in range(60)]
        await _write(client, aws, *crowd, entry("a", "Retry uploads once", "a"), entry("b", "Nothing alike", "a"))
        criteria = {"searchQuery": "retry once", "topK": 2}
        found = await client.retrieve_memory_records(memoryId=aws.memory_id, namespacePath="a", searchCriteria=criteria)
        default = await client.retrieve_memory_records(
            memoryId=aws.memory_id, namespacePath="/", searchCriteria={"searchQuery": "retry"}
        )
    shown = [(record["content"]["text"], record["score"]) for record in found["memoryRecordSummaries"]]
    assert shown == [("Retry uploads once", 1.0), ("Nothing alike", 0.0)]
    assert len(default["memoryRecordSummaries"]) == 10


def _where(key: str, operator: str, **value: Any) -> dict[str, Any]:
    condition: dict[str, Any] = {"left": {"metadataKey": key}, "operator": operator}
    return {**condition, "right": {"metadataValue": value}} if value else condition


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (_where("kind", "EQUALS_TO", stringValue="bug"), {"a"}),
        (_where("kind", "EXISTS"), {"a"}),
        (_where("kind", "NOT_EXISTS"), {"b"}),
        (_where("tags", "CONTAINS", stringValue="x"), {"a"}),
        (_where("n", "GREATER_THAN", numberValue=1), {"b"}),
        (_where("n", "LESS_THAN_OR_EQUALS", numberValue=1), {"a"}),
        (_where(f"{SYSTEM}createdAt", "BEFORE", dateTimeValue=NOW + timedelta(days=1)), {"a", "b"}),
        (_where(f"{SYSTEM}createdAt", "AFTER", dateTimeValue=NOW + timedelta(days=1)), set()),
    ],
)
async def test_a_metadata_filter_narrows_a_list_and_a_search(condition: dict[str, Any], expected: set[str]) -> None:
    keys = {"kind": "STRING", "tags": "STRINGLIST", "n": "NUMBER"}
    async with AgentCoreEmulator(indexed_keys=keys, clock=Clock()) as aws, data_plane(aws) as client:
        tagged = {"kind": {"stringValue": "bug"}, "tags": {"stringListValue": ["x"]}, "n": {"numberValue": 1}}
        await _write(client, aws, entry("a", "a", metadata=tagged), entry("b", "b", metadata={"n": {"numberValue": 2}}))
        assert set(await _texts(client, aws, namespacePath="/", metadataFilters=[condition])) == expected
        criteria = {"searchQuery": "a", "metadataFilters": [condition]}
        found = await client.retrieve_memory_records(memoryId=aws.memory_id, namespacePath="/", searchCriteria=criteria)
    assert {record["content"]["text"] for record in found["memoryRecordSummaries"]} == expected


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        (_where("unknown", "EXISTS"), "not an indexed key"),
        (_where("kind", "EQUALS_TO"), "needs a right side with stringValue"),
        (_where("kind", "EQUALS_TO", numberValue=1), "needs a right side with stringValue"),
        (_where("kind", "GREATER_THAN", numberValue=1), "does not work with kind"),
        (_where("kind", "EXISTS", stringValue="x"), "takes no right side"),
    ],
)
async def test_a_filter_that_the_memory_cannot_answer_is_refused(condition: dict[str, Any], wrong: str) -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        with pytest.raises(ClientError, match=wrong) as refused:
            await _texts(client, aws, namespacePath="/", metadataFilters=[condition])
    assert code_of(refused.value) == ("ValidationException", 400)


async def test_a_key_that_is_indexed_later_covers_only_what_is_written_from_then_on() -> None:
    async with (
        AgentCoreEmulator(indexed_keys={}) as aws,
        data_plane(aws) as client,
        control_plane(aws) as control,
    ):
        kind = {"kind": {"stringValue": "bug"}}
        await _write(client, aws, entry("a", "before", metadata=kind))
        await control.update_memory(memoryId=aws.memory_id, addIndexedKeys=[{"key": "kind", "type": "STRING"}])
        await _write(client, aws, entry("b", "after", metadata=kind))
        condition = _where("kind", "EQUALS_TO", stringValue="bug")
        assert await _texts(client, aws, namespacePath="/", metadataFilters=[condition]) == ["after"]


@pytest.mark.parametrize(
    ("metadata", "wrong"),
    [
        ({"when": {"dateTimeValue": NOW}}, "reserved"),
        ({f"{SYSTEM}createdAt": {"stringValue": "x"}}, "reserved"),
        ({"kind": {"numberValue": 1}}, "indexed as STRING"),
    ],
)
async def test_metadata_that_the_service_would_not_keep_fails_for_its_record_alone(
    metadata: dict[str, Any], wrong: str
) -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        answer = await client.batch_create_memory_records(
            memoryId=aws.memory_id, records=[entry("a", metadata=metadata), entry("b")]
        )
    assert [record["requestIdentifier"] for record in answer["successfulRecords"]] == ["b"]
    assert wrong in answer["failedRecords"][0]["errorMessage"]


async def test_a_record_of_a_strategy_keeps_only_the_metadata_of_its_schema() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client, control_plane(aws) as control:
        strategy = {"semanticMemoryStrategy": {"name": "facts"}}
        changed = await control.update_memory(
            memoryId=aws.memory_id, memoryStrategies={"addMemoryStrategies": [strategy]}
        )
        strategy_id = changed["memory"]["strategies"][0]["strategyId"]
        metadata = {"record_id": {"stringValue": "f1"}}
        await _write(client, aws, entry("a", metadata=metadata, memoryStrategyId=strategy_id), entry("b"))
        asked = {"memoryId": aws.memory_id, "namespacePath": "/", "memoryStrategyId": strategy_id}
        (found,) = (await client.list_memory_records(**asked))["memoryRecordSummaries"]
    assert "record_id" not in found["metadata"]


async def test_a_record_with_an_expiry_is_gone_after_it_and_an_update_can_lift_it() -> None:
    clock = Clock()
    async with AgentCoreEmulator(clock=clock) as aws, data_plane(aws) as client:
        days = {"recordExpiryDurationDays": 31}
        one, two = await _write(client, aws, entry("a", "one"), entry("b", "two"), recordExpirySpecification=days)
        found = (await client.get_memory_record(memoryId=aws.memory_id, memoryRecordId=one))["memoryRecord"]
        assert found["expiresAt"] - found["createdAt"] == timedelta(days=31)
        await client.batch_update_memory_records(
            memoryId=aws.memory_id,
            records=[{"memoryRecordId": two, "timestamp": NOW}],
            recordExpirySpecification={"action": "REMOVE"},
        )
        clock.now += timedelta(days=32)
        assert await _texts(client, aws, namespacePath="/") == ["two"]
        with pytest.raises(ClientError, match="not found"):
            await client.delete_memory_record(memoryId=aws.memory_id, memoryRecordId=one)
