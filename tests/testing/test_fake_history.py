"""What an index of the past meets: edits, deletions, closings, and lists too long for page numbers."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import github
import pytest
import requests
from github.Repository import Repository

from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import Issue
from tests.testing.conftest import Connect

START = datetime(2024, 1, 1, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def client(fake: FakeGitHub, repository: FakeRepository, connect: Connect) -> Repository:
    return connect(fake, fake.add_token()).get_repo(repository.full_name)


def get(fake: FakeGitHub, path: str) -> requests.Response:
    """Ask for `path` of `octocat/hello`, or for a whole URL."""
    url = path if "://" in path else f"{fake.api_url}/repos/octocat/hello/{path}"
    return requests.get(url, timeout=5, headers={"connection": "close"})


def pages(fake: FakeGitHub, path: str) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list, by its links."""
    following: str | None = path
    while following:
        answer = get(fake, following)
        yield answer.json()
        following = answer.links.get("next", {}).get("url")


def add_pull(repository: FakeRepository) -> Issue:
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    return repository.add_pull("Mend", head="feature", created_at=START)


def test_an_edited_issue_changes_its_text_and_time_and_its_new_title_leaves_an_event(
    fake: FakeGitHub, client: Repository, repository: FakeRepository
) -> None:
    issue = repository.add_issue("Crash", "It crashes", author="mona", created_at=START)
    later = START + timedelta(days=1)
    repository.edit_issue(issue, title="Crash at start", at=later)
    shown = client.get_issue(1)
    assert (shown.title, shown.body, shown.updated_at) == ("Crash at start", "It crashes", later)
    [event] = get(fake, "issues/events").json()
    assert (event["event"], event["actor"]["login"]) == ("renamed", "mona")
    assert event["rename"] == {"from": "Crash", "to": "Crash at start"}
    repository.edit_issue(issue, body="", at=later + timedelta(days=1))
    assert (client.get_issue(1).body, client.get_issue(1).updated_at) == ("", later + timedelta(days=1))
    assert len(repository.events) == 1


def test_a_deleted_issue_is_gone_with_all_that_hangs_on_it_and_its_number_is_not_given_again(
    fake: FakeGitHub, client: Repository, repository: FakeRepository
) -> None:
    pull = add_pull(repository)
    issue = repository.add_issue("Secret")
    for number in (pull.number, issue.number):
        repository.add_comment(number, f"On {number}")
        repository.set_labels(repository.issues[number], ["bug"], actor="mona")
    repository.add_review(pull.number)
    repository.add_review_comment(pull.number, "Hm", path="f")
    for each in (pull, issue):
        repository.delete_issue(each)
    lists = ("issues?state=all", "issues/comments", "issues/events", "pulls?state=all", "pulls/comments")
    assert [get(fake, each).json() for each in lists] == [[]] * 5
    assert repository.reviews == {}
    with pytest.raises(github.GithubException, match="This issue was deleted") as gone:
        client.get_issue(issue.number)
    assert gone.value.status == 410
    assert repository.add_issue("Next").number == 3


def test_edited_comments_are_found_by_since_and_deleted_ones_by_nothing(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    pull = add_pull(repository)
    comments = [repository.add_comment(1, f"Comment {at}", created_at=START) for at in range(3)]
    reviews = [repository.add_review_comment(1, f"Review {at}", path="f", created_at=START) for at in range(3)]
    before = pull.updated_at
    later = START + timedelta(hours=1)
    repository.edit_comment(comments[1], "Edited", at=later)
    repository.edit_comment(reviews[1], "Edited too", at=later)
    repository.delete_comment(comments[2])
    repository.delete_review_comment(reviews[2])
    assert pull.updated_at == before
    since = "since=2024-01-01T00:30:00Z"
    assert [row["body"] for row in get(fake, f"issues/comments?{since}").json()] == ["Edited"]
    assert [row["body"] for row in get(fake, f"pulls/comments?{since}").json()] == ["Edited too"]
    assert [row["body"] for row in get(fake, "issues/1/comments").json()] == ["Comment 0", "Edited"]
    assert get(fake, f"issues/comments/{comments[2].id}").status_code == 404
    assert get(fake, "issues/1").json()["comments"] == 2


def test_since_takes_in_the_very_second_that_it_names(fake: FakeGitHub, repository: FakeRepository) -> None:
    repository.add_issue("One", created_at=START)
    assert len(get(fake, "issues?since=2024-01-01T00:00:00Z").json()) == 1
    assert get(fake, "issues?since=2024-01-01T00:00:01Z").json() == []


def test_a_minimized_comment_is_told_by_graphql_alone(fake: FakeGitHub, repository: FakeRepository) -> None:
    add_pull(repository)
    comment, review = repository.add_comment(1, "Old"), repository.add_review_comment(1, "Older", path="f")
    repository.minimize(comment)
    repository.minimize(review, "off-topic")
    ids = [get(fake, f"{place}/comments").json()[0]["node_id"] for place in ("issues", "pulls")]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Minimizable { isMinimized minimizedReason } } }"
    headers = {"authorization": f"bearer {fake.add_token()}", "connection": "close"}
    body = json.dumps({"query": query, "variables": {"ids": ids}})
    answer = requests.post(f"{fake.api_url}/graphql", data=body, headers=headers, timeout=5).json()
    assert [node["minimizedReason"] for node in answer["data"]["nodes"]] == ["outdated", "off-topic"]
    assert all(node["isMinimized"] for node in answer["data"]["nodes"])
    assert get(fake, "issues/1/comments").json()[0]["body"] == "Old"


