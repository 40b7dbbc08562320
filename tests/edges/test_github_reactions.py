"""Reactions at comments and items: added once, and only our own taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from memory_agents.core.requests import ISSUE_COMMENT, ITEM, REVIEW_COMMENT
from memory_agents.edges.github import GitHubReactions
from memory_agents.errors import GitHubFailure
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import Reaction
from memory_agents.testing.github.world import ACTIONS_BOT
from tests.edges.conftest import REPOSITORY, Open, pull_in

Target = tuple[str, int, list[Reaction]]


def _issue(repository: FakeRepository) -> Target:
    issue = repository.add_issue("The parser hangs")
    return ITEM, issue.number, issue.reactions


def _pull(repository: FakeRepository) -> Target:
    pull = pull_in(repository)
    return ITEM, pull.number, pull.reactions


def _comment(repository: FakeRepository) -> Target:
    comment = repository.add_comment(repository.add_issue("The parser hangs").number, "Me too")
    return ISSUE_COMMENT, comment.id, comment.reactions


def _review_comment(repository: FakeRepository) -> Target:
    comment = repository.add_review_comment(pull_in(repository).number, "Rename it", path="f")
    return REVIEW_COMMENT, comment.id, comment.reactions


EVERY_TARGET = pytest.mark.parametrize("make", [_issue, _pull, _comment, _review_comment])
Make = Callable[[FakeRepository], Target]


def shown(reactions: list[Reaction]) -> list[tuple[str, str]]:
    return [(reaction.author, reaction.content) for reaction in reactions]


@EVERY_TARGET
async def test_a_reaction_is_added_once_however_often_it_is_asked_for(
    repository: FakeRepository, open_api: Open, make: Make
) -> None:
    kind, key, reactions = make(repository)
    for _ in range(2):
        await GitHubReactions(open_api(), REPOSITORY).add("eyes", kind, key)
    assert shown(reactions) == [(ACTIONS_BOT, "eyes")]


@EVERY_TARGET
async def test_only_the_own_reaction_of_that_content_is_taken_back(
    repository: FakeRepository, open_api: Open, make: Make
) -> None:
    kind, key, reactions = make(repository)
    for author, content in (("mona", "confused"), (ACTIONS_BOT, "eyes"), (ACTIONS_BOT, "confused")):
        repository.add_reaction(reactions, content, author=author)
    for _ in range(2):
        await GitHubReactions(open_api(), REPOSITORY).remove("confused", kind, key)
    assert shown(reactions) == [("mona", "confused"), (ACTIONS_BOT, "eyes")]


async def test_a_reaction_that_another_run_took_back_first_is_no_failure(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    kind, key, reactions = _comment(repository)
    repository.add_reaction(reactions, "confused", author=ACTIONS_BOT)
    fake.faults.add("DELETE", status=404)
    await GitHubReactions(open_api(), REPOSITORY).remove("confused", kind, key)


async def test_a_token_that_may_only_read_is_told_what_it_lacks(repository: FakeRepository, open_api: Open) -> None:
    kind, key, reactions = _issue(repository)
    with pytest.raises(GitHubFailure, match="issues: write"):
        await GitHubReactions(open_api(permission="read"), REPOSITORY).add("eyes", kind, key)
    assert shown(reactions) == []
