"""A fake GitHub for a whole module, and connections to it as a job holds them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from memory_agents.edges.github import GitHubApi
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import Issue
from memory_agents.testing.github.world import ACTIONS_BOT

REPOSITORY = "octo/hello"
Open = Callable[..., GitHubApi]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as github:
        github.add_repository(REPOSITORY, files={"README.md": "# Hello\n"})
        yield github


@pytest.fixture
def repository(fake: FakeGitHub) -> Iterator[FakeRepository]:
    yield fake.repositories[REPOSITORY]
    fake.faults.clear()


@pytest.fixture
async def open_api(fake: FakeGitHub) -> AsyncIterator[Open]:
    """Open a connection with a token of its own."""
    opened: list[GitHubApi] = []

    def connected(login: str = ACTIONS_BOT, *, permission: str = "write", timeout: float = 10) -> GitHubApi:
        token = fake.add_token(login, permissions={"issues": permission, "pull_requests": permission})
        opened.append(GitHubApi(api_url=fake.api_url, token=token, timeout=timeout))
        return opened[-1]

    yield connected
    for api in opened:
        await api.close()


def pull_in(repository: FakeRepository, title: str = "Mend the parser", *, author: str = "mona") -> Issue:
    """A new pull request."""
    branch = f"feature-{len(repository.issues)}"
    repository.commit_files({f"src/{branch}.py": "x = 1\n"}, branch=branch, parent="main")
    return repository.add_pull(title, head=branch, author=author)
