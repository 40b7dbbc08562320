"""AWS credentials that are none or do not allow it, and addresses that nothing is sent to: each with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_agents.core.records import Problem
from memory_agents.errors import MemoryDenied, MemoryUnreachable
from memory_agents.testing.agentcore import AgentCoreEmulator
from tests.memory.providers.emulated import aws, opened, prepared

__all__ = ["aws", "prepared"]

IN_A_WORKFLOW = ("aws-actions/configure-aws-credentials", "id-token: write")
ON_A_LAPTOP = ("aws configure", "aws sso login", "AWS_PROFILE")


async def test_without_credentials_a_workflow_and_a_laptop_are_told_what_to_do(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    async with opened(aws, tmp_path) as provider:
        with pytest.raises(MemoryDenied, match="no usable AWS credentials") as denied:
            await provider.list_records()
    for told in (*IN_A_WORKFLOW, *ON_A_LAPTOP):
        assert told in denied.value.fix
    assert aws.calls == []


@pytest.mark.parametrize(
    ("code", "message", "fixes"),
    [
        ("ExpiredTokenException", "the AWS session is over", ("sign in again", "role-duration-seconds")),
        ("ExpiredToken", "the AWS session is over", ("sign in again", "role-duration-seconds")),
        ("UnrecognizedClientException", "credentials are not valid", (*IN_A_WORKFLOW, *ON_A_LAPTOP)),
        (
            "AccessDeniedException",
            "answered ListMemoryRecords with AccessDeniedException",
            ("allow `bedrock-agentcore:ListMemoryRecords` on memory/", "memory-agents setup agentcore policy"),
        ),
    ],
)
async def test_a_session_that_is_over_is_told_from_a_right_that_is_missing(
    aws: AgentCoreEmulator, tmp_path: Path, code: str, message: str, fixes: tuple[str, ...]
) -> None:
    aws.faults.add("", code=code, status=403, times=None)
    async with opened(aws, tmp_path) as provider:
        with pytest.raises(MemoryDenied, match=message) as denied:
            await provider.list_records()
        assert (await provider.health_check()).problem is Problem.AUTH
    for told in fixes:
        assert told in denied.value.fix
    assert ("policy" in denied.value.fix) == (code == "AccessDeniedException")


@pytest.mark.parametrize(
    ("variables", "config"),
    [
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "missing", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x"}, ""),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/x"}, ""),
        ({}, "credential_process = /missing/program"),
        ({}, "credential_process = echo nothing"),
        ({}, "[broken"),
    ],
    ids=["token file", "container", "program", "what a program says", "settings"],
)
async def test_credentials_that_cannot_be_had_are_denied_before_anything_is_asked(
    aws: AgentCoreEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    config: str,
) -> None:
    (tmp_path / "config").write_text(f"[default]\n{config}\n")
    settings = {"AWS_CONFIG_FILE": str(tmp_path / "config"), **variables}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    async with opened(aws, tmp_path) as provider:
        with pytest.raises(MemoryDenied, match="no usable AWS credentials") as denied:
            await provider.list_records()
        assert denied.value.fix
        assert (await provider.health_check()).problem is Problem.AUTH
    assert aws.calls == []


@pytest.mark.parametrize(
    "endpoint", ["http://exa mple:80", "http://a;b:80", "http://a:99999", "a:80", "ftp://a", "http://[::1"]
)
async def test_an_endpoint_that_is_no_address_names_the_variable(
    aws: AgentCoreEmulator, tmp_path: Path, endpoint: str
) -> None:
    async with opened(aws, tmp_path, endpoint=endpoint) as provider:
        with pytest.raises(MemoryUnreachable, match="AGENTCORE_DATA_PLANE_ENDPOINT is no address"):
            await provider.list_records()


@pytest.mark.parametrize("variable", ["AGENTCORE_DATA_PLANE_ENDPOINT", "AWS_ENDPOINT_URL"])
@pytest.mark.parametrize("address", ["http://memory.example", "HTTP://10.0.0.1:8000"])
async def test_nothing_is_sent_to_an_address_that_is_not_encrypted(
    aws: AgentCoreEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    endpoint = address if variable.startswith("AGENTCORE") else ""
    if not endpoint:
        monkeypatch.setenv(variable, address)
    async with opened(aws, tmp_path, endpoint=endpoint) as provider:
        with pytest.raises(MemoryUnreachable, match="in the clear") as refused:
            await provider.list_records()
        assert variable in refused.value.fix
        assert "https://" in refused.value.fix
        assert not (await provider.health_check()).ok
