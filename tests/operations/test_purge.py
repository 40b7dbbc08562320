"""A purged fact is in no object of the branch any more, and everything else is as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from memory_agents.core.records import BatchResult
from memory_agents.errors import MemoryDenied, MemoryUnreachable, UsageError
from memory_agents.memory.git import Remote
from memory_agents.memory.providers import fact_file
from memory_agents.operations import purge
from memory_agents.testing.github import FakeGitHub
from tests.memory.providers.writing import APPROVAL, TABS, TABS_PATH, TESTS, TESTS_PATH, files, git, hook, log, writing
from tests.repositories import BareRepository, fact

SECRET = "the falcon lands at noon"
SAID = replace(TABS, text=f"Know that {SECRET}.")


@pytest.fixture
def remote(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "remote.git")


async def store(remote: BareRepository, *records: object, **more: object) -> BatchResult:
    async with writing(remote) as provider:
        return await provider.store_records(records, approval=APPROVAL, **more)  # type: ignore[arg-type]


async def purged(remote: BareRepository, record_id: str = SAID.id) -> purge.Purged:
    state = remote.path.parent / "state"
    return await purge.purge(Remote(str(remote.path)), "memory", record_id, state=state, approval=APPROVAL)


async def planned(remote: BareRepository, record_id: str = SAID.id) -> purge.Plan:
    return await purge.plan(Remote(str(remote.path)), "memory", record_id, state=remote.path.parent / "state")


def objects(remote: BareRepository) -> str:
    """All that can be reached from the branch, as text: commits, names and contents."""
    ids = [line.split()[0] for line in git(remote.path, "rev-list", "--objects", "memory").splitlines()]
    return "".join(git(remote.path, "cat-file", "-p", one) for one in ids)


def commits(remote: BareRepository, revision: str = "memory") -> list[str]:
    """Who, when, what was said and whose child, oldest first: all that a commit is but its files."""
    form = "%an|%ae|%ad|%cn|%ce|%cd|%B"
    told = git(remote.path, "log", "-z", "--reverse", "--topo-order", "--date=raw", f"--format={form}", revision)
    return told.split("\0")[:-1]


def shape(remote: BareRepository, revision: str) -> list[list[int]]:
    """Of each commit, oldest first, which ones are its parents."""
    lines = git(remote.path, "rev-list", "--topo-order", "--reverse", "--parents", revision).splitlines()
    order = {line.split()[0]: number for number, line in enumerate(lines)}
    return [[order[parent] for parent in line.split()[1:]] for line in lines]


async def test_a_purged_fact_is_in_no_object_of_the_branch_and_the_rest_is_as_it_was(remote: BareRepository) -> None:
    await store(remote, TESTS)
    kept = git(remote.path, "rev-parse", "memory").strip()
    await store(remote, SAID)
    remote.commit({TABS_PATH: None, "own/moved by hand \u00fc.md": fact(f"Now {SECRET}!", SAID.id)})
    await store(remote, replace(SAID, text=f"Again {SECRET}."), update=[SAID.id])
    remote.commit({"own/other.md": "Something else."})
    before, old, tree = commits(remote), git(remote.path, "rev-parse", "memory").strip(), files(remote)
    plan = await planned(remote)
    assert git(remote.path, "rev-parse", "memory").strip() == old
    done = await purged(remote)
    assert SECRET not in objects(remote)
    assert "falcon" not in objects(remote)
    assert (plan, plan.commits, plan.of, plan.head) == (done.plan, 4, 5, old)
    assert set(plan.paths) == {fact_file.path_of(SAID), "own/moved by hand \u00fc.md"}
    assert commits(remote)[:-1] == before
    assert log(remote)[0].startswith(f"Purge {SAID.id}\n")
    assert git(remote.path, "merge-base", kept, "memory").strip() == kept
    assert done.head == git(remote.path, "rev-parse", "memory").strip()
    assert files(remote) == {
        **{path: text for path, text in tree.items() if SECRET not in text},
        f"meta/forgotten/{SAID.id}.yml": files(remote)[f"meta/forgotten/{SAID.id}.yml"],
    }
    assert await store(remote, SAID) == BatchResult(taken_back=(SAID.id,))


async def test_every_commit_keeps_its_other_files_its_parents_and_its_odd_message(
    remote: BareRepository, tmp_path: Path
) -> None:
    await store(remote, SAID, TESTS)
    clone = tmp_path / "clone"
    git(remote.path, "clone", "--quiet", "--branch=memory", str(remote.path), str(clone))
    git(clone, "checkout", "--quiet", "-b", "side")
    (clone / "own").mkdir()
    (clone / "own" / "side.md").write_text("Side.")
    (clone / "own" / "link.md").symlink_to("side.md")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--cleanup=verbatim", "--message=  odd\n\nfrom x\n\n\ndata 3\n\n\n")
    git(clone, "checkout", "--quiet", "memory")
    (clone / TESTS_PATH).write_text(fact("Edited.", TESTS.id))
    (clone / fact_file.path_of(SAID)).write_text(fact(f"Edited: {SECRET}.", SAID.id))
    git(clone, "commit", "--quiet", "--all", "--message=Gr\u00fc\u00dfe", "--author=Zo\u00eb <z@x>")
    git(clone, "merge", "--quiet", "--no-ff", "--message=Merge", "side")
    a, b = clone / "own" / "a.md", clone / "own" / "b.md"
    a.write_text("A " * 50)
    b.write_text("B " * 50)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message=a and b")
    a.rename(clone / "t")
    b.rename(a)
    (clone / "t").rename(b)
    git(clone, "rm", "--quiet", fact_file.path_of(SAID))
    git(clone, "commit", "--quiet", "--all", "--allow-empty", "--message=a and b change places")
    git(clone, "commit", "--quiet", "--allow-empty", "--message=nothing")
    git(clone, "push", "--quiet", "origin", "memory")
    old = git(remote.path, "rev-parse", "memory").strip()
    old_commits = git(remote.path, "rev-list", "--topo-order", "--reverse", old).split()
    before = [{p: t for p, t in files(remote, one).items() if SECRET not in t} for one in old_commits]
    await purged(remote)
    new_commits = git(remote.path, "rev-list", "--topo-order", "--reverse", "memory").split()
    assert [files(remote, one) for one in new_commits[:-1]] == before
    assert commits(remote)[:-1] == commits(remote, old)
    assert shape(remote, "memory")[:-1] == shape(remote, old)
    assert SECRET not in objects(remote)


async def test_what_is_forgotten_superseded_or_deleted_already_is_purged_too(remote: BareRepository) -> None:
    await store(remote, SAID)
    async with writing(remote) as provider:
        await provider.delete_records([SAID.id], approval=APPROVAL)
    said = files(remote)[f"meta/forgotten/{SAID.id}.yml"]
    done = await purged(remote)
    assert "falcon" not in objects(remote)
    assert files(remote)[f"meta/forgotten/{SAID.id}.yml"] == said
    assert done.plan.commits == 2
    assert len(log(remote)) == 2


async def test_the_note_that_it_was_forgotten_is_not_taken_for_the_fact_itself(remote: BareRepository) -> None:
    url = f"https://github.com/octo/hello/issues/1#{'x' * 400}"
    said = replace(SAID, text=SECRET, source=replace(SAID.source, url=url))
    await store(remote, said)
    async with writing(remote) as provider:
        await provider.delete_records([said.id], approval=replace(APPROVAL, url=url))
    await purged(remote)
    assert len(log(remote)) == 2
    assert f"meta/forgotten/{said.id}.yml" in files(remote)


async def test_a_fact_that_a_person_put_aside_under_meta_is_purged_there_too(remote: BareRepository) -> None:
    await store(remote, SAID)
    remote.commit({fact_file.path_of(SAID): None, "meta/old.txt": fact_file.serialise(SAID)})
    await purged(remote)
    assert "falcon" not in objects(remote)


async def test_a_file_without_an_id_is_followed_where_a_person_moved_and_edited_it(remote: BareRepository) -> None:
    text = f"One line.\n\nThen {SECRET}.\n\nAnd another line that says more.\n"
    remote.commit({"own/first.md": text})
    remote.commit({"own/first.md": None, "own/second.md": text})
    remote.commit({"own/second.md": text + "More.\n", "own/b.md": "Unrelated."})
    remote.commit({"own/second.md": None, "notes.txt": text + "More.\nAnd more.\n"})
    await purged(remote, fact_file.derived_id("own/second.md"))
    assert SECRET not in objects(remote)
    assert files(remote).keys() == {"own/b.md", f"meta/forgotten/{fact_file.derived_id('own/second.md')}.yml"}


@pytest.mark.parametrize("content", [f"---\nid: {SAID.id}\n[\n---\n{SECRET}\n", f"{SECRET} without front matter\n"])
async def test_a_version_that_a_person_broke_is_the_fact_all_the_same(remote: BareRepository, content: str) -> None:
    await store(remote, SAID)
    remote.commit({fact_file.path_of(SAID): content})
    remote.commit({fact_file.path_of(SAID): None, "own/broken.md": content})
    await purged(remote)
    assert "falcon" not in objects(remote)


async def test_another_fact_of_almost_the_same_words_stays(remote: BareRepository) -> None:
    await store(remote, SAID)
    new = replace(TESTS, text=SAID.text + " Always.", replaces=SAID.id)
    await store(remote, new, removing=[SAID.id])
    await purged(remote)
    assert set(files(remote)) == {"README.md", fact_file.path_of(new), f"meta/forgotten/{SAID.id}.yml"}


async def test_what_this_machine_kept_of_the_branch_is_thrown_away(remote: BareRepository, tmp_path: Path) -> None:
    await store(remote, SAID)
    assert list((tmp_path / "state").iterdir())
    await purged(remote)
    assert list((tmp_path / "state").iterdir()) == []


async def test_who_writes_meanwhile_is_kept(remote: BareRepository, tmp_path: Path) -> None:
    await store(remote, SAID)
    git(remote.path, "clone", "--quiet", "--branch=memory", str(remote.path), str(tmp_path / "clone"))
    (tmp_path / "clone" / "late.md").write_text("Late.")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "--quiet", "--message=late")
    push = f"env -i PATH=$PATH git -C {tmp_path}/clone push --quiet"
    hook(remote, "pre-receive", f'rm "$0"; {push}')
    await purged(remote)
    assert "late.md" in files(remote)
    assert SECRET not in objects(remote)
    assert "late" in "".join(log(remote))


async def test_where_others_write_all_the_time_nothing_is_purged_and_that_is_said(remote: BareRepository) -> None:
    await store(remote, SAID)
    (remote.path / "refs" / "heads" / "memory.lock").touch()
    with pytest.raises(MemoryUnreachable, match="Nothing was purged"):
        await purged(remote)


async def test_a_branch_that_may_not_be_replaced_says_what_to_allow(remote: BareRepository) -> None:
    await store(remote, SAID)
    git(remote.path, "config", "receive.denyNonFastForwards", "true")
    with pytest.raises(MemoryDenied, match=r"Nothing was written.* Fix: allow force pushes"):
        await purged(remote)
    assert SECRET in objects(remote)


@pytest.mark.parametrize("record_id", ["f-never-there-1", "x", "../../etc", ""])
async def test_what_never_was_there_cannot_be_purged(remote: BareRepository, record_id: str) -> None:
    with pytest.raises(UsageError, match="there never was"):
        await planned(remote, record_id)
    await store(remote, SAID)
    with pytest.raises(UsageError, match="there never was"):
        await purged(remote, record_id)


async def test_a_push_that_was_cut_off_after_it_was_made_counts(tmp_path: Path) -> None:
    with FakeGitHub() as github:
        repository = github.add_repository(files={"README.md": "x"})
        repository.commit_files({TABS_PATH: fact_file.serialise(SAID)}, branch="memory")
        remote = Remote(github.git_url(repository), token=github.add_token(), is_own=True)
        github.faults.add("POST /octocat/hello.git/git-receive-pack", cut=True)
        done = await purge.purge(remote, "memory", SAID.id, state=tmp_path / "s", approval=APPROVAL)
        assert repository.git.tip("memory") == done.head


async def test_a_person_reads_what_is_done_and_what_stays_before_they_say_yes(remote: BareRepository) -> None:
    await store(remote, SAID)
    told = str(await planned(remote))
    assert told.startswith(f"{SAID.id} is taken out of 1 of 1 commits on branch memory of {remote.path}.\n")
    assert f"\n  {fact_file.path_of(SAID)}\n" in told
    for word in ("clones and forks", "GitHub's support", "comment", "copies on other machines"):
        assert word in told
    done = await purged(remote)
    assert f"1 commits were made anew: {done.plan.head[:12]} is now {done.head[:12]}." in str(done)
