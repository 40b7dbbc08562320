"""A repository set up by one command: everything is shown first, nothing is overwritten, what fails is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from memory_agents.config_file import parse
from memory_agents.configuration import Configuration
from memory_agents.settings import INPUTS
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.command_line import Clone
from tests.offline import ROOT

NAME = "octo/hello"
FILES = [".github/memory-agents.yml", ".github/workflows/memory-index.yml", ".github/workflows/memory.yml"]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    return Clone(tmp_path, monkeypatch, capsys)


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRepository]:
    """The clone's repository at GitHub, and a token for it."""
    with FakeGitHub() as github:
        monkeypatch.setenv("GITHUB_API_URL", github.api_url)
        monkeypatch.setenv("GH_TOKEN", github.add_token(repositories=[NAME]))
        yield github.add_repository(NAME, files={"README.md": "# Hello\n"})


def written(clone: Clone) -> list[str]:
    return sorted(path.relative_to(clone.folder).as_posix() for path in clone.folder.glob(".github/**/*.yml"))


def test_all_is_shown_and_made_after_a_yes(clone: Clone, repository: FakeRepository) -> None:
    clone.write("CONTRIBUTING.md", "- Indent with tabs.\n")
    clone.write("AGENTS.md", "- Indent with tabs.\n")
    (clone.folder / "CLAUDE.md").symlink_to("AGENTS.md")
    args = ("init", "--repository", NAME, "--action", "octo/memory-agents@v1")
    code, out, err = clone(*args, typed="y\n")
    assert (code, err) == (0, "")
    assert (
        re.sub(r"\d+ lines", "N lines", out)
        == """\
  make    .github/memory-agents.yml (N lines)
  make    .github/workflows/memory.yml (N lines)
  make    .github/workflows/memory-index.yml (N lines)
  make    the label memory:remember
  make    the branch memory
Make this? [y/N]   made    .github/memory-agents.yml (N lines)
  made    .github/workflows/memory.yml (N lines)
  made    .github/workflows/memory-index.yml (N lines)
  made    the label memory:remember
  made    the branch memory

Next:
  1. Commit and push the files: git add .github && git commit -m 'Add memory-agents' && git push
  2. Keep a first fact: comment `/remember` and a sentence on an issue, or memory-agents remember 'a sentence'
  3. Keep the rules that you have: memory-agents import AGENTS.md CONTRIBUTING.md
  4. Read the past, to find similar issues: run the workflow Index once, or GH_TOKEN=… memory-agents index
  5. Recall for new issues and pull requests: copy issues.yml, pull-requests.yml or similar-issues.yml from \
examples/workflows of octo/memory-agents
"""
    )
    assert written(clone) == FILES
    assert "memory:remember" in repository.labels
    assert "# Memory" in clone.branch("show", "memory:README.md")


def test_the_workflows_name_the_action_and_are_those_of_the_examples(clone: Clone) -> None:
    clone("init", "--yes", "--action", "octo/memory-agents@v2")
    for file, example in (
        (".github/workflows/memory.yml", "memory.yml"),
        (".github/workflows/memory-index.yml", "index.yml"),
    ):
        text = (clone.folder / file).read_text()
        assert yaml.safe_load(text)["jobs"]
        assert "OWNER" not in text
        assert text.replace("octo/memory-agents@v2", "OWNER/memory-agents@v1") in "".join(
            line
            for line in (ROOT / "examples" / "workflows" / example).read_text().splitlines(keepends=True)
            if line != "# Put the owner of the action in place of OWNER.\n"
        )


def test_without_the_actions_name_the_first_next_step_is_to_fill_it_in(clone: Clone) -> None:
    assert "  1. Put the owner of the action in place of OWNER" in clone("init", "--yes")[1]
    assert "OWNER/memory-agents@v1" in (clone.folder / FILES[2]).read_text()
    assert "  1. Put the owner of the action in place of OWNER" in clone("init", "--yes")[1]


def test_a_dry_run_that_could_not_look_at_the_branch_says_so_and_is_exit_1(clone: Clone) -> None:
    clone("init", "--yes")
    clone.git("remote", "set-url", "origin", str(clone.folder / "none.git"))
    code, out, _ = clone("init", "--dry-run")
    assert code == 1
    assert "There is nothing to make" not in out
    assert out.endswith("Not all could be looked at: see what is left above.\n")


