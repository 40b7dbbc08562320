"""A bare repository of our own that holds the newest commit of the memory branch, and what is in it."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from memory_agents.core.records import Notice
from memory_agents.errors import MemoryFailure, MemoryUnreachable
from memory_agents.memory import git

_REF = "refs/memory-agents/head"
_REGULAR_FILES = frozenset({"100644", "100755"})
_TRIES = 20
_DAMAGE = re.compile(r"not a git repository|\.lock': File exists|bad (?:object|config)|corrupt|unable to read")


class CopyDamaged(MemoryFailure):
    """Our own repository cannot be used: `remove` it and ask once more."""


class BranchCopy:
    """The branch `branch` of `remote`, copied into `folder`."""

    def __init__(self, remote: git.Remote, branch: str, folder: Path) -> None:
        """`folder` is made when needed."""
        self._remote = remote
        self._branch = branch
        self._folder = folder

    async def update(self) -> tuple[Notice, ...]:
        """Bring the newest commit. With an older one at hand a failure is only a notice; else a MemoryFailure."""
        if not (self._folder / "HEAD").exists():
            await self._make()
        try:
            await self._fetch()
        except git.GitError as error:
            if "couldn't find remote ref" in error.stderr:
                await self._git("update-ref", "-d", _REF)
                return ()
            if _DAMAGE.search(error.stderr):
                raise CopyDamaged(str(error)) from None
            failure = git.failure(error, self._remote)
            if not await self.commit():
                raise failure from None
            text = f"{failure.message} What an earlier run brought is used."
            return (Notice(text=text, fix=failure.fix, partial=True),)
        return ()

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
        shutil.rmtree(self._folder, ignore_errors=True)

    async def commit(self) -> str:
        """The commit that was brought last; empty where there is no branch."""
        try:
            return (await self._git("rev-parse", "--verify", "--quiet", _REF)).decode().strip()
        except CopyDamaged:
            return ""

    async def files(self, commit: str) -> dict[str, tuple[str, int]]:
        """Path → blob id and size in bytes of the regular files: no links, no submodules."""
        files: dict[str, tuple[str, int]] = {}
        for line in (await self._git("ls-tree", "-r", "-z", "--long", commit)).split(b"\0")[:-1]:
            described, _, path = line.partition(b"\t")
            mode, _, blob, size = described.decode().split()
            if mode in _REGULAR_FILES:
                files[path.decode(errors="replace")] = (blob, int(size))
        return files

    async def contents(self, blobs: Mapping[str, str]) -> dict[str, bytes]:
        """Path → content for path → blob id, by one call of git; see git-cat-file(1), batch output."""
        if not blobs:
            return {}
        output = await self._git("cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs.values()).encode())
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

    def fetch_command(self) -> list[str]:
        """What git is told to fetch; remote and branch stand where no option is read."""
        options = ("--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head", "--no-recurse-submodules")
        return ["fetch", *options, "--", self._remote.location, f"+refs/heads/{self._branch}:{_REF}"]

    async def _fetch(self) -> None:
        """Fetch, waiting for another process that fetches into the same folder. Raises GitError."""
        for attempt in range(_TRIES):
            try:
                await git.run(self.fetch_command(), cwd=self._folder, configuration=self._remote.configuration())
            except git.GitError as error:
                if ".lock': File exists" not in error.stderr or attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0.05, 0.25))  # noqa: S311 -- not a secret
            else:
                return

    async def _git(self, *args: str, stdin: bytes = b"") -> bytes:
        try:
            return await git.run(args, cwd=self._folder, stdin=stdin)
        except git.GitError as error:
            raise CopyDamaged(str(error)) from None
