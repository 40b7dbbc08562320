"""A bare repository of our own that holds the newest commit of the memory branch, and what is in it.

Several processes may use it at once. It begins with one commit; from then on it grows with the branch, and what was
before is fetched when somebody asks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from enum import Enum, auto
from pathlib import Path

from memory_agents.core.records import Notice
from memory_agents.errors import MemoryFailure, MemoryUnreachable
from memory_agents.memory import git, git_meanings
from memory_agents.memory.providers import branch_commit, fact_file
from memory_agents.memory.providers.branch_commit import Change

_REF = "refs/memory-agents/head"
_REGULAR_FILES = frozenset({"100644", "100755"})
_LOCKED = re.compile(r"\.lock': File exists|cannot lock ref|unable to update local ref|shallow file has changed")
_LOCK_SECONDS = 10
"""after which whoever locked our repository is taken to have died"""
_LOCKS = (("core.filesRefLockTimeout", "1000"), ("core.packedRefsTimeout", "5000"))
"""milliseconds that git itself waits for another process"""
_DAMAGE = re.compile(rf"not a git repository|{_LOCKED.pattern}|bad (?:object|config)|corrupt|unable to read")
_ALL = "2147483647"
"""as a depth: all of history, see git-clone's documentation of shallow"""
_RACE = re.compile(
    r"stale info|cannot lock ref|failed to (?:update ref|lock)|incorrect old value|reference already exists|fetch first"
)


class CopyDamaged(MemoryFailure):
    """Our own repository cannot be used: `remove` it and ask once more."""


class Pushed(Enum):
    """What became of a push."""

    YES = auto()
    TOO_LATE = auto()
    """somebody else had changed the branch: nothing was written"""
    UNKNOWN = auto()
    """the connection failed, before or after the remote did it"""


