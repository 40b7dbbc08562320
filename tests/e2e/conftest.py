"""A GitHub with a repository, a memory, and a job in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from memory_agents.demo import show
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.e2e import act, step

REPOSITORY = "Codertocat/Hello-World"
"""where the published payloads come from"""


def bundled_memory() -> dict[str, str | bytes | None]:
    """Path on the branch → content, as in the demo."""
    top = show.HERE / "memory"
    return {file.relative_to(top).as_posix(): file.read_bytes() for file in top.rglob("*.md")}


def add_published_items(repository: FakeRepository) -> None:
    """Issue 1 and pull request 2, as in the published payloads."""
    repository.add_issue("Spelling error in the README file", "The README says committ.", author="Codertocat")
    repository.commit_files({"README.md": "# Hello, all\n"}, branch="changes", parent="main")
    repository.add_pull("Update the README with new information.", "More of it.", head="changes", author="Codertocat")


@dataclass(frozen=True)
class World:
    """One repository on a fake GitHub, and runners for its workflows."""

    github: FakeGitHub
    repository: FakeRepository
    token: str
    """of a job with `permissions: contents: read`"""
    folder: Path

    def remember(self, files: Mapping[str, str | bytes | None] | None = None) -> None:
        """Put files on the memory branch; the demo's, if none are given."""
        self.repository.commit_files(bundled_memory() if files is None else files, branch="memory")

    def only_read(self) -> bool:
        """Whether nothing was written on GitHub."""
        return all(
            request.method == "GET" or request.path.endswith("/git-upload-pack") for request in self.github.requests
        )

    def step(self) -> step.Step:
        """The action's main step by itself: quick."""
        return step.Step(self.folder, REPOSITORY, self.github.api_url, self.github.server_url, self.token)

    def runner(self, action: Path) -> act.Runner:
        """A whole runner."""
        return act.Runner(self.folder, action, REPOSITORY, self.github.api_url, self.github.server_url, self.token)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FakeGitHub() as github:
        repository = github.add_repository(REPOSITORY, files={"README.md": "# Hello\n"})
        add_published_items(repository)
        token = github.add_token(permissions={"contents": "read"}, repositories=[REPOSITORY])
        yield World(github, repository, token, tmp_path)


@pytest.fixture(scope="session")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a runner checks out of this repository."""
    return act.copy_of_the_action(tmp_path_factory.mktemp("action"))
