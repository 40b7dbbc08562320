"""What botocore lets pass and the service would refuse is found before it is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import get_session

from memory_agents.memory.providers.agentcore_shapes import check_of

AT = datetime(2026, 5, 4, tzinfo=UTC)
_MODEL = get_session().get_service_model("bedrock-agentcore")


def problems(operation: str, **request: Any) -> list[str]:
    check = check_of(_MODEL.operation_model(operation).input_shape)
    return list(check({"memoryId": "memory-Abcdefgh12", **request}, ""))


def batch(**change: Any) -> list[str]:
    entry = {"requestIdentifier": "r", "namespaces": ["/own/"], "content": {"text": "x"}, "timestamp": AT, **change}
    return problems("BatchCreateMemoryRecords", records=[entry])


def test_what_is_right_has_no_problem() -> None:
    assert batch(metadata={"a": {"numberValue": 1}, "b": {"stringListValue": ["x"]}, "c": {"dateTimeValue": AT}}) == []
    said = {"conversational": {"content": {"text": "x"}, "role": "OTHER"}}
    assert problems("CreateEvent", actorId="a", eventTimestamp=AT, payload=[said, {"blob": {"any": 1}}]) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"content": {"text": "x" * 16_001}}, "records[0].content.text: 16,001 characters, at most 16,000"),
        ({"content": {"text": ""}}, "records[0].content.text: 0 characters, at least 1"),
        ({"content": {}}, "records[0].content has 0 members instead of one"),
        ({"content": "x"}, "records[0].content is no structure"),
        ({"content": {"text": 1}}, "records[0].content.text is no text"),
        ({"requestIdentifier": "a b"}, "records[0].requestIdentifier is not of the form [a-zA-Z0-9_-]+"),
        ({"namespaces": ["/a/", "/b/"]}, "records[0].namespaces: 2 entries, at most 1"),
        ({"namespaces": "/a/"}, "records[0].namespaces is no list"),
        ({"timestamp": "now"}, "records[0].timestamp is no timestamp"),
        ({"other": 1}, "records[0].other is unknown"),
        ({"metadata": {}}, "records[0].metadata: 0 entries, at least 1"),
        ({"metadata": []}, "records[0].metadata is no map"),
        ({"metadata": {"a": {"numberValue": True}}}, "records[0].metadata.a.numberValue is no double"),
        (
            {"metadata": {"a": {"stringValue": "x", "numberValue": 1.0}}},
            "records[0].metadata.a has 2 members instead of one",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_named_with_its_place(change: dict[str, Any], problem: str) -> None:
    assert problem in batch(**change)


def test_what_is_required_is_missed() -> None:
    assert problems("BatchCreateMemoryRecords") == ["records is missing"]


def test_an_enumeration_allows_its_values_alone() -> None:
    said = {"conversational": {"content": {"text": "x"}, "role": "BOT"}}
    [problem] = problems("CreateEvent", actorId="a", eventTimestamp=AT, payload=[said])
    assert problem == "payload[0].conversational.role is none of ASSISTANT, OTHER, TOOL, USER"


def test_a_number_has_its_range() -> None:
    assert problems("ListMemoryRecords", maxResults=101) == ["maxResults: 101, at most 100"]
