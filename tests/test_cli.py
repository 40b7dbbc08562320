"""The command line as a person uses it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from memory_agents import __version__
from memory_agents.cli import main
from tests.repositories import BareRepository, fact

COMMANDS = [
    "run",
    "recall",
    "list",
    "show",
    "index",
    "eval",
    "status",
    "demo",
    "remember",
    "forget",
    "purge",
    "import",
    "init",
    "redact",
    "backup",
    "restore",
    "move",
]
FILES = {
    "codebase/conventions/tabs.md": fact("Indent with tabs, naïvely 🎉.", "aaaaaaaa"),
    "testing/patterns/tests.md": fact("Tests are written with pytest.", "bbbbbbbb"),
}


@dataclass(frozen=True)
class Shell:
    """A clone of a repository with a memory branch, and the program in it."""

    folder: Path

    def start(self, *args: str, **variables: str) -> subprocess.Popen[str]:
        state = {
            "MEMORY_AGENTS_STATE": str(self.folder / "state"),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "",  # what is written late must be seen to fail late
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "memory_agents", *args],
            cwd=self.folder / "clone",
            env={**os.environ, **state, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __call__(self, *args: str, **variables: str) -> tuple[int, str, str]:
        """Exit code, what it printed, what it complained of; never a traceback."""
        process = self.start(*args, **variables)
        out, err = process.communicate(timeout=30)
        assert "Traceback" not in out + err
        return process.returncode, out, err


class Program:
    """The same program without a process of its own: quick."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> tuple[int, str, str]:
        """Exit code, what it printed, what it complained of."""
        self._capsys.readouterr()
        try:
            code = main(args)
        except SystemExit as ended:
            assert isinstance(ended.code, int)  # noqa: PT017
            code = ended.code
        return code, *self._capsys.readouterr()


@pytest.fixture
def program(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    monkeypatch.chdir(shell.folder / "clone")
    monkeypatch.setenv("MEMORY_AGENTS_STATE", str(shell.folder / "state"))
    return Program(capsys)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    remote = BareRepository(tmp_path / "remote.git")
    remote.commit(FILES)
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "clone")], check=True)
    subprocess.run(["git", "-C", str(tmp_path / "clone"), "remote", "add", "origin", str(remote.path)], check=True)
    return Shell(tmp_path)


def test_memory_is_recalled_from_the_clones_origin(shell: Shell) -> None:
    code, out, err = shell("recall", "how to indent")
    assert (code, err) == (0, "")
    assert "aaaaaaaa  codebase/conventions  Indent with tabs, naïvely 🎉." in out


def test_a_program_reads_json(program: Program) -> None:
    code, out, _ = program("recall", "how to indent", "--json", "--top-k", "1")
    assert code == 0
    assert [found["id"] for found in json.loads(out)["matches"]] == ["aaaaaaaa"]
    assert {record["id"] for record in json.loads(program("list", "--json")[1])["records"]} == {"aaaaaaaa", "bbbbbbbb"}
    assert json.loads(program("show", "aaaaaaaa", "--json")[1])["text"] == "Indent with tabs, naïvely 🎉."
    assert json.loads(program("status", "--json")[1])["records"] == 2


def test_memory_is_listed_by_namespace_shown_and_checked(program: Program) -> None:
    assert program("list", "--namespace", "testing/*") == (
        0,
        "bbbbbbbb  testing/patterns  Tests are written with pytest.\n",
        "",
    )
    assert "Indent with tabs" in program("show", "aaaaaaaa")[1]
    code, out, _ = program("status")
    assert code == 0
    assert "2 records at commit" in out


