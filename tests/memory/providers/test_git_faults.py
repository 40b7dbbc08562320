"""Many records, and a remote that fails: nothing is lost without a word, and the same call again makes it whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from memory_agents.core.records import BatchResult, Problem, Record
from memory_agents.errors import MemoryDenied, MemoryFailure, MemoryTimeout, MemoryUnreachable
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.cutting_proxy import CuttingProxy, Place
from tests.memory.providers.writing import APPROVAL, TABS, hook, log, writing
from tests.repositories import BareRepository

COUNT = 150


def many(letter: str, count: int = COUNT) -> list[Record]:
    """Records of which a pack does not get small."""
    chance = random.Random(letter)  # noqa: S311 -- not a secret
    return [
        replace(TABS, id=f"{letter}{chance.randbytes(6).hex()}-1", text=chance.randbytes(400).hex())
        for _ in range(count)
    ]


A, B = many("a"), many("b")
IDS = tuple(record.id for record in A)


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def repository(github: FakeGitHub) -> FakeRepository:
    made = github.add_repository(files={"README.md": "# Hello\n"})
    made.commit_files({"own/a.md": "A."}, branch="memory")
    return made


@asynccontextmanager
async def behind_proxy(github: FakeGitHub, repository: FakeRepository) -> AsyncIterator[tuple[CuttingProxy, Remote]]:
    url = urlsplit(github.git_url(repository))
    assert url.port is not None
    async with CuttingProxy(url.port) as proxy:
        location = url._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
        yield proxy, Remote(location, token=github.add_token(), is_own=True)


def commits(repository: FakeRepository) -> int:
    return int(repository.git.run("rev-list", "--count", "memory"))


async def scanned(provider: GitBranchProvider) -> list[str]:
    return [record.id async for page in provider.scan_records() for record in page]


def told(failure: MemoryFailure, words: str) -> None:
    """What happened, and what to do."""
    assert words in failure.message
    assert failure.fix


@pytest.mark.parametrize("place", ["upload", "answer"])
async def test_a_push_that_is_cut_once_is_made_exactly_once(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path, place: Place
) -> None:
    async with behind_proxy(github, repository) as (proxy, remote), writing(remote, state=tmp_path) as provider:
        proxy.cut(place)
        assert await provider.store_records(A, approval=APPROVAL) == BatchResult(stored=IDS)
        assert proxy.was_cut == 1
        assert set(await scanned(provider)) > set(IDS)
    assert commits(repository) == 2


@pytest.mark.parametrize(("place", "is_there"), [("upload", False), ("answer", True)])
async def test_a_push_that_is_always_cut_is_given_up_aloud_and_the_same_later_makes_it_whole(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path, place: Place, is_there: bool
) -> None:
    async with behind_proxy(github, repository) as (proxy, remote):
        async with writing(remote, state=tmp_path) as provider:
            await provider.list_records()
            # An answer that is lost is found out about by the fetch that follows: so fetching fails, too.
            proxy.cut(place, times=None)
            if is_there:
                github.faults.add("GET /octocat/hello.git/info/refs", skip=2, status=500, times=None)
            with pytest.raises(MemoryUnreachable) as failed:
                await provider.store_records(A, approval=APPROVAL)
            told(failed.value, "It is not known whether the memory was written")
        assert commits(repository) == 1 + is_there
        proxy.cut(place, times=0)
        github.faults.clear()
        async with writing(remote, state=tmp_path) as provider:
            done = await provider.store_records(A, approval=APPROVAL)
            assert done == (BatchResult(unchanged=IDS) if is_there else BatchResult(stored=IDS))
            assert len(await scanned(provider)) == COUNT + 1
    assert commits(repository) == 2


async def test_ids_that_are_kept_as_forgotten_while_the_connection_is_cut_are_all_forgotten_in_the_end(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    ids = [record.id for record in many("c", 1_500)]
    async with behind_proxy(github, repository) as (proxy, remote), writing(remote, state=tmp_path) as provider:
        proxy.much = 6_000
        proxy.cut("upload", times=None)
        with pytest.raises(MemoryUnreachable) as failed:
            await provider.keep_forgotten(ids, approval=APPROVAL)
        told(failed.value, "It is not known")
        assert await provider.forgotten_ids() == frozenset()
        proxy.cut("upload", times=0)
        await provider.keep_forgotten(ids, approval=APPROVAL)
        assert await provider.forgotten_ids() == set(ids)
    assert commits(repository) == 2


async def test_a_download_that_is_cut_is_told_and_a_later_run_reads_everything(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    async with behind_proxy(github, repository) as (proxy, remote):
        async with writing(remote, state=tmp_path / "writer") as provider:
            await provider.store_records(A, approval=APPROVAL)
        proxy.cut("download", times=None)
        async with writing(remote, state=tmp_path / "reader") as provider:
            for _ in range(2):
                with pytest.raises(MemoryUnreachable) as failed:
                    await provider.list_records()
                told(failed.value, "said: ")
            assert (await provider.health_check()).problem is Problem.NETWORK
        proxy.cut("download", times=0)
        async with writing(remote, state=tmp_path / "reader") as provider:
            assert len(await scanned(provider)) == COUNT + 1


async def test_a_newer_state_that_cannot_be_downloaded_is_told_while_the_older_one_is_read(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    async with behind_proxy(github, repository) as (proxy, remote):
        async with writing(remote, state=tmp_path / "reader") as provider:
            assert len(await scanned(provider)) == 1
        async with writing(remote, state=tmp_path / "writer") as provider:
            await provider.store_records(A, approval=APPROVAL)
        proxy.cut("download", times=None)
        async with writing(remote, state=tmp_path / "reader") as provider:
            assert len(await scanned(provider)) == 1
            (notice,) = (await provider.get_info()).notices
            assert notice.partial
            assert notice.fix


async def test_a_read_that_was_too_slow_for_whoever_asked_is_made_anew_by_the_next(
    github: FakeGitHub, repository: FakeRepository, tmp_path: Path
) -> None:
    github.faults.add("git", latency=3)
    remote = Remote(github.git_url(repository), token=github.add_token(), is_own=True)
    async with writing(remote, state=tmp_path) as provider:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await provider.list_records()
        assert len(await provider.list_records()) == 1


async def test_a_remote_that_goes_away_between_two_writes_has_the_first_and_gets_the_second_when_it_is_back(
    remote: BareRepository,
) -> None:
    away = remote.path.with_name("away")
    async with writing(remote) as provider:
        assert (await provider.store_records(A, approval=APPROVAL)).stored == IDS
        remote.path.rename(away)
        with pytest.raises(MemoryFailure) as failed:
            await provider.store_records(B, approval=APPROVAL)
        told(failed.value, "remote.git")
        assert sorted(await scanned(provider)) == sorted(IDS)
        away.rename(remote.path)
        done = await provider.store_records([*A, *B], approval=APPROVAL)
        assert (len(done.unchanged), len(done.stored)) == (COUNT, COUNT)
        assert len(await scanned(provider)) == 2 * COUNT
    assert len(log(remote)) == 2


@pytest.mark.parametrize(("name", "is_there"), [("pre-receive", False), ("post-receive", True)])
async def test_a_remote_slower_than_the_deadline_is_told_and_the_same_later_writes_nothing_twice(
    remote: BareRepository, name: str, is_there: bool
) -> None:
    hook(remote, name, f'rm "$0"; touch {remote.path}/reached; exec sleep 20')
    async with writing(remote, seconds=2) as provider:
        with pytest.raises(MemoryTimeout) as failed:
            await provider.store_records(A, approval=APPROVAL)
        told(failed.value, "It is not known whether")
    assert (remote.path / "reached").exists()
    async with writing(remote) as provider:
        done = await provider.store_records(A, approval=APPROVAL)
        assert done == (BatchResult(unchanged=IDS) if is_there else BatchResult(stored=IDS))
        assert sorted(await scanned(provider)) == sorted(IDS)
    assert len(log(remote)) == 1


async def test_a_push_that_is_refused_writes_none_of_it_and_all_of_it_once_it_is_allowed(
    remote: BareRepository,
) -> None:
    hook(remote, "pre-receive", "echo 'error: GH006: Protected branch update failed' >&2; exit 1")
    async with writing(remote) as provider:
        with pytest.raises(MemoryDenied) as failed:
            await provider.store_records(A, approval=APPROVAL)
        told(failed.value, "Nothing was written")
        assert await scanned(provider) == []
        (remote.path / "hooks" / "pre-receive").unlink()
        assert await provider.store_records(A, approval=APPROVAL) == BatchResult(stored=IDS)
        assert sorted(await scanned(provider)) == sorted(IDS)
    assert len(log(remote)) == 1
