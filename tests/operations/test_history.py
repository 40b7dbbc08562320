"""An index run under limits, refusals, death and damage; and what it tells."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory_agents.core.history import Stream
from memory_agents.edges.github import history as edge
from memory_agents.errors import GitHubFailure, MemoryUnreachable
from memory_agents.memory.history import reading
from memory_agents.memory.index import database
from memory_agents.operations import history, history_report
from memory_agents.operations.history import Reading
from memory_agents.operations.progress import Progress, ProgressTeller, drawn, said
from tests.memory.history.project import LISTS, Between, Killed, Project, assert_in_step, fill, project_in

PAGE = 10
COMMENTS = "/repos/octo/hello/issues/comments"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as running:
        yield running


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_PER_PAGE", PAGE)
    monkeypatch.setattr(reading, "PAGE_ROWS", PAGE)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for; none takes any time."""
    asked: list[float] = []
    sleep = asyncio.sleep

    async def wait(seconds: float) -> None:
        asked.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", wait)
    return asked


def grow(project: Project, issues: int = 30) -> None:
    """Issues that need several small pages of each list but the review comments."""
    for at in range(issues):
        project.clock.tick(minutes=2)
        issue = project.add_issue(f"Crash {at}")
        project.comment(issue.number, f"Seen {at} times", author="mona")
        project.close(issue)


# Limits


async def test_the_last_requests_of_the_rate_limit_are_left_to_others(project: Project, small_pages: None) -> None:
    grow(project)
    project.fake.rate_limit_remaining = 203
    done = await project.index()
    assert (project.fake.rate_limit_remaining, done.requests, done.status) == (200, 3, "degraded")
    assert "200 requests of the rate limit are left" in done.stopped
    assert "The next run goes on from here" in history_report.told(done)
    again = await project.index()  # one request, to see that nothing has changed
    assert (again.requests, project.fake.rate_limit_remaining) == (1, 199)
    project.fake.rate_limit_remaining = 5_000
    assert (await project.index()).status == "ok"
    assert_in_step(project)


async def test_a_run_ends_where_no_request_is_left(project: Project, waits: list[float]) -> None:
    fill(project)
    project.fake.faults.add(COMMENTS, status=403, limit="primary")
    done = await project.index()
    assert (done.stopped, done.finished, waits) == (
        "no request of the rate limit is left",
        {Stream.ISSUES, Stream.REVIEWS},
        [],
    )
    assert (await project.index()).is_complete
    assert_in_step(project)


async def test_github_is_given_the_time_that_it_asks_for(project: Project) -> None:
    fill(project)
    project.fake.faults.add(COMMENTS, status=429, retry_after=1)
    start = time.monotonic()
    done = await project.index()
    assert 1 <= time.monotonic() - start < 5
    assert (done.is_complete, done.requests) == (True, len(LISTS) + 1)
    assert [progress.waits for progress in project.told if progress.waits] == [1]
    assert_in_step(project)


async def test_where_a_secondary_limit_names_no_time_the_waits_begin_at_a_minute(
    project: Project, waits: list[float]
) -> None:
    fill(project)
    left = 2

    def refuse(_: Stream) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise GitHubFailure("Slow down.", status=403, is_passing=True, limit="secondary")

    done = await project.index(seconds=900, through=lambda source: Between(source, before=refuse))
    assert (done.is_complete, waits) == (True, [60, 120])


@pytest.mark.parametrize("fault", [{"status": 502}, {"cut": True}])
async def test_what_may_pass_is_tried_again(project: Project, waits: list[float], fault: dict[str, Any]) -> None:
    fill(project)
    project.fake.faults.add(COMMENTS, times=4, **fault)
    done = await project.index()
    assert (done.status, waits, done.requests) == ("ok", [1, 2, 4, 8], len(LISTS) + 4)
    assert_in_step(project)


