"""What docs/agentcore.md says is so: its commands run, its policies and numbers are what the code has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from memory_agents.operations import agentcore_policy
from memory_agents.testing.agentcore import AgentCoreEmulator
from tests import offline
from tests.repositories import BareRepository

DOCUMENT = (offline.ROOT / "docs" / "agentcore.md").read_text()
BIN = offline.ROOT / ".venv" / "bin"

Run = Callable[..., str]
"""commands, and variables by keyword → what was printed, and what stands in the JSON files that they made"""


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", DOCUMENT, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs commands in a clone, with nothing of this machine but the program."""
    origin = BareRepository(tmp_path / "origin.git")
    origin.commit({"README.md": "# Hello\n"}, branch="main")
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--branch=main", origin.path, folder], check=True, capture_output=True)

    def carried_out(commands: str, **variables: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=folder,
            env={
                **os.environ,
                **offline.environment(),
                "PATH": f"{BIN}:{os.environ['PATH']}",
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
                "GITHUB_REPOSITORY": "octo/hello",
                "AWS_ACCESS_KEY_ID": "emulated",
                "AWS_SECRET_ACCESS_KEY": "emulated",
                **variables,
            },
            capture_output=True,
            check=False,
            timeout=150,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode() + "".join(file.read_text() for file in sorted(folder.glob("*.json")))

    return carried_out


def test_the_commands_that_set_it_up_run(run: Run) -> None:
    commands = "\n".join(line for line in blocks("sh")[0].splitlines() if not line.startswith("pip "))
    with AgentCoreEmulator() as aws:
        told = run(commands, AGENTCORE_CONTROL_PLANE_ENDPOINT=aws.url)
    assert "export AGENTCORE_MEMORY_ID=octo_hello-" in told
    assert "export AWS_REGION=eu-central-1" in told
    assert told.count('"Version": "2012-10-17"') == 3


@pytest.mark.timeout(180)  # seven processes, each of which loads an engine
def test_the_commands_that_try_it_run(run: Run) -> None:
    told = run(blocks("sh")[1])
    assert told.count("Times are stored as UTC") == 2
    assert "memory/emulated-" in told


def test_the_program_that_tries_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [program] = blocks("python")
    exec(compile(program, "docs/agentcore.md", "exec"), {})  # noqa: S102 -- the document's own
    assert capsys.readouterr().out == "[]\n"


def test_the_trust_policy_is_json_and_asks_for_one_repository() -> None:
    [policy] = [json.loads(block) for block in blocks("json")]
    assert policy["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"].startswith(
        "repo:octo/hello:"
    )


def test_the_operations_that_a_policy_allows_are_those_of_the_table() -> None:
    rows = dict(re.findall(r"^\| `(reading|writing|setup)` \| (.*) \|$", DOCUMENT, re.MULTILINE))
    arn = "arn:aws:bedrock-agentcore:us-east-1:123456789012:memory/octo_hello-Abcdefgh12"
    for name, policy in agentcore_policy.policies(arn).items():
        allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
        inherited = set(agentcore_policy.READING) if name == "writing" else set()
        told = set(re.findall(r"`(\w+)`", rows[name])) | inherited
        assert {f"bedrock-agentcore:{operation}" for operation in told} == allowed


def test_the_costs_add_up() -> None:
    rows = re.findall(
        r"^\| ([\d,]+) facts, ([\d,]+) recalls \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", DOCUMENT, re.MULTILINE
    )
    assert len(rows) == 3
    for facts, recalls, records, searches, total in rows:
        assert float(records) == pytest.approx(int(facts.replace(",", "")) * 0.25 / 1000, abs=0.006)
        assert float(searches) == pytest.approx(int(recalls.replace(",", "")) * 7 * 0.50 / 1000, abs=0.006)
        assert float(total) == pytest.approx(float(records) + float(searches), abs=0.001)


def test_every_step_and_option_of_the_command_is_told() -> None:
    done = subprocess.run(
        [BIN / "memory-agents", "setup", "agentcore", "create", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    options = set(re.findall(r"(--[a-z][a-z-]+)", done.stdout)) - {"--help", "--repository", "--aws-region", "--wait"}
    assert {option for option in options if f"`{option}`" not in DOCUMENT} == set()
    for step in ("create", "show", "update", "delete", "policy"):
        assert f"| `{step}` |" in DOCUMENT
