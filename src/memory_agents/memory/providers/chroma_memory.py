"""The collection as ours: opened once, made when something is to be kept, asked within a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from memory_agents.core import namespaces as names
from memory_agents.core.records import Notice
from memory_agents.errors import MemoryMissing, MemoryRefused, MemoryTimeout
from memory_agents.memory.providers import chroma_items as items

if TYPE_CHECKING:
    from memory_agents.core.records import Record
    from memory_agents.memory.providers.chroma_collection import Collection
    from memory_agents.memory.providers.chroma_items import Found

_FORMAT = "1"
"""of the items: a collection of another one is refused"""
_OURS, _MODEL = "memory_agents", "embedding"
"""in the collection's metadata: its format, and whose vectors it holds"""


class ChromaMemory:
    """A collection that holds what memory-agents keeps, with the vectors of one model, or is not there yet."""

    def __init__(self, collection: Collection, name: str, *, model: str, seconds: float) -> None:
        """`seconds`: in which a `deadline` is over."""
        self.collection = collection
        self._name = name
        self._model = model
        self._seconds = seconds
        self._is_open = False
        self.noted: set[str] = set()
        """namespaces whose notes are known to be there"""
        self.damaged: set[str] = set()
        """ids of items that are where records are and cannot be read as such, as far as they were met"""

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """What stands within it must be done in time. Raises MemoryTimeout."""
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError as error:
            message = f"ChromaDB at {self.collection.location} did not answer within {self._seconds:g} seconds."
            raise MemoryTimeout(message, fix="raise timeout-seconds, or see what slows ChromaDB down") from error
        except MemoryMissing:
            self._is_open = False  # somebody deleted it
            raise

    async def is_there(self, *, anew: bool = False) -> bool:
        """Whether the collection exists; `anew`: whatever was so before. Raises MemoryRefused if it is not ours."""
        if anew or not self._is_open:
            self._is_open = False
            self.noted.clear()
            metadata = await self.collection.metadata()
            if metadata is None:
                return False
            self._check(str(metadata.get(_OURS, "")), str(metadata.get(_MODEL, "")))
            self._is_open = True
        return True

    async def make(self) -> None:
        """Make the collection unless it is there."""
        if not await self.is_there():
            await self.collection.create({_OURS: _FORMAT, _MODEL: self._model})
            await self.is_there()  # another process may have been first, with another model

    async def covered(self, globs: tuple[str, ...]) -> list[str]:
        """The namespaces of records that the globs cover."""
        return sorted(name for name in await self.notes(items.NAMESPACE) if names.matches(name, globs))

    async def notes(self, kind: str) -> list[str]:
        """What the notes of a kind say; `kind` ends in `/`."""
        if not await self.is_there():
            return []
        found = await self.collection.get(where={"kind": kind.rstrip("/")})
        return [its.id.removeprefix(kind) for its in found if its.id.startswith(kind)]

    async def noted_of(self, kind: str, ids: Sequence[str]) -> set[str]:
        """Those of the ids of which there is such a note."""
        found = await self.collection.get(ids=[f"{kind}{its}" for its in ids])
        return {its.id.removeprefix(kind) for its in found}

    async def records(self, ids: Sequence[str]) -> dict[str, Record]:
        """id → Record of those that are there, in the order of `ids`."""
        if not ids or not await self.is_there():
            return {}
        found = await self.collection.get(ids=ids, include=["metadatas", "documents"])
        held = dict(self.whole(found))
        return {its: held[its] for its in ids if its in held}

    def whole(self, found: Sequence[Found]) -> Iterator[tuple[str, Record]]:
        """id and Record of what can be read; the ids of the others are `damaged`."""
        for its in found:
            record = items.record_in(its)
            if record is None:
                self.damaged.add(its.id)
            else:
                self.damaged.discard(its.id)
                yield its.id, record

    def notices(self) -> tuple[Notice, ...]:
        """What to say of what is damaged."""
        if not self.damaged:
            return ()
        some = ", ".join(sorted(self.damaged)[:5])
        text = f"{len(self.damaged)} items of the collection cannot be read and were left out: {some}."
        return (Notice(text=text, fix="state them anew, or take them away with `/forget` and the id", partial=True),)

    async def close(self) -> None:
        """Let go of it; the next call opens it again."""
        self._is_open = False
        await self.collection.close()

    def _check(self, form: str, model: str) -> None:
        what = f"The collection {self._name!r} at {self.collection.location}"
        if not form:
            message = f"{what} was not made by memory-agents."
            raise MemoryRefused(message, fix="set CHROMADB_COLLECTION to a name that is free, or delete the collection")
        if (form, model) != (_FORMAT, self._model):
            message = f"{what} was made with another embedding ({model!r}, format {form}; this is {self._model!r})."
            fix = (
                "`memory-agents backup` with the version that made it, set CHROMADB_COLLECTION to another name (or "
                "delete the collection), and `memory-agents restore`"
            )
            raise MemoryRefused(message, fix=fix)
