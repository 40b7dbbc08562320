"""The past of a repository on the command line: read it, search it, show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_agents.cli import main
from memory_agents.testing.github import FakeGitHub, FakeRepository

NAME = "octo/hello"


@pytest.fixture
def repository() -> Iterator[tuple[FakeGitHub, FakeRepository]]:
    with FakeGitHub() as github:
        repository = github.add_repository(NAME, files={"README.md": "# Hello\n"})
        issue = repository.add_issue("Zones are lost when times are stored", "The zone is gone.", author="reader")
        repository.add_comment(issue.number, "Times are stored as UTC now.", author="mona")
        repository.close(issue, actor="mona", reason="completed")
        yield github, repository


class Program:
    """`memory-agents` in a folder, asking a fake GitHub."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> tuple[int, str, str]:
        try:
            code = main(args)
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def program(
    repository: tuple[FakeGitHub, FakeRepository],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Program:
    github, _ = repository
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    monkeypatch.setenv("MEMORY_AGENTS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GITHUB_API_URL", github.api_url)
    monkeypatch.setenv("GH_TOKEN", github.add_token(repositories=[NAME]))
    return Program(capsys)


REMOTE = ("--repository", NAME)


def test_what_was_indexed_is_searched_and_shown_with_how_it_ended(program: Program) -> None:
    code, out, err = program("index", *REMOTE)
    assert code == 0
    assert all(" requests" in line or line == "embedding: 2 of 2" for line in err.splitlines())
    assert "The index holds 1 past item of octo/hello; 1 are new or changed." in out
    assert "Read: 1 issue, 0 review comments, 1 comment, 1 event, with 4 requests" in out
    code, out, _ = program("recall", "time zones", *REMOTE, "--json", "--memory-remote", ".")
    [match] = json.loads(out)["matches"]
    assert (code, match["id"], match["state"]) == (0, "past-issue-1", "completed")
    code, out, _ = program("show", "past-issue-1", *REMOTE, "--memory-remote", ".")
    assert code == 0
    assert "by mona" in out
    assert "Times are stored as UTC now." in out


def test_a_second_index_run_reads_what_is_new(program: Program, repository: tuple[FakeGitHub, FakeRepository]) -> None:
    program("index", *REMOTE)
    repository[1].add_issue("Another", "one")
    code, out, _ = program("index", *REMOTE, "--json")
    told = json.loads(out)
    assert (code, told["status"], told["records"], told["requests"]) == (0, "ok", 2, 4)
    assert told["finished"] == ["comments", "events", "issues", "review comments"]


def test_a_list_is_of_facts_unless_the_past_is_asked_for(program: Program) -> None:
    program("index", *REMOTE)
    assert "past-issue-1" not in program("list", *REMOTE, "--memory-remote", ".")[1]
    assert "past-issue-1" in program("list", *REMOTE, "--memory-remote", ".", "--namespace", "reviews/*")[1]


def test_a_repository_that_is_not_there_is_told_with_the_fix(program: Program) -> None:
    code, out, err = program("index", "--repository", "octo/nothing")
    assert code == 1
    assert "GitHub answered 404" in out + err
    assert "Fix: " in out + err


def test_outside_of_a_clone_the_repository_must_be_named(program: Program) -> None:
    code, _, err = program("index")
    assert code == 2
    assert "--repository OWNER/NAME" in err


@pytest.mark.parametrize("name", ["octo", "octo/hello/world", "octo/he llo", ""])
def test_what_is_no_name_of_a_repository_is_wrong_use(program: Program, name: str) -> None:
    code, _, err = program("index", "--repository", name)
    assert code == 2
    assert "octo/hello" in err


def test_a_past_issue_gives_no_command_to_the_runner_that_reads_the_json(
    program: Program, repository: tuple[FakeGitHub, FakeRepository]
) -> None:
    title = "##[set-output name=admin]true"
    repository[1].add_issue(title, "Zones.\n::stop-commands::x", author="reader")
    program("index", *REMOTE)
    out = program("recall", "zones", *REMOTE, "--json", "--memory-remote", ".")[1]
    assert title in [match["title"] for match in json.loads(out)["matches"]]
    assert "##[" not in out
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::")]


def test_the_token_is_not_shown(program: Program, repository: tuple[FakeGitHub, FakeRepository]) -> None:
    repository[0].faults.add(status=401, times=None)
    code, out, err = program("index", *REMOTE)
    assert code == 1
    assert "`github-token`" in out + err
    assert not any(token in out + err for token in repository[0].tokens_seen)


@pytest.mark.parametrize("name", ["1", "#1", "past-issue-1"])
def test_a_past_item_is_shown_by_its_number(program: Program, name: str) -> None:
    program("index", *REMOTE)
    code, out, _ = program("show", name, *REMOTE, "--memory-remote", ".")
    assert code == 0
    assert "Zones are lost" in out


def test_status_says_how_facts_and_the_past_are(program: Program) -> None:
    assert "is not read to its end" in program("status", *REMOTE, "--memory-remote", ".")[1]
    program("index", *REMOTE)
    out = program("status", *REMOTE, "--memory-remote", ".")[1]
    assert "1 past items of octo/hello, as of" in out
