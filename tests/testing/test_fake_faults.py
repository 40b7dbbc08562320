"""Each fault does what it says, to REST and to git, as often as it was told to."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import github
import pytest
import requests
from github.Repository import Repository

from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.testing.conftest import Connect
from tests.testing.test_fake_git import clone

REPO = "/repos/octocat/hello"


@pytest.fixture
def client(fake: FakeGitHub, repository: FakeRepository, connect: Connect) -> Repository:
    repository.add_issue("One")
    return connect(fake, fake.add_token()).get_repo(repository.full_name)


def get(fake: FakeGitHub, path: str = REPO) -> requests.Response:
    return requests.get(fake.api_url + path, headers={"connection": "close"}, timeout=5)


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 502, 503])
def test_a_refusal_comes_once_with_githubs_body(fake: FakeGitHub, repository: FakeRepository, status: int) -> None:
    fake.faults.add(f"GET {REPO}", status=status)
    refused, served = get(fake), get(fake)
    assert (refused.status_code, served.status_code) == (status, 200)
    assert refused.json()["message"]
    assert refused.json()["documentation_url"].startswith("https://docs.github.com/")


def test_429_is_the_secondary_limit_and_says_when_to_come_back(client: Repository, fake: FakeGitHub) -> None:
    fake.faults.add(f"POST {REPO}/issues", status=429, retry_after=7)
    with pytest.raises(github.GithubException, match="secondary rate limit") as refused:
        client.create_issue("Two")
    assert refused.value.headers is not None
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "7")
    assert [issue.title for issue in client.get_issues()] == ["One"]


def test_the_primary_limit_leaves_nothing_and_names_its_reset(client: Repository, fake: FakeGitHub) -> None:
    fake.faults.add(status=403, limit="primary")
    with pytest.raises(github.RateLimitExceededException) as refused:
        client.get_issue(1)
    assert refused.value.headers is not None
    assert refused.value.headers["x-ratelimit-remaining"] == "0"
    assert int(refused.value.headers["x-ratelimit-reset"]) > time.time()


def test_latency_delays_and_then_serves(client: Repository, fake: FakeGitHub) -> None:
    fake.faults.add(f"{REPO}/issues", latency=0.2)
    start = time.monotonic()
    assert client.get_issue(1).title == "One"
    assert time.monotonic() - start >= 0.2


def test_leaving_the_fake_does_not_wait_for_latency() -> None:
    with ThreadPoolExecutor() as pool:
        with FakeGitHub() as fake:
            fake.faults.add(latency=30)
            headers = {"authorization": f"Bearer {fake.add_token()}"}
            waiting = pool.submit(requests.get, f"{fake.api_url}/rate_limit", headers=headers, timeout=20)
            while not fake.tokens_seen:
                time.sleep(0.005)
            start = time.monotonic()
        waiting.exception(timeout=5)
        assert time.monotonic() - start < 5


def test_a_cut_connection_ends_inside_the_answer_after_the_work_was_done(
    fake: FakeGitHub, client: Repository, repository: FakeRepository
) -> None:
    fake.faults.add("POST", cut=True)
    with pytest.raises(requests.RequestException):
        client.create_issue("Two")
    assert [issue.title for issue in repository.issues.values()] == ["One", "Two"]


def test_a_fault_strikes_as_often_as_told_or_for_ever_until_cleared(
    fake: FakeGitHub, repository: FakeRepository
) -> None:
    fake.faults.add(times=2, status=500)
    assert [get(fake).status_code for _ in range(3)] == [500, 500, 200]
    fake.faults.add(times=None, status=502)
    assert [get(fake).status_code for _ in range(3)] == [502, 502, 502]
    fake.faults.clear()
    assert get(fake).status_code == 200


@pytest.mark.parametrize(
    ("match", "strikes"),
    [("", True), ("GET", True), (REPO, True), (f"GET {REPO}", True), ("POST", False), ("/user", False), ("git", False)],
)
def test_a_fault_strikes_only_what_it_matches(
    fake: FakeGitHub, repository: FakeRepository, match: str, strikes: bool
) -> None:
    fake.faults.add(match, status=500)
    assert get(fake).status_code == (500 if strikes else 200)


def test_git_meets_faults_too_and_rest_does_not_meet_gits(
    fake: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    fake.faults.add("git", status=503)
    assert get(fake).status_code == 200
    assert "503" in clone(fake.git_url(repository), tmp_path / "a").stderr
    fake.faults.add("git", cut=True)
    assert clone(fake.git_url(repository), tmp_path / "b").returncode != 0
    assert clone(fake.git_url(repository), tmp_path / "c").returncode == 0


def test_many_threads_at_once_lose_nothing_as_calls_are_handled_one_by_one(connect: Connect) -> None:
    inside: list[int] = []
    most = 0

    def clock() -> datetime:
        nonlocal most
        inside.append(1)
        most = max(most, len(inside))
        time.sleep(0.001)
        inside.pop()
        return datetime(2024, 1, 1, tzinfo=UTC)

    with FakeGitHub(clock=clock) as fake:
        fake.add_repository()
        client = connect(fake, fake.add_token()).get_repo("octocat/hello")
        with ThreadPoolExecutor(8) as pool:
            numbers = {issue.number for issue in pool.map(client.create_issue, [f"Issue {at}" for at in range(24)])}
        assert numbers == set(range(1, 25))
        assert len(fake.requests) == 25
    assert most == 1


def test_of_writers_that_race_for_a_ref_exactly_one_wins(client: Repository, repository: FakeRepository) -> None:
    base = repository.commit_files({"f": "0"}, branch="memory")
    parent = client.get_git_commit(base)
    rivals = [client.create_git_commit(f"Rival {at}", parent.tree, [parent]) for at in range(4)]

    def move(sha: str) -> bool:
        try:
            client.get_git_ref("heads/memory").edit(sha)
        except github.GithubException:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(move, [rival.sha for rival in rivals]))
    assert won.count(True) == 1
    assert repository.git.resolve("refs/heads/memory") == rivals[won.index(True)].sha


def test_a_fault_may_skip_requests_and_call_before_the_answer(
    fake: FakeGitHub, repository: FakeRepository, connect: Connect
) -> None:
    client = connect(fake, fake.add_token()).get_repo(repository.full_name)
    titles: list[list[str]] = []
    fake.faults.add("POST", skip=1, call=lambda: titles.append([issue.title for issue in repository.issues.values()]))
    for title in ("One", "Two", "Three"):
        client.create_issue(title)
    assert titles == [["One", "Two"]]  # the work was done
