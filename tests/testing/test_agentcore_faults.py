"""Faults of the emulator, as aiobotocore meets them."""

from __future__ import annotations

import asyncio
import threading

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from memory_agents.errors import UsageError
from memory_agents.testing.agentcore import AgentCoreEmulator, routing
from tests.aws import code_of, control_plane, data_plane, entry

CODES = sorted(
    {
        (route.name, shape.error_code, shape.metadata["error"]["httpStatusCode"])
        for route in routing.routes()
        if route.name in {"BatchCreateMemoryRecords", "ListMemoryRecords", "GetMemory"}
        for shape in route.model.error_shapes
    }
)


@pytest.mark.parametrize(("operation", "code", "status"), CODES)
async def test_each_error_of_the_model_comes_with_the_status_of_the_model(
    operation: str, code: str, status: int
) -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as data, control_plane(aws) as control:
        aws.faults.add(operation, code=code)
        calls = {
            "BatchCreateMemoryRecords": lambda: data.batch_create_memory_records(memoryId=aws.memory_id, records=[]),
            "ListMemoryRecords": lambda: data.list_memory_records(memoryId=aws.memory_id, namespacePath="/"),
            "GetMemory": lambda: control.get_memory(memoryId=aws.memory_id),
        }
        with pytest.raises(ClientError) as refused:
            await calls[operation]()
        assert code_of(refused.value) == (code, status)
        await calls[operation]()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, "ServiceQuotaExceededException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottledException"),
        (500, "ServiceException"),
        (503, "ServiceUnavailableException"),
    ],
)
async def test_a_status_alone_means_the_error_that_the_model_has_for_it(status: int, code: str) -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        aws.faults.add(status=status)
        with pytest.raises(ClientError) as refused:
            await client.list_actors(memoryId=aws.memory_id)
    assert code_of(refused.value) == (code, status)


async def test_an_error_that_no_model_knows_has_the_status_that_it_is_given() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        aws.faults.add(status=403, code="ExpiredTokenException")
        with pytest.raises(ClientError) as refused:
            await client.list_actors(memoryId=aws.memory_id)
    assert code_of(refused.value) == ("ExpiredTokenException", 403)


async def test_a_client_that_tries_again_gets_through_a_fault_that_passes() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws, attempts=3) as client:
        aws.faults.add("ListActors", status=429, times=2)
        answer = await client.list_actors(memoryId=aws.memory_id)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.operation for call in aws.calls] == ["ListActors"] * 3


async def test_a_connection_is_cut_in_the_middle_of_an_answer_whose_work_was_done() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        aws.faults.add("BatchCreateMemoryRecords", cut=True)
        with pytest.raises(ConnectionClosedError):
            await client.batch_create_memory_records(memoryId=aws.memory_id, records=[entry("a")])
        found = await client.list_memory_records(memoryId=aws.memory_id, namespacePath="/")
    assert len(found["memoryRecordSummaries"]) == 1


async def test_a_client_whose_answer_was_cut_stores_nothing_twice_by_its_token() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws, attempts=3) as client:
        aws.faults.add("BatchCreateMemoryRecords", cut=True)
        await client.batch_create_memory_records(memoryId=aws.memory_id, records=[entry("a")])
        found = await client.list_memory_records(memoryId=aws.memory_id, namespacePath="/")
    assert len(found["memoryRecordSummaries"]) == 1
    tokens = [call.request["clientToken"] for call in aws.calls if call.operation == "BatchCreateMemoryRecords"]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


async def test_a_delayed_request_holds_up_no_other() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        aws.faults.add("ListActors", delay=60)
        slow = asyncio.create_task(client.list_actors(memoryId=aws.memory_id))
        await asyncio.sleep(0)
        await client.list_memory_records(memoryId=aws.memory_id, namespacePath="/")
        assert not slow.done()
        slow.cancel()


async def test_some_records_of_a_batch_fail_while_the_others_are_stored() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        aws.faults.add("BatchCreateMemoryRecords", failing={"b"})
        batch = [entry("a"), entry("b"), entry("c")]
        answer = await client.batch_create_memory_records(memoryId=aws.memory_id, records=batch)
        one, two = (record["memoryRecordId"] for record in answer["successfulRecords"])
        aws.faults.add("BatchDeleteMemoryRecords", failing={two})
        gone = await client.batch_delete_memory_records(
            memoryId=aws.memory_id, records=[{"memoryRecordId": one}, {"memoryRecordId": two}]
        )
    assert [(r["requestIdentifier"], r["status"], r["errorCode"]) for r in answer["failedRecords"]] == [
        ("b", "FAILED", 500)
    ]
    assert [record["memoryRecordId"] for record in gone["failedRecords"]] == [two]


async def test_an_empty_page_is_not_the_end_of_a_list() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        await client.batch_create_memory_records(memoryId=aws.memory_id, records=[entry("a")])
        aws.faults.add("ListMemoryRecords", empty=True)
        pages = client.get_paginator("list_memory_records").paginate(memoryId=aws.memory_id, namespacePath="/")
        assert [len(page["memoryRecordSummaries"]) async for page in pages] == [0, 1]


async def test_faults_can_be_taken_back() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        aws.faults.add(status=500, times=None)
        aws.faults.clear()
        assert await client.list_actors(memoryId=aws.memory_id)


async def test_it_answers_while_the_loop_that_uses_it_is_blocked() -> None:
    with AgentCoreEmulator() as aws:
        host, port = aws.url.removeprefix("http://").split(":")
        answers: list[bytes] = []

        def ask() -> None:
            import http.client

            connection = http.client.HTTPConnection(host, int(port), timeout=5)
            connection.request("GET", "/")
            answers.append(connection.getresponse().read())
            connection.close()

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(5)  # blocks this loop
    assert b"No operation" in answers[0]


async def test_a_port_that_is_taken_is_an_error_where_it_is_opened() -> None:
    with AgentCoreEmulator() as aws:
        port = int(aws.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"), AgentCoreEmulator(port=port):
            pass


def test_a_memory_id_of_another_form_is_told_with_its_fix() -> None:
    with pytest.raises(UsageError, match="10 letters or digits"):
        AgentCoreEmulator(memory_id="mine")


async def test_whoever_goes_away_in_the_middle_of_a_request_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with AgentCoreEmulator() as aws:
        for _ in range(5):
            _, writer = await asyncio.open_connection(*aws.url.removeprefix("http://").split(":"))
            writer.write(b"POST /memories/x/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.close()
            await writer.wait_closed()
        async with data_plane(aws) as data:
            await data.list_memory_records(memoryId=aws.memory_id, namespacePath="/")
    assert caplog.records == []
