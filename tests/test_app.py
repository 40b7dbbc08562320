"""A run from end to end in one process: what it hands over, and what it hides."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from memory_agents.core.context import PromptContext
from memory_agents.core.github_events import OWN_MARKER
from tests import webhooks
from tests.e2e.conftest import REPOSITORY, World, world
from tests.memory.web import Web, serving

__all__ = ["world"]

EVENT = next(payload for payload in webhooks.examples("issues") if payload["action"] == "opened")


def test_both_forms_of_every_token_are_masked_before_anything_is_said(world: World) -> None:
    world.remember()
    done = world.step().run(EVENT, memory_token="another-token", chroma_token="a-third-one")
    masks = [line for line in done.log.splitlines() if line.startswith("::add-mask::")]
    assert done.log.splitlines()[:6] == masks
    assert f"::add-mask::{world.token}" in masks
    assert {"::add-mask::another-token", "::add-mask::a-third-one"} <= set(masks)


def test_the_outputs_are_what_the_readme_says(world: World) -> None:
    world.remember()
    done = world.step().run(EVENT)
    assert set(done.outputs) == {"status", "action", "prompt", "prompt-file", "context-file", "similar", "records"}
    [similar] = json.loads(done.outputs["similar"])
    assert set(similar) == {"number", "title", "url", "state", "score", "reasons"}
    assert (similar["number"], similar["state"]) == (212, "completed")
    assert 0 < similar["score"] <= 1
    made = PromptContext.model_validate_json(Path(done.outputs["context-file"]).read_text())
    assert made.repository == REPOSITORY
    assert done.outputs["records"] == "[]"
    assert done.prompt == done.outputs["prompt"]


def last(event: str, action: str) -> webhooks.Payload:
    return [payload for payload in webhooks.examples(event) if payload["action"] == action][-1]


def reviewed() -> webhooks.Payload:
    payload = last("pull_request_review", "submitted")
    payload["review"]["body"] = "Is the README generated?"
    return payload


FAMILIES = {
    "Comment on #1, created": ("issue_comment", last("issue_comment", "created")),
    "Comment on #2, created": (
        "issue_comment",
        {
            **(asked := webhooks.pull_request_comment(last("issue_comment", "created"))),
            "issue": asked["issue"] | {"number": 2},
        },
    ),
    "Pull request #2, synchronize": ("pull_request", last("pull_request", "synchronize")),
    "Pull request #2, reopened": ("pull_request_target", last("pull_request", "reopened")),
    "Review of #2, submitted": ("pull_request_review", reviewed()),
    "Review comment on #2, created": (
        "pull_request_review_comment",
        last("pull_request_review_comment", "created"),
    ),
}


@pytest.mark.parametrize("told", FAMILIES)
def test_every_event_of_an_issue_or_pull_request_gets_its_prompt(world: World, told: str) -> None:
    world.remember()
    event, payload = FAMILIES[told]
    done = world.step().run(payload, event=event)
    assert done.exit_code == 0, done.log
    assert done.outputs["action"] == "recalled"
    assert done.status in {"ok", "empty"}
    assert told in done.summary.replace("\\", "")
    assert done.warnings == []
    made = PromptContext.model_validate_json(Path(done.outputs["context-file"]).read_text())
    assert (made.issue is None) is (told != "Comment on #1, created")


def test_the_template_of_reviews_can_be_asked_for_on_a_pull_request(world: World) -> None:
    world.remember()
    own = "Ours: {{ pull_request.number }}\n"
    world.repository.commit_files({".github/memory-agents/prompts/review.md.j2": own})
    done = world.step().run(last("pull_request", "synchronize"), event="pull_request", template="review")
    assert done.prompt == "Ours: 2\n"


@pytest.mark.parametrize("mode", ["auto", "recall"])
def test_our_own_comment_is_ignored(world: World, mode: str) -> None:
    payload = last("issue_comment", "created")
    payload["comment"]["body"] = f"{OWN_MARKER} similar -->\nSee #3."
    done = world.step().run(payload, event="issue_comment", mode=mode)
    assert (done.exit_code, done.status, done.outputs["action"]) == (0, "skipped", "ignored")
    assert list(world.github.requests) == []


@pytest.mark.parametrize("body", [b"{", b"<html>", b'[{"name": 1}]', b"[1]", b"null", b'{"type": "file"}'])
def test_an_answer_that_is_not_githubs_is_no_reason_to_fail(world: World, body: bytes) -> None:
    world.remember()
    with serving(Web(status=200, headers={"Content-Type": "application/json"}, body=body)) as odd:
        odd.may_answer.set()
        done = world.step().run(EVENT, variables={"GITHUB_API_URL": odd.url})
    assert done.exit_code == 0, done.log
    assert done.status == "degraded"
    assert "cannot be read" in done.log or "is no list" in done.log


def test_a_slow_api_is_left_behind_at_the_deadline(world: World) -> None:
    world.remember()
    world.github.faults.add("GET /repos", latency=20, times=None)
    started = time.monotonic()
    done = world.step().run(EVENT, timeout_seconds="1")
    assert (done.exit_code, done.status) == (0, "degraded")
    assert "GitHub did not answer within 1 seconds" in done.log
    assert time.monotonic() - started < 18, "20 seconds are what the first request alone would take"


@pytest.mark.parametrize("damage", ["objects", "config", "HEAD"])
def test_a_damaged_copy_of_the_branch_is_made_anew(world: World, damage: str) -> None:
    world.remember()
    world.step().run(EVENT)
    [copy] = world.step().state.glob("*/repository.git")
    target = copy / damage
    if target.is_dir():
        target.rename(copy / "gone")
    else:
        target.write_bytes(b"\xff\x00")
    done = world.step().run(EVENT)
    assert (done.exit_code, done.status) == (0, "ok"), done.log
    assert "made anew" in done.log
    assert world.step().run(EVENT).warnings == []


def test_a_remote_that_refuses_is_asked_once(world: World) -> None:
    world.remember()
    world.github.faults.add("git", status=429, times=None)
    assert world.step().run(EVENT).status == "degraded"
    assert len([request for request in world.github.requests if "info/refs" in request.path]) == 1


def test_the_most_memories_in_the_smallest_prompt_are_cut_and_counted(world: World) -> None:
    name = "codebase/conventions/" + "n" * 20
    world.remember(
        {f"{name}-{n}.md": f"---\nid: {'i' * 60}{n:04}\n---\nSpelling error in README, case {n}.\n" for n in range(60)}
        | {f"docs/{name[9:]}/{n}.md": f"---\nid: {'p' * 60}{n:04}\n---\nSpelling in README {n}.\n" for n in range(60)}
    )
    done = world.step().run(EVENT, top_k="50", max_prompt_bytes="8192", min_score="0")
    assert (done.exit_code, done.status) == (0, "ok"), done.log
    assert len(done.prompt.encode()) <= 8192
    assert "more" in done.prompt.partition("weakest first: ")[2]


def test_on_the_command_line_no_comment_is_posted(world: World) -> None:
    world.repository.add_issue("Spelling error in the README file", "It says committ.", author="mona")
    token = world.github.add_token(permissions={"contents": "read", "issues": "write"}, repositories=[REPOSITORY])
    variables = {"GITHUB_ACTIONS": "", "INPUT_GITHUB_TOKEN": token}
    done = world.step().run(EVENT, comment="similar", variables=variables)
    assert done.exit_code == 0, done.log
    assert world.repository.comments_of(1) == []


def test_a_pull_request_of_very_many_files_says_how_many_there_are(world: World) -> None:
    payload = last("pull_request", "opened")
    payload["pull_request"]["changed_files"] = 3_000
    done = world.step().run(payload, event="pull_request")
    assert "of the 3000 files that it changes" in done.prompt
    assert "Of 3,000 changed files 1 were looked at." in done.log
