"""The past of a repository, from an index run to the runs that recall it, by the cache between them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import webhooks
from tests.e2e.conftest import World

OPENED = next(payload for payload in webhooks.examples("issues") if payload["action"] == "opened")
OPENED["issue"]["created_at"] = "2026-11-01T00:00:00Z"  # after the past that the tests make
SCHEDULE: dict[str, Any] = {"schedule": "17 3 * * *"}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PAST = 1_300
"""more than a recall reads by itself"""


def add_past(world: World, count: int) -> int:
    """An old issue like the one that is opened, and so many others; its number."""
    old = world.repository.add_issue(
        "Spelling error in the README file", "It says committ where it should say commit.", created_at=BEGAN
    )
    world.repository.add_comment(old.number, "Corrected in the source.", author="mona", created_at=BEGAN)
    world.repository.close(old, actor="mona", reason="completed", at=BEGAN)
    for number in range(count):
        at = BEGAN + timedelta(hours=number + 1)
        world.repository.add_issue(f"Window {number} flickers", f"On screen {number}.", created_at=at)
    return old.number


def similar(outputs: dict[str, str]) -> list[int]:
    return [issue["number"] for issue in json.loads(outputs["similar"])]


def test_an_index_run_saves_the_past_and_a_later_job_restores_it(world: World, action: Path) -> None:
    number = add_past(world, PAST)
    runner = world.runner(action)

    cold = runner.run("issues", OPENED)
    assert cold.outputs["status"] == "degraded"
    assert similar(cold.outputs) == []
    assert any("`mode: index`" in warning for warning in cold.warnings)

    first = runner.run("workflow_dispatch", {}, inputs={"mode": "index"})
    assert (first.exit_code, first.outputs["status"], first.outputs["action"]) == (0, "ok", "indexed"), first.log
    assert "Cache saved with key: memory-agents-history-" in first.log

    asked = len(world.github.requests)
    warm = runner.run("issues", OPENED)
    assert "Cache restored from key: memory-agents-history-" in warm.log
    assert warm.outputs["status"] == "ok"
    assert similar(warm.outputs) == [number]
    assert "Closed as completed on 2026-01-01 by mona." in warm.agent_saw
    assert "Corrected in the source." in warm.agent_saw
    paths = [request.path for request in world.github.requests[asked:] if ".git/" not in request.path]
    assert [path.rpartition("/")[2] for path in paths if "contents" not in path] == ["issues", "graphql"]
    assert "Cache saved" not in warm.log

    again = runner.run("workflow_dispatch", {}, inputs={"mode": "index"})
    assert again.outputs["status"] == "ok"
    assert "Cache saved" not in again.log


def test_facts_are_never_in_what_is_saved(world: World, action: Path) -> None:
    world.remember({"codebase/conventions/a.md": "The purple falcon flies at noon.\n"})
    runner = world.runner(action)
    runner.run("issues", OPENED)
    runner.run("workflow_dispatch", {}, inputs={"mode": "index"})
    saved = list((world.folder / "cache").rglob("*.tar"))
    assert len(saved) == 1
    assert b"falcon" not in saved[0].read_bytes()
    assert b"pickle" not in saved[0].read_bytes()


def test_an_index_run_that_may_not_save_goes_on_without_an_error(world: World, action: Path) -> None:
    job = world.runner(action).run(
        "workflow_dispatch", {}, inputs={"mode": "index"}, variables={"CACHE_READ_ONLY": "1"}
    )
    assert (job.exit_code, job.outputs["status"]) == (0, "ok")


def test_a_small_repository_needs_no_index_run(world: World) -> None:
    number = add_past(world, 30)
    done = world.step().run(OPENED)
    assert (done.status, similar(done.outputs)) == ("ok", [number])
    assert done.warnings == []


def test_what_was_deleted_or_closed_since_the_index_run_is_shown_as_it_is_now(world: World) -> None:
    number = add_past(world, 5)
    other = world.repository.add_issue("Spelling error in README", "committ", created_at=BEGAN)
    index(world)
    world.repository.close(other, actor="mona", reason="not_planned")
    world.repository.delete_issue(world.repository.issues[number])
    done = world.step().run(OPENED)
    [found] = json.loads(done.outputs["similar"])
    assert (found["number"], found["state"]) == (other.number, "not_planned")


def test_a_dry_run_reads_no_past_and_posts_no_comment(world: World) -> None:
    add_past(world, 3)
    done = world.step().run(SCHEDULE, event="schedule", mode="index", dry_run="true")
    assert (done.exit_code, done.status) == (0, "skipped")
    assert not [request for request in world.github.requests if "/contents/" not in request.path]
    done = world.step().run(OPENED, comment="similar", dry_run="true")
    assert "Dry run: this comment would be posted." in done.summary
    assert "closed as completed" in done.summary
    assert {request.method for request in world.github.requests if "git" not in request.path} <= {"GET", "POST"}
    assert world.repository.comments_of(1) == []


def test_an_index_run_that_may_read_nothing_fails_and_names_the_permission(world: World) -> None:
    world.github.faults.add("GET /repos", status=403, times=None)
    done = world.step().run(SCHEDULE, event="schedule", mode="index")
    assert (done.exit_code, done.status) == (1, "unavailable")
    [error] = [line for line in done.log.splitlines() if line.startswith("::error ")]
    assert "`permissions: issues: read`" in error


@pytest.mark.parametrize("private", [False, True])
def test_past_reviews_of_the_changed_file_are_recalled_for_a_pull_request(world: World, *, private: bool) -> None:
    repository = world.repository
    repository.commit_files({"src/parser.py": "a = 1\n"}, branch="older", parent="main")
    older = repository.add_pull("Parse numbers", head="older", author="mona")
    remark = repository.add_review_comment(
        older.number,
        "Use a decimal here: floats lose cents.",
        path="README.md",
        diff_hunk="@@ -1 +1 @@\n-# Hello\n+# Hello, all",
        author="hubot",
    )
    repository.add_review_comment(older.number, "Done.", path="README.md", author="mona", in_reply_to=remark.id)
    payload = next(p for p in webhooks.examples("pull_request") if p["action"] == "opened")
    done = world.step().run(payload, event="pull_request_target" if private else "pull_request")
    assert done.status == "ok", done.log
    assert "floats lose cents" in done.prompt
    assert "mona answered: Done." in done.prompt


def index(world: World) -> None:
    done = world.step().run(SCHEDULE, event="schedule", mode="index")
    assert done.status == "ok", done.log
