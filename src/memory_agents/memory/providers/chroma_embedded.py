"""A collection of Chroma in a folder of this machine, in this process. One process at a time may use the folder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from memory_agents.errors import MemoryMissing, MemoryRefused, MemoryUnreachable, MissingExtra
from memory_agents.memory.providers.chroma_collection import CONFIGURATION
from memory_agents.memory.providers.chroma_items import Found

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from memory_agents.memory.providers.chroma_items import Item, Where

_T = TypeVar("_T")
_MOST = 1_000
_opening = threading.Lock()
"""Chroma counts the clients of a folder, and not for several threads at once"""


class EmbeddedCollection:
    """See Collection. What Chroma does by itself is done in threads."""

    most = _MOST

    def __init__(self, path: Path, name: str) -> None:
        """`path`: a folder, made where it is not there."""
        self._path = path
        self._name = name
        self._client: Any = None  # what is declared of both falls short of what they are and take
        self._collection: Any = None
        self._lock = asyncio.Lock()

    @property
    def location(self) -> str:
        """See Collection."""
        return f"{self._path} ({self._name})"

    async def metadata(self) -> Mapping[str, Any] | None:
        """See Collection."""
        try:
            return await self._asked(lambda collection: dict(collection.metadata or {}), anew=True)
        except MemoryMissing:
            return None

    async def create(self, metadata: Mapping[str, Any]) -> None:
        """See Collection."""

        def create() -> None:
            client = self._opened()
            self._collection = client.get_or_create_collection(
                self._name, metadata=dict(metadata), configuration=CONFIGURATION, embedding_function=None
            )

        await self._done(create)

    async def add(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._asked(lambda collection: collection.add(**_columns(items, is_new=True)))

    async def upsert(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._asked(lambda collection: collection.upsert(**_columns(items, is_new=False)))

    async def delete(self, ids: Sequence[str]) -> None:
        """See Collection."""
        await self._asked(lambda collection: collection.delete(ids=list(ids)))

    async def get(
        self,
        *,
        ids: Sequence[str] | None = None,
        where: Where | None = None,
        include: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Found]:
        """See Collection."""

        def get(collection: Any) -> list[Found]:
            wanted = None if ids is None else list(ids)
            answer = collection.get(ids=wanted, where=where, limit=limit, include=list(include))
            return _rows(answer["ids"], answer["metadatas"], answer["documents"], answer["uris"])

        return await self._asked(get)

    async def nearest(self, vector: NDArray[np.float32], count: int, where: Where) -> list[Found]:
        """See Collection."""

        def nearest(collection: Any) -> list[Found]:
            answer = collection.query(query_embeddings=[vector], n_results=count, where=where, include=["metadatas"])
            return _rows(answer["ids"][0], answer["metadatas"][0], None, None)

        return await self._asked(nearest)

    async def close(self) -> None:
        """See Collection."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            await asyncio.to_thread(_close, client)

    async def _asked(self, question: Callable[[Any], _T], *, anew: bool = False) -> _T:
        """The answer of the collection; `anew`: it may have been made or deleted meanwhile."""

        def ask() -> _T:
            if self._collection is None or anew:
                self._collection = None
                self._collection = self._opened().get_collection(self._name, embedding_function=None)
            return question(self._collection)

        return await self._done(ask)

    async def _done(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, in a thread; one at a time, for a write holds the whole folder."""
        async with self._lock:
            return await asyncio.to_thread(self._translated, work)

    def _translated(self, work: Callable[[], _T]) -> _T:
        try:
            from chromadb import errors
        except ImportError as error:
            message = "What the memory in ChromaDB needs"
            raise MissingExtra(message, "chromadb") from error
        try:
            return work()
        except errors.NotFoundError as error:
            self._collection = None
            message = f"There is no collection {self._name!r} in {self._path}."
            raise MemoryMissing(message, fix="run it again: the next write makes it anew") from error
        except (errors.InvalidArgumentError, errors.InvalidDimensionException, TypeError) as error:
            message = f"ChromaDB does not take it: {_said(error)}."
            raise MemoryRefused(message, fix="shorten it, or see what it names") from error
        except (errors.ChromaError, OSError, RuntimeError, ValueError) as error:
            message = f"The memory in {self._path} cannot be used: {_said(error)}."
            fix = "see that CHROMADB_PATH is a folder that you may write to and that no other process uses it"
            raise MemoryUnreachable(message, fix=fix) from error

    def _opened(self) -> Any:
        if self._client is None:
            import chromadb
            from chromadb.config import Settings

            # Nothing is told to anybody, and no `.env` of the folder that one happens to stand in is read.
            settings = Settings(anonymized_telemetry=False, _env_file=None)
            # It fails in ways of its own and leaves half a client behind.
            self._path.mkdir(parents=True, exist_ok=True)
            with _opening:
                self._client = chromadb.PersistentClient(str(self._path), settings=settings)
        return self._client


def _close(client: Any) -> None:
    with _opening:
        client.close()


def _columns(items: Sequence[Item], *, is_new: bool) -> Any:
    return {
        "ids": [item.id for item in items],
        "embeddings": [item.vector for item in items],
        "metadatas": [item.values(is_new=is_new) for item in items],
        "documents": [item.document for item in items],
        "uris": [item.uri for item in items],
    }


def _rows(ids: Sequence[str], metadatas: Any, documents: Any, uris: Any) -> list[Found]:
    columns = [column or [None] * len(ids) for column in (metadatas, documents, uris)]
    return [
        Found(its, metadata or {}, document or "", uri or "")
        for its, metadata, document, uri in zip(ids, *columns, strict=True)
    ]


def _said(error: BaseException) -> str:
    """The beginning of what an error says, as one line."""
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