class BranchCopy:
    """The branch `branch` of `remote`, copied into `folder`."""

    def __init__(self, remote: git.Remote, branch: str, folder: Path) -> None:
        """`folder` is made when needed."""
        self._remote = remote
        self._branch = branch
        self._folder = folder
        self._is_begun = False
        """whether a first commit was brought"""
        self._added: tuple[str, set[str]] = ("", set())
        """the commit up to which history was looked at, and what may be an id in the names of files added until then"""

    async def update(self) -> tuple[Notice, ...]:
        """Bring the newest commit. With an older one at hand a failure is only a notice; else a MemoryFailure."""
        try:
            await self.fetch()
        except CopyDamaged:
            raise
        except MemoryFailure as failure:
            if not await self.commit():
                raise
            text = f"{failure.message} What an earlier run brought is used."
            return (Notice(text=text, fix=failure.fix, partial=True),)
        return ()

    async def fetch(self, *, all_of_it: bool = False) -> None:
        """Bring the newest commit, and with `all_of_it` the whole history. Raises MemoryFailure."""
        if not (self._folder / "HEAD").exists():
            await self._make()
        try:
            self._is_begun = self._is_begun or bool(await self.commit())
            await self._fetch(_ALL if all_of_it else "" if self._is_begun else "1")
        except git.GitError as error:
            if "couldn't find remote ref" in error.stderr:
                await self.run("update-ref", "-d", _REF)
            elif _DAMAGE.search(error.stderr):
                raise CopyDamaged(str(error)) from None
            else:
                raise git_meanings.failure(error, self._remote) from None

    async def _make(self) -> None:
        """Make the repository whole or not at all: another process may be making it too."""
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix="new-", dir=self._folder.parent))
        except OSError as error:
            raise MemoryUnreachable(
                f"{self._folder} cannot be made: {error.strerror}.", fix="set MEMORY_AGENTS_STATE to another folder"
            ) from None
        try:
            await git.run(["init", "--quiet", "--bare", "--template=", "."], cwd=made)
            self._put(made)
        except git.GitError as error:
            raise CopyDamaged(str(error)) from None

    def _put(self, made: Path) -> None:
        try:
            made.rename(self._folder)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)  # the other process was first

    def remove(self) -> None:
        """Throw the copy away."""
        self._is_begun, self._added = False, ("", set())
        shutil.rmtree(self._folder, ignore_errors=True)

    async def commit(self) -> str:
        """The commit that was brought last; empty where there is no branch."""
        try:
            return (await self.run("rev-parse", "--verify", "--quiet", _REF)).decode().strip()
        except CopyDamaged:
            return ""

    async def files(self, commit: str) -> dict[str, tuple[str, int]]:
        """Path → blob id and size in bytes of the regular files: no links, no submodules."""
        files: dict[str, tuple[str, int]] = {}
        for line in (await self.run("ls-tree", "-r", "-z", "--long", commit)).split(b"\0")[:-1]:
            described, _, path = line.partition(b"\t")
            mode, _, blob, size = described.decode().split()
            if mode in _REGULAR_FILES:
                files[path.decode(errors="surrogateescape")] = (blob, int(size))
        return files

    async def contents(self, blobs: Mapping[str, str]) -> dict[str, bytes]:
        """Path → content for path → blob id, by one call of git; see git-cat-file(1), batch output."""
        if not blobs:
            return {}
        output = await self.run("cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs.values()).encode())
        contents: dict[str, bytes] = {}
        at = 0
        for path in blobs:
            end = output.index(b"\n", at)
            if output[at:end].endswith(b" missing"):
                raise CopyDamaged(f"{blobs[path]} is missing")
            size = int(output[at:end].split()[2])
            contents[path] = output[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return contents

    async def added(self, ids: Collection[str], commit: str) -> Collection[str]:
        """Which of the ids had a file in the history of `commit`, by the files' names; brings the history first."""
        if not ids or not commit:
            return ()
        for _ in range(2):  # another process may have cut it short again
            if (self._folder / "shallow").exists():
                await self.fetch(all_of_it=True)
        looked_at, added = self._added
        options = ("--format=", "--name-only", "-z", "--diff-filter=A", "--no-renames")
        span = (commit, f"^{looked_at}") if looked_at else (commit,)
        names = (await self.run("log", *options, *span, "--")).decode(errors="replace").split("\0")
        added.update(its for name in names for its in fact_file.ids_in_name(name))
        self._added = (commit, added)
        return added.intersection(ids)

    async def contains(self, commit: str, inner: str) -> bool:
        """Whether `inner` is in the history of `commit`."""
        try:
            return bool(commit) and not await self.run("rev-list", "--max-count=1", inner, f"^{commit}")
        except CopyDamaged:
            return False

    async def make(self, change: Change, *, onto: str) -> str:
        """Make a commit of `change` on the commit `onto`, or the first one of a branch; returns its id."""
        user = git.user(Path.cwd()) if self._remote.as_user else None
        stream = branch_commit.stream(change, onto=onto, who=user or branch_commit.OURS, seconds=int(time.time()))
        return (await self.run("fast-import", "--quiet", "--done", stdin=stream)).decode().strip()

    async def push(self, commit: str, *, onto: str) -> Pushed:
        """Make `commit` the branch's head if that still is `onto` (empty: if there is no branch).

        Raises MemoryFailure where the remote refuses it.
        """
        ref = f"refs/heads/{self._branch}"
        options = ("--quiet", "--no-signed", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
        command = ("push", *options, f"--force-with-lease={ref}:{onto}", "--", self._remote.location, f"{commit}:{ref}")
        try:
            await git.run(command, cwd=self._folder, configuration=[*_LOCKS, *self._remote.configuration()])
        except git.GitError as error:
            if refusal := git_meanings.refusal(error, self._remote):
                raise refusal from None
            return Pushed.TOO_LATE if _RACE.search(error.stderr) else Pushed.UNKNOWN
        await self._note(commit, onto)
        return Pushed.YES

    async def _note(self, commit: str, onto: str) -> None:
        """Keep what was pushed as what was brought last, unless another process has brought more."""
        with contextlib.suppress(CopyDamaged):
            await self.run("update-ref", _REF, commit, onto or "0" * len(commit))

    def fetch_command(self, depth: str = "1") -> list[str]:
        """What git is told to fetch; remote and branch stand where no option is read."""
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        options += [f"--depth={depth}"] if depth else []
        return ["fetch", *options, "--", self._remote.location, f"+refs/heads/{self._branch}:{_REF}"]

    async def _fetch(self, depth: str) -> None:
        """Fetch, waiting for another process that fetches into the same folder. Raises GitError."""
        configuration = [*_LOCKS, *self._remote.configuration()]
        end = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                await git.run(self.fetch_command(depth), cwd=self._folder, configuration=configuration)
            except git.GitError as error:
                if not _LOCKED.search(error.stderr) or time.monotonic() > end:
                    raise
                await asyncio.sleep(random.uniform(0.02, 0.2))  # noqa: S311 -- not a secret
            else:
                return

    async def run(self, *args: str, stdin: bytes = b"") -> bytes:
        """What git says of this repository. Raises CopyDamaged."""
        try:
            return await git.run(args, cwd=self._folder, configuration=_LOCKS, stdin=stdin)
        except git.GitError as error:
            raise CopyDamaged(str(error)) from None
