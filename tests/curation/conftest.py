"""A project on a fake GitHub, people with what they may do, and the action's run for what they say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from memory_agents import app
from memory_agents.edges.actions import Runner, read_outputs
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import Comment, Issue, Review, ReviewComment
from tests import offline

Said = Comment | Review | ReviewComment

REPOSITORY = "octo/hello"
PEOPLE = {"ada": "admin", "mia": "maintain", "wes": "write", "tri": "triage", "rea": "read"}
"""login → role; everybody else is a stranger"""
CAN_WRITE = {"contents": "write", "issues": "write", "pull_requests": "write"}


@dataclass(frozen=True)
class Done:
    """What a run left behind."""

    code: int
    outputs: dict[str, str]
    summary: str
    log: str

    @property
    def told(self) -> tuple[str, str]:
        """Outputs `action` and `status`."""
        return self.outputs["action"], self.outputs["status"]

    @property
    def ids(self) -> list[str]:
        found: list[str] = json.loads(self.outputs["records"])
        return found


@dataclass
class Project:
    """One repository: an issue #1, a pull request #2 of its own, a pull request #3 from a fork."""

    github: FakeGitHub
    repository: FakeRepository
    folder: Path
    token: str
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, event: str, payload: Mapping[str, Any], **inputs: str) -> Done:
        """Handle one event as a step of the action does, in this process."""
        files, environ = self._environ(event, payload, inputs)
        log = StringIO()
        runner = Runner(output_file=files["output"], summary_file=files["summary.md"], log=log, annotate=True)
        code = asyncio.run(app.run(environ, runner))
        return Done(code, read_outputs(files["output"]), files["summary.md"].read_text(), log.getvalue())

    def start(self, event: str, payload: Mapping[str, Any], **inputs: str) -> subprocess.Popen[bytes]:
        """The same as a process of its own, which can be killed."""
        _, environ = self._environ(event, payload, inputs)
        command = [sys.executable, "-I", "-m", "memory_agents", "run"]
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.Popen(
            command, env=plain | environ, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _environ(
        self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str]
    ) -> tuple[dict[str, Path], dict[str, str]]:
        files = {name: self.folder / name for name in ("event.json", "output", "summary.md")}
        files["event.json"].write_text(json.dumps(payload))
        files["output"].write_text("")
        files["summary.md"].write_text("")
        return files, {
            **offline.environment(),
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(files["event.json"]),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.github.server_url,
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_STEP_SUMMARY": str(files["summary.md"]),
            "RUNNER_TEMP": str(self.folder),
            "MEMORY_AGENTS_STATE": str(self.folder / "state"),
            "INPUT_GITHUB_TOKEN": self.token,
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
            **self.variables,
        }

    def comment(self, body: str, *, by: str = "wes", on: int = 1) -> Comment:
        """Somebody comments."""
        return self.repository.add_comment(on, body, author=by)

    def hear(self, said: Said, *, action: str = "", sender: str = "", before: str = "", **inputs: str) -> Done:
        """Run for what was said, as GitHub sends it."""
        event, payload = self.payload(said, action=action, sender=sender, before=before)
        return self.run(event, payload, **inputs)

    def say(self, body: str, *, by: str = "wes", on: int = 1, **inputs: str) -> Done:
        """Comment, and run for it."""
        return self.hear(self.comment(body, by=by, on=on), **inputs)

    def payload(
        self, said: Said, *, action: str = "", sender: str = "", before: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """The event and its payload."""
        base = self._base(action or ("submitted" if isinstance(said, Review) else "created"), sender or said.author)
        if before:
            base["changes"] = {"body": {"from": before}}
        page = f"{self.github.server_url}/{REPOSITORY}"
        shown: dict[str, Any] = {"id": said.id, "body": said.body, "user": self.user(said.author)}
        issue = self.repository.issues[said.number]
        if isinstance(said, Comment):
            kind = "pull" if issue.pull else "issues"
            shown["html_url"] = f"{page}/{kind}/{said.number}#issuecomment-{said.id}"
            shown["created_at"] = said.created_at.isoformat()
            return "issue_comment", base | {"issue": self.issue(issue), "comment": shown}
        pull = {"pull_request": self.pull(issue)}
        if isinstance(said, Review):
            shown["html_url"] = f"{page}/pull/{said.number}#pullrequestreview-{said.id}"
            shown |= {"submitted_at": said.submitted_at.isoformat(), "state": said.state.lower()}
            return "pull_request_review", base | pull | {"review": shown}
        shown["html_url"] = f"{page}/pull/{said.number}#discussion_r{said.id}"
        shown |= {"created_at": said.created_at.isoformat(), "path": said.path, "diff_hunk": said.diff_hunk}
        return "pull_request_review_comment", base | pull | {"comment": shown}

    def labelled(self, number: int, label: str, *, by: str, action: str = "labeled") -> tuple[str, dict[str, Any]]:
        """The event of a label, or of closing, on an issue or pull request."""
        issue = self.repository.issues[number]
        base = self._base(action, by) | ({"label": {"name": label}} if action == "labeled" else {})
        if issue.pull:
            return "pull_request", base | {"pull_request": self.pull(issue)}
        return "issues", base | {"issue": self.issue(issue)}

    def issue(self, issue: Issue) -> dict[str, Any]:
        """As a payload shows it."""
        shown: dict[str, Any] = {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "state": issue.state,
            "state_reason": issue.state_reason,
            "html_url": f"{self.github.server_url}/{REPOSITORY}/issues/{issue.number}",
            "labels": [{"name": name} for name in issue.labels],
            "created_at": issue.created_at.isoformat(),
        }
        return shown | ({"pull_request": {"merged_at": None}} if issue.pull else {})

    def pull(self, issue: Issue) -> dict[str, Any]:
        """As a payload shows it."""
        pull = issue.pull
        assert pull is not None
        head = f"{pull.head_owner}/hello"
        return self.issue(issue) | {
            "html_url": f"{self.github.server_url}/{REPOSITORY}/pull/{issue.number}",
            "head": {"ref": pull.head, "sha": pull.head_sha, "repo": {"full_name": head}},
            "base": {"ref": pull.base, "repo": {"full_name": REPOSITORY}},
            "merged": pull.merged_at is not None,
        }

    def user(self, login: str) -> dict[str, Any]:
        """As a payload shows them."""
        user = self.github.find_user(login)
        return {"login": login, "id": user.id, "type": user.type}

    def facts(self) -> dict[str, str]:
        """Path → content of the facts on the memory branch."""
        return {path: text for path, text in self.files().items() if not path.startswith(("meta/", "README"))}

    def files(self) -> dict[str, str]:
        """Path → content of all files on the memory branch."""
        git = self.repository.git
        if git.tip("memory") is None:
            return {}
        listed = git.run("ls-tree", "-r", "-z", "--name-only", "refs/heads/memory").decode()
        return {path: git.run("show", f"refs/heads/memory:{path}").decode() for path in listed.split("\0") if path}

    def texts(self) -> list[str]:
        """The texts of the facts, in the order of their paths."""
        return [text.rpartition("\n---\n")[2].strip() for _, text in sorted(self.facts().items())]

    def replies(self, number: int = 1) -> list[str]:
        """What we said in a conversation, or in its threads."""
        mine: list[Comment | ReviewComment] = [*self.repository.comments.values()]
        mine += self.repository.review_comments.values()
        return [c.body for c in mine if c.number == number and c.body.startswith("<!-- memory-agents:")]

    def reactions(self, said: Comment | ReviewComment | Issue) -> list[str]:
        """Ours, in the order in which they were made."""
        return [reaction.content for reaction in said.reactions]

    def is_untouched(self) -> bool:
        """Whether GitHub was asked for nothing that leaves a trace, and no fact is there."""
        wrote = [request for request in self.github.requests if request.method in {"POST", "PATCH", "PUT", "DELETE"}]
        asked = {"/graphql"}
        return not self.facts() and all(
            request.path in asked or request.path.endswith("git-upload-pack") for request in wrote
        )

    def _base(self, action: str, sender: str) -> dict[str, Any]:
        url = f"{self.github.server_url}/{REPOSITORY}"
        repository = {"id": self.repository.id, "full_name": REPOSITORY, "html_url": url, "default_branch": "main"}
        return {"action": action, "repository": repository, "sender": self.user(sender)}


@contextlib.contextmanager
def project_in(folder: Path, **options: Any) -> Iterator[Project]:
    """A project whose runs leave their files in `folder`; `options` are the fake's."""
    with FakeGitHub(**options) as github:
        repository = github.add_repository(REPOSITORY, files={"README.md": "# Hello\n"}, permissions=PEOPLE)
        repository.add_issue("Times are wrong in the report", "They are off by an hour.", author="stranger")
        repository.commit_files({"src/api/times.py": "UTC = 0\n"}, branch="changes", parent="main")
        repository.add_pull("Store times as UTC", "As decided.", head="changes", author="wes")
        repository.add_pull("Store times as text", "Shorter.", head="changes", author="forker", head_owner="forker")
        yield Project(github, repository, folder, github.add_token(permissions=CAN_WRITE))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made
