"""A repository's own duplicates on the command line: asked by an index run, and by `memory-agents eval --calibrate`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory_agents.operations import progress
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.command_line import Clone

NAME = "octo/hello"
REMOTE = ("--repository", NAME)
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def repository() -> Iterator[tuple[FakeGitHub, FakeRepository]]:
    with FakeGitHub() as github:
        yield github, github.add_repository(NAME, files={"README.md": "# Hello\n"})


@pytest.fixture
def program(
    repository: tuple[FakeGitHub, FakeRepository],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Clone:
    clone = Clone(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("GITHUB_API_URL", repository[0].api_url)
    monkeypatch.setenv("INPUT_DENSE", "false")  # which takes its time
    monkeypatch.setenv("GH_TOKEN", repository[0].add_token(repositories=[NAME]))
    return clone


def add_duplicates(repository: FakeRepository, count: int) -> None:
    """Pairs of issues with words of their own; people say of the later of each that it is a duplicate."""
    for at in range(count):
        day = AT + timedelta(days=at)
        title = f"The wheel{at} crashes, grease{at} is there"
        first = repository.add_issue(f"Crash of wheel{at} with grease{at}", created_at=day)
        second = repository.add_issue(title, created_at=day + timedelta(hours=1))
        repository.add_comment(second.number, f"Duplicate of #{first.number}", author="mona", created_at=day)
        repository.close(second, actor="mona", reason="duplicate", at=day + timedelta(hours=2))


def test_an_index_run_that_reads_enough_duplicates_tells_what_they_say(
    program: Clone, repository: tuple[FakeGitHub, FakeRepository]
) -> None:
    add_duplicates(repository[1], 40)
    code, out, err = program("index", *REMOTE)
    assert code == 0, err
    assert "28 of its own duplicates chose that, the 12 newest were held against it." in out
    assert "An earlier one is among the best 1: 1.000 [1.000, 1.000]" in out
    again = json.loads(program("index", *REMOTE, "--json")[1])
    assert again["calibration"] is None, "nothing changed"


def test_an_index_run_tells_how_far_the_calibration_is(
    program: Clone, repository: tuple[FakeGitHub, FakeRepository], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.0)
    add_duplicates(repository[1], 30)
    _, out, err = program("index", *REMOTE)
    assert "issues asked: 30 of 30" in out + err


def test_with_few_duplicates_an_index_run_says_nothing_of_them(
    program: Clone, repository: tuple[FakeGitHub, FakeRepository]
) -> None:
    add_duplicates(repository[1], 3)
    out = program("index", *REMOTE)[1]
    assert "duplicates" not in out
    code, out, _ = program("eval", "--calibrate", *REMOTE)
    assert code == 0
    assert "3 past issues of octo/hello are known to be duplicates of an earlier one; it takes 30" in out


def test_calibrating_prints_the_figures_and_writes_the_report(
    program: Clone, repository: tuple[FakeGitHub, FakeRepository], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INPUT_DENSE", "true")
    add_duplicates(repository[1], 40)
    program("index", *REMOTE)
    code, out, err = program("eval", "--calibrate", *REMOTE, "--report", "report.html", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["duplicates"], told["older"], told["newer"]) == (40, 28, 12)
    assert 0 < told["cut_off"] < 1
    assert told["recall@1"] == told["recall"] == 1.0
    assert told["precision"] >= 0.5
    assert told["notices"] == []
    report = (program.folder / "report.html").read_text()
    assert "<svg" in report
    assert f"{told['cut_off']:.3f}" in report


def test_what_people_set_apart_on_the_branch_is_no_duplicate(
    program: Clone, repository: tuple[FakeGitHub, FakeRepository]
) -> None:
    add_duplicates(repository[1], 31)
    program.remote.commit({"meta/not-duplicates/1-2.yml": "", "meta/not-duplicates/3-4.yml": ""}, branch="memory")
    program("index", *REMOTE)
    told = json.loads(program("eval", "--calibrate", *REMOTE, "--json")[1])
    assert (told["duplicates"], told["cut_off"]) == (29, None)


def test_memory_that_does_not_answer_is_told_and_the_rest_goes_on(
    program: Clone, repository: tuple[FakeGitHub, FakeRepository], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_duplicates(repository[1], 30)
    program.git("remote", "set-url", "origin", str(program.folder / "nowhere"))
    code, out, err = program("index", *REMOTE)
    assert code == 0
    assert "What people said are no duplicates is not known." in err
    assert "21 of its own duplicates chose that" in out


def test_a_calibration_that_fails_leaves_the_report_that_was_there(program: Clone) -> None:
    report = program.folder / "report.html"
    report.write_text("before")
    assert program("eval", "--calibrate", *REMOTE, "--report", "report.html")[0] == 2
    assert report.read_text() == "before"
    assert [path.name for path in program.folder.glob("*report*")] + [*program.folder.glob(".report*")] == [
        "report.html"
    ]


def test_a_past_that_was_not_read_is_told_with_the_fix(program: Clone) -> None:
    code, _, err = program("eval", "--calibrate", *REMOTE)
    assert code == 2
    assert "The past of octo/hello is not read yet. Fix: run `memory-agents index` first" in err


@pytest.mark.parametrize("also", [("--docs", "d"), ("--queries", "q"), ("--run-file", "r")])
def test_calibrating_and_a_corpus_do_not_go_together(program: Clone, also: tuple[str, ...]) -> None:
    code, _, err = program("eval", "--calibrate", *REMOTE, *also)
    assert code == 2
    assert "are about this repository's own past" in err


def test_a_report_is_of_a_calibration_alone(program: Clone) -> None:
    assert program("eval", "--report", "r.html")[0] == 2
    assert not (program.folder / "r.html").exists()


def test_a_report_that_cannot_be_written_is_told_before_the_work(program: Clone) -> None:
    code, _, err = program("eval", "--calibrate", *REMOTE, "--report", "no/r.html")
    assert code == 2
    assert "no/r.html cannot be written" in err
