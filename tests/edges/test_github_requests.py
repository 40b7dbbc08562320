"""GitHub as the queue: what was written and labelled since a time, in few requests, and who ever edited it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from memory_agents.core.github_events import Account
from memory_agents.core.pending import Labelled, Written
from memory_agents.core.requests import ISSUE_COMMENT, REVIEW, REVIEW_COMMENT
from memory_agents.edges.github import GitHubApi
from memory_agents.edges.github.requests import GitHubQueue
from memory_agents.errors import GitHubFailure
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import Edit
from tests.edges.conftest import REPOSITORY, pull_in

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONG_AGO = START - timedelta(days=9)
LISTS = f"/repos/{REPOSITORY}/"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    """One for each test: a list is the whole repository's."""
    with FakeGitHub(clock=lambda: LONG_AGO) as github:
        github.add_repository(REPOSITORY, files={"README.md": "# Hello\n"})
        yield github


@pytest.fixture
async def queue(fake: FakeGitHub) -> AsyncIterator[GitHubQueue]:
    api = GitHubApi(api_url=fake.api_url, token=fake.add_token())
    yield GitHubQueue(api, REPOSITORY, 7)
    await api.close()


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def bodies(written: list[Written]) -> list[str]:
    return [one.body for one in written]


async def written(queue: GitHubQueue) -> list[Written]:
    return list(await queue.written(START))


