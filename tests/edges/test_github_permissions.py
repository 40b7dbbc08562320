"""Who may: the permission API by numeric id, and nobody where it does not answer."""

from __future__ import annotations

import pytest

from memory_agents.core.github_events import Account
from memory_agents.edges.github.permissions import permission_of, viewer_id
from memory_agents.errors import GitHubFailure
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.world import ACTIONS_BOT
from tests.edges.conftest import REPOSITORY, Open

ROLES = ("admin", "maintain", "write", "triage", "read")
PERMISSIONS = f"GET /repos/{REPOSITORY}/collaborators/"


def account(fake: FakeGitHub, login: str) -> Account:
    return Account(login=login, id=fake.find_user(login).id)


@pytest.mark.parametrize("role", ROLES)
async def test_a_collaborator_has_the_role_that_github_gives(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open, role: str
) -> None:
    repository.permissions["mona"] = role
    assert await permission_of(open_api(), REPOSITORY, account(fake, "mona")) == role


@pytest.mark.parametrize(("base", "told"), [("maintain", "write"), ("write", "write"), ("triage", "read")])
async def test_a_custom_role_counts_as_the_permission_that_it_extends(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open, base: str, told: str
) -> None:
    repository.custom_roles["Docs lead"] = base
    repository.permissions["mona"] = "Docs lead"
    assert await permission_of(open_api(), REPOSITORY, account(fake, "mona")) == told


async def test_a_custom_role_is_not_believed_for_its_name(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    repository.custom_roles["admin"] = "read"
    repository.permissions["mallory"] = "admin"
    try:
        assert await permission_of(open_api(), REPOSITORY, account(fake, "mallory")) == "read"
    finally:
        repository.custom_roles.clear()


async def test_a_stranger_may_read_what_is_public_and_nothing_of_what_is_private(
    fake: FakeGitHub, open_api: Open
) -> None:
    fake.add_repository("octo/private", private=True)
    stranger = account(fake, "stranger")
    assert await permission_of(open_api(), REPOSITORY, stranger) == "read"
    assert await permission_of(open_api(), "octo/private", stranger) == "none"


async def test_whoever_took_over_a_login_has_none_of_its_permission(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    repository.permissions["mona"] = "admin"
    old = Account(login="mona", id=fake.find_user("mona").id + 1)
    assert await permission_of(open_api(), REPOSITORY, old) == "none"


async def test_an_account_that_is_gone_has_none(fake: FakeGitHub, repository: FakeRepository, open_api: Open) -> None:
    fake.unknown_logins.add("gone")
    assert await permission_of(open_api(), REPOSITORY, account(fake, "gone")) == "none"


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502])
async def test_any_other_failure_is_told_to_the_caller_who_must_deny(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open, status: int
) -> None:
    fake.faults.add(PERMISSIONS, status=status)
    with pytest.raises(GitHubFailure) as failed:
        await permission_of(open_api(), REPOSITORY, account(fake, "octo"))
    assert failed.value.status == status


async def test_an_answer_that_breaks_off_is_a_failure(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    fake.faults.add(PERMISSIONS, cut=True)
    with pytest.raises(GitHubFailure):
        await permission_of(open_api(), REPOSITORY, account(fake, "octo"))


@pytest.mark.parametrize("login", ["github-actions[bot]", "a/../../../../user", "mona?page=1", "mo na#"])
async def test_a_login_is_asked_for_as_it_is_whatever_stands_in_it(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open, login: str
) -> None:
    fake.unknown_logins.add(login)
    before = len(fake.requests)
    assert await permission_of(open_api(), REPOSITORY, account(fake, login)) == "none"
    assert [request.path for request in fake.requests[before:]] == [
        f"/repos/{REPOSITORY}/collaborators/{login}/permission"
    ]


async def test_a_connection_asks_once_whom_its_token_acts_as(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    api, before = open_api(), len(fake.requests)
    assert [await viewer_id(api) for _ in range(2)] == [fake.find_user(ACTIONS_BOT).id] * 2
    assert [request.path for request in fake.requests[before:]] == ["/graphql"]
