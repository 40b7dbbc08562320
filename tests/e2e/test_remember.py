"""Remembering by a real runner, with the workflows that people copy: what is said in one run is known in the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import offline
from tests.curation.conftest import REPOSITORY, Project, Said, project
from tests.e2e import act

__all__ = ["project"]

EXAMPLES = offline.ROOT / "examples" / "workflows"
OURS = offline.ROOT / ".github" / "workflows" / "remember.yml"
UTC = "Times are stored as UTC; only the user interface converts them."
LABEL = "memory:remember"


def run(
    project: Project, action: Path, file: str | Path, event: str, payload: dict[str, Any], **inputs: str
) -> act.Job:
    """Run an example, with more inputs, whose agent shows its prompt."""
    text = (EXAMPLES / file).read_text().replace("./my-agent --prompt-file", "cat")
    if inputs:
        given = json.dumps({name.replace("_", "-"): value for name, value in inputs.items()})
        for used in ("OWNER/memory-agents@v1\n", "./\n"):
            text = text.replace(f"uses: {used}", f"uses: {used}        with: {given}\n", 1)
    fake = project.github
    runner = act.Runner(project.folder, action, REPOSITORY, fake.api_url, fake.server_url, project.token)
    job = runner.run(event, payload, workflow=text)
    assert job.exit_code == 0, job.log
    return job


def hear(project: Project, action: Path, said: Said) -> act.Job:
    """Run the writing workflow for what was said."""
    event, payload = project.payload(said)
    return run(project, action, "memory.yml", event, payload)


def ask(project: Project, action: Path) -> str:
    """What the agent is told for a new issue."""
    new = project.repository.add_issue("How are times stored?", "I see two zones.", author="stranger")
    event, payload = project.labelled(new.number, "", by="stranger", action="opened")
    return run(project, action, "issues.yml", event, payload).log


@pytest.mark.timeout(180)  # four runs of a whole runner
def test_what_is_remembered_stands_in_the_next_prompt_with_author_and_link_until_it_is_forgotten(
    project: Project, action: Path
) -> None:
    said = project.comment(f"/remember {UTC}")
    job = hear(project, action, said)
    assert job.errors == job.warnings == ()
    assert project.reactions(said) == ["eyes", "rocket"]
    told = ask(project, action)
    fenced = told.partition(UTC)[0].rpartition("{")[2]
    assert '"wes"' in fenced
    assert f"#issuecomment-{said.id}" in fenced
    [path] = project.facts()
    name = "-".join(path.removesuffix(".md").split("-")[-2:])
    hear(project, action, project.comment(f"/forget {name}", by="mia"))
    assert UTC not in ask(project, action)
    assert project.facts() == {}


@pytest.mark.parametrize("who", ["stranger", "rea", "tri"])
def test_a_stranger_is_met_with_silence(project: Project, action: Path, who: str) -> None:
    job = hear(project, action, project.comment(f"/remember {UTC}", by=who))
    assert project.is_untouched()
    assert job.errors == job.warnings == ()


def test_for_a_bot_no_step_is_started(project: Project, action: Path) -> None:
    job = hear(project, action, project.comment(f"/remember {UTC}", by="helper[bot]"))
    assert (job.log, list(project.github.requests)) == ("", [])


def test_chat_starts_no_step(project: Project, action: Path) -> None:
    job = hear(project, action, project.comment("Me too!"))
    assert (job.log, list(project.github.requests)) == ("", [])


def test_on_a_fork_it_is_skipped_and_catch_up_does_it(project: Project, action: Path) -> None:
    line = project.repository.add_review_comment(3, f"/remember {UTC}", path="src/api/times.py", author="wes")
    job = hear(project, action, line)
    assert "catch-up" in job.summary
    assert project.is_untouched()
    job = run(project, action, "memory.yml", "schedule", {"schedule": "47 3 * * *"})
    assert project.texts() == [UTC]
    assert "Cache saved with key" in job.log
    assert "facts stored: 1" in job.summary


def test_a_label_on_a_fork_s_pull_request_works_under_pull_request_target(project: Project, action: Path) -> None:
    issue = project.repository.issues[3]
    project.repository.set_labels(issue, [LABEL], actor="wes")
    project.repository.close(issue, actor="wes")
    _, payload = project.labelled(3, LABEL, by="wes")
    run(project, action, "memory.yml", "pull_request_target", payload)
    [path] = project.facts()
    assert path.startswith("codebase/patterns/")


@pytest.mark.parametrize("file", [EXAMPLES / "memory.yml", OURS], ids=["example", "ours"])
def test_a_dry_run_says_what_it_would_do_and_changes_nothing(project: Project, action: Path, file: Path) -> None:
    event, payload = project.payload(project.comment(f"/remember {UTC}"))
    job = run(project, action, file, event, payload, dry_run="true")
    assert project.is_untouched()
    assert "Dry run" in job.summary


def test_the_writing_workflow_drops_no_pending_run() -> None:
    assert "concurrency:" not in (EXAMPLES / "memory.yml").read_text()
