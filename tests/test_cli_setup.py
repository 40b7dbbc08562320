"""`memory-agents setup agentcore`, against an emulated AgentCore."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.loaders
import pytest

from memory_agents.cli.options import parser
from memory_agents.cli.setting_up import set_up
from memory_agents.testing.agentcore import AgentCoreEmulator
from tests.command_line import Clone

SETUP = ("setup", "agentcore")
OF = ("--repository", "octo/hello")


_loader = functools.cache(botocore.loaders.create_loader)
"""reads the service's models once for all tests, which each command does anew"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    monkeypatch.setattr("botocore.session.create_loader", _loader)
    return Clone(tmp_path, monkeypatch, capsys)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentCoreEmulator]:
    with AgentCoreEmulator() as emulator:
        monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", emulator.url)
        monkeypatch.setenv("AWS_REGION", emulator.region)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "emulated")
        yield emulator


def operations(aws: AgentCoreEmulator) -> list[str]:
    return [call.operation for call in aws.calls]


def test_a_memory_is_made_with_what_a_run_needs_printed(clone: Clone, aws: AgentCoreEmulator) -> None:
    code, out, err = clone(*SETUP, "create", *OF, "--tag", "team=core")
    made = next(line for line in out.splitlines() if line.startswith("export AGENTCORE_MEMORY_ID=octo_hello-"))
    assert (code, err) == (0, "")
    assert "REDACTED" not in out
    assert "export MEMORY_PROVIDER=agentcore" in out
    assert "export AWS_REGION=us-east-1" in out
    assert '"bedrock-agentcore:BatchCreateMemoryRecords"' in out
    assert f":memory/{made.partition('=')[2]}" in out
    assert next(call.request["tags"] for call in aws.calls if call.operation == "CreateMemory") == {"team": "core"}


def test_a_second_creation_shows_what_is_there_and_makes_nothing(clone: Clone, aws: AgentCoreEmulator) -> None:
    first = json.loads(clone(*SETUP, "create", *OF, "--json")[1])
    second = json.loads(clone(*SETUP, "create", *OF, "--json", "--days", "30")[1])
    assert (first["done"], second["done"]) == ("created", "exists")
    assert first["exports"] == second["exports"]
    assert operations(aws).count("CreateMemory") == 1
    assert "nothing was made" in clone(*SETUP, "create", *OF)[1]


