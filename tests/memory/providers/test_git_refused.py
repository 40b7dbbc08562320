"""A write that is refused, cut off or too slow says so, with the fix; one that was made is never made twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_agents.core.records import BatchResult
from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryMissing,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
)
from memory_agents.memory import git_meanings
from memory_agents.memory.git import GitError, Remote
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.memory.providers.writing import APPROVAL, TABS, TESTS, files, hook, log, writing
from tests.repositories import BareRepository

PUSH = "/octocat/hello.git/git-receive-pack"


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    made = BareRepository(tmp_path / "remote.git")
    made.commit({"own/a.md": "A."})
    return made


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def repository(github: FakeGitHub) -> FakeRepository:
    made = github.add_repository(files={"README.md": "# Hello\n"})
    made.commit_files({"own/a.md": "A."}, branch="memory")
    return made


async def store(github: FakeGitHub, repository: FakeRepository, state: Path, token: str = "") -> BatchResult:
    remote = Remote(github.git_url(repository), token=token or github.add_token(), is_own=True)
    async with writing(remote, state=state) as provider:
        return await provider.store_records([TABS], approval=APPROVAL)


def pushes(github: FakeGitHub) -> int:
    return sum("receive-pack" in f"{request.path}{request.query}" for request in github.requests)


def commits(repository: FakeRepository) -> int:
    return int(repository.git.run("rev-list", "--count", "memory"))


async def test_a_fact_is_written_over_http_with_the_jobs_token(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    assert (await store(github, repository, tmp_path)).stored == (TABS.id,)
    assert pushes(github) == 2
    assert (await store(github, repository, tmp_path / "new")).unchanged == (TABS.id,)


async def test_a_branch_is_begun_over_http_in_an_empty_repository(github: FakeGitHub, tmp_path: Path) -> None:
    empty = github.add_repository("octocat/empty")
    assert (await store(github, empty, tmp_path)).stored == (TABS.id,)
    assert b"# Memory" in empty.git.run("show", "memory:README.md")


async def test_a_token_that_may_only_read_is_told_once_what_the_job_lacks(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    reader = github.add_token(permissions={"contents": "read"})
    with pytest.raises(MemoryDenied, match="Nothing was written") as refused:
        await store(github, repository, tmp_path, reader)
    assert refused.value.fix == "add `permissions: contents: write` to the job"
    assert reader not in str(refused.value)
    assert pushes(github) == 1


async def test_without_a_right_token_nothing_is_tried_twice(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    with pytest.raises(MemoryDenied):
        await store(github, repository, tmp_path, "ghs_" + "wrong" * 8)
    assert len(github.requests) <= 2


async def test_a_rate_limit_is_passed_on_at_once(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    github.faults.add(f"POST {PUSH}", status=429)
    with pytest.raises(MemoryThrottled, match=r"Nothing was written.*catch-up"):
        await store(github, repository, tmp_path)
    assert commits(repository) == 1


async def test_a_push_whose_answer_is_cut_off_counts_as_the_one_write_that_it_is(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    github.faults.add(f"POST {PUSH}", cut=True)
    assert await store(github, repository, tmp_path) == BatchResult(stored=(TABS.id,))
    assert commits(repository) == 2


async def test_a_push_that_never_arrived_is_made_again(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    github.faults.add(f"POST {PUSH}", status=502, times=2)
    assert await store(github, repository, tmp_path) == BatchResult(stored=(TABS.id,))
    assert commits(repository) == 2


async def test_a_remote_that_never_answers_a_push_is_given_up_and_that_is_said(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    github.faults.add(f"POST {PUSH}", status=500, times=None)
    with pytest.raises(MemoryUnreachable, match=r"It is not known whether .* writes it exactly once"):
        await store(github, repository, tmp_path)
    assert pushes(github) == 8


async def test_a_remote_killed_right_after_it_took_a_push_has_it_and_others_may_go_on_from_there(
    remote: BareRepository, tmp_path: Path
) -> None:
    hook(remote, "post-receive", 'rm "$0"; kill -9 $PPID')
    async with writing(remote) as provider:
        assert await provider.store_records([TABS], approval=APPROVAL) == BatchResult(stored=(TABS.id,))
    assert len(log(remote)) == 2


async def test_a_push_that_was_made_counts_although_others_went_on_from_it_before_the_answer(
    remote: BareRepository,
) -> None:
    more = "git update-ref refs/heads/memory $(git commit-tree -p memory -m more memory^{tree})"
    hook(
        remote,
        "post-receive",
        f'rm "$0"; export GIT_AUTHOR_NAME=p GIT_AUTHOR_EMAIL=p GIT_COMMITTER_NAME=p GIT_COMMITTER_EMAIL=p; {more};'
        " kill -9 $PPID",
    )
    async with writing(remote) as provider:
        assert await provider.store_records([TABS], approval=APPROVAL) == BatchResult(stored=(TABS.id,))
    assert [message.partition("\n")[0] for message in log(remote)][:2] == [
        "more",
        f"Remember {TABS.id} in codebase/conventions",
    ]


GH006 = "error: GH006: Protected branch update failed for refs/heads/memory."
GH013 = "error: GH013: Repository rule violations found for refs/heads/memory."


@pytest.mark.parametrize(
    ("words", "told", "fix"),
    [
        ([GH006, "error: Changes must be made through a pull request."], "GH006: Protected branch", "bypass list"),
        ([GH013, "", "- Cannot update this protected ref."], "GH013: Repository rule violations", "bypass list"),
        ([GH006, "error: Commits must have verified signatures."], "verified signatures", "signed commits"),
        (
            [GH013, "- GITHUB PUSH PROTECTION", "  - Push cannot contain secrets"],
            "PUSH PROTECTION",
            "take the secret out",
        ),
        (["fatal: disk quota exceeded"], "disk quota exceeded", "make room"),
        (["no such luck"], "no such luck", "bypass list"),
        ([], "hook declined", "bypass list"),
    ],
)
async def test_a_branch_that_is_protected_says_by_what_and_keeps_its_facts(
    remote: BareRepository, words: list[str], told: str, fix: str
) -> None:
    hook(remote, "pre-receive", "\n".join(f"echo '{line}' >&2" for line in words) + "\nexit 1")
    async with writing(remote) as provider:
        with pytest.raises(MemoryDenied) as refused:
            await provider.store_records([TABS], approval=APPROVAL)
        assert refused.value.message.startswith("Nothing was written")
        assert told in refused.value.message
        assert fix in refused.value.fix
        assert [record.text for record in await provider.list_records()] == ["A."]
    assert files(remote) == {"own/a.md": "A."}


async def test_a_branch_that_is_checked_out_elsewhere_is_not_pulled_from_under_anybody(tmp_path: Path) -> None:
    remote = BareRepository(tmp_path / "remote.git")
    remote.commit({"own/a.md": "A."})
    (remote.path / "config").write_text("[core]\n\tbare = false\n[receive]\n\tdenyCurrentBranch = refuse\n")
    (remote.path / "HEAD").write_text("ref: refs/heads/memory\n")
    async with writing(remote) as provider:
        with pytest.raises(MemoryDenied, match="checked out branch"):
            await provider.store_records([TABS], approval=APPROVAL)


async def test_without_the_remote_nothing_is_written_though_an_earlier_copy_can_be_read(
    remote: BareRepository,
) -> None:
    async with writing(remote) as provider:
        await provider.list_records()
        remote.path.rename(remote.path.with_name("gone"))
        with pytest.raises(MemoryFailure) as refused:
            await provider.store_records([TABS], approval=APPROVAL, update=[TABS.id])
        assert "remote.git" in refused.value.message
        assert len(await provider.list_records()) == 1


async def test_a_write_ends_at_its_deadline_and_says_what_is_known(remote: BareRepository, tmp_path: Path) -> None:
    hook(remote, "pre-receive", "exec sleep 20")
    async with writing(remote, seconds=1) as provider:
        with pytest.raises(MemoryTimeout, match=r"It is not known whether .* more than 1 seconds"):
            await provider.store_records([TABS], approval=APPROVAL)
        assert len(await provider.list_records()) == 1


async def test_a_write_that_is_cancelled_leaves_a_provider_that_works(remote: BareRepository) -> None:
    hook(remote, "pre-receive", f'rm "$0"; touch {remote.path}/reached; exec sleep 20')
    async with writing(remote) as provider:
        task = asyncio.create_task(provider.store_records([TABS], approval=APPROVAL))
        while not (remote.path / "reached").exists():  # noqa: ASYNC110 -- a hook cannot set an event
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await provider.store_records([TESTS], approval=APPROVAL)).stored == (TESTS.id,)


async def test_a_write_to_a_remote_that_was_never_reached_says_that_nothing_was_written(tmp_path: Path) -> None:
    async with writing(Remote(str(tmp_path / "none")), state=tmp_path / "s") as provider:
        with pytest.raises(MemoryMissing, match=r"^Nothing was written: Memory at .*none said: "):
            await provider.store_records([TABS], approval=APPROVAL)


RUNS_WORDS = ("input", "`memory-branch`", "`memory-remote`", "`memory-token`", "runner", "event", "the job", "catch-up")
SAID = [
    "remote: error: GH006: Protected branch update failed for refs/heads/memory.",
    "remote: error: GH013: x\nremote: - Commits must have verified signatures.",
    "ERROR: This repository was archived so it is read-only.",
    "remote: error: refusing to update checked out branch: currently checked out",
    "remote: fatal: unable to write loose object file: No space left on device",
    "remote: Permission to o/m.git denied to mona.\nfatal: error: 403",
    "git@github.com: Permission denied (publickey).",
    "remote: You have exceeded a secondary rate limit\nfatal: error: 403",
    "fatal: Could not resolve host: github.com",
    "fatal: '/srv/none.git' does not appear to be a git repository",
    "fatal: transport 'git' not allowed",
    "fatal: the remote end hung up unexpectedly",
]


@pytest.mark.parametrize("stderr", SAID)
def test_a_person_is_told_of_options_and_not_of_a_workflows_inputs(stderr: str) -> None:
    remote = Remote("https://github.com/o/m.git", as_user=True)
    error = GitError("push", 128, stderr)
    for told in filter(None, (git_meanings.failure(error, remote), git_meanings.refusal(error, remote))):
        assert told.fix
        assert [word for word in RUNS_WORDS if word in told.fix] == []


@pytest.mark.parametrize("is_person", [True, False])
def test_a_protocol_that_is_not_used_is_told_with_those_that_are(is_person: bool) -> None:
    error = GitError("fetch", 128, "fatal: transport 'git' not allowed")
    told = git_meanings.failure(error, Remote("git://example.com/m.git", as_user=is_person))
    assert "https or ssh URL" in told.fix


@pytest.mark.parametrize("stderr", SAID)
def test_an_address_is_not_followed_by_a_colon_that_becomes_part_of_a_link(stderr: str) -> None:
    error, remote = GitError("push", 128, stderr), Remote("https://example.com/m.git")
    for told in filter(None, (git_meanings.failure(error, remote), git_meanings.refusal(error, remote))):
        assert "https://example.com/m.git said: " in told.message
        assert "recalls again" not in told.fix
