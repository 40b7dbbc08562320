"""Documents of rules turned into facts: shown, chosen, kept, and kept in step with what the documents say."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_agents.core import document
from tests.command_line import Clone

TOKEN = "ghp_" + "aB3dE5fG7h" * 4
RULES = """\
# Rules

- Indent with tabs.
- [Home](https://x.example)

## Tests

When you write one:

- Say one behaviour.
  - In its name.

Run them so:

```sh
make test
```
"""
PREVIEW = """\
AGENTS.md: 3 new. Left out: 1 links or images.

   1 + codebase/conventions  AGENTS.md:3
       Indent with tabs.
   2 + testing/patterns  AGENTS.md:10
       Tests > When you write one: Say one behaviour.
       - In its name.
   3 + testing/patterns  AGENTS.md:13
       Tests: Run them so:

       ```sh
       make test
       ```
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    made = Clone(tmp_path, monkeypatch, capsys)
    made.write("AGENTS.md", RULES)
    return made


def texts(clone: Clone) -> list[str]:
    """What is remembered, in the order of the alphabet."""
    return sorted(record["text"] for record in json.loads(clone("list", "--json")[1])["records"])


def test_a_person_sees_all_that_would_be_kept_and_is_asked(clone: Clone) -> None:
    code, out, err = clone("import", "AGENTS.md", typed="y\n")
    assert (code, err) == (0, "")
    assert (
        out == f"{PREVIEW}Do this? [y/N, or numbers such as 1,3-5] Remembered 3 facts.\n"
        f"Written to branch memory of {clone.remote.path}\n"
    )
    assert texts(clone) == [
        "Indent with tabs.",
        "Tests > When you write one: Say one behaviour.\n- In its name.",
        "Tests: Run them so:\n\n```sh\nmake test\n```",
    ]
    assert clone.branch("rev-list", "--count", "memory") == "1\n"


def test_a_real_terminal_is_asked(clone: Clone) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "memory_agents", "import", "AGENTS.md"]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(ours, b"1\n")
    out, err = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, err) == (0, b"")
    assert (
        out.decode() == f"{PREVIEW}Do this? [y/N, or numbers such as 1,3-5] Remembered 1 fact.\n"
        f"Written to branch memory of {clone.remote.path}\n"
    )


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "perhaps\n"])
def test_nothing_is_kept_without_a_yes(typed: str, clone: Clone) -> None:
    code, out, _ = clone("import", "AGENTS.md", typed=typed)
    assert code == 0
    assert out.endswith("Nothing was changed.\n")
    assert not clone.has_branch()


def test_a_person_chooses_by_number(clone: Clone) -> None:
    assert "Remembered 2 facts.\n" in clone("import", "AGENTS.md", typed="1, 3-3\n")[1]
    assert "Remembered 1 fact.\n" in clone("import", "AGENTS.md", "--only", "1", "--yes")[1]
    assert len(texts(clone)) == 3


@pytest.mark.parametrize("numbers", ["4", "0", "x", "1,", "2-9", "1;2", "-1"])
def test_a_choice_that_is_not_in_the_list_is_wrong_use(numbers: str, clone: Clone) -> None:
    code, _, err = clone("import", "AGENTS.md", f"--only={numbers}", "--yes")
    assert code == 2
    assert "numbers" in err or "1,3-5" in err
    assert not clone.has_branch()


def test_without_a_terminal_it_must_be_told_yes(clone: Clone) -> None:
    code, out, err = clone("import", "AGENTS.md")
    assert (code, out) == (2, PREVIEW)
    assert "--yes" in err
    assert clone("import", "AGENTS.md", "--json", typed="y\n")[0] == 2
    assert not clone.has_branch()


def test_a_dry_run_shows_the_same_and_changes_nothing(clone: Clone) -> None:
    assert clone("import", "AGENTS.md", "--dry-run") == (0, PREVIEW, "")
    told = json.loads(clone("import", "AGENTS.md", "--dry-run", "--json")[1])
    assert [(change["number"], change["change"]) for change in told["changes"]] == [(1, "new"), (2, "new"), (3, "new")]
    assert told["files"] == [
        {
            "path": "AGENTS.md",
            "new": 3,
            "unchanged": 0,
            "gone": 0,
            "left_out": [{"line": 4, "reason": "links or images"}],
        }
    ]
    assert not clone.has_branch()