def test_a_memory_is_waited_for_and_how_far_it_is_is_told(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    with AgentCoreEmulator(activation_seconds=0.5) as aws:
        monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", aws.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "emulated")
        code, out, err = clone(*SETUP, "create", *OF, "--region", aws.region, "--json")
    assert (code, json.loads(out)["memory"]["status"]) == (0, "ACTIVE")
    assert "is CREATING (0 s)" in err


def test_without_waiting_a_memory_may_still_be_in_creation(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    with AgentCoreEmulator(activation_seconds=600) as aws:
        monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", aws.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "emulated")
        made = json.loads(clone(*SETUP, "create", *OF, "--region", aws.region, "--no-wait", "--json")[1])
        assert made["memory"]["status"] == "CREATING"
        aws.settle()
        clone(*SETUP, "delete", *OF, "--region", aws.region, "--no-wait", "--yes")
        code, _, err = clone(*SETUP, "create", *OF, "--region", aws.region)
    assert (code, "is being deleted" in err) == (1, True)


def test_a_dry_run_prints_the_request_and_sends_nothing(clone: Clone, aws: AgentCoreEmulator) -> None:
    code, out, _ = clone(*SETUP, "create", *OF, "--dry-run", "--strategy", "summary")
    assert code == 0
    assert json.loads(out)["name"] == "octo_hello"
    assert aws.calls == []


def test_a_dry_run_needs_no_credentials_and_says_where_it_would_go(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    code, out, err = clone(*SETUP, "create", *OF, "--dry-run", "--region", "eu-central-1")
    assert (code, json.loads(out)["name"]) == (0, "octo_hello")
    assert err == "note: Dry run: nothing was changed. CreateMemory would be sent to eu-central-1.\n"
    told = json.loads(clone(*SETUP, "create", *OF, "--dry-run", "--region", "eu-central-1", "--json")[1])
    assert (told["operation"], told["region"]) == ("CreateMemory", "eu-central-1")


def test_a_dry_run_looks_at_the_region(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for region, told in (((), "add --region"), (("--region", "Frankfurt!"), "is no region of AWS")):
        code, _, err = clone(*SETUP, "create", *OF, "--dry-run", *region)
        assert (code, told in err) == (2, True)


def test_a_memory_is_shown_by_id_by_arn_by_its_name_and_by_the_variable(
    clone: Clone, aws: AgentCoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_id = json.loads(clone(*SETUP, "show", "--memory-id", aws.memory_id, "--json")[1])
    assert by_id["memory"]["id"] == aws.memory_id
    assert json.loads(clone(*SETUP, "show", "--memory-id", by_id["memory"]["arn"], "--json")[1]) == by_id
    assert json.loads(clone(*SETUP, "show", "--name", "emulated", "--json")[1]) == by_id
    monkeypatch.setenv("AGENTCORE_MEMORY_ID", aws.memory_id)
    assert json.loads(clone(*SETUP, "show", "--json")[1]) == by_id
    assert f"memory/{aws.memory_id} is there." in clone(*SETUP, "show")[1]


def test_an_option_goes_before_the_variable_so_that_no_other_memory_is_deleted(
    clone: Clone, aws: AgentCoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTCORE_MEMORY_ID", aws.memory_id)
    for which in (("--repository", "octo/other"), ("--name", "octo_other")):
        for step in (("show",), ("delete", "--yes")):
            code, _, err = clone(*SETUP, *step, *which)
            assert (code, "no memory of the name octo_other" in err) == (1, True)
    assert "DeleteMemory" not in operations(aws)


def test_an_update_adds_the_keys_that_a_memory_lacks_and_a_second_one_changes_nothing(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, aws: AgentCoreEmulator
) -> None:
    with AgentCoreEmulator(indexed_keys={}) as bare:
        monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", bare.url)
        which = ("--memory-id", bare.memory_id)
        assert "setup agentcore update" in clone(*SETUP, "show", *which)[2]
        looked = json.loads(clone(*SETUP, "update", *which, "--dry-run")[1])
        assert "UpdateMemory" not in operations(bare)
        first = json.loads(clone(*SETUP, "update", *which, "--days", "30", "--json")[1])
        second = json.loads(clone(*SETUP, "update", *which, "--days", "30", "--json")[1])
        nothing = clone(*SETUP, "update", *which, "--dry-run")
    assert nothing[1:] == ("Dry run: it is up to date, and nothing would be changed.\n", "")
    assert len(looked["addIndexedKeys"]) == 3
    assert (first["done"], second["done"]) == ("updated", "unchanged")
    assert (first["memory"]["eventExpiryDuration"], first["notices"]) == (30, [])


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("create", ("3 to 365 (default: 7)", "needs none (default: none)")),
        ("update", ("3 to 365 (default: as it is)", "needs none (default: as they are)")),
    ],
)
def test_the_help_says_what_holds_without_an_option(clone: Clone, step: str, told: tuple[str, ...]) -> None:
    shown = " ".join(clone(*SETUP, step, "--help")[1].split())
    assert [its for its in told if its not in shown] == []


def test_a_deletion_says_what_is_lost_and_needs_a_yes(clone: Clone, aws: AgentCoreEmulator) -> None:
    which = ("--memory-id", aws.memory_id)
    looked = clone(*SETUP, "delete", *which, "--dry-run")
    assert "all records" in looked[1]
    assert "memory-agents backup" in looked[1]
    assert looked[2] == f"note: Dry run: nothing was changed. DeleteMemory would be sent to {aws.region}.\n"
    told = json.loads(clone(*SETUP, "delete", *which, "--dry-run", "--json")[1])
    assert (told["operation"], told["request"]) == ("DeleteMemory", {"memoryId": aws.memory_id})
    assert clone(*SETUP, "delete", *which)[0] == 2
    assert "Nothing was changed" in clone(*SETUP, "delete", *which, typed="n\n")[1]
    assert clone(*SETUP, "delete", *which, "--json")[0] == 2
    assert "DeleteMemory" not in operations(aws)
    code, out, _ = clone(*SETUP, "delete", *which, typed="y\n")
    assert (code, "is deleted, with all that it held" in out) == (0, True)
    assert clone(*SETUP, "show", *which)[0] == 1


@pytest.mark.parametrize(("which", "count"), [("reading", 1), ("writing", 1), ("setup", 2)])
def test_a_policy_is_printed_alone_so_that_it_can_be_put_into_a_file(
    clone: Clone, aws: AgentCoreEmulator, which: str, count: int
) -> None:
    code, out, _ = clone(*SETUP, "policy", "--memory-id", aws.memory_id, "--for", which)
    assert (code, len(json.loads(out)["Statement"])) == (0, count)


def test_an_arn_has_its_policies_without_asking_aws(clone: Clone, aws: AgentCoreEmulator) -> None:
    arn = "arn:aws:bedrock-agentcore:eu-central-1:123456789012:memory/octo_hello-Abcdefgh12"
    key = "arn:aws:kms:eu-central-1:123456789012:key/00-11"
    code, out, _ = clone(*SETUP, "policy", "--memory-id", arn, "--kms-key", key, "--json")
    assert (code, set(json.loads(out))) == (0, {"reading", "writing", "setup"})
    assert "kms:ViaService" in out
    assert aws.calls == []


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, "AccessDeniedException", "allow bedrock-agentcore:ListMemories"),
        (403, "ExpiredTokenException", "sign in again, such as by `aws sso login`"),
        (403, "UnrecognizedClientException", "aws sso login"),
        (429, "ThrottledException", "run it again in a minute"),
        (500, "ServiceException", "run it again in a moment"),
        (400, "ValidationException", "correct the options"),
    ],
)
def test_an_error_of_aws_comes_with_what_to_do(
    clone: Clone, aws: AgentCoreEmulator, status: int, code: str, told: str
) -> None:
    aws.faults.add(status=status, code=code, times=None)
    ended, _, err = clone(*SETUP, "create", *OF)
    assert (ended, told in err, code in err) == (1, True, True)


def test_a_memory_whose_creation_failed_is_told_with_the_reason(clone: Clone, aws: AgentCoreEmulator) -> None:
    aws.faults.add("CreateMemory", failing={"octo_hello"})
    code, _, err = clone(*SETUP, "create", *OF)
    assert (code, "failed: It failed on demand" in err, "setup agentcore delete" in err) == (1, True, True)


def test_two_who_make_the_same_memory_at_once_get_the_same(
    clone: Clone, aws: AgentCoreEmulator, capsys: pytest.CaptureFixture[str]
) -> None:
    async def both() -> int:
        arguments = parser().parse_args([*SETUP, "create", *OF, "--json"])
        return sum(await asyncio.gather(set_up(arguments), set_up(arguments)))

    aws.faults.add("CreateMemory", delay=0.5, times=2)  # so that both look before one is there
    assert asyncio.run(both()) == 0
    told = re.findall(r'"(created|exists)"', capsys.readouterr().out)
    assert sorted(told) == ["created", "exists"]


def test_a_quota_that_is_used_up_and_a_name_that_is_taken_meanwhile_are_told(
    clone: Clone, aws: AgentCoreEmulator
) -> None:
    aws.faults.add("CreateMemory", status=402)
    assert "ask AWS for a higher quota" in clone(*SETUP, "create", *OF)[2]
    clone(*SETUP, "create", *OF)
    aws.faults.add("UpdateMemory", code="ConflictException")
    assert "being changed: run it again" in clone(*SETUP, "update", *OF, "--days", "9")[2]


def test_no_credentials_no_region_a_wrong_region_and_no_connection_are_told(
    clone: Clone, aws: AgentCoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is no region of AWS" in clone(*SETUP, "show", "--region", "Frankfurt!")[2]
    monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", "http://memory.example")
    code, _, err = clone(*SETUP, "show", "--memory-id", aws.memory_id)
    assert (code, "to an address with https://" in err) == (2, True)
    monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", "http://127.0.0.1:9")
    code, _, err = clone(*SETUP, "show", "--memory-id", aws.memory_id)
    assert (code, "cannot be reached at http://127.0.0.1:9" in err) == (1, True)
    assert "AGENTCORE_CONTROL_PLANE_ENDPOINT" in err
    monkeypatch.setenv("AGENTCORE_CONTROL_PLANE_ENDPOINT", aws.url)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "AWS_PROFILE" in clone(*SETUP, "show", "--memory-id", aws.memory_id)[2]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "aws sso login" in clone(*SETUP, "show", "--memory-id", aws.memory_id)[2]
    monkeypatch.delenv("AWS_REGION")
    code, _, err = clone(*SETUP, "show", "--memory-id", aws.memory_id)
    assert (code, "add --region, or set AWS_REGION" in err) == (2, True)


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "missing", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/x"},
        {"AWS_PROFILE": "nobody"},
    ],
    ids=lambda its: next(iter(its)),
)
def test_credentials_that_cannot_be_had_are_told_with_ways_to_get_some(
    clone: Clone, aws: AgentCoreEmulator, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, _, err = clone(*SETUP, "show", "--memory-id", aws.memory_id)
    assert (code, "no usable AWS credentials" in err) == (1, True)
    assert "aws sso login" in err
    assert "id-token: write" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create",), "add --name, or --repository OWNER/NAME"),
        (("create", "--name", "octo-hello"), "--name a letter"),
        (("create", *OF, "--days", "2"), "--days a number from 3 to 365"),
        (("create", *OF, "--tag", "team"), "--tag KEY=VALUE"),
        (("create", *OF, "--strategy", "other"), "invalid choice"),
        (("show", "--memory-id", "x"), "give --memory-id as `create` printed it"),
        (("policy", "--memory-id", "arn:aws:s3:::x"), "take it from"),
        ((), "STEP"),
    ],
)
def test_wrong_use_is_told_with_its_fix(
    clone: Clone, aws: AgentCoreEmulator, arguments: tuple[str, ...], told: str
) -> None:
    code, _, err = clone(*SETUP, *arguments)
    assert (code, told in err) == (2, True)


def test_a_memory_that_is_not_there_is_told_with_ways_to_find_it(clone: Clone, aws: AgentCoreEmulator) -> None:
    code, _, err = clone(*SETUP, "show", *OF)
    assert (code, "no memory of the name octo_hello in us-east-1" in err) == (1, True)
    assert "setup agentcore create" in err
    assert clone(*SETUP, "show", "--name", "emulate")[0] == 1  # only the beginning of the other's name
    assert "show` finds it by its name" in clone(*SETUP, "show", "--memory-id", "gone-Abcdefgh12")[2]


def test_without_the_extra_the_install_command_is_told(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiobotocore.config", None)
    code, _, err = clone(*SETUP, "show", *OF, "--region", "us-east-1")
    assert (code, "pip install 'memory-agents[agentcore]'" in err) == (1, True)
