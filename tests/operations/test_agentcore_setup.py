"""What is asked of AgentCore's control plane to set a memory up, and what a run is allowed: pure."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.records import Approval, MemoryEvent, Query, Record
from memory_agents.errors import UsageError
from memory_agents.memory.providers.agentcore import AgentCoreProvider
from memory_agents.operations import agentcore_policy
from memory_agents.operations.agentcore_setup import (
    STRATEGIES,
    Wanted,
    create_request,
    memory_name,
    missing_keys,
    update_request,
)
from memory_agents.testing.agentcore import AgentCoreEmulator, routing
from memory_agents.testing.agentcore.shapes import violations
from tests.aws import NOW

ACCOUNT = "123456789012"
ARN = f"arn:aws:bedrock-agentcore:eu-central-1:{ACCOUNT}:memory/octo_hello-Abcdefgh12"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0000-1111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/agentcore"

NAMES = st.from_regex(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9_.-]{1,100}", fullmatch=True)


def _refused_by_aws(operation: str, request: dict[str, Any]) -> list[str]:
    shape = next(route.model.input_shape for route in routing.routes() if route.name == operation)
    return [f"{violation.name} {violation.message}" for violation in violations(shape, request)]


@given(NAMES)
def test_any_repository_has_a_name_that_aws_takes(repository: str) -> None:
    assert re.fullmatch("[a-zA-Z][a-zA-Z0-9_]{0,47}", memory_name(repository), re.ASCII)


@given(NAMES, NAMES)
def test_two_repositories_never_share_a_name(one: str, other: str) -> None:
    assert (memory_name(one) == memory_name(other)) == (one == other)


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("octo/hello", "octo_hello"),
        ("octo/hello_world", "octo_hello_world"),
        ("octo/hello-world", "octo_hello_world_3ca84d2e"),
        ("octo/next.js", "octo_next_js_b8b2f7a4"),
        ("1st/x", "memory_1st_x_51cd9d68"),
        ("octo/" + "x" * 90, "octo_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_7a4b4bc4"),
    ],
)
def test_a_name_stays_readable_and_has_a_hash_where_it_had_to_be_changed(repository: str, name: str) -> None:
    plain = re.sub(r"_[0-9a-f]{8}$", "", name)
    assert memory_name(repository).startswith(plain)
    assert len(memory_name(repository)) == len(name)


def test_a_request_declares_the_keys_that_the_provider_asks_by_and_nothing_that_was_not_said() -> None:
    assert create_request(Wanted(name="octo_hello")) == {
        "name": "octo_hello",
        "eventExpiryDuration": 7,
        "indexedKeys": [
            {"key": "record_id", "type": "STRING"},
            {"key": "kind", "type": "STRING"},
            {"key": "scoped", "type": "STRING"},
        ],
    }


def test_a_request_with_everything_is_one_that_the_service_model_allows() -> None:
    request = create_request(
        Wanted(
            name="octo_hello",
            days=365,
            description="What we decided",
            strategies=(*STRATEGIES, "semantic"),
            kms_key=KEY,
            execution_role=ROLE,
            tags={"team": "core", "cost center": ""},
        )
    )
    assert _refused_by_aws("CreateMemory", {**request, "clientToken": "t"}) == []
    assert [next(iter(entry)) for entry in request["memoryStrategies"]] == [name for name, *_ in STRATEGIES.values()]


@pytest.mark.parametrize(
    ("wanted", "option"),
    [
        ({"name": "octo-hello"}, "--name"),
        ({"name": "x" * 49}, "--name"),
        ({"days": 2}, "--days"),
        ({"days": 366}, "--days"),
        ({"kms_key": "alias/mine"}, "--kms-key"),
        ({"execution_role": "agentcore"}, "--execution-role"),
        ({"description": "x" * 4097}, "--description"),
        ({"tags": {"": "x"}}, "--tag"),
        ({"tags": {"a": "ä"}}, "--tag"),
        ({"tags": {str(n): "" for n in range(51)}}, "--tag"),
    ],
)
def test_what_aws_would_refuse_is_refused_with_the_option_that_says_it(wanted: dict[str, Any], option: str) -> None:
    with pytest.raises(UsageError) as refused:
        create_request(Wanted(**{"name": "octo_hello", **wanted}))
    assert option in refused.value.fix


def _memory(**more: Any) -> dict[str, Any]:
    return {
        "id": "octo_hello-Abcdefgh12",
        "arn": ARN,
        "status": "ACTIVE",
        "eventExpiryDuration": 7,
        "indexedKeys": create_request(Wanted(name="x"))["indexedKeys"],
        **more,
    }


NOTHING: dict[str, Any] = {"days": None, "description": "", "strategies": (), "execution_role": ""}


def test_an_update_of_a_memory_that_lacks_nothing_asks_for_nothing() -> None:
    there = _memory(strategies=[{"type": "SEMANTIC", "name": "mine"}], description="d", memoryExecutionRoleArn=ROLE)
    same: dict[str, Any] = {"days": 7, "description": "d", "strategies": ("semantic",), "execution_role": ROLE}
    assert update_request(_memory(), **NOTHING) == {}
    assert update_request(there, **same) == {}


def test_an_update_asks_for_the_keys_that_are_missing_and_for_what_is_said() -> None:
    memory = _memory(indexedKeys=[{"key": "kind", "type": "STRING"}])
    said: dict[str, Any] = {"days": 30, "description": "d", "strategies": ("summary",), "execution_role": ROLE}
    request = update_request(memory, **said)
    assert _refused_by_aws("UpdateMemory", request) == []
    assert request["addIndexedKeys"] == [{"key": "record_id", "type": "STRING"}, {"key": "scoped", "type": "STRING"}]
    assert request["eventExpiryDuration"] == 30
    assert missing_keys(memory) == {"record_id": "STRING", "scoped": "STRING"}


def test_a_memory_without_room_for_more_keys_is_told_with_a_way_out() -> None:
    full = _memory(indexedKeys=[{"key": f"k{n}", "type": "STRING"} for n in range(9)])
    with pytest.raises(UsageError, match="make another memory"):
        update_request(full, **NOTHING)


async def test_a_policy_allows_what_the_provider_asks_for_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "emulated")
    approval = Approval(by="mona")
    record = Record(id="fact-0001", namespace="codebase/conventions", text="Retry uploads.", created_at=NOW)
    event = MemoryEvent(id="event-0001", actor_id="mona", session_id="s1", text="hello", created_at=NOW)
    async with AgentCoreEmulator() as aws:

        def provider(name: str) -> AgentCoreProvider:
            return AgentCoreProvider(
                aws.memory_id,
                region=aws.region,
                endpoint=aws.url,
                state=tmp_path_factory.mktemp(name),
                clock=lambda: NOW,
            )

        reader, writer = provider("reader"), provider("writer")
        await writer.store_records([record], approval=approval)
        await writer.store_records([replace(record, text="Retry twice.")], approval=approval, update=[record.id])
        await writer.store_event(event)
        await writer.delete_session("mona", "s1")
        await writer.delete_records([record.id], approval=approval)
        written = {call.operation for call in aws.calls}
        before = len(aws.calls)
        await reader.search_records(Query(title="uploads"), namespaces=("*",), top_k=5)
        await reader.list_records()
        await reader.get_record(record.id)
        await reader.pairs_apart()
        await reader.list_events("mona", "s1")
        assert (await reader.health_check()).ok
        await reader.get_info()
        read = {call.operation for call in aws.calls[before:]}
        await reader.close()
        await writer.close()
    assert read == set(agentcore_policy.READING)
    assert written | read == set(agentcore_policy.WRITING)


def test_a_policy_is_for_one_memory_and_its_key_through_the_service_alone() -> None:
    policies = agentcore_policy.policies(ARN, kms_key=KEY, execution_role=ROLE, is_tagged=True)
    for name, policy in policies.items():
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            assert "*" not in statement["Action"]
            if statement["Resource"] == "*":
                assert (name, statement["Sid"]) == ("setup", "Memories")
        key = next(statement for statement in policy["Statement"] if statement["Sid"] == "Key")
        assert key["Resource"] == KEY
        assert key["Condition"] == {"StringEquals": {"kms:ViaService": "bedrock-agentcore.eu-central-1.amazonaws.com"}}
        assert ("kms:CreateGrant" in key["Action"]) == (name == "setup")
    assert policies["reading"]["Statement"][0] == {
        "Sid": "Memory",
        "Effect": "Allow",
        "Action": [
            "bedrock-agentcore:ListEvents",
            "bedrock-agentcore:ListMemoryRecords",
            "bedrock-agentcore:RetrieveMemoryRecords",
        ],
        "Resource": ARN,
    }
    assert "iam:PassRole" in json.dumps(policies["setup"])
    assert "TagResource" in json.dumps(policies["setup"])


def test_a_policy_without_key_and_role_says_nothing_of_them() -> None:
    assert not re.search("kms|iam:|TagResource|Condition", json.dumps(agentcore_policy.policies(ARN)))


def test_the_actions_of_a_policy_are_operations_of_the_service() -> None:
    known = {f"bedrock-agentcore:{route.name}" for route in routing.routes()}
    for policy in agentcore_policy.policies(ARN).values():
        for statement in policy["Statement"]:
            assert set(statement["Action"]) <= known


def test_an_arn_of_something_else_is_told_with_its_fix() -> None:
    with pytest.raises(UsageError, match="agentcore show"):
        agentcore_policy.policies(f"arn:aws:s3:::{ACCOUNT}")
