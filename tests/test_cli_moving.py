"""Backup, restore and move on the command line, from a clone to branches of its origin."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import Clone
from tests.repositories import fact

TOKEN = "gh" + "p_" + "aB3dE5fG7h" * 4
FACTS = {f"codebase/conventions/rule-{number}.md": fact(f"Rule {number}.", f"rule-000{number}") for number in range(3)}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    clone = Clone(tmp_path, monkeypatch, capsys)
    clone.remote.commit({**FACTS, "reviews/issues/7.md": '---\nid: past-0007\nnumber: "7"\n---\n\nIt hangs.\n'})
    return clone


def ids(clone: Clone, branch: str) -> set[str]:
    """The ids of all that is on a branch, as a person sees them."""
    told = json.loads(clone("list", "--memory-branch", branch, "--namespace", "*", "--json")[1])
    return {record["id"] for record in told["records"]}


@pytest.mark.parametrize("name", ["m.jsonl", "m.jsonl.gz"])
def test_what_a_backup_holds_comes_back_on_another_branch(clone: Clone, name: str) -> None:
    assert clone("forget", "rule-0002")[0] == 0
    code, out, _ = clone("backup", "--output", name)
    assert code == 0
    assert out.startswith(
        f"Kept 3 records, 1 forgotten id and 0 pairs of issues kept apart in {name} (0.0 MB).\nFrom git"
    )
    assert "Short-term events of sessions are not in it" in out
    code, out, _ = clone("restore", "--input", name, "--memory-branch", "other")
    assert code == 0
    assert "  stored: 3\n" in out
    assert "  ids forgotten there: 1\n" in out
    assert ids(clone, "other") == ids(clone, "memory") == {"rule-0000", "rule-0001", "past-0007"}
    code, out, _ = clone("restore", "--input", name, "--memory-branch", "other", "--json")
    told = json.loads(out)
    assert (code, told["stored"], told["unchanged"], told["refused"]) == (0, 0, 3, {})


def test_a_dry_run_of_a_restore_says_what_it_would_do_and_changes_nothing(clone: Clone) -> None:
    clone("backup", "--output", "m")
    code, out, _ = clone("restore", "--input", "m", "--memory-branch", "other", "--dry-run")
    assert code == 0
    assert "  would be stored: 4\n" in out
    assert "Dry run: nothing was changed in git" in out
    assert not clone.branch("for-each-ref", "refs/heads/other")


def test_a_secret_in_a_backup_is_not_restored_and_that_is_told(clone: Clone) -> None:
    clone.remote.commit({"codebase/patterns/key.md": fact(f"Deploy with {TOKEN}.", "key-0001")})
    clone("backup", "--output", "m")
    code, out, _ = clone("restore", "--input", "m", "--memory-branch", "other")
    assert code == 0
    assert "  stored: 5, 1 of them without the secrets in them\n" in out
    assert TOKEN not in clone.branch("log", "--patch", "other")


def test_a_part_of_memory_that_cannot_be_read_makes_the_backup_not_whole_and_the_exit_code_says_so(
    clone: Clone,
) -> None:
    clone.remote.commit({"codebase/patterns/bad.md": "---\nexpires_at: soon\n---\n\nBad.\n"})
    code, out, err = clone("backup", "--output", "m")
    assert code == 1
    assert "The backup is NOT WHOLE" in out
    assert "codebase/patterns/bad.md:2" in err
    assert json.loads(clone("backup", "--output", "m", "--force", "--json")[1])["is_whole"] is False


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_the_standard_input_may_be_the_backup_and_is_checked_before_anything_is_stored(
    clone: Clone, pack: Callable[[bytes], bytes]
) -> None:
    clone("backup", "--output", "m")
    whole = pack(Path("m").read_bytes())
    for given, code, told in (
        (whole[:-20], 2, b"the standard input is cut short or was changed since it was made. Fix: "),
        (b"", 2, b"the standard input:1: it is no backup of memory-agents. Fix: "),
        (whole, 0, b"records: 4 of 4"),
    ):
        assert not clone.branch("for-each-ref", "refs/heads/other")
        restore = [sys.executable, "-m", "memory_agents", "restore", "--input", "-", "--memory-branch", "other"]
        done = subprocess.run(restore, input=given, capture_output=True, check=False, env=os.environ)
        assert (done.returncode, told in done.stderr) == (code, True), done.stderr
    assert len(ids(clone, "other")) == 4


def test_the_standard_output_may_be_the_backup(clone: Clone) -> None:
    program = [sys.executable, "-m", "memory_agents"]
    piped = subprocess.run([*program, "backup", "--output", "-"], capture_output=True, check=True, env=os.environ)
    Path("m.gz").write_bytes(gzip.compress(piped.stdout))
    assert b"Kept 4 records" in piped.stderr
    assert clone("restore", "--input", "m.gz", "--memory-branch", "other")[0] == 0
    assert len(ids(clone, "other")) == 4


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("backup --output - --json", "The standard output is the backup itself. Fix: name a file"),
        ("backup --output there", "there is there already. Fix: name another file, or add --force"),
        ("backup --output none/m", "none/m cannot be written: No such file or directory. Fix: "),
        ("backup", "the following arguments are required: --output"),
        ("restore --input none", "none cannot be read: No such file or directory. Fix: "),
        ("restore --input there", "there:1: it is no backup of memory-agents. Fix: name a file that"),
        ("move --from git --to git", "--from and --to name the same provider. Fix: "),
        ("move --from git --to paper", "invalid choice: 'paper'"),
        ("move --from git", "the following arguments are required: --to"),
        ("move --from git --to chromadb --provider git", "unrecognized arguments: --provider git"),
    ],
)
def test_wrong_use_is_told_with_the_fix_and_nothing_is_done(clone: Clone, command: str, told: str) -> None:
    clone.write("there", "Mine.\n")
    code, out, err = clone(*command.split())
    assert (code, out) == (2, "")
    assert told in err
    assert Path("there").read_text() == "Mine.\n"


def test_a_memory_that_cannot_be_reached_is_told_and_leaves_no_file(clone: Clone) -> None:
    code, _, err = clone("backup", "--output", "m", "--memory-remote", str(clone.folder / "none.git"))
    assert code == 1
    assert "Fix: " in err
    assert not Path("m").exists()


def test_memory_moves_to_another_provider_which_then_answers_and_the_source_stays_as_it_is(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMADB_PATH", str(clone.folder.parent / "chroma"))
    clone("forget", "rule-0002")
    before = clone.branch("rev-parse", "memory")
    code, out, err = clone("move", "--from", "git", "--to", "chromadb")
    assert (code, "Next: set `provider: chromadb` in the workflows" in out) == (0, True), out + err
    assert clone.branch("rev-parse", "memory") == before
    told = json.loads(clone("move", "--from", "git", "--to", "chromadb", "--json")[1])
    assert (told["stored"], told["unchanged"], told["forgotten"], told["not_seen_yet"]) == (0, 3, 0, [])
    assert (told["from"]["provider"], told["to"]["provider"]) == ("git", "chromadb")
    code, out, _ = clone("list", "--provider", "chromadb")
    assert (code, "Rule 0." in out, "Rule 2." in out) == (0, True, False)