def test_the_configuration_says_every_setting_with_its_default(clone: Clone) -> None:
    clone("init", "--yes")
    text = (clone.folder / FILES[0]).read_text()
    assert parse(text, FILES[0]) == Configuration()
    stated = re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)
    stated = stated.replace("#  ", "  ").replace("namespaces: [codebase/releases]", "namespaces: []")
    read = parse(stated, FILES[0])
    assert {name.replace("_", "-") for name in read.model_fields_set} == {
        str(field.alias) for field in Configuration.model_fields.values()
    }
    assert read == Configuration(**{"min-score": 0.15})


def test_again_nothing_is_overwritten_and_what_is_missing_is_made(clone: Clone, repository: FakeRepository) -> None:
    args = ("init", "--repository", NAME, "--yes")
    clone.write(FILES[0], "top-k: 3\n")
    assert "  keep    .github/memory-agents.yml, which is there\n" in clone(*args)[1]
    assert (clone.folder / FILES[0]).read_text() == "top-k: 3\n"
    head = clone.branch("rev-parse", "memory")
    code, out, _ = clone(*args)
    assert code == 0
    assert "made" not in out
    assert out.count(", which is there") == 5
    assert clone.branch("rev-parse", "memory") == head


@pytest.mark.parametrize("typed", ["n\n", "\n", "x\n", ""])
def test_nothing_is_made_without_a_yes(typed: str, clone: Clone) -> None:
    code, out, _ = clone("init", typed=typed)
    assert code == 0
    assert out.endswith("Nothing was changed.\n")
    assert written(clone) == []
    assert not clone.has_branch()


def test_without_a_terminal_it_must_be_told_yes(clone: Clone) -> None:
    code, _, err = clone("init")
    assert code == 2
    assert "--yes" in err
    assert clone("init", "--json", typed="y\n")[0] == 2
    assert written(clone) == []


def test_a_dry_run_shows_the_files_with_all_that_is_in_them(clone: Clone) -> None:
    code, out, _ = clone("init", "--dry-run", "--verbose")
    assert code == 0
    assert "--- .github/workflows/memory.yml\n# Facts by command" in out
    told = json.loads(clone("init", "--dry-run", "--json")[1])
    assert {part["name"]: part["state"] for part in told["parts"]} == {
        **dict.fromkeys(FILES, "missing"),
        "memory:remember": "left",
        "memory": "missing",
    }
    assert written(clone) == []
    assert not clone.has_branch()


def test_without_a_token_it_says_how_to_make_the_label(clone: Clone) -> None:
    code, out, _ = clone("init", "--repository", NAME, "--yes")
    assert code == 0
    assert (
        "  leave   the label memory:remember: there is no token. Fix: set GH_TOKEN and run it again, or: gh label"
        in out
    )
    assert clone.has_branch()


def test_where_the_repository_is_not_on_github_the_rest_is_made(clone: Clone) -> None:
    code, out, _ = clone("init", "--yes")
    assert code == 0
    assert "the label memory:remember: it is not known which GitHub repository this is. Fix: name it with" in out
    assert written(clone) == FILES


def test_a_label_that_is_there_is_left(clone: Clone, repository: FakeRepository) -> None:
    repository.add_label("memory:remember", "ffffff", "mine")
    assert "  keep    the label memory:remember, which is there" in clone("init", "--repository", NAME, "--yes")[1]
    assert repository.labels["memory:remember"].description == "mine"


def test_what_github_refuses_is_exit_1_with_the_fix_and_the_rest_is_made(
    clone: Clone, repository: FakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "no-such-token")
    code, out, _ = clone("init", "--repository", NAME, "--yes")
    assert code == 1
    assert "  failed  the label memory:remember: GitHub answered 401" in out
    assert "or: gh label create" in out
    assert written(clone) == FILES
    assert clone.has_branch()


def test_a_repository_without_a_remote_is_told_and_the_rest_is_made(clone: Clone) -> None:
    clone.git("remote", "remove", "origin")
    code, out, _ = clone("init", "--yes")
    assert code == 0
    assert "the branch memory: this repository has no remote `origin`. Fix: git remote add origin URL" in out
    assert written(clone) == FILES