async def test_a_page_that_does_not_come_is_asked_for_again(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_PAGE_SECONDS", 0.5)
    fill(project)
    project.fake.faults.add("GET /repos/octo/hello/issues", latency=3)
    assert (await project.index()).is_complete
    assert waits == [1.0]


async def test_after_five_times_a_list_is_left_to_the_next_run(project: Project, waits: list[float]) -> None:
    fill(project)
    project.fake.faults.add(COMMENTS, times=5, status=503)
    done = await project.index()
    assert (done.status, done.finished) == ("degraded", set(Stream) - {Stream.COMMENTS})
    assert [notice.partial for notice in done.notices] == [True]
    assert "503" in str(done.notices[0])
    assert (await project.index()).is_complete
    assert_in_step(project)


async def test_a_wait_longer_than_the_run_ends_it(project: Project, waits: list[float]) -> None:
    fill(project)
    project.fake.faults.add(COMMENTS, status=429, retry_after=100)
    done = await project.index(seconds=50)
    assert (waits, done.is_complete) == ([], False)
    assert "wait 100 seconds" in done.stopped


async def test_a_run_ends_in_time(project: Project, small_pages: None) -> None:
    grow(project)
    project.fake.faults.add("/repos", times=None, latency=0.1)
    start = time.monotonic()
    done = await project.index(seconds=0.35)
    assert time.monotonic() - start < 2
    assert (done.status, "has run for" in done.stopped) == ("degraded", True)
    project.fake.faults.clear()
    await project.index()
    assert_in_step(project)


async def test_a_list_that_the_token_may_not_read_leaves_the_others(tmp_path: Path) -> None:
    with project_in(tmp_path, private=True) as project:
        fill(project)
        project.token = project.fake.add_token(permissions={"contents": "read", "issues": "read"})
        done = await project.index()
        assert done.finished == set(Stream) - {Stream.REVIEWS}
        assert (done.status, len(done.notices)) == ("degraded", 1)
        assert "pull-requests: read" in done.notices[0].fix
        assert done.records == len(project.repository.issues)


async def test_a_token_that_is_none_says_so(project: Project) -> None:
    fill(project)
    project.token = "no-such-token"
    done = await project.index()
    assert (done.status, done.read, done.is_worth_saving) == ("unavailable", {}, False)
    assert all("valid" in notice.fix for notice in done.notices)
    assert history_report.answer(done).code == 1


# Death


async def test_a_run_that_is_killed_before_any_request_is_gone_on_with(
    project: Project, small_pages: None, tmp_path: Path
) -> None:
    grow(project, 15)
    total = (await project.index()).requests
    for killed_at in range(1, total + 1):
        project.folder = tmp_path / str(killed_at)
        left = killed_at

        def count(_: Stream) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Killed

        with pytest.raises(Killed):
            await project.index(through=lambda source: Between(source, before=count))
        resumed = await project.index()
        assert resumed.is_complete
        # Each list once more; of events what is new, and the page on which it was left.
        assert resumed.requests <= total - killed_at + 1 + len(LISTS) + 2
        assert_in_step(project)


RUN = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from memory_agents.edges.github import history as edge
from memory_agents.edges.github.api import GitHubApi
from memory_agents.memory.history import files, reading
from memory_agents.operations import history

edge._PER_PAGE = reading.PAGE_ROWS = 10
files.BATCH = 20
url, folder = sys.argv[1:]
source = edge.GitHubHistory(GitHubApi(api_url=url, token=""), "octo/hello")
clock = lambda: datetime(2026, 1, 2, tzinfo=UTC)
opened = files.HistoryFiles(Path(folder), "octo/hello")
asyncio.run(history.index(opened, source, seconds=60, whole=False, tell=lambda _: None, clock=clock))
"""


async def test_a_process_that_is_killed_loses_nothing(project: Project) -> None:
    grow(project, 150)
    killed = 0
    for milliseconds in (0, *random.sample(range(250), 5)):
        before = len(project.fake.requests)
        arguments = (sys.executable, "-c", RUN, project.fake.api_url, str(project.folder))
        process = await asyncio.create_subprocess_exec(*arguments)
        while len(project.fake.requests) == before and process.returncode is None:  # noqa: ASYNC110 -- another process asks
            await asyncio.sleep(0.001)
        await asyncio.sleep(milliseconds / 1_000)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        killed += await process.wait() == -signal.SIGKILL
        project.add_issue("Meanwhile")
    assert killed
    assert (await project.index()).is_complete
    assert_in_step(project)


# Damage


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def torn(path: Path) -> None:
    """Every other page but the first is overwritten."""
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 8192):
        data[start : start + 4096] = b"\xff" * len(data[start : start + 4096])
    path.write_bytes(bytes(data))


def strange_rows(path: Path) -> None:
    """Sound for SQLite, nonsense for us."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE rows SET row = '5'" if path.name.startswith("rows") else "UPDATE contents SET record = x'00'"
        )
    connection.close()


@pytest.mark.parametrize("name", ["rows.sqlite3", "index.sqlite3"])
@pytest.mark.parametrize("damage", [truncated, emptied, garbage, torn, strange_rows])
async def test_damaged_files_are_made_anew(project: Project, name: str, damage: Callable[[Path], None]) -> None:
    grow(project, 40)
    await project.index()
    damage(project.folder / name)
    project.close(project.add_issue("Later"))
    done = await project.index(whole=True)
    assert done.status == "ok"
    found = list(done.notices)
    async with project.reader(is_asking=False) as reader:
        await reader.list_records(limit=1_000)
        found += (await reader.get_info()).notices
    if damage is not emptied:  # like a file that is not there yet
        assert any("was built anew" in notice.text for notice in found)
    assert not any(notice.partial for notice in found)
    assert_in_step(project)


async def test_rows_that_turn_out_damaged_while_they_are_indexed_are_read_again(project: Project) -> None:
    grow(project, 40)
    await project.index()
    strange_rows(project.folder / "rows.sqlite3")
    (project.folder / "index.sqlite3").unlink()  # so that each row is needed
    done = await project.index()
    assert (done.is_complete, done.read[Stream.ISSUES], done.records) == (True, 40, 40)
    assert_in_step(project)


# What is told

