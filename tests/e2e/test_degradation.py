"""Whatever happens to memory, the step is green, says what happened and how to mend it, and gives a usable prompt."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from memory_agents.demo import show
from tests import offline, webhooks
from tests.e2e.conftest import World, bundled_memory
from tests.e2e.step import Done

EVENT = next(payload for payload in webhooks.examples("issues") if payload["action"] == "opened")
FACT = "`README.md` is generated from"
BROKEN_FACT = "---\nid: f0000001\ncreated_at: yesterday\n---\n\nSpelling error in the README file.\n"


def assert_usable(done: Done, status: str, *told: str) -> None:
    """Green, the status, a warning that holds every word of `told`, and a prompt with the issue in it."""
    assert done.exit_code == 0, done.log
    assert (done.status, done.outputs["action"]) == (status, "recalled")
    assert "Spelling error in the README file" in done.prompt
    assert "What is asked of you" in done.prompt
    for words in told:
        assert any(words in warning for warning in done.warnings), done.log
        assert "more of this kind" in words or words in re.sub(r"\\(.)", r"\1", done.summary)


def index_file(world: World) -> Path:
    [file] = world.step().state.glob("*/facts.sqlite3")
    return file


def test_all_is_well_without_a_warning(world: World) -> None:
    world.remember()
    done = world.step().run(EVENT)
    assert_usable(done, "ok")
    assert FACT in done.prompt
    assert done.warnings == []


def test_without_a_branch_memory_is_empty_and_the_summary_says_the_next_step(world: World) -> None:
    done = world.step().run(EVENT)
    assert_usable(done, "empty")
    assert "There are no facts yet on the branch `memory`. Next step" in done.summary


def test_a_remote_that_is_not_there_leaves_a_plain_prompt(world: World) -> None:
    done = world.step().run(EVENT, memory_remote="http://127.0.0.1:9/octo/memory.git")
    assert_usable(done, "degraded", "127.0.0.1:9", "Fix: check the host in `memory-remote`")


def test_a_remote_slower_than_the_deadline_is_left_behind(world: World) -> None:
    world.remember()
    world.github.faults.add("git", latency=20, times=None)
    started = time.monotonic()
    done = world.step().run(EVENT, timeout_seconds="1")
    assert_usable(done, "degraded", "within 1 seconds", "Fix: raise `timeout-seconds`")
    assert time.monotonic() - started < 15


class Drip(BaseHTTPRequestHandler):
    """Sends a byte now and then, so that no timeout of a connection ever ends it."""

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(300):
                self.wfile.write(b" ")
                time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_an_api_whose_answers_never_end_is_left_behind(world: World) -> None:
    world.remember()
    with ThreadingHTTPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started = time.monotonic()
        slow = {"GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}"}
        done = world.step().run(EVENT, variables=slow, timeout_seconds="2")
        took = time.monotonic() - started
        server.shutdown()
    assert_usable(done, "degraded", "within 2 seconds")
    assert took < 15


@pytest.mark.parametrize("damage", [b"not a database at all " * 500, None], ids=["noise", "torn"])
def test_a_corrupt_index_is_made_anew(world: World, damage: bytes | None) -> None:
    world.remember()
    world.step().run(EVENT)
    file = index_file(world)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2] if damage is None else damage)
    done = world.step().run(EVENT)
    assert_usable(done, "ok", "index was")
    assert FACT in done.prompt


def test_an_index_of_an_older_version_is_made_anew(world: World) -> None:
    world.remember()
    world.step().run(EVENT)
    with sqlite3.connect(index_file(world)) as connection:
        connection.execute("UPDATE meta SET value = '0 ' || value WHERE key = 'format'")
        assert connection.total_changes == 1
    connection.close()
    done = world.step().run(EVENT)
    assert_usable(done, "ok", "index was", "format")
    assert FACT in done.prompt


def test_a_token_without_contents_read_names_the_permissions_line(world: World) -> None:
    world.remember()
    world.github.faults.add(status=403, times=None)
    done = world.step().run(EVENT)
    assert_usable(done, "unavailable", "GitHub answered 403", "Fix: add `permissions: contents: read` to the job")


def test_a_refused_configuration_does_not_stop_memory_that_is_elsewhere(world: World) -> None:
    world.remember()
    world.github.faults.add("GET /repos", status=403, times=None)
    done = world.step().run(EVENT)
    assert_usable(done, "degraded", "The default settings and templates are used", "`permissions: contents: read`")
    assert FACT in done.prompt


def test_being_rate_limited_says_that_it_passes(world: World) -> None:
    world.remember()
    world.github.faults.add(status=429, times=None)
    done = world.step().run(EVENT)
    assert_usable(done, "unavailable", "GitHub answered 429", "Fix: run again when the rate limit is over")


def test_a_primary_rate_limit_is_not_taken_for_a_missing_permission(world: World) -> None:
    world.remember()
    world.github.faults.add("GET /repos", status=403, limit="primary", times=None)
    done = world.step().run(EVENT)
    assert_usable(done, "degraded", "Fix: run again when the rate limit is over")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_leaves_a_plain_prompt(world: World, status: int) -> None:
    world.remember()
    world.github.faults.add(status=status, times=None)
    done = world.step().run(EVENT)
    assert_usable(done, "unavailable", f"GitHub answered {status}", f"error: {status}")


def test_a_cut_connection_leaves_a_plain_prompt(world: World) -> None:
    world.remember()
    world.github.faults.add(cut=True, times=None)
    assert_usable(world.step().run(EVENT), "unavailable", "could not be reached")


def test_a_failing_server_after_a_good_run_falls_back_on_the_copy_of_that_run(world: World) -> None:
    world.remember()
    world.step().run(EVENT)
    world.github.faults.add("git", status=500, times=None)
    done = world.step().run(EVENT)
    assert_usable(done, "degraded", "What an earlier run brought is used")
    assert FACT in done.prompt


def test_a_provider_whose_extra_is_missing_names_the_command_that_installs_it(world: World) -> None:
    temporary = world.folder / "temporary"
    prepared = subprocess.run(
        [sys.executable, "-I", offline.ROOT / "src" / "memory_agents" / "bootstrap.py"],
        env={
            **os.environ,
            **offline.environment(),
            "GITHUB_EVENT_NAME": "issues",
            "GITHUB_EVENT_PATH": str(show.HERE / "event.json"),
            "GITHUB_OUTPUT": str(world.folder / "prepared"),
            "RUNNER_TEMP": str(temporary),
        },
        check=False,
        capture_output=True,
    )
    assert prepared.returncode == 0, prepared.stdout
    outputs = dict(line.split("=", 1) for line in (world.folder / "prepared").read_text().splitlines())
    done = world.step().run(EVENT, python=outputs["python"], provider="chromadb", chroma_url="http://127.0.0.1:9")
    assert_usable(done, "degraded", "`provider: chromadb` is not installed", "pip install 'memory-agents[chromadb]'")


def test_a_broken_fact_file_is_named_with_its_line_and_the_others_are_recalled(world: World) -> None:
    world.remember()
    world.remember({"codebase/conventions/broken.md": BROKEN_FACT})
    for _ in range(2):  # the second run finds it in the index, unread
        done = world.step().run(EVENT)
        assert_usable(done, "degraded", "codebase/conventions/broken.md:3: `created_at` is not a date")
        assert FACT in done.prompt


def test_a_private_memory_is_not_told_of_in_the_log_or_the_summary(world: World) -> None:
    private = world.github.add_repository("octo/memory", private=True)
    files = {f"codebase/patterns/project-falcon-{n}.md": f"---\nceo: {n}\n---\nText.\n" for n in range(7)}
    private.commit_files({**bundled_memory(), **files}, branch="memory")
    token = world.github.add_token(permissions={"contents": "read"}, repositories=["octo/memory"])
    done = world.step().run(EVENT, memory_remote=world.github.git_url(private), memory_token=token)
    assert_usable(done, "degraded", "Skipped p", "2 more of this kind")
    assert FACT in done.prompt
    for word in ("falcon", "ceo", "README"):
        assert word not in done.log + done.summary
    assert len(done.warnings) == 6


def test_a_token_for_memory_is_not_sent_over_http(world: World) -> None:
    done = world.step().run(EVENT, memory_remote="http://memory.example/octo/m.git", memory_token="t")
    assert_usable(done, "degraded", "`memory-token` is not sent over http", "as an https URL")


def test_a_repositorys_name_is_not_taken_for_a_path(world: World) -> None:
    done = world.step().run(EVENT, memory_remote="octo/memory")
    assert_usable(done, "degraded", "write https://github.com/octo/memory")


def test_facts_of_any_folder_are_recalled(world: World) -> None:
    world.remember({"docs/style/readme.md": "Spelling in the README file follows British English.\n"})
    done = world.step().run(EVENT)
    assert_usable(done, "ok")
    assert "British English" in done.prompt


def test_an_invalid_configuration_is_named_with_its_line_and_defaults_are_used(world: World) -> None:
    world.remember()
    world.repository.commit_files({".github/memory-agents.yml": "# ours\ntop-k: many\n"})
    done = world.step().run(EVENT)
    assert_usable(done, "ok", ".github/memory-agents.yml:2: `top-k`", "The default settings are used")
    assert FACT in done.prompt


def test_an_invalid_template_is_named_with_its_line_and_ours_is_used(world: World) -> None:
    world.remember()
    world.repository.commit_files({".github/memory-agents/prompts/issue.md.j2": "Hello\n{{ isue.number }}\n"})
    done = world.step().run(EVENT)
    assert_usable(done, "ok", ".github/memory-agents/prompts/issue.md.j2:2: 'isue' is undefined")
    assert FACT in done.prompt


def test_a_template_that_is_not_there_is_named_and_the_events_own_is_used(world: World) -> None:
    done = world.step().run(EVENT, template="triage")
    assert_usable(done, "empty", "There is no template triage.md.j2", "add .github/memory-agents/prompts/triage.md.j2")