def test_again_it_changes_nothing_though_lines_moved_and_were_wrapped_anew(clone: Clone) -> None:
    clone("import", "AGENTS.md", "--yes")
    before = clone.branch("rev-parse", "memory")
    clone.write(
        "AGENTS.md", RULES.replace("# Rules\n", "# Rules\n\nSee [x](y).\n").replace("with tabs", "with\n  tabs")
    )
    code, out, _ = clone("import", "AGENTS.md", typed="")
    assert code == 0
    assert out == "AGENTS.md: 1 new, 3 unchanged. Left out: 1 links or images.\n\n" + out.partition("\n\n")[2]
    clone.write("AGENTS.md", RULES.replace("# Rules\n", "# Rules\n\n\n").replace("with tabs", "with\n  tabs"))
    code, out, _ = clone("import", "AGENTS.md")
    assert (code, out) == (
        0,
        "AGENTS.md: 3 unchanged. Left out: 1 links or images.\n\nThere is nothing to change.\n",
    )
    assert clone.branch("rev-parse", "memory") == before


def test_again_it_keeps_what_is_new_and_removes_what_is_gone_in_one_commit(clone: Clone) -> None:
    clone("remember", "The default branch is main.")
    clone("import", "AGENTS.md", "--yes")
    clone.write("AGENTS.md", RULES.replace("with tabs", "with four spaces").replace("make test", "make check"))
    code, out, err = clone("import", "AGENTS.md", typed="y\n")
    assert (code, err) == (0, "")
    assert out.startswith("AGENTS.md: 2 new, 1 unchanged, 2 gone.")
    assert "Remembered 2 facts, removed 2 facts.\nWritten to branch memory of " in out
    assert texts(clone) == [
        "Indent with four spaces.",
        "Tests > When you write one: Say one behaviour.\n- In its name.",
        "Tests: Run them so:\n\n```sh\nmake check\n```",
        "The default branch is main.",
    ]
    assert clone.branch("rev-list", "--count", "memory") == "3\n"


def test_what_a_document_says_again_comes_back(clone: Clone) -> None:
    clone("import", "AGENTS.md", "--yes")
    clone.write("AGENTS.md", RULES.replace("- Indent with tabs.\n", ""))
    assert "Remembered 0 facts, removed 1 fact.\n" in clone("import", "AGENTS.md", "--yes")[1]
    clone.write("AGENTS.md", RULES)
    assert "Remembered 1 fact.\n" in clone("import", "AGENTS.md", "--yes")[1]
    assert "Indent with tabs." in texts(clone)


def test_what_somebody_took_back_stays_away_and_is_told(clone: Clone) -> None:
    clone("import", "AGENTS.md", "--yes")
    [gone] = [line.split()[0] for line in clone("list")[1].splitlines() if "Indent" in line]
    clone("forget", gone)
    code, out, _ = clone("import", "AGENTS.md", "--yes")
    assert code == 0
    assert out.endswith(f"Remembered 0 facts.\nAGENTS.md:3 was taken back before and stays away: {gone}\n")
    assert "Indent with tabs." not in texts(clone)


def test_what_is_remembered_from_elsewhere_is_not_kept_twice(clone: Clone) -> None:
    clone("remember", "Indent with tabs.")
    [known] = [line.split()[0] for line in clone("list")[1].splitlines()]
    out = clone("import", "AGENTS.md", "--dry-run")[1]
    assert out.startswith("AGENTS.md: 2 new.")
    assert out.endswith(f"\n\nAGENTS.md:3 says what is remembered already: {known}\n")


def test_a_fact_cites_its_line_and_links_to_the_commit_that_says_so(clone: Clone) -> None:
    commit = clone.commit()
    clone.write("docs/More rules.md", "- Not committed yet.\n")
    clone.git("remote", "set-url", "origin", "https://github.com/octo/hello.git")
    files = ("AGENTS.md", "docs/More rules.md", "--yes", "--memory-remote", str(clone.remote.path))
    assert clone("import", *files)[0] == 0
    listed = json.loads(clone("list", "--json", "--memory-remote", str(clone.remote.path))[1])["records"]
    assert {record["cites"][0]: record["url"] for record in listed} == {
        "AGENTS.md:3": f"https://github.com/octo/hello/blob/{commit}/AGENTS.md?plain=1#L3",
        "AGENTS.md:10": f"https://github.com/octo/hello/blob/{commit}/AGENTS.md?plain=1#L10",
        "AGENTS.md:13": f"https://github.com/octo/hello/blob/{commit}/AGENTS.md?plain=1#L13",
        "docs/More rules.md:1": "",
    }
    assert {record["trust"] for record in listed} == {"maintainer"}


