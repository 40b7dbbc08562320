"""Who may do what: permissions, private repositories, tokens and the rate limit."""

from __future__ import annotations

from collections.abc import Callable

import github
import pytest
from github.Repository import Repository

from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.testing.conftest import Connect


def test_without_a_token_a_public_repository_is_read_but_not_written(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    repository.add_issue("Public")
    client = connect(fake).get_repo(repository.full_name)
    assert client.get_issue(1).title == "Public"
    with pytest.raises(github.GithubException, match="Requires authentication") as refused:
        client.create_issue("Mine")
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("permission", "write"),
    [
        ("issues", lambda client: client.get_issue(1).create_comment("hi")),
        ("issues", lambda client: client.get_issue(2).create_reaction("eyes")),
        ("pull_requests", lambda client: client.get_issue(2).create_comment("hi")),
        ("pull_requests", lambda client: client.get_issue(2).add_to_labels("bug")),
        ("contents", lambda client: client.create_git_blob("x", "utf-8")),
    ],
)
def test_a_write_needs_its_own_permission_and_no_other(
    fake: FakeGitHub,
    repository: FakeRepository,
    connect: Connect,
    permission: str,
    write: Callable[[Repository], object],
) -> None:
    repository.add_issue("Issue")
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    repository.add_pull("Pull", head="feature")
    others = {"contents": "write", "issues": "write", "pull_requests": "write"} | {permission: "read"}
    with pytest.raises(github.GithubException, match="not accessible by integration") as refused:
        write(connect(fake, fake.add_token(permissions=others)).get_repo(repository.full_name))
    assert refused.value.status == 403
    write(connect(fake, fake.add_token(permissions={permission: "write"})).get_repo(repository.full_name))


def test_a_private_repository_is_not_found_by_a_token_given_for_another(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    private = fake.add_repository("octocat/secret", private=True, files={"README.md": "x"})
    only_public = fake.add_token(repositories=[repository.full_name])
    for token in (None, only_public):
        with pytest.raises(github.UnknownObjectException):
            connect(fake, token).get_repo(private.full_name)
    assert connect(fake, fake.add_token(repositories=[private.full_name])).get_repo(private.full_name).private


def test_a_token_that_was_never_given_is_bad_credentials(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    with pytest.raises(github.BadCredentialsException):
        connect(fake, "made-up").get_repo(repository.full_name)


def test_the_log_says_that_a_token_was_sent_and_keeps_it_apart(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    token, unused = fake.add_token(), fake.add_token()
    connect(fake, token).get_repo(repository.full_name)
    connect(fake).get_repo(repository.full_name)
    assert [request.with_token for request in fake.requests] == [True, False]
    assert token not in repr(fake.requests)
    assert fake.tokens_seen == {token}
    assert unused not in fake.tokens_seen


def test_the_rate_limit_counts_down_and_refuses_at_its_end(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    fake.rate_limit_remaining = 2
    client = connect(fake, fake.add_token())
    client.get_repo(repository.full_name)
    assert client.get_rate_limit().rate.remaining == 1
    client.get_repo(repository.full_name)
    with pytest.raises(github.RateLimitExceededException) as refused:
        client.get_repo(repository.full_name)
    assert refused.value.headers is not None
    assert refused.value.headers["x-ratelimit-remaining"] == "0"


def test_a_comment_of_more_than_65536_characters_is_refused(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    repository.add_issue("Long")
    issue = connect(fake, fake.add_token()).get_repo(repository.full_name).get_issue(1)
    issue.create_comment("x" * 65_536)
    with pytest.raises(github.GithubException, match="too long"):
        issue.create_comment("x" * 65_537)


def test_a_custom_role_is_told_by_its_name_and_by_what_it_extends(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    repository.custom_roles["Docs lead"] = "maintain"
    repository.permissions["dev"] = "Docs lead"
    shown = connect(fake, fake.add_token()).get_repo(repository.full_name)
    _, told = shown.requester.requestJsonAndCheck("GET", f"{shown.url}/collaborators/dev/permission")
    assert (told["role_name"], told["permission"], told["user"]["permissions"]["maintain"]) == (
        "Docs lead",
        "write",
        True,
    )


def test_a_locked_conversation_takes_comments_of_collaborators_alone(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    issue = repository.add_issue("Heated")
    issue.locked = True
    bot, mona = (connect(fake, fake.add_token(*login)).get_repo(repository.full_name) for login in ([], ["mona"]))
    assert bot.get_issue(issue.number).locked
    with pytest.raises(github.GithubException, match="issue is locked"):
        bot.get_issue(issue.number).create_comment("Me too")
    mona.get_issue(issue.number).create_comment("Please be kind")
    assert [comment.author for comment in repository.comments_of(issue.number)] == ["mona"]


def test_nobody_takes_back_the_reaction_of_another(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    issue = repository.add_issue("One")
    repository.add_reaction(issue.reactions, "confused", author="mona")
    bot, mona = (connect(fake, fake.add_token(*login)).get_repo(repository.full_name) for login in ([], ["mona"]))
    reaction = issue.reactions[0].id
    assert not bot.get_issue(issue.number).delete_reaction(reaction)
    assert mona.get_issue(issue.number).delete_reaction(reaction)
    assert issue.reactions == []