async def test_comments_review_comments_and_reviews_are_listed_with_their_places(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    issue, pull = repository.add_issue("The parser hangs"), pull_in(repository)
    on_issue = repository.add_comment(issue.number, "On an issue", author="mona", created_at=after(1))
    on_pull = repository.add_comment(pull.number, "On a pull request", author="hubot[bot]", created_at=after(2))
    first = repository.add_review_comment(pull.number, "On a line", path="f", created_at=after(3))
    reply = repository.add_review_comment(pull.number, "Done", path="f", in_reply_to=first.id, created_at=after(4))
    review = repository.add_review(pull.number, "All in all", author="mona", submitted_at=after(5))
    found = await written(queue)
    assert [(one.body, one.place.origin.kind, one.place.origin.key) for one in found] == [
        ("On an issue", ISSUE_COMMENT, on_issue.id),
        ("On a pull request", ISSUE_COMMENT, on_pull.id),
        ("On a line", REVIEW_COMMENT, first.id),
        ("Done", REVIEW_COMMENT, reply.id),
        ("All in all", REVIEW, review.id),
    ]
    assert [(one.place.number, one.place.is_pull_request, one.place.thread) for one in found] == [
        (issue.number, False, None),
        (pull.number, True, None),
        (pull.number, True, first.id),
        (pull.number, True, first.id),
        (pull.number, True, None),
    ]
    assert [one.place.origin.repository_id for one in found] == [7] * 5
    mona = fake.find_user("mona").id
    assert [(found[0].author.id, found[0].author.is_bot), (found[4].author.id, found[4].author.login)] == [
        (mona, False),
        (mona, "mona"),
    ]
    assert (found[1].author.login, found[1].author.is_bot) == ("hubot[bot]", True)
    assert [one.created_at for one in found] == [after(minute) for minute in range(1, 6)]
    assert found[4].url.endswith(f"/pull/{pull.number}#pullrequestreview-{review.id}")


async def test_what_was_neither_made_nor_edited_since_then_is_not_listed(
    repository: FakeRepository, queue: GitHubQueue
) -> None:
    pull = pull_in(repository)
    comments = [repository.add_comment(pull.number, f"Comment {at}", created_at=LONG_AGO) for at in range(2)]
    remarks = [repository.add_review_comment(pull.number, f"Remark {at}", path="f") for at in range(2)]
    reviews = [repository.add_review(pull.number, f"Review {at}") for at in range(2)]
    repository.add_review(pull.number, "", state="APPROVED", submitted_at=after(1))
    repository.add_review(pull.number, "Looks good", submitted_at=START)
    for row in (comments[1], remarks[1], reviews[1]):
        repository.edit_comment(row, f"{row.body}, edited", at=after(1))
    assert bodies(await written(queue)) == [
        "Comment 1, edited",
        "Remark 1, edited",
        "Review 1, edited",
        "Looks good",
    ]


async def test_a_comment_is_listed_whole(repository: FakeRepository, queue: GitHubQueue) -> None:
    body = "/remember " + "x" * 60_000
    repository.add_comment(repository.add_issue("One").number, body, created_at=after(1))
    assert bodies(await written(queue)) == [body]


async def test_a_list_takes_a_request_for_about_a_hundred_entries_and_no_page_number(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    number = repository.add_issue("One").number
    for at in range(250):
        repository.add_comment(number, f"Comment {at}", created_at=after(at))
    assert len(bodies(await written(queue))) == 250
    asked = [request.query for request in fake.requests if request.path == f"{LISTS}issues/comments"]
    assert len(asked) == 3
    assert all("page" not in query for query in asked)


async def test_more_comments_of_one_second_than_a_page_holds_are_all_listed(
    repository: FakeRepository, queue: GitHubQueue
) -> None:
    number = repository.add_issue("One").number
    for at in range(230):
        repository.add_comment(number, f"Comment {at}", created_at=after(1))
    repository.add_comment(number, "Later", created_at=after(2))
    assert len(set(bodies(await written(queue)))) == 231


async def test_reviews_take_one_query_for_many_pull_requests_and_none_for_older_ones(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    pull_in(repository)
    for at in range(60):
        pull = repository.add_pull("Mend the parser", head="feature-0")
        if at >= 20:
            repository.add_review(pull.number, f"Review {at}", submitted_at=after(at))
    assert sorted(bodies(await written(queue))) == [f"Review {at}" for at in range(20, 60)]
    assert sum(request.path == "/graphql" for request in fake.requests) == 2


async def told(queue: GitHubQueue, *also: str) -> dict[str, list[str]]:
    """Text → the logins of its editors, of all that is listed."""
    found = {one.node_id: one.body for one in await written(queue)}
    editors = await queue.editors([*found, *also])
    return {found[node_id]: [account.login for account in accounts] for node_id, accounts in editors.items()}


async def test_all_who_ever_edited_are_told_the_last_first_and_each_once(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    pull = pull_in(repository)
    repository.add_comment(pull.number, "Plain", created_at=after(1))
    comment = repository.add_comment(pull.number, "Comment", author="reader", created_at=after(1))
    remark = repository.add_review_comment(pull.number, "Remark", path="f", author="reader", created_at=after(1))
    review = repository.add_review(pull.number, "Review", author="reader", submitted_at=after(1))
    for row, editors in (
        (comment, ["mallory", "dev", "mona", "dev"]),
        (remark, ["mona"]),
        (review, ["hubot[bot]", "reader"]),
    ):
        for minute, editor in enumerate(editors, start=2):
            repository.edit_comment(row, f"{row.body}!", actor=editor, at=after(minute))
    assert await told(queue) == {
        "Plain": [],
        "Comment!!!!": ["dev", "mona", "mallory"],
        "Remark!": ["mona"],  # and not its author, who only wrote it
        "Review!!": ["reader", "hubot[bot]"],
    }
    [one] = [one for one in await written(queue) if one.body == "Remark!"]
    assert await queue.editors([one.node_id]) == {
        one.node_id: (Account(login="mona", id=fake.find_user("mona").id),),
    }


async def test_the_editors_of_what_is_gone_are_left_out(repository: FakeRepository, queue: GitHubQueue) -> None:
    number = repository.add_issue("One").number
    gone, _ = (repository.add_comment(number, body, created_at=after(1)) for body in ("Gone", "Here"))
    [node_id] = [one.node_id for one in await written(queue) if one.body == "Gone"]
    repository.delete_comment(gone)
    assert await told(queue, node_id) == {"Here": []}


@pytest.mark.parametrize("editors", [["", "mona"], ["mona", ""]])
async def test_where_an_editor_has_no_account_any_more_nobody_is_told(
    repository: FakeRepository, queue: GitHubQueue, editors: list[str]
) -> None:
    comment = repository.add_comment(repository.add_issue("One").number, "Comment", created_at=after(1))
    repository.edit_comment(comment, "Comment!", actor="dev", at=after(2))
    comment.edits += [Edit(editor, after(2)) for editor in editors]
    assert await told(queue) == {}


@pytest.mark.parametrize(("edits", "editors"), [(99, {"Comment!": ["mona"]}), (100, {})])
async def test_of_more_edits_than_github_gives_at_once_nobody_is_told(
    repository: FakeRepository, queue: GitHubQueue, edits: int, editors: dict[str, list[str]]
) -> None:
    comment = repository.add_comment(repository.add_issue("One").number, "Comment", created_at=after(1))
    for _ in range(edits):
        repository.edit_comment(comment, "Comment!", actor="mona", at=after(2))
    assert await told(queue) == editors


async def test_editors_are_not_told_for_words_that_were_listed_before_the_edit(
    repository: FakeRepository, queue: GitHubQueue
) -> None:
    number = repository.add_issue("One").number
    comment = repository.add_comment(number, "/remember no secrets", author="reader", created_at=after(1))
    [one] = await written(queue)
    repository.edit_comment(comment, "Spam removed", actor="mona", at=after(2))
    assert await queue.editors([one.node_id]) == {}
    assert await GitHubQueue(queue._api, REPOSITORY, 7).editors([one.node_id]) == {}  # was never listed
    assert await told(queue) == {"Spam removed": ["mona"]}


async def test_editors_of_many_are_asked_for_by_the_hundred(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    number = repository.add_issue("One").number
    for at in range(150):
        repository.add_comment(number, f"Comment {at}", created_at=after(at))
    ids = [one.node_id for one in await written(queue)]
    before = len(fake.requests)
    assert await queue.editors(ids) == dict.fromkeys(ids, ())
    assert [request.path for request in fake.requests[before:]] == ["/graphql"] * 2


async def test_labels_and_closings_since_then_are_listed_oldest_first(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    issue, other = repository.add_issue("One"), repository.add_issue("Two", labels=["bug", "ui"])
    repository.set_labels(issue, ["early"], actor="mona", at=START - timedelta(seconds=1))
    repository.set_labels(issue, ["early", "memory:remember"], actor="mona", at=START)
    repository.close(other, actor="mona", reason="completed", at=after(1))
    repository.set_labels(issue, [], actor="mona", at=after(2))
    assert list(await queue.labelled(START)) == [
        Labelled(number=issue.number, labels=("memory:remember",), at=START),
        Labelled(number=other.number, labels=("bug", "ui"), at=after(1)),
    ]
    repository.delete_issue(issue)
    assert [row.number for row in await queue.labelled(START)] == [other.number]


async def test_events_are_read_no_further_back_than_asked_and_each_is_told_once(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    issue = repository.add_issue("One")
    for at in range(-300, 150):
        repository.set_labels(issue, [f"label {at}"] if at % 2 else [], actor="mona", at=after(at))
    before = len(fake.requests)
    found = await queue.labelled(START)
    assert [row.labels for row in found] == [(f"label {at}",) for at in range(1, 150, 2)]
    assert len(fake.requests) - before == 2


async def test_events_further_back_than_github_lists_are_done_without(
    fake: FakeGitHub, repository: FakeRepository, queue: GitHubQueue
) -> None:
    issue = repository.add_issue("One")
    for at in range(150):
        repository.set_labels(issue, [f"label {at}"], actor="mona", at=after(at))
    fake.faults.add(f"GET {LISTS}issues/events", latency=0.001)
    fake.faults.add(f"GET {LISTS}issues/events", status=422)
    assert len(await queue.labelled(START)) == 50


@pytest.mark.parametrize("path", ["issues/comments", "pulls/comments"])
@pytest.mark.parametrize("status", [403, 429, 500])
async def test_a_list_that_github_does_not_give_is_a_failure(
    fake: FakeGitHub, queue: GitHubQueue, path: str, status: int
) -> None:
    fake.faults.add(f"GET {LISTS}{path}", status=status)
    with pytest.raises(GitHubFailure) as failed:
        await queue.written(START)
    assert failed.value.status == status


async def test_reviews_that_github_does_not_give_are_a_failure(fake: FakeGitHub, queue: GitHubQueue) -> None:
    fake.rate_limit_remaining = 2  # GraphQL refuses with 200
    with pytest.raises(GitHubFailure) as failed:
        await queue.written(START)
    assert failed.value.limit == "primary"
    with pytest.raises(GitHubFailure) as failed:
        await queue.editors(["no id"])
    assert failed.value.limit == "primary"


async def test_an_empty_repository_has_nothing_to_catch_up_with(queue: GitHubQueue) -> None:
    assert (await written(queue), list(await queue.labelled(START)), await queue.editors([])) == ([], [], {})
