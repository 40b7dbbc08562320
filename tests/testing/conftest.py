"""A running fake GitHub with one public repository, and PyGithub to drive it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import github
import pytest

from memory_agents.testing.github import FakeGitHub, FakeRepository

Connect = Callable[..., github.Github]


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def loose() -> Iterator[FakeGitHub]:
    """One that lets violations pass, for the tests that make some."""
    with FakeGitHub(raise_on_violation=False) as running:
        yield running


@pytest.fixture
def repository(fake: FakeGitHub) -> FakeRepository:
    files = {"README.md": "# Hello\n", "docs/a b.md": "deep\n"}
    return fake.add_repository(files=files, permissions={"mona": "maintain"})


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Connect PyGithub to a fake, without its pauses and retries."""
    clients: list[github.Github] = []

    def connected(fake: FakeGitHub, token: str | None = None, api_url: str = "") -> github.Github:
        clients.append(
            github.Github(
                base_url=api_url or fake.api_url,
                auth=github.Auth.Token(token) if token else None,
                seconds_between_requests=0,
                seconds_between_writes=0,
                retry=None,
            )
        )
        return clients[-1]

    yield connected
    for client in clients:
        client.close()
