"""What botocore's models of AgentCore say holds in the emulator: operations, members, and what they may be."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.testing.agentcore import AgentCoreEmulator, routing
from memory_agents.testing.agentcore.routing import Route
from memory_agents.testing.agentcore.shapes import violations
from tests.aws import NOW, code_of, control_plane, data_plane, entry, said

SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=emulated"}
NOT_EMULATED = {"IngestData", "ListMemoryExtractionJobs", "StartMemoryExtractionJob"}


@dataclass(frozen=True)
class Place:
    """A member that a model constrains, and a request that is right but for what stands there."""

    operation: str
    name: str
    shape: Any
    request: Callable[[Any], Any]


def minimal(shape: Any) -> Any:
    """The least that botocore lets through."""
    least = shape.metadata.get("min", 0)
    match shape.type_name:
        case "structure" if shape.is_document_type:
            return {}
        case "structure":
            wanted = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
            return {name: minimal(shape.members[name]) for name in wanted}
        case "list":
            return [minimal(shape.member)] * least
        case "map":
            return {f"{minimal(shape.key)}{number}": minimal(shape.value) for number in range(least)}
        case "string":
            return shape.enum[0] if shape.enum else "a" * max(1, least)
        case "boolean":
            return True
        case _:
            return max(1, least)


def places(shape: Any, operation: str, name: str, request: Callable[[Any], Any]) -> Iterator[Place]:
    """All constrained members of a shape."""
    if shape.metadata.keys() & {"max", "pattern"} or getattr(shape, "enum", None):
        yield Place(operation, name, shape, request)
    if shape.type_name == "structure" and not shape.is_document_type:
        rest = {} if shape.is_tagged_union else minimal(shape)
        for key, member in shape.members.items():
            inside = f"{name}.{key}" if name else key
            yield from places(member, operation, inside, functools.partial(_within, request, rest, key))
    elif shape.type_name == "list":
        yield from places(shape.member, operation, f"{name}[0]", lambda v: request([v]))
    elif shape.type_name == "map":
        yield from places(shape.value, operation, f"{name}.a", lambda v: request({"a": v}))


def _within(request: Callable[[Any], Any], rest: dict[str, Any], key: str, value: Any) -> Any:
    return request({**rest, key: value})


PLACES = [
    place
    for route in routing.routes()
    for place in places(route.model.input_shape, route.name, "", lambda value: value)
]


@st.composite
def broken(draw: st.DrawFn) -> tuple[Place, Any]:
    """A place and a value that botocore sends and the model forbids."""
    place = draw(st.sampled_from(PLACES))
    metadata, kind = place.shape.metadata, place.shape.type_name
    most, least = metadata.get("max"), max(1, metadata.get("min", 0))
    ways: list[st.SearchStrategy[Any]] = []
    if most is not None:
        more = st.integers(most + 1, most + 20)
        if kind == "string":
            ways.append(more.map(lambda size: "a" * size))
        elif kind == "list":
            ways.append(more.map(lambda size: [minimal(place.shape.member)] * size))
        elif kind == "map":
            ways.append(more.map(lambda size: {f"k{n}": minimal(place.shape.value) for n in range(size)}))
        else:
            ways.append(more)
    if pattern := metadata.get("pattern"):
        text = st.text(min_size=least, max_size=least + 10)
        ways.append(text.filter(lambda value: not re.fullmatch(pattern, value, re.ASCII)))
    if getattr(place.shape, "enum", None):
        ways.append(st.text(min_size=least, max_size=9).filter(lambda value: value not in place.shape.enum))
    return place, draw(st.one_of(ways))


@given(broken())
def test_what_botocore_sends_and_the_model_forbids_is_refused(drawn: tuple[Place, Any]) -> None:
    place, value = drawn
    shape = next(route.model.input_shape for route in routing.routes() if route.name == place.operation)
    request = place.request(value)
    assert not ParamValidator().validate(request, shape).has_errors()
    found = [violation for violation in violations(shape, request) if violation.name == place.name]
    assert re.search("at most|does not match|is none of", " ".join(violation.message for violation in found))


def test_the_property_looks_at_every_kind_of_constraint_in_both_planes() -> None:
    assert len(PLACES) > 300
    assert {place.operation for place in PLACES} == {route.name for route in routing.routes()}
    kinds = {(place.shape.type_name, limit) for place in PLACES for limit in place.shape.metadata}
    assert {("string", "pattern"), ("string", "max"), ("list", "max"), ("map", "max"), ("integer", "max")} < kinds


async def test_an_operation_of_the_model_is_emulated_or_refused_by_its_name() -> None:
    async with AgentCoreEmulator() as aws, aiohttp.ClientSession() as session:
        outcomes = {}
        for route in routing.routes():
            path = "/".join(segment if segment[:1] != "{" else aws.memory_id for segment in route.segments)
            body = {k: v for k, v in _plain(route).items() if not route.model.input_shape.members[k].serialization}
            method = route.model.http["method"]
            async with session.request(method, aws.url + path, data=json.dumps(body), headers=SIGNED) as answer:
                outcomes[route.name] = (answer.status, (await answer.text()))
    refused = {name for name, (status, text) in outcomes.items() if status == 501 and f"{name} is not emulated" in text}
    assert refused == NOT_EMULATED
    assert not [text for _, text in outcomes.values() if "EmulatorDefect" in text or "Internal" in text]
    assert {"CreateEvent", "RetrieveMemoryRecords", "CreateMemory", "DeleteMemory"} <= set(outcomes)


def _plain(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = minimal(route.model.input_shape)
    return found


def test_no_request_could_mean_two_operations() -> None:
    asked = [
        (route.model.http["method"], tuple("*" if part.startswith("{") else part for part in route.segments))
        for route in routing.routes()
    ]
    assert len(set(asked)) == len(asked)
    for route in routing.routes():
        path = "/".join("x" if part.startswith("{") else part for part in route.segments)
        found, _ = routing.find(route.model.http["method"], path)
        assert found.name == route.name


async def test_an_actor_with_a_slash_and_an_event_with_a_hash_are_one_segment_each() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        place = {"memoryId": aws.memory_id, "actorId": "org/mona:1", "sessionId": "s"}
        event = (await client.create_event(**place, eventTimestamp=NOW, payload=[said("hello")]))["event"]
        assert re.fullmatch("[0-9]+#[a-fA-F0-9]+", event["eventId"])
        found = await client.get_event(**place, eventId=event["eventId"])
        assert found["event"]["actorId"] == "org/mona:1"
        assert (await client.delete_event(**place, eventId=event["eventId"]))["eventId"] == event["eventId"]


async def test_an_arn_names_the_same_memory_on_the_data_plane_alone() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client, control_plane(aws) as control:
        arn = (await control.get_memory(memoryId=aws.memory_id))["memory"]["arn"]
        assert await client.list_actors(memoryId=arn)
        with pytest.raises(ClientError, match="memoryId does not match"):
            await control.get_memory(memoryId=arn)


@pytest.mark.parametrize(
    ("operation", "request_", "wrong"),
    [
        ("batch_create_memory_records", {"records": [entry(f"r{n}") for n in range(101)]}, "at most 100 allowed"),
        ("batch_create_memory_records", {"records": [entry("r", "x" * 16_001)]}, "at most 16000 allowed"),
        ("batch_create_memory_records", {"records": [entry("r", namespace="next.js")]}, "does not match"),
        ("batch_create_memory_records", {"records": [entry("a b")]}, "does not match"),
        (
            "batch_create_memory_records",
            {"records": [entry("r", metadata={"author": {"stringValue": "PR (#42)"}})]},
            "does not match",
        ),
        ("create_event", {"actorId": "dependabot[bot]", "eventTimestamp": NOW, "payload": []}, "does not match"),
        (
            "create_event",
            {"actorId": "a", "sessionId": "main:1", "eventTimestamp": NOW, "payload": []},
            "does not match",
        ),
        (
            "retrieve_memory_records",
            {"namespace": "a", "searchCriteria": {"searchQuery": "q", "topK": 101}},
            "at most 100 allowed",
        ),
        (
            "retrieve_memory_records",
            {"namespace": "a", "searchCriteria": {"searchQuery": "q" * 10_001}},
            "at most 10000 allowed",
        ),
    ],
)
async def test_what_botocore_lets_through_is_refused_with_the_member_and_the_limit(
    operation: str, request_: dict[str, Any], wrong: str
) -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        with pytest.raises(ClientError) as refused:
            await getattr(client, operation)(memoryId=aws.memory_id, **request_)
    assert code_of(refused.value) == ("ValidationException", 400)
    assert refused.value.response["reason"] == "FieldValidationFailed"
    assert wrong in refused.value.response["fieldList"][0]["message"]
    assert not aws.calls


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/memories/{id}/nothing", "{}", SIGNED, 404, "UnknownOperationException"),
        ("/memories/{id}/memoryRecords", "{}", {}, 403, "MissingAuthenticationTokenException"),
        ("/memories/{id}/memoryRecords", "{", SIGNED, 400, "ValidationException"),
        ("/memories/{id}/memoryRecords", "[]", SIGNED, 400, "ValidationException"),
        ("/memories/{id}/memoryRecords", '{"namespace": 1}', SIGNED, 400, "ValidationException"),
        ("/memories/{id}/memoryRecords", '{"namespace": "a", "limit": 1}', SIGNED, 400, "ValidationException"),
        ("/memories/{id}/memoryRecords", '{"namespace": "a", "maxResults": 1.5}', SIGNED, 400, "ValidationException"),
        ("/memories/{id}/memoryRecords", '{"namespace": "a", "maxResults": true}', SIGNED, 400, "ValidationException"),
    ],
)
async def test_a_request_that_no_client_of_aws_makes_is_refused(
    path: str, body: str, headers: dict[str, str], status: int, code: str
) -> None:
    async with AgentCoreEmulator() as aws, aiohttp.ClientSession() as session:
        url = aws.url + path.replace("{id}", aws.memory_id)
        async with session.post(url, data=body, headers=headers) as answer:
            assert (answer.status, answer.headers["x-amzn-errortype"]) == (status, code)


async def test_a_time_is_kept_to_the_millisecond() -> None:
    async with AgentCoreEmulator() as aws, data_plane(aws) as client:
        event = await client.create_event(memoryId=aws.memory_id, actorId="a", eventTimestamp=NOW, payload=[])
        assert event["event"]["eventTimestamp"] == NOW.replace(microsecond=123000)
