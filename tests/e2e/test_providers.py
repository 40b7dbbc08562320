"""Memory that is no branch, by a real runner: what is said in one run is known in the next, or the prompt is plain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from memory_agents.testing.agentcore import MEMORY_ID, REGION, AgentCoreEmulator
from tests import offline
from tests.chroma_server import ChromaServer, chroma_server
from tests.curation.conftest import REPOSITORY, Project, project
from tests.e2e import act

__all__ = ["chroma_server", "project"]

EXAMPLE = (offline.ROOT / "examples" / "workflows" / "agentcore.yml").read_text()
UTC = "Times are stored as UTC; only the user interface converts them."
NOBODY = "http://127.0.0.1:9"
"""where nothing answers"""


@dataclass(frozen=True)
class Provider:
    """How a workflow is told where memory is."""

    inputs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    workflow: str | None = None
    """None is the plain one, with the inputs"""

    def run(self, project: Project, action: Path, event: tuple[str, dict[str, Any]]) -> act.Job:
        """Run the workflow on an event."""
        fake = project.github
        runner = act.Runner(project.folder, action, REPOSITORY, fake.api_url, fake.server_url, project.token)
        name, payload = event
        job = runner.run(name, payload, inputs=self.inputs, variables=self.variables, workflow=self.workflow)
        assert job.exit_code == 0, job.log
        return job


def agentcore(url: str) -> Provider:
    """By the workflow that people copy, its variables filled in; the credentials of the step before open nothing."""
    workflow = EXAMPLE.replace('./my-agent --prompt-file "$PROMPT_FILE"', 'cp "$PROMPT_FILE" "$PROBE/agent-saw.md"')
    for name, value in {"AGENTCORE_MEMORY_ID": MEMORY_ID, "AWS_REGION": REGION}.items():
        workflow = workflow.replace(f"${{{{ vars.{name} }}}}", value)
    return Provider(variables={"AGENTCORE_DATA_PLANE_ENDPOINT": url}, workflow=workflow)


def chromadb(url: str) -> Provider:
    """By inputs."""
    return Provider({"provider": "chromadb", "chroma-url": url})


def asked(project: Project, title: str = "How are times stored?") -> tuple[str, dict[str, Any]]:
    """Somebody opens an issue."""
    new = project.repository.add_issue(title, "I see two zones.", author="stranger")
    return project.labelled(new.number, "", by="stranger", action="opened")


def assert_remembered(provider: Provider, project: Project, action: Path) -> None:
    """What is said in one run stands in the prompt of the next, and is told to nobody else."""
    said = project.comment(f"/remember {UTC}")
    job = provider.run(project, action, project.payload(said))
    assert job.errors == job.warnings == ()
    assert project.reactions(said) == ["eyes", "rocket"]
    assert project.facts() == {}
    [reply] = project.replies()
    assert UTC not in reply
    later = provider.run(project, action, asked(project))
    assert later.errors == later.warnings == ()
    assert UTC in later.agent_saw
    assert f"#issuecomment-{said.id}" in later.agent_saw.partition(UTC)[0].rpartition("{")[2]
    assert UTC not in job.summary + job.log + later.summary + later.log


@pytest.mark.timeout(120)  # two runs of a whole runner
def test_what_is_remembered_in_agentcore_stands_in_the_prompt_of_a_later_issue(project: Project, action: Path) -> None:
    with AgentCoreEmulator() as aws:
        assert_remembered(agentcore(aws.url), project, action)


@pytest.mark.timeout(120)
def test_what_is_remembered_in_chroma_stands_in_the_prompt_of_a_later_issue(
    project: Project, action: Path, chroma_server: ChromaServer
) -> None:
    assert_remembered(chromadb(chroma_server.url), project, action)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("made", "told"), [(agentcore, "AgentCore cannot be reached"), (chromadb, f"Chroma at {NOBODY} cannot be reached")]
)
def test_where_nothing_answers_the_run_is_green_and_the_prompt_plain(
    made: Callable[[str], Provider], told: str, project: Project, action: Path
) -> None:
    project.github.faults.add(status=503, times=None)
    job = made(NOBODY).run(project, action, asked(project))
    assert job.errors == ()
    assert "memory-agents: unavailable" in job.summary
    assert any(told in warning and "Fix: " in warning for warning in job.warnings)
    assert "How are times stored?" in job.agent_saw


@pytest.fixture
def unreachable(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose memory is in an AgentCore that does not answer; runs of it are quick ones."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    project.variables |= {
        "MEMORY_PROVIDER": "agentcore",
        "AGENTCORE_MEMORY_ID": MEMORY_ID,
        "AWS_REGION": REGION,
        "AGENTCORE_DATA_PLANE_ENDPOINT": NOBODY,
    }
    return project


def test_the_past_is_recalled_where_the_facts_cannot_be(unreachable: Project) -> None:
    done = unreachable.run(*asked(unreachable, "Times are wrong in the report"))
    assert (done.code, done.told) == (0, ("recalled", "degraded"))
    assert "past-issue-1" in done.summary
    assert "AgentCore cannot be reached" in done.log


def test_a_command_that_memory_does_not_take_is_answered(unreachable: Project) -> None:
    said = unreachable.comment(f"/remember {UTC}")
    done = unreachable.hear(said)
    assert (done.code, done.outputs["status"]) == (0, "unavailable")
    assert unreachable.reactions(said) == ["eyes", "confused"]
    assert UTC not in unreachable.replies()[0] + done.summary + done.log
