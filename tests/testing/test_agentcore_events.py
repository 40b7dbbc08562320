"""Events, sessions and actors in the emulator, asked by aiobotocore over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from memory_agents.testing.agentcore import AgentCoreEmulator
from tests.aws import NOW, Clock, code_of, data_plane, said

FAST = 1e6
"""events a second"""


async def _write(client: Any, place: dict[str, str], *texts: str, start: int = 0, **more: Any) -> list[str]:
    """Store events, each a second later than the one before; their ids."""
    ids = []
    for number, text in enumerate(texts, start):
        at = NOW + timedelta(seconds=number)
        answer = await client.create_event(**place, eventTimestamp=at, payload=[said(text)], **more)
        ids.append(answer["event"]["eventId"])
    return ids


async def test_events_are_listed_newest_first_with_what_was_stored() -> None:
    async with AgentCoreEmulator(events_per_second=FAST) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        metadata = {"id": {"stringValue": "e1"}}
        ids = await _write(client, place, "one", "two 🐙", "three", metadata=metadata)
        found = (await client.list_events(**place, includePayloads=True))["events"]
    assert [event["eventId"] for event in found] == ids[::-1]
    assert found[1]["payload"] == [said("two 🐙")]
    assert found[1]["metadata"] == metadata


@pytest.mark.parametrize("asked", [{}, {"includePayloads": False}])
async def test_payloads_are_left_out_unless_they_are_asked_for(asked: dict[str, bool]) -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        await _write(client, place, "one")
        assert "payload" not in (await client.list_events(**place, **asked))["events"][0]


async def test_a_session_that_nobody_wrote_to_is_empty_and_a_memory_that_nobody_made_is_404() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        place = {"actorId": "mona", "sessionId": "s1", "includePayloads": True}
        assert (await client.list_events(memoryId=aws.memory_id, **place))["events"] == []
        with pytest.raises(ClientError) as refused:
            await client.list_events(memoryId="another-Abcdefgh99", **place)
    assert code_of(refused.value) == ("ResourceNotFoundException", 404)


async def test_an_event_without_a_session_gets_one_of_its_own() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        made = [
            (await client.create_event(memoryId=aws.memory_id, actorId="mona", eventTimestamp=NOW, payload=[]))["event"]
            for _ in range(2)
        ]
    assert made[0]["sessionId"] != made[1]["sessionId"]


async def test_pages_of_events_follow_each_other_and_a_token_serves_its_own_list_alone() -> None:
    async with AgentCoreEmulator(events_per_second=FAST) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        ids = await _write(client, place, *map(str, range(25)))
        first = await client.list_events(**place, includePayloads=True)
        assert len(first["events"]) == 20
        await _write(client, place, "a newer one", start=99)  # changes nothing of the pages that follow
        rest = await client.list_events(**place, includePayloads=True, nextToken=first["nextToken"])
        assert [event["eventId"] for event in (*first["events"], *rest["events"])] == ids[::-1]
        assert "nextToken" not in rest
        for token in (first["nextToken"], "bm9uc2Vuc2U=", "!"):
            with pytest.raises(ClientError, match="Invalid nextToken"):
                await client.list_events(**{**place, "sessionId": "s2"}, includePayloads=True, nextToken=token)


async def test_a_repeated_client_token_stores_once_and_another_request_with_it_is_refused() -> None:
    async with AgentCoreEmulator(events_per_second=FAST) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        once = await _write(client, place, "one", clientToken="t1")
        again = await _write(client, place, "one", clientToken="t1")
        assert once == again
        assert len((await client.list_events(**place, includePayloads=True))["events"]) == 1
        with pytest.raises(ClientError) as refused:
            await _write(client, place, "two", clientToken="t1")
    assert refused.value.response["reason"] == "IdempotentParameterMismatchException"


async def test_one_session_is_throttled_beyond_its_rate_and_another_is_not() -> None:
    async with AgentCoreEmulator(events_per_second=0.25) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        await _write(client, place, "one")
        with pytest.raises(ClientError) as refused:
            await _write(client, place, "two")
        assert code_of(refused.value) == ("ThrottledException", 429)
        await _write(client, {**place, "sessionId": "s2"}, "two")
        await _write(client, {**place, "actorId": "hubot"}, "two")


async def test_events_are_gone_after_the_days_that_the_memory_keeps_them() -> None:
    clock = Clock()
    async with AgentCoreEmulator(clock=clock, events_per_second=FAST) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        await _write(client, place, "old")
        clock.now += timedelta(days=6)
        await _write(client, place, "new")
        clock.now += timedelta(days=1, seconds=1)
        found = (await client.list_events(**place, includePayloads=True))["events"]
    assert [event["payload"] for event in found] == [[said("new")]]


async def test_events_are_filtered_by_metadata() -> None:
    async with AgentCoreEmulator(events_per_second=FAST) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        await _write(client, place, "goal", metadata={"type": {"stringValue": "goal"}})
        await _write(client, place, "plain")

        async def found(operator: str, value: str | None = None) -> list[str]:
            condition: dict[str, Any] = {"left": {"metadataKey": "type"}, "operator": operator}
            if value is not None:
                condition["right"] = {"metadataValue": {"stringValue": value}}
            answer = await client.list_events(**place, includePayloads=True, filter={"eventMetadata": [condition]})
            return [event["payload"][0]["conversational"]["content"]["text"] for event in answer["events"]]

        assert await found("EQUALS_TO", "goal") == ["goal"]
        assert await found("EQUALS_TO", "other") == []
        assert await found("EXISTS") == ["goal"]
        assert await found("NOT_EXISTS") == ["plain"]
        with pytest.raises(ClientError, match="needs a right side"):
            await found("EQUALS_TO")


async def test_a_branch_has_its_own_events_and_with_its_parents_those_before_it() -> None:
    async with AgentCoreEmulator(events_per_second=FAST) as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        trunk = await _write(client, place, "one", "two", "three", branch={"name": "trunk"})
        grown = await _write(client, place, "other", branch={"name": "grown", "rootEventId": trunk[1]})

        async def found(**branch: Any) -> set[str]:
            answer = await client.list_events(**place, includePayloads=True, filter={"branch": branch})
            return {event["eventId"] for event in answer["events"]}

        assert await found(name="grown") == set(grown)
        assert await found(name="grown", includeParentBranches=True) == {*grown, *trunk[:2]}
        with pytest.raises(ClientError) as refused:
            await _write(client, place, "x", branch={"name": "y", "rootEventId": "0#ff"})
    assert code_of(refused.value) == ("ResourceNotFoundException", 404)


async def test_an_event_is_found_and_deleted_in_its_own_session_alone() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        (event,) = await _write(client, place, "one")
        with pytest.raises(ClientError) as elsewhere:
            await client.get_event(**{**place, "sessionId": "s2"}, eventId=event)
        assert elsewhere.value.response["reason"] == "EventInOtherSession"
        await client.delete_event(**place, eventId=event)
        with pytest.raises(ClientError) as gone:
            await client.get_event(**place, eventId=event)
    assert code_of(gone.value) == ("ResourceNotFoundException", 404)


async def test_sessions_and_actors_are_listed_and_empty_sessions_can_be_left_out() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "mona", "sessionId": "s1"}
        (event,) = await _write(client, place, "one")
        await _write(client, {**place, "sessionId": "s2"}, "one")
        await _write(client, {**place, "actorId": "hubot"}, "one")
        await client.delete_event(**place, eventId=event)
        actors = await client.list_actors(memoryId=aws.memory_id)
        sessions = await client.list_sessions(memoryId=aws.memory_id, actorId="mona")
        full = await client.list_sessions(memoryId=aws.memory_id, actorId="mona", filter={"eventFilter": "HAS_EVENTS"})
        nobody = await client.list_sessions(memoryId=aws.memory_id, actorId="nobody")
    assert [actor["actorId"] for actor in actors["actorSummaries"]] == ["hubot", "mona"]
    assert {session["sessionId"] for session in sessions["sessionSummaries"]} == {"s1", "s2"}
    assert [session["sessionId"] for session in full["sessionSummaries"]] == ["s2"]
    assert nobody["sessionSummaries"] == []


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_an_event_of_more_than_ten_megabytes_is_refused() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        large = [said("x" * 100_000)] * 100
        with pytest.raises(ClientError, match="larger than 10000000"):
            await client.create_event(memoryId=aws.memory_id, actorId="a", eventTimestamp=NOW, payload=large)
