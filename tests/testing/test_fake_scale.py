"""A project of many years is made in seconds and read in milliseconds, every answer still judged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from memory_agents.testing.github import FakeGitHub, FakeRepository

ISSUES, COMMENTS, REVIEW_COMMENTS, EVENTS = 12_000, 30_000, 10_000, 60_000
START = datetime(2015, 1, 1, tzinfo=UTC)
SLOWEST = 0.1
"""seconds for a page on a busy machine; about 0.015 on a quiet one"""


def fill(repository: FakeRepository) -> None:
    """A third of the issues are pull requests; times go back and forth."""
    repository.commit_files({"f": "1"}, branch="feature", parent="main")
    for at in range(ISSUES):
        created_at, author = START + timedelta(hours=at), f"user-{at % 300}"
        if at % 3:
            repository.add_issue(f"Issue {at}", "It crashes. " * 60, author=author, created_at=created_at)
        else:
            repository.add_pull(f"Pull {at}", "It mends. " * 60, head="feature", author=author, created_at=created_at)
    for at in range(COMMENTS):
        number = at * 7 % ISSUES + 1
        repository.add_comment(number, "Me too. " * 20, created_at=START + timedelta(hours=number + at % 999))
    for at in range(REVIEW_COMMENTS):
        number = at * 3 % ISSUES + 1
        repository.add_review_comment(
            number, "Rename. ", path="f", created_at=START + timedelta(hours=number + at % 99)
        )
    issues = list(repository.issues.values())
    for at in range(EVENTS // 2):
        issue, time_ = issues[at * 5 % ISSUES], START + timedelta(hours=at)
        repository.close(issue, actor="mona", reason="completed", at=time_)
        repository.reopen(issue, actor="mona", at=time_)


@pytest.fixture(scope="module")
def large() -> Iterator[tuple[FakeGitHub, float]]:
    """A fake with a large repository, and the seconds that filling it took."""
    with FakeGitHub() as fake:
        repository = fake.add_repository(files={"README.md": "# Large\n"})
        start = time.perf_counter()
        fill(repository)
        yield fake, time.perf_counter() - start


def test_a_large_repository_is_made_in_seconds(large: tuple[FakeGitHub, float]) -> None:
    fake, seconds = large
    repository = fake.repositories["octocat/hello"]
    rows = (repository.issues, repository.comments, repository.review_comments, repository.events)
    assert [len(each) for each in rows] == [ISSUES, COMMENTS, REVIEW_COMMENTS, EVENTS]
    assert seconds < 10


@pytest.mark.parametrize(
    "path",
    [
        "issues?state=all&sort=updated&direction=asc",
        "issues/comments?sort=updated&direction=asc",
        "pulls/comments?sort=updated&direction=asc",
        "pulls?state=all&sort=updated&direction=desc",
        "issues/events",
    ],
)
def test_a_page_of_a_hundred_rows_is_quick(large: tuple[FakeGitHub, float], path: str) -> None:
    fake, _ = large
    url = f"{fake.api_url}/repos/octocat/hello/{path}{'&' if '?' in path else '?'}per_page=100"
    seconds: list[float] = []
    with requests.Session() as session:
        for _ in range(5):
            start = time.perf_counter()
            answer = session.get(url, timeout=5)
            seconds.append(time.perf_counter() - start)
            assert len(answer.json()) == 100
            url = answer.links["next"]["url"]
    assert min(seconds) < SLOWEST
