"""A run from end to end in one process: what it hands over, and what it hides."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from memory_agents.core.context import PromptContext
from tests import webhooks
from tests.e2e.conftest import REPOSITORY, World, world
from tests.memory.web import Web, serving

__all__ = ["world"]

EVENT = next(payload for payload in webhooks.examples("issues") if payload["action"] == "opened")


def test_both_forms_of_every_token_are_masked_before_anything_is_said(world: World) -> None:
    world.remember()
    done = world.step().run(EVENT, memory_token="another-token")
    masks = [line for line in done.log.splitlines() if line.startswith("::add-mask::")]
    assert done.log.splitlines()[:4] == masks
    assert f"::add-mask::{world.token}" in masks
    assert "::add-mask::another-token" in masks


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


@pytest.mark.parametrize("body", [b"{", b"<html>", b'[{"name": 1}]', b"[1]", b"null", b'{"type": "file"}'])
def test_an_answer_that_is_not_githubs_is_no_reason_to_fail(world: World, body: bytes) -> None:
    world.remember()
    with serving(Web(status=200, headers={"Content-Type": "application/json"}, body=body)) as odd:
        odd.may_answer.set()
        done = world.step().run(EVENT, variables={"GITHUB_API_URL": odd.url})
    assert done.exit_code == 0, done.log
    assert done.status == "ok"


def test_a_slow_api_is_left_behind_at_the_deadline(world: World) -> None:
    world.remember()
    world.github.faults.add("GET /repos", latency=20, times=None)
    started = time.monotonic()
    done = world.step().run(EVENT, timeout_seconds="1")
    assert (done.exit_code, done.status) == (0, "ok")
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
    assert world.step().run(EVENT).status == "unavailable"
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
