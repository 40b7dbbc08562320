"""Maintainers' files from GitHub: as few requests as can be, and each refusal with its own fix."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import vcr  # type: ignore[import-untyped]

from memory_agents.edges.github import MAX_FILE_BYTES, MAX_FILES, GitHubApi, GitHubFiles
from memory_agents.errors import GitHubFailure, UnreadableFile
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.edges.recording import API, CASSETTES, CONFIG, PROMPTS, REPOSITORY, SCENARIOS, Scenario, read_all
from tests.memory.web import Web, serving

Connect = Callable[..., GitHubFiles]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes clients, and closes them at the end."""
    opened: list[GitHubApi] = []

    def files(api_url: str, token: str, timeout: float = 10) -> GitHubFiles:
        opened.append(GitHubApi(api_url=api_url, token=token, timeout=timeout))
        return GitHubFiles(opened[-1], REPOSITORY)

    yield files
    for api in opened:
        await api.close()


@pytest.fixture
def files(fake: FakeGitHub, repository: FakeRepository, connect: Connect) -> GitHubFiles:
    """Of a job that may read contents."""
    return connect(fake.api_url, fake.add_token(permissions={"contents": "read"}, repositories=[REPOSITORY]))


@pytest.mark.parametrize(("name", "scenario"), SCENARIOS.items(), ids=SCENARIOS)
async def test_what_maintainers_keep_is_read_with_few_requests(name: str, scenario: Scenario, connect: Connect) -> None:
    with vcr.use_cassette(str(CASSETTES / f"{name}.yaml"), record_mode=vcr.mode.NONE) as cassette:
        files = connect(API, "")
        assert await read_all(files) == (scenario.config, scenario.templates)
    assert cassette.play_count == len(cassette) == scenario.requests


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as github:
        yield github


@pytest.fixture
def repository(fake: FakeGitHub) -> FakeRepository:
    return fake.add_repository(REPOSITORY, files={CONFIG: "top-k: 7\n"})


async def failing(files: GitHubFiles) -> GitHubFailure:
    """What reading fails with; no refusal is waited out."""
    started = time.monotonic()
    with pytest.raises(GitHubFailure) as refused:
        await files.read(CONFIG)
    assert time.monotonic() - started < 3
    return refused.value


PERMISSION, LIMITED, LATER = "`permissions: contents: read`", "rate limit is over", "run again later"


@pytest.mark.parametrize(
    ("status", "limit", "fix"),
    [
        (401, "", "`github-token`"),
        (403, "", PERMISSION),
        (403, "primary", LIMITED),
        (403, "secondary", LIMITED),
        (429, "", LIMITED),
        (422, "", LATER),
        (500, "", LATER),
        (502, "", LATER),
        (503, "", LATER),
    ],
)
async def test_each_refusal_is_told_with_its_own_fix_after_one_request(
    status: int, limit: str, fix: str, files: GitHubFiles, fake: FakeGitHub
) -> None:
    fake.faults.add("GET", times=None, status=status, limit=limit)  # type: ignore[arg-type]
    failure = await failing(files)
    assert failure.status == status
    assert str(status) in failure.message
    assert fix in failure.fix
    assert len(fake.requests) == 1


async def test_a_token_that_github_does_not_know_is_told_and_not_shown(
    connect: Connect, fake: FakeGitHub, repository: FakeRepository
) -> None:
    token = "ghs_" + "unkn0wn" * 5
    failure = await failing(connect(fake.api_url, token))
    assert failure.status == 401
    assert token not in f"{failure} {failure!r}"


async def test_a_connection_that_is_cut_is_told_with_the_fix(
    files: GitHubFiles, fake: FakeGitHub, repository: FakeRepository
) -> None:
    fake.faults.add("GET", times=None, cut=True)
    failure = await failing(files)
    assert failure.status == 0
    assert "network" in failure.fix


async def test_a_server_that_does_not_answer_is_left_in_time(
    connect: Connect, fake: FakeGitHub, repository: FakeRepository
) -> None:
    fake.faults.add("GET", times=None, latency=30)
    assert "could not be reached" in (await failing(connect(fake.api_url, fake.add_token(), 1))).message


async def test_a_port_on_which_nobody_listens_is_told(connect: Connect) -> None:
    failure = await failing(connect("http://127.0.0.1:9", ""))
    assert "GITHUB_API_URL" in failure.fix


class Odd(Web):
    """Answers what GitHub never does: a repository that moved to another server, and JSON without an end."""

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path.startswith("/moved"):
            return 301, {"Location": "http://elsewhere.invalid/"}, b"{}"
        return 200, {}, b"[" * 200_000


@pytest.fixture
def odd() -> Iterator[str]:
    """The address of a server of Odd answers."""
    with serving(Odd()) as server:
        server.may_answer.set()
        yield server.url


@pytest.mark.parametrize("prefix", ["/moved", "/endless"])
async def test_an_answer_that_leads_away_or_never_ends_is_a_failure_like_any_other(
    prefix: str, odd: str, connect: Connect
) -> None:
    failure = await failing(connect(f"{odd}{prefix}", "t0ken"))
    assert "cannot be read" in failure.message
    assert "GITHUB_API_URL" in failure.fix


async def test_a_blob_that_is_refused_is_a_failure_and_not_an_absent_file(
    files: GitHubFiles, fake: FakeGitHub, repository: FakeRepository
) -> None:
    fake.faults.add(f"GET /repos/{REPOSITORY}/git/blobs", status=404)
    failure = await failing(files)
    assert (failure.status, PERMISSION in failure.fix) == (404, True)


async def test_a_file_that_is_not_utf8_is_named(
    files: GitHubFiles, fake: FakeGitHub, repository: FakeRepository
) -> None:
    repository.commit_files({CONFIG: b"\xff\xfe"})
    with pytest.raises(UnreadableFile, match=f"save {CONFIG} as UTF-8"):
        await files.read(CONFIG)


async def test_a_folder_where_a_file_was_expected_is_no_file(
    files: GitHubFiles, fake: FakeGitHub, repository: FakeRepository
) -> None:
    assert await files.read(".github") is None
    assert await files.folder(CONFIG, lambda name: True) == {}


async def test_files_at_the_top_of_the_repository_are_read(
    files: GitHubFiles, fake: FakeGitHub, repository: FakeRepository
) -> None:
    repository.commit_files({"memory.yml": "top-k: 9\n"})
    assert await files.read("memory.yml") == "top-k: 9\n"


async def test_a_folder_of_very_many_templates_is_named_rather_than_cut(
    files: GitHubFiles, repository: FakeRepository
) -> None:
    repository.commit_files({f"{PROMPTS}/t{n:03}.md.j2": "x" for n in range(MAX_FILES + 5)})
    with pytest.raises(UnreadableFile, match=f"{PROMPTS} holds more than {MAX_FILES} templates"):
        await files.folder(PROMPTS, lambda name: True)


async def test_a_very_large_template_is_named_rather_than_cut(files: GitHubFiles, repository: FakeRepository) -> None:
    repository.commit_files({f"{PROMPTS}/large.md.j2": "x" * (MAX_FILE_BYTES + 1)})
    with pytest.raises(UnreadableFile, match=r"large\.md\.j2 is larger than"):
        await files.folder(PROMPTS, lambda name: name == "large.md.j2")


async def test_an_enterprise_server_is_asked_under_its_own_prefix(
    connect: Connect, fake: FakeGitHub, repository: FakeRepository
) -> None:
    files = connect(fake.enterprise_api_url, fake.add_token())
    assert await files.read(CONFIG) == "top-k: 7\n"