def test_another_remote_and_branch_may_be_named(shell: Shell, program: Program) -> None:
    other = BareRepository(shell.folder / "other.git")
    other.commit({"own/a.md": fact("Elsewhere.", "dddddddd")}, branch="facts")
    code, out, _ = program("list", "--memory-remote", "../other.git", "--memory-branch", "facts")
    assert (code, out) == (0, "dddddddd  own  Elsewhere.\n")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["recall", " "], "QUERY"),
        (["recall", "x", "--namespace", "Not One"], "codebase/*"),
        (["recall", "x", "--top-k", "many"], "change --top-k"),
        (["recall", "x", "--min-score", "2"], "change --min-score"),
        (["show", "nothing-there"], "memory-agents list"),
        (["list", "--memory-remote", "ext::sh -c id"], "change --memory-remote"),
        (["list", "--memory-branch", "a..b"], "change --memory-branch"),
        (["list", "--provider", "floppy"], "change --provider"),
        (["list", "--provider", "chromadb"], "set `chroma-url` or CHROMADB_HOST"),
        (["list", "--provider", "chromadb", "--chroma-url", "chroma"], "change --chroma-url"),
        (["recall", "x", "--provider", "agentcore"], "set `agentcore-memory-id` or AGENTCORE_MEMORY_ID"),
        (["status", "--provider", "agentcore", "--agentcore-memory-id", "x"], "change --agentcore-memory-id"),
        (["remember", "x", "--provider", "agentcore", "--aws-region", "x"], "change --aws-region"),
        (["list", "--limit", "0"], "at least 1"),
        (["list", "--limit", "x"], "at least 1"),
        (["list", "--limit", "9" * 5000], "at least 1"),
        (["run"], "GITHUB_EVENT_NAME"),
        ([], "COMMAND"),
        (["forget-everything"], "recall"),
        (["show"], "ID"),
    ],
)
def test_wrong_use_is_exit_2_and_says_what_to_do(args: list[str], told: str, program: Program) -> None:
    code, out, err = program(*args)
    assert (code, out) == (2, "")
    assert told in err


def test_a_wrong_variable_is_named_and_an_option_goes_before_it(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_PROVIDER", "floppy")
    code, _, err = program("list")
    assert code == 2
    assert err.endswith("Fix: correct or unset MEMORY_PROVIDER\n")
    assert program("list", "--provider", "git")[0] == 0


def test_memory_that_cannot_be_reached_is_exit_1_with_the_fix(shell: Shell, program: Program) -> None:
    code, _, err = program("list", "--memory-remote", str(shell.folder / "none.git"))
    assert code == 1
    assert "Fix: " in err
    code, out, _ = program("status", "--memory-remote", str(shell.folder / "none.git"))
    assert code == 1
    assert "Fix: " in out


def test_a_state_folder_that_cannot_be_written_is_named(
    shell: Shell, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.folder / "file").write_text("in the way")
    monkeypatch.setenv("MEMORY_AGENTS_STATE", str(shell.folder / "file"))
    code, _, err = program("list")
    assert code == 1
    assert "MEMORY_AGENTS_STATE" in err


def test_outside_of_a_repository_the_fix_is_named(shell: Shell, program: Program) -> None:
    (shell.folder / "clone" / ".git").rename(shell.folder / "moved")
    code, _, err = program("list")
    assert code == 2
    assert "run inside a clone" in err


def test_a_terminal_that_knows_few_characters_gets_the_rest_replaced(shell: Shell) -> None:
    code, out, err = shell("list", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (code, err) == (0, "")
    assert "Indent with tabs, na" in out


@pytest.mark.parametrize("args", [["list"], ["list", "--json"], ["demo", "--plain"]])
def test_a_reader_that_goes_early_is_left_quietly(args: list[str], shell: Shell) -> None:
    process = shell.start(*args)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=30)


def test_the_demo_shows_the_summary_and_the_prompt_of_a_real_event(shell: Shell) -> None:
    code, out, err = shell("demo", "--plain")
    assert (code, err) == (0, "")
    assert "== Step summary (Markdown)" in out
    assert "### memory-agents: ok" in out
    assert "== Prompt, for the agent step that follows" in out
    assert "<untrusted-" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: memory-agents {command}")


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    assert [command for command in COMMANDS if f"\n    {command} " not in listed] == []


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"{__version__}\n"