PROGRESS = Progress(stream=Stream.COMMENTS, rows=1_200, expected=30_000, requests=12, requests_left=4_200)


def test_progress_is_a_sentence_with_readable_numbers() -> None:
    assert said(PROGRESS) == "comments: 1,200 of about 30,000, 12 requests (4,200 left)"
    waits = replace(PROGRESS, expected=0, requests_left=None, waits=60)
    assert said(waits) == "comments: 1,200, 12 requests; GitHub asks to wait 60 s"


def test_progress_is_a_bar_where_the_end_is_known() -> None:
    assert drawn(replace(PROGRESS, rows=15_000)).startswith(f"[{'#' * 12}{'.' * 12}] comments: 15,000")
    assert drawn(replace(PROGRESS, rows=40_000)).startswith(f"[{'#' * 24}] ")
    assert drawn(replace(PROGRESS, expected=0)) == said(replace(PROGRESS, expected=0))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_bar_redraws_itself_within_a_line_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = Terminal()
    tell = ProgressTeller(out)
    tell(PROGRESS)
    tell(replace(PROGRESS, rows=15_000, waits=60))
    tell.close()
    assert "\n" not in out.getvalue()
    drawings = out.getvalue().split("\r\x1b[2K")
    assert [len(each) < 60 for each in drawings] == [True] * 4
    assert [each[:1] for each in drawings] == ["", "[", "[", ""]


def test_in_a_log_a_line_is_told_now_and_then_and_every_wait_and_how_far_it_came() -> None:
    out = io.StringIO()
    tell = ProgressTeller(out)
    for rows in range(100, 1_100, 100):
        tell(replace(PROGRESS, rows=rows))
    tell(replace(PROGRESS, rows=1_100, waits=60))
    tell(replace(PROGRESS, rows=1_200))
    tell(replace(PROGRESS, rows=1_234))
    tell.close()
    assert out.getvalue().splitlines() == [
        "comments: 100 of about 30,000, 12 requests (4,200 left)",
        "comments: 1,100 of about 30,000, 12 requests (4,200 left); GitHub asks to wait 60 s",
        "comments: 1,234 of about 30,000, 12 requests (4,200 left)",
    ]


async def test_progress_knows_how_much_there_is_from_githubs_last_page(project: Project, small_pages: None) -> None:
    grow(project, 45)
    await project.index()
    for stream in (Stream.COMMENTS, Stream.EVENTS):
        told = [each for each in project.told if each.stream is stream]
        assert len(told) >= 5
        assert all(each.rows == 10 * (at + 1) or each.expected == 0 for at, each in enumerate(told))
        assert told[-1].expected == 0


DONE = Reading(
    repository="octo/hello",
    requests=1_131,
    requests_left=3_869,
    read={Stream.ISSUES: 12_000, Stream.REVIEWS: 10_000},
    changed=21_999,
    unreadable=1_000,
    finished={Stream.ISSUES},
    indexed=12_000,
    records=12_000,
    stopped="it has run for 900 seconds",
)


def test_a_person_reads_what_a_run_did() -> None:
    assert history_report.told(DONE).splitlines() == [
        "The index holds 12,000 past items of octo/hello; 12,000 are new or changed.",
        "Read: 12,000 issues, 10,000 review comments, with 1,131 requests; 3,869 of this hour are left.",
        "1,000 entries could not be read and were left out.",
        "Not complete yet: it has run for 900 seconds. The next run goes on from here.",
    ]
    assert "| issues | 12,000 | yes |\n| review comments | 10,000 | not yet |" in history_report.summary(DONE)


def test_a_program_reads_the_same_as_json() -> None:
    told = history_report.answer(DONE)
    assert told.code == 0
    assert told.value == {
        "repository": "octo/hello",
        "status": "degraded",
        "requests": 1_131,
        "requests_left": 3_869,
        "read": {"issues": 12_000, "review comments": 10_000},
        "finished": ["issues"],
        "unreadable": 1_000,
        "changed": 21_999,
        "indexed": 12_000,
        "embedded": 0,
        "records": 12_000,
        "stopped": "it has run for 900 seconds",
        "calibration": None,
        "notices": [],
    }


async def test_a_full_disk_ends_a_run_and_loses_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(project)
    await project.index()
    known = (project.folder / "rows.sqlite3").read_bytes()
    connect = database.connect

    def small(path: Path, *schema: Any) -> tuple[sqlite3.Connection, str]:
        connection, rebuilt = connect(path, *schema)
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection, rebuilt

    monkeypatch.setattr(database, "connect", small)
    project.add_issue("Large", body="x " * 3_000)
    project.add_issue("Larger", body="y " * 3_000)
    with pytest.raises(MemoryUnreachable, match="full"):
        await project.index()
    assert len((project.folder / "rows.sqlite3").read_bytes()) == len(known)
    monkeypatch.undo()
    await project.index()
    assert_in_step(project)


async def test_one_cause_is_told_once(project: Project) -> None:
    project.fake.faults.add(status=401, times=None)
    done = await project.index()
    assert (len(done.notices), done.requests) == (1, 1)
