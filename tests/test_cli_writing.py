"""Remembering and forgetting on the command line, from a clone to the branch of its origin."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.command_line import Clone

TOKEN = "ghp_" + "aB3dE5fG7h" * 4
ID = r"f[0-9a-f]{12}-[0-9a-f]{8}"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    return Clone(tmp_path, monkeypatch, capsys)


def remembered(clone: Clone, *args: str) -> str:
    """The id of a fact that is remembered."""
    code, out, err = clone("remember", *args, "--json")
    assert (code, err) == (0, "")
    [outcome] = json.loads(out)["outcomes"]
    return str(outcome["record"]["id"])


def test_a_fact_is_a_file_on_the_branch_and_its_commit_is_the_persons(clone: Clone) -> None:
    code, out, err = clone("remember", "Times are stored as UTC.")
    assert (code, err) == (0, "")
    [path] = clone.facts()
    assert re.fullmatch(
        rf"Remembered {ID} in codebase/conventions: Times are stored as UTC\.\n  file: {re.escape(path)}\nWritten .*\n",
        out,
    )
    assert clone.branch("show", f"memory:{path}").endswith("\n\nTimes are stored as UTC.\n")
    assert clone.branch("log", "-1", "--format=%an <%ae>", "memory") == "Mona <mona@example.com>\n"
    assert "Times are stored" in clone("list")[1]


def test_the_options_are_kept_with_the_fact(clone: Clone) -> None:
    first = remembered(clone, "Pin the versions.")
    options = ("--namespace", "dependencies", "--paths", "src/**", "--paths", "tests/**", "--expires", "90d")
    second = remembered(clone, "Pin all versions by hash.", *options, "--replaces", first)
    told = json.loads(clone("show", second, "--json")[1])
    assert (told["namespace"], told["paths"], told["replaces"]) == (
        "codebase/dependencies",
        ["src/**", "tests/**"],
        first,
    )
    left = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)
    assert clone("show", first)[0] == 2
    assert f"  [until {told['expires_at'][:10]}]" in clone("list")[1]


def test_a_fact_may_come_from_standard_input_with_all_its_lines(clone: Clone) -> None:
    code, _, _ = clone("remember", "-", stdin="Two rules:\n\n- one\n- two\n")
    assert code == 0
    [path] = clone.facts()
    assert clone.branch("show", f"memory:{path}").endswith("\n\nTwo rules:\n\n- one\n- two\n")


def test_standard_input_that_is_no_text_is_told(clone: Clone) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-X", "utf8", "-m", "memory_agents", "remember", "-"],
        input=b"\xff\xfe",
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"UTF-8" in done.stderr


def test_what_is_known_is_not_kept_twice_and_its_id_is_told(clone: Clone) -> None:
    first = remembered(clone, "Times are stored as UTC.")
    code, out, _ = clone("remember", "times are stored as UTC")
    assert code == 0
    assert out == f"This is remembered already: {first}  codebase/conventions  Times are stored as UTC.\n"
    assert len(clone.facts()) == 1


def test_other_facts_on_the_matter_are_named(clone: Clone) -> None:
    first = remembered(clone, "Times are stored as UTC.")
    code, out, _ = clone("remember", "Times are stored in the zone of the server.")
    assert code == 0
    assert f"  see also: {first}  codebase/conventions  Times are stored as UTC.\n" in out


def test_a_secret_reaches_neither_the_branch_nor_the_screen(clone: Clone) -> None:
    code, out, err = clone("remember", f"Deploy with the token {TOKEN} from the vault.")
    assert (code, err) == (0, "")
    assert "  redacted: " in out
    assert "[REDACTED:" in out
    everything = clone.branch("log", "--all", "--patch", "--format=%B")
    assert TOKEN not in out + everything


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(clone: Clone) -> None:
    code, out, _ = clone("remember", "Times are stored as UTC.", "--dry-run")
    assert code == 0
    assert out.startswith("Would have remembered f")
    assert out.endswith("\nDry run: nothing was changed.\n")
    assert not clone.has_branch()
    first = remembered(clone, "Times are stored as UTC.")
    code, out, _ = clone("forget", first, "--dry-run")
    assert (code, out) == (0, f"Would have forgotten {first} in codebase/conventions.\nDry run: nothing was changed.\n")
    assert len(clone.facts()) == 1


def test_a_fact_is_taken_back(clone: Clone) -> None:
    first, second = remembered(clone, "Indent with tabs."), remembered(clone, "Tests are quick.")
    code, out, err = clone("forget", first)
    assert (code, out.partition("Written")[0], err) == (0, f"Forgot {first} in codebase/conventions.\n", "")
    assert clone("list")[1].startswith(second)
    assert len(clone.facts()) == 1


def test_what_cannot_be_forgotten_is_named_and_the_rest_is_forgotten(clone: Clone) -> None:
    first = remembered(clone, "Indent with tabs.")
    code, out, _ = clone("forget", first, "fffffffffffff-1", "--json")
    assert code == 2
    assert [outcome["outcome"] for outcome in json.loads(out)["outcomes"]] == ["forgotten", "unknown"]
    assert clone.facts() == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["remember", " "], "TEXT"),
        (["remember", "x", "--namespace", "Not One"], "codebase/conventions"),
        (["remember", "x", "--namespace", "reviews/issues"], "holds no facts"),
        (["remember", "x", "--namespace", "meta/forgotten"], "holds no facts"),
        (["remember", "x", "--expires", "soon"], "90d"),
        (["remember", "x", "--expires", "2020-01-31"], "past"),
        (["remember", "x", "--paths", "../secret"], "paths"),
        (["remember", "x", "--replaces", "Not an id"], "id"),
        (["remember"], "TEXT"),
        (["forget"], "ID"),
    ],
)
def test_wrong_use_is_exit_2_says_what_to_do_and_writes_nothing(args: list[str], told: str, clone: Clone) -> None:
    code, out, err = clone(*args)
    assert (code, out) == (2, "")
    assert told in err
    assert not clone.has_branch()


def test_a_fact_that_replaces_nothing_is_refused(clone: Clone) -> None:
    code, out, err = clone("remember", "Indent with tabs.", "--replaces", "f0123456789ab-1")
    assert (code, out) == (2, "")
    assert "f0123456789ab-1" in err
    assert "Fix: " in err
    assert not clone.has_branch()


def test_a_remote_that_refuses_the_push_is_exit_1_and_nothing_is_lost(clone: Clone) -> None:
    hook = clone.remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    code, out, err = clone("remember", "Indent with tabs.")
    assert (code, out) == (1, "")
    assert "Fix: " in err
    assert not clone.has_branch()


def test_a_remote_that_is_not_there_is_exit_1_with_the_fix(clone: Clone) -> None:
    code, out, err = clone("remember", "Indent with tabs.", "--memory-remote", str(clone.folder / "none.git"))
    assert (code, out) == (1, "")
    assert "Fix: " in err


def test_facts_written_from_the_machine_are_the_maintainers(clone: Clone) -> None:
    first = remembered(clone, "Indent with tabs.")
    assert json.loads(clone("show", first, "--json")[1])["trust"] == "maintainer"


def test_a_purge_says_what_it_rewrites_and_asks_first(clone: Clone) -> None:
    first = remembered(clone, "The door code is 1234.")
    second = remembered(clone, "Tests are quick.")
    clone("forget", first)
    before = clone.branch("rev-parse", "memory")
    for args, typed in ((("--dry-run",), None), ((), "n\n"), ((), "\n")):
        code, out, _ = clone("purge", first, *args, typed=typed)
        assert code == 0
        assert f"{first} is taken out of " in out
        assert "Out of reach:\n- clones and forks" in out
    assert clone("purge", first)[0] == 2
    assert clone("purge", first, "--json", typed="y\n")[0] == 2
    assert clone.branch("rev-parse", "memory") == before
    code, out, err = clone("purge", first, typed="y\n")
    assert (code, err) == (0, "")
    assert f"{first} is in no commit of branch memory" in out
    assert "door code" not in clone.branch("log", "--patch", "memory")
    assert clone("list")[1].startswith(second)


def test_a_program_purges_with_yes_and_is_told_what_was_done(clone: Clone) -> None:
    first = remembered(clone, "The door code is 1234.")
    planned = json.loads(clone("purge", first, "--json", "--dry-run")[1])
    assert (planned["dry_run"], planned["head"], len(planned["paths"])) == (True, "", 1)
    done = json.loads(clone("purge", first, "--json", "--yes")[1])
    assert (done["dry_run"], done["head_before"]) == (False, planned["head_before"])
    assert done["head"] == clone.branch("rev-parse", "memory").strip()
    assert json.loads(clone("list", "--json")[1])["records"] == []


def test_what_never_was_there_cannot_be_purged(clone: Clone) -> None:
    remembered(clone, "Tests are quick.")
    code, out, err = clone("purge", "f0123456789ab-9", "--yes")
    assert (code, out) == (2, "")
    assert "memory-agents list" in err


def test_a_filter_keeps_every_byte_that_is_no_secret() -> None:
    given = b"line\r\n\xff\xfe\0 caf\xc3\xa9 " + TOKEN.encode() + b" end\n\n"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "memory_agents", "redact"], input=given, capture_output=True, check=False
    )
    before, _, after = done.stdout.partition(b"[REDACTED:")
    assert (done.returncode, done.stderr) == (0, b"")
    assert before == given[: given.index(b"ghp_")]
    assert after.endswith(b"] end\n\n")


def test_a_program_is_told_where_secrets_were_but_not_which() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "memory_agents", "redact", "--json"],
        input=f"key {TOKEN} end".encode(),
        capture_output=True,
        check=False,
    )
    told = json.loads(done.stdout)
    assert TOKEN not in done.stdout.decode()
    assert [(found["start"], found["end"]) for found in told["findings"]] == [(4, 4 + len(TOKEN))]
    assert told["text"].startswith("key [REDACTED:")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--expires", "tomorrow"], "--expires 90d"),
        (["--expires", "2020-01-31"], "--expires 90d"),
        (["--replaces", "nope!"], "`memory-agents list`"),
        (["--replaces", "f0123456789ab-1"], "`memory-agents list`"),
        (["--paths", "../x"], "--paths 'src/api/**'"),
    ],
)
def test_an_option_is_corrected_in_the_words_of_the_command_line(args: list[str], told: str, clone: Clone) -> None:
    code, out, err = clone("remember", "Indent with tabs.", *args)
    assert code == 2
    assert (out + err).startswith("memory-agents: ")
    assert told in out + err
    assert "/memories" not in out + err


def test_each_write_says_where_it_was_kept_without_an_origin_too(clone: Clone) -> None:
    clone.git("remote", "remove", "origin")
    code, out, _ = clone("remember", "Indent with tabs.")
    place = f"Written to branch memory of {clone.folder}\n"
    assert code == 0
    assert out.endswith(place)
    [record] = json.loads(clone("list", "--json")[1])["records"]
    assert clone("remember", "Indent with tabs.")[1].count(place) == 0
    assert clone("forget", record["id"])[1].endswith(place)


def test_what_cannot_be_forgotten_is_told_like_any_error(clone: Clone) -> None:
    clone("remember", "Indent with tabs.")
    [known] = [record["id"] for record in json.loads(clone("list", "--json")[1])["records"]]
    code, out, err = clone("forget", known, "f0123456789ab-1")
    assert (code, out.splitlines()[0]) == (2, f"Forgot {known} in codebase/conventions.")
    assert err.startswith("memory-agents: There is no fact 'f0123456789ab-1'. Fix: ")
    assert clone("forget", "f0123456789ab-1")[1] == ""


def test_a_namespace_that_is_new_is_noted_once(clone: Clone) -> None:
    clone.write(".github/memory-agents.yml", "namespaces: [codebase/releases]\n")
    args = ("remember", "--namespace")
    assert clone(*args, "codebase/releases", "Tag each release.")[2] == ""
    assert clone(*args, "releases", "Sign each tag.")[2] == ""
    code, _, err = clone(*args, "codebase/relases", "Write a changelog entry.")
    assert code == 0
    assert err.startswith("note: codebase/relases is a new namespace, which begins here. Fix: ")
    assert clone(*args, "codebase/relases", "Bump the version by hand.")[2] == ""


@pytest.mark.parametrize(
    "args",
    [
        ["list"],
        ["status"],
        ["recall", "x"],
        ["show", "f0123456789ab-1"],
        ["remember", "x"],
        ["forget", "x"],
        ["purge", "x", "--yes"],
        ["init", "--yes"],
        ["index"],
    ],
)
def test_outside_of_a_repository_every_command_is_wrong_use(
    args: list[str], clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, _, err = clone(*args)
    assert code == 2
    assert "Fix: run" in err


def test_what_was_replaced_names_what_took_its_place(clone: Clone) -> None:
    first = remembered(clone, "Pin the versions.")
    second = remembered(clone, "Pin all versions by hash.", "--replaces", first)
    code, _, err = clone("show", first)
    assert code == 2
    assert f"it was replaced by {second}. Fix: memory-agents show {second}" in err


def test_a_record_is_shown_for_a_person(clone: Clone) -> None:
    first = remembered(clone, "Pin the versions.", "--expires", "90d")
    _, out, _ = clone("show", first)
    assert "approved: yes\n" in out
    assert re.search(r"^created_at: [-0-9]{10}T[:0-9]{8}\+00:00$", out, re.MULTILINE)


def test_the_status_for_a_program_has_what_is_public_only(clone: Clone) -> None:
    clone.remote.commit({"own/a.md": b"\xff"})
    told = json.loads(clone("status", "--json")[1])
    assert set(told) == {"ok", "provider", "location", "records", "version", "detail", "notices"}
    assert {key for notice in told["notices"] for key in notice} <= {"text", "fix"}


@pytest.mark.parametrize("provider", ["chromadb", "agentcore"])
def test_only_a_branch_can_be_purged_and_elsewhere_forgetting_is_enough(clone: Clone, provider: str) -> None:
    code, out, err = clone("purge", "f0123456789ab-9", "--yes", "--provider", provider)
    assert (code, out) == (2, "")
    assert provider in err
    assert "Fix: memory-agents forget f0123456789ab-9" in err
