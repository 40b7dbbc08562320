"""Taking one fact out of the memory branch's history: shown first, then done.

A forgotten fact is recalled no more but stays in the branch's history; a purged one is in no commit of the branch.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from memory_agents.core.fences import one_line
from memory_agents.core.records import ID, Approval
from memory_agents.errors import MemoryUnreachable, UsageError
from memory_agents.memory.git import Remote
from memory_agents.memory.providers import branch_changes, branch_history
from memory_agents.memory.providers.branch_commit import Change, message
from memory_agents.memory.providers.branch_copy import BranchCopy, Pushed
from memory_agents.memory.providers.branch_history import History, Version
from memory_agents.memory.providers.git_branch import folder_of

_TRIES = 5

OUT_OF_REACH = (
    "clones and forks of the repository, and branches or pull requests that were made from the memory branch",
    "who has the branch must run `git fetch` and `git reset --hard origin/<branch>`: a merge or pull brings it back",
    "the commits that are replaced: GitHub shows them by their ids until it cleans up; ask GitHub's support for that",
    "the comment, review or file where it was said, and replies that quote it",
    "workflow logs, prompts that were made of it, and copies on other machines",
)
"""what a purge cannot change, for a person"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a purge rewrites."""

    id: str
    where: str
    """branch and remote"""
    head: str
    """the branch's newest commit"""
    paths: tuple[str, ...]
    """every path that the fact ever had"""
    commits: int
    """that are made anew"""
    of: int
    """commits that the branch has"""

    def __str__(self) -> str:
        """What will be done and what cannot be, for a person to say yes to."""
        return "\n".join(
            (
                f"{self.id} is taken out of {self.commits} of {self.of} commits on {one_line(self.where)}.",
                "They are made anew with the same authors, dates, messages and other files, but without signatures.",
                "The branch is replaced by them: whoever has it must take it as it is then.",
                *(f"  {one_line(path)}" for path in self.paths),
                "Out of reach:",
                *(f"- {what}" for what in OUT_OF_REACH),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge did."""

    plan: Plan
    head: str
    """the branch's newest commit, which says that the id was forgotten"""

    def __str__(self) -> str:
        """What was done and what could not be, for a person."""
        return "\n".join(
            (
                f"{self.plan.id} is in no commit of {one_line(self.plan.where)} any more.",
                f"{self.plan.commits} commits were made anew: {self.plan.head[:12]} is now {self.head[:12]}.",
                "Out of reach:",
                *(f"- {what}" for what in OUT_OF_REACH),
            )
        )


@dataclass(frozen=True, slots=True)
class _Found:
    plan: Plan
    history: History
    versions: frozenset[Version]


async def plan(remote: Remote, branch: str, record_id: str, *, state: Path) -> Plan:
    """What `purge` would do; nothing is changed. Raises UsageError if there never was such a fact; MemoryFailure."""
    async with _copy(remote, branch, state) as copy:
        return (await _find(copy, remote, branch, record_id)).plan


async def purge(remote: Remote, branch: str, record_id: str, *, state: Path, approval: Approval) -> Purged:
    """Rewrite the branch without the fact, say that it was forgotten, and throw away what this machine keeps of it.

    Who writes meanwhile is not overwritten: it is done again on top of that. Raises UsageError, MemoryFailure.
    """
    async with _copy(remote, branch, state) as copy:
        for _ in range(_TRIES):
            found = await _find(copy, remote, branch, record_id)
            head = await _without(copy, found)
            head = await _forgotten(copy, head, record_id, approval)
            pushed = await copy.push(head, onto=found.plan.head)
            if pushed is Pushed.UNKNOWN:
                await copy.fetch()
                pushed = Pushed.YES if await copy.commit() == head else Pushed.TOO_LATE
            if pushed is Pushed.YES:
                shutil.rmtree(folder_of(remote, branch, state), ignore_errors=True)
                return Purged(plan=found.plan, head=head)
    raise MemoryUnreachable(
        "Nothing was purged: others changed the memory branch all the time.", fix="run it again in a quiet moment"
    )


@asynccontextmanager
async def _copy(remote: Remote, branch: str, state: Path) -> AsyncIterator[BranchCopy]:
    """A copy of the branch for this purpose alone, of which nothing stays."""
    try:
        folder = _made(state)
    except OSError as error:
        raise MemoryUnreachable(
            f"{state} cannot be written: {error.strerror}.", fix="set MEMORY_AGENTS_STATE to another folder"
        ) from None
    try:
        yield BranchCopy(remote, branch, folder / "repository.git")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(state: Path) -> Path:
    state.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="purge-", dir=state))


async def _find(copy: BranchCopy, remote: Remote, branch: str, record_id: str) -> _Found:
    unknown = UsageError(
        f"There is no fact {record_id!r} on branch {branch} of {remote.location}, and there never was.",
        fix="see the ids with `memory-agents list`, those of old ones in the branch's history",
    )
    if not ID.fullmatch(record_id):
        raise unknown
    await copy.fetch(all_of_it=True)
    head = await copy.commit()
    if not head:
        raise unknown
    history = await branch_history.read(copy, head)
    versions = history.versions(record_id)
    if not versions:
        raise unknown
    made = Plan(
        id=record_id,
        where=f"branch {branch} of {remote.location}",
        head=head,
        paths=tuple(sorted({path for path, _ in versions})),
        commits=len(history.rewritten(versions)),
        of=len(history.parents),
    )
    return _Found(made, history, versions)


async def _without(copy: BranchCopy, found: _Found) -> str:
    """The newest commit of the history without the fact."""
    commits: Sequence[str] = found.history.rewritten(found.versions)
    raw = await copy.contents({commit: commit for commit in commits})
    options = ("--quiet", "--done", "--force", "--date-format=raw-permissive")
    stream = found.history.stream(found.versions, raw)
    return (await copy.run("fast-import", *options, stdin=stream)).decode().strip()


async def _forgotten(copy: BranchCopy, head: str, record_id: str, approval: Approval) -> str:
    """A commit after `head` which says that the id was forgotten, if that is not said yet."""
    path = branch_changes.forgotten_path(record_id)
    if path in await copy.files(head):
        return head
    change = Change(files={path: branch_changes.said_by(approval)}, message=message(f"Purge {record_id}", (), approval))
    return await copy.make(change, onto=head)
