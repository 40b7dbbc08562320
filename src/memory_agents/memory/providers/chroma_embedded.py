"""A collection of Chroma in a folder of this machine. A child of this process runs it."""

from __future__ import annotations

import asyncio
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from memory_agents.errors import MemoryMissing, MemoryUnreachable, MissingExtra
from memory_agents.memory.providers.chroma_folder import FAILURES, LENGTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from memory_agents.memory.providers.chroma_items import Found, Item, Where

_PROGRAM = """
import sys
sys.path[:] = {path!r}
from memory_agents.memory.providers.chroma_folder import main
main()
"""
_MOST = 2_000


class EmbeddedCollection:
    """See Collection."""

    most = _MOST

    def __init__(self, path: Path, name: str) -> None:
        """`path`: a folder, made by the first write where it is not there."""
        self._path = path.absolute()
        self._name = name
        self._child: _Child | None = None

    @property
    def location(self) -> str:
        """See Collection."""
        return f"{self._path} ({self._name})"

    async def metadata(self) -> Mapping[str, Any] | None:
        """See Collection."""
        try:
            found: Mapping[str, Any] = await self._asked("metadata")
        except MemoryMissing:
            return None
        return found

    async def create(self, metadata: Mapping[str, Any]) -> None:
        """See Collection."""
        await self._asked("create", metadata)

    async def add(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._asked("add", items)

    async def upsert(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._asked("upsert", items)

    async def delete(self, ids: Sequence[str]) -> None:
        """See Collection."""
        await self._asked("delete", ids)

    async def get(
        self,
        *,
        ids: Sequence[str] | None = None,
        where: Where | None = None,
        include: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Found]:
        """See Collection."""
        found: list[Found] = await self._asked("get", ids, where, include, limit)
        return found

    async def nearest(self, vector: NDArray[np.float32], count: int, where: Where) -> list[Found]:
        """See Collection."""
        found: list[Found] = await self._asked("nearest", vector, count, where)
        return found

    async def close(self) -> None:
        """See Collection."""
        child, self._child = self._child, None
        if child is not None:
            await child.leave(self._path)

    async def _asked(self, action: str, *arguments: object) -> Any:
        if self._child is None:
            self._child = _Child.of(self._path)
        return await self._child.ask(self._path, action, self._name, *arguments)


class _Child:
    """The process that has folders: one for all who use one from an event loop."""

    _all: ClassVar[dict[asyncio.AbstractEventLoop, _Child]] = {}

    def __init__(self) -> None:
        self.users: Counter[Path] = Counter()
        self._process: Process | None = None
        self._lock = asyncio.Lock()

    @classmethod
    def of(cls, path: Path) -> _Child:
        """The one that runs, or a new one; its user must leave it."""
        child = cls._all.setdefault(asyncio.get_running_loop(), cls())
        child.users[path] += 1
        return child

    async def leave(self, path: Path) -> None:
        """The last one of a folder closes it, the last one of all ends the process."""
        self.users[path] -= 1
        if self.users.total() == 0:
            self._all.pop(asyncio.get_running_loop(), None)
            async with self._lock:
                await self._end()
        elif self.users[path] == 0:
            await self.ask(path, "close", "")

    async def ask(self, *question: object) -> Any:
        """The answer. Raises one of FAILURES, or MissingExtra."""
        data = pickle.dumps(question)
        async with self._lock:
            try:
                answer = await self._exchanged(data)
            except asyncio.CancelledError:  # the answer would be taken for that to the next question
                self._kill()
                await self._end()
                raise
        failure, value = pickle.loads(answer)  # noqa: S301  # by a process that we started
        if failure:
            message, fix = value
            raise FAILURES[failure](message, fix=fix)
        return value

    async def _exchanged(self, data: bytes) -> bytes:
        process = await self._running()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a child without pipes")
        try:
            process.stdin.write(LENGTH.pack(len(data)) + data)
            await process.stdin.drain()
            head = await process.stdout.readexactly(LENGTH.size)
            return await process.stdout.readexactly(LENGTH.unpack(head)[0])
        except (OSError, asyncio.IncompleteReadError) as error:
            self._kill()
            await self._end()
            message = "The process that runs Chroma has ended by itself."
            fix = "run it again; if it ends again, see that memory suffices, or restore a backup into another folder"
            raise MemoryUnreachable(message, fix=fix) from error

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is not None:
            await self._end()
        if self._process is None:
            if find_spec("chromadb") is None:
                message = "What the memory in ChromaDB needs"
                raise MissingExtra(message, "chromadb")
            # -I: nothing of the folder that one stands in is imported. What we can import, the child can.
            program = _PROGRAM.format(path=[entry for entry in sys.path if entry])
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-c", program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        return self._process

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _end(self) -> None:
        """Let it see that nobody asks any more, and wait for it."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()