def test_a_closing_says_why_and_by_which_commit_and_a_reopening_takes_it_back(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    issue = repository.add_issue("Crash", created_at=START)
    repository.close(issue, actor="mona", reason="not_planned", at=START + timedelta(days=1))
    repository.reopen(issue, actor="octocat", at=START + timedelta(days=2))
    assert get(fake, "issues/1").json()["closed_by"] is None
    repository.close(issue, actor="mona", reason="completed", commit=COMMIT, at=START + timedelta(days=3))
    events = get(fake, "issues/events").json()
    assert [(each["event"], each["commit_id"], each.get("state_reason")) for each in events] == [
        ("closed", COMMIT, "completed"),
        ("reopened", None, None),
        ("closed", None, "not_planned"),
    ]
    assert events[0]["commit_url"].endswith(f"/repos/octocat/hello/commits/{COMMIT}")
    assert get(fake, "issues/1").json()["closed_by"]["login"] == "mona"
    assert "closed_by" not in get(fake, "issues?state=closed").json()[0]


def test_a_merged_pull_request_has_no_reason_and_two_events(fake: FakeGitHub, repository: FakeRepository) -> None:
    pull = add_pull(repository)
    repository.merge(pull, actor="mona", at=START)
    assert [each["event"] for each in get(fake, "issues/events").json()] == ["closed", "merged"]
    assert get(fake, "issues/1").json()["state_reason"] is None


def test_events_are_newest_first_in_whichever_order_they_were_noted(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    issues = [repository.add_issue(f"Issue {at}", created_at=START) for at in range(3)]
    for issue, day in zip(issues, (2, 3, 1), strict=True):
        repository.close(issue, actor="mona", at=START + timedelta(days=day))
    assert [each["issue"]["number"] for each in get(fake, "issues/events").json()] == [2, 1, 3]


@pytest.mark.parametrize("order", ["", "&direction=asc", "&sort=updated", "&sort=updated&direction=asc"])
def test_cursors_lead_to_every_issue_once_even_when_those_seen_are_deleted(
    fake: FakeGitHub, repository: FakeRepository, order: str
) -> None:
    for at in range(7):
        repository.add_issue(f"Issue {at}", created_at=START + timedelta(days=at // 3))
    seen: list[int] = []
    for page in pages(fake, f"issues?state=all&per_page=2{order}"):
        seen += [row["number"] for row in page]
        repository.delete_issue(repository.issues[page[-1]["number"]])
    ascending = list(range(1, 8))
    assert seen == (ascending if "asc" in order else ascending[::-1])


def test_page_numbers_end_at_ten_thousand_issues_and_cursors_go_on(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    for at in range(10_050):
        repository.add_issue("Same", created_at=START + timedelta(minutes=at))
    path = "issues?state=all&direction=asc&per_page=100"
    last = get(fake, f"{path}&page=99")
    assert last.json()[-1]["number"] == 9_900
    refused = get(fake, f"{path}&page=100")
    assert (refused.status_code, "cursor based pagination" in refused.json()["message"]) == (422, True)
    rest = [row["number"] for page in pages(fake, last.links["next"]["url"]) for row in page]
    assert rest == list(range(9_901, 10_051))
    assert set(last.links) == {"next"}


@pytest.mark.parametrize(
    "cursor", ["no base64", *(b64encode(each).decode() for each in (b"cursor:v2:[1]", b"cursor:v2:5", b"\xff"))]
)
def test_a_cursor_that_was_never_given_is_refused(fake: FakeGitHub, repository: FakeRepository, cursor: str) -> None:
    url = f"{fake.api_url}/repos/octocat/hello/issues"
    refused = requests.get(url, params={"after": cursor}, timeout=5, headers={"connection": "close"})
    assert refused.status_code == 422