def test_a_document_that_was_changed_since_the_commit_has_no_link(clone: Clone) -> None:
    clone.commit()
    clone.write("AGENTS.md", f"\n{RULES}")
    clone.git("remote", "set-url", "origin", "https://github.com/octo/hello.git")
    told = clone("import", "AGENTS.md", "--dry-run", "--json", "--memory-remote", str(clone.remote.path))[1]
    assert {change["record"]["url"] for change in json.loads(told)["changes"]} == {""}


def test_two_names_of_one_file_are_one_document(clone: Clone) -> None:
    (clone.folder / "CLAUDE.md").symlink_to("AGENTS.md")
    out = clone("import", "CLAUDE.md", "AGENTS.md", "./AGENTS.md", "--dry-run")[1]
    assert out == PREVIEW


def test_several_documents_are_read_at_once_and_each_keeps_its_own(clone: Clone) -> None:
    clone.write("CONTRIBUTING.md", "- Sign your commits.\n")
    assert "Remembered 4 facts.\n" in clone("import", "AGENTS.md", "CONTRIBUTING.md", "--yes")[1]
    clone.write("CONTRIBUTING.md", "")
    assert "Remembered 0 facts, removed 1 fact.\n" in clone("import", "CONTRIBUTING.md", "--yes")[1]
    assert len(texts(clone)) == 3


def test_a_namespace_for_all_may_be_named(clone: Clone) -> None:
    clone("import", "AGENTS.md", "--namespace", "agents/claude", "--yes")
    assert {Path(path).parent.as_posix() for path in clone.facts()} == {"agents/claude"}
    assert clone("import", "AGENTS.md", "--namespace", "reviews/pr", "--yes")[0] == 2


def test_a_secret_in_a_document_reaches_neither_the_branch_nor_the_screen(clone: Clone) -> None:
    clone.write("AGENTS.md", f"- Deploy with the token {TOKEN} only.\n")
    code, out, _ = clone("import", "AGENTS.md", "--yes")
    assert code == 0
    assert "redacted: " in out
    again = clone("import", "AGENTS.md", "--json", "--yes")[1]
    assert json.loads(again)["files"][0]["unchanged"] == 1
    assert TOKEN not in out + again + clone.branch("log", "--patch", "--format=%B", "memory")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.md", None, "There is no file none.md"),
        (".", None, "is a folder"),
        ("../outside.md", b"- A rule here.\n", "is not in"),
        ("picture.md", b"\x89PNG\r\n\xff\xfe", "UTF-8"),
        ("nul.md", b"a\0b", "is no text"),
        ("large.md", b"- word\n" * 200_000, "1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_document_is_named_and_nothing_is_written(
    name: str, content: bytes | None, told: str, clone: Clone
) -> None:
    if content is not None:
        clone.write(name, content)
    code, out, err = clone("import", "AGENTS.md", name, "--yes")
    assert (code, out) == (2, "")
    assert told in err
    assert "Fix: " in err
    assert not clone.has_branch()


def test_more_than_a_person_could_look_at_is_refused(clone: Clone) -> None:
    clone.write("AGENTS.md", "\n".join(f"- Rule number {number}." for number in range(501)))
    code, out, err = clone("import", "AGENTS.md", "--yes")
    assert (code, out) == (2, "")
    assert "at most 500" in err


def test_files_are_named_from_where_a_person_stands(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    clone.write("docs/rules.md", "- Indent with tabs.\n")
    monkeypatch.chdir(clone.folder / "docs")
    assert "docs/rules.md:1" in clone("import", "rules.md", "--dry-run")[1]


def test_a_document_that_says_nothing_is_told(clone: Clone) -> None:
    clone.write("AGENTS.md", "# Title\n")
    assert clone("import", "AGENTS.md") == (0, "AGENTS.md: nothing new.\n\nThere is nothing to change.\n", "")


LINES = st.sampled_from(["- Use tabs.", "- Pin it.", "Say it short.", "## Tests", "## Style", "", "1. One of two"])


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.lists(st.lists(LINES, min_size=1, max_size=8), min_size=2, max_size=3))
def test_what_is_remembered_is_what_the_document_says_however_it_came_about(
    versions: list[list[str]], clone: Clone
) -> None:
    for lines in versions:
        clone.write("AGENTS.md", "\n".join(lines))
        assert clone("import", "AGENTS.md", "--yes")[0] == 0
    found = document.read("\n".join(versions[-1])).statements
    assert set(texts(clone)) == {statement.text for statement in found}
    assert "There is nothing to change." in clone("import", "AGENTS.md")[1]