def test_a_remote_that_does_not_answer_is_told_and_the_rest_is_made(clone: Clone) -> None:
    clone.git("remote", "set-url", "origin", str(clone.folder / "none.git"))
    code, out, _ = clone("init", "--yes")
    assert code == 0
    assert "  leave   the branch memory: Memory at" in out
    assert written(clone) == FILES


def test_a_folder_that_cannot_be_written_is_exit_1_and_the_rest_is_made(clone: Clone) -> None:
    clone.write(".github/workflows", "in the way")
    code, out, _ = clone("init", "--yes")
    assert code == 1
    assert "  failed  .github/workflows/memory.yml" in out
    assert clone.has_branch()


def test_outside_of_a_repository_the_fix_is_named(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, _, err = clone("init", "--yes")
    assert code == 2
    assert "git init" in err


@pytest.mark.parametrize("action", ["memory-agents", "octo/memory-agents", "octo/x@v1\n", "octo/x@v1 # no"])
def test_what_is_no_action_is_wrong_use(action: str, clone: Clone) -> None:
    code, _, err = clone("init", "--action", action, "--yes")
    assert code == 2
    assert "octo/memory-agents@v1" in err


def test_it_works_from_a_folder_of_the_repository(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    clone.write("src/a.py", "")
    monkeypatch.chdir(clone.folder / "src")
    clone("init", "--yes")
    assert written(clone) == FILES


@pytest.mark.parametrize("provider", ["chromadb", "agentcore"])
def test_where_memory_is_no_branch_none_is_made_and_no_service_is_asked(clone: Clone, provider: str) -> None:
    code, out, err = clone("init", "--yes", "--provider", provider)
    assert (code, err) == (0, "")
    assert "branch memory" not in out
    assert written(clone) == FILES
    assert not clone.has_branch()


@pytest.mark.parametrize(
    ("provider", "inputs", "told"),
    [
        (
            "chromadb",
            {"chroma-url": "${{ vars.CHROMA_URL }}", "chroma-token": "${{ secrets.CHROMA_TOKEN }}"},
            "the variable CHROMA_URL",
        ),
        (
            "agentcore",
            {"agentcore-memory-id": "${{ vars.AGENTCORE_MEMORY_ID }}", "aws-region": "${{ vars.AWS_REGION }}"},
            "the variables AGENTCORE_MEMORY_ID, AWS_REGION and AWS_ROLE_REMEMBER",
        ),
    ],
)
def test_the_workflows_keep_memory_where_that_was_asked_for(
    clone: Clone, provider: str, inputs: dict[str, str], told: str
) -> None:
    """Every step that writes names the provider and where it is; the index, which asks none, stays as it is."""
    out = clone("init", "--yes", "--provider", provider, "--action", "octo/memory-agents@v1")[1]
    assert f"  1. In the repository's settings, under Secrets and variables, Actions: {told}" in out
    jobs = yaml.safe_load((clone.folder / FILES[2]).read_text())["jobs"]
    uses = {name: job["steps"][-1] for name, job in jobs.items()}
    assert {step["uses"] for step in uses.values()} == {"octo/memory-agents@v1"}
    assert uses["write"]["with"] == {"provider": provider, **inputs}
    assert uses["catch-up"]["with"] == {"provider": provider, **inputs, "mode": "catch-up"}
    assert set(uses["write"]["with"]) <= set(INPUTS)
    assert "provider" not in (clone.folder / FILES[1]).read_text()


@pytest.mark.parametrize("provider", ["chromadb", "agentcore"])
def test_the_jobs_of_other_providers_have_no_right_that_they_do_not_need(clone: Clone, provider: str) -> None:
    clone("init", "--yes", "--provider", provider)
    jobs = yaml.safe_load((clone.folder / FILES[2]).read_text())["jobs"]
    example = yaml.safe_load((ROOT / "examples" / "workflows" / "agentcore.yml").read_text())["jobs"]["write"]
    assert len(jobs) == 2
    for job in jobs.values():
        wanted = dict(example["permissions"])
        if provider == "agentcore":
            assert job["steps"][:-1] == example["steps"][:1]
        else:
            del wanted["id-token"]
            assert job["steps"][:-1] == []
        assert job["permissions"] == wanted
