"""Our workflows and the examples that people copy: pinned actions, least permissions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.architecture.house import ROOT

WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/workflows/*.yml")])
USES = re.compile(r"^\s*(?:- )?uses:\s*(\S+)(.*)$", re.MULTILINE)
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
OURSELVES = re.compile(r"\./|OWNER/memory-agents@")
"""this repository, checked out or as a reader will name it"""


@pytest.mark.parametrize("path", [*WORKFLOWS, *ROOT.glob("action.yml")], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    for name, rest in USES.findall(path.read_text(encoding="utf-8")):
        if not OURSELVES.match(name):
            assert PINNED.fullmatch(name), name
            assert re.fullmatch(r" # v\d+(\.\d+)*", rest), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_grants_nothing_and_each_job_asks_for_what_it_needs(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_ends_by_itself(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    assert all("timeout-minutes" in job or "uses" in job for job in jobs.values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_comment_cancels_no_run_but_its_own(path: Path) -> None:
    """Anybody may comment, while an agent is at work for a maintainer."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    events = workflow[True].keys()  # YAML 1.1 reads `on` as true
    said = {"issue_comment": "comment", "pull_request_review_comment": "comment", "pull_request_review": "review"}
    for place in (workflow, *workflow["jobs"].values()):
        if place.get("concurrency", {}).get("cancel-in-progress"):
            assert all(f"github.event.{said[event]}.id" in place["concurrency"]["group"] for event in events & said)
