"""Chroma on a folder of this machine, and the loop of the process that has such folders to itself.

Chroma writes holding Python's lock, for a tenth of a second and more: in the process of whoever asks, an event loop
would stand still so long, thread or not. So it runs in a child process, which is asked through its standard input.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from memory_agents.errors import MemoryFailure, MemoryMissing, MemoryRefused, MemoryUnreachable, sentence
from memory_agents.memory.providers.chroma_collection import CONFIGURATION
from memory_agents.memory.providers.chroma_items import Found, Item, Where, columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTH = struct.Struct("<Q")
"""of what follows, in front of every message"""
FAILURES = {kind.__name__: kind for kind in (MemoryMissing, MemoryRefused, MemoryUnreachable)}
"""what `Folder` raises: name → class"""
_DATABASE = "chroma.sqlite3"
"""what Chroma makes in its folder first"""
_SHOWN = 200


class Folder:
    """Collections in a folder. Every method may raise one of FAILURES."""

    def __init__(self, path: Path) -> None:
        """`path`: made by `create` where it is not there."""
        self._path = path
        # What Chroma declares of both falls short of what they are and take.
        self._client: Any = None
        self._collections: dict[str, Any] = {}

    def metadata(self, name: str) -> Mapping[str, Any]:
        """The collection's own, as it is now."""
        self._collections.pop(name, None)
        return dict(self._collection(name).metadata or {})

    def create(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Make it, unless it is there."""
        self._opened().get_or_create_collection(
            name, metadata=dict(metadata), configuration=CONFIGURATION, embedding_function=None
        )

    def add(self, name: str, items: Sequence[Item]) -> None:
        """See Collection."""
        self._collection(name).add(**columns(items, is_new=True))

    def upsert(self, name: str, items: Sequence[Item]) -> None:
        """See Collection."""
        self._collection(name).upsert(**columns(items, is_new=False))

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """See Collection."""
        self._collection(name).delete(ids=list(ids))

    def get(
        self, name: str, ids: Sequence[str] | None, where: Where | None, include: Sequence[str], limit: int | None
    ) -> list[Found]:
        """See Collection."""
        wanted = None if ids is None else list(ids)
        answer = self._collection(name).get(ids=wanted, where=where, limit=limit, include=list(include))
        return _rows(answer["ids"], answer["metadatas"], answer["documents"], answer["uris"])

    def nearest(self, name: str, vector: NDArray[np.float32], count: int, where: Where) -> list[Found]:
        """See Collection."""
        answer = self._collection(name).query(
            query_embeddings=[vector], n_results=count, where=where, include=["metadatas"]
        )
        return _rows(answer["ids"][0], answer["metadatas"][0], None, None)

    def close(self, _: str) -> None:
        """Let go of the folder."""
        self._collections.clear()
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def asked(self, action: str, name: str, *arguments: object) -> object:
        """What the method `action` gives, Chroma's errors as ours."""
        try:
            from chromadb import errors

            work: Callable[..., object] = getattr(self, action)
            try:
                try:
                    return work(name, *arguments)
                except errors.InternalError:  # such as where another process wrote: what is open here is of before
                    self.close(name)
                    return work(name, *arguments)
            except errors.NotFoundError as error:
                self._collections.pop(name, None)
                message = f"There is no collection {name!r} in {self._path} any more."
                raise MemoryMissing(message, fix="run it again: the next write makes it anew") from error
            except (errors.InvalidArgumentError, errors.InvalidDimensionException, TypeError) as error:
                message = sentence(f"ChromaDB does not take it: {_said(error)}")
                raise MemoryRefused(message, fix="shorten it, or see what it names") from error
            except errors.ChromaError as error:
                raise self._unusable(error) from error
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> MemoryUnreachable:
        fix = "see that CHROMADB_PATH is a folder that you may write to and that no other process uses it"
        return MemoryUnreachable(sentence(f"The memory in {self._path} cannot be used: {_said(error)}"), fix=fix)

    def _collection(self, name: str) -> Any:
        if name not in self._collections:
            if not (self._path / _DATABASE).exists() and not self._path.is_file():  # to look for a memory makes none
                message = f"There is no memory in {self._path}."
                raise MemoryMissing(message, fix="the first write makes it")
            self._collections[name] = self._opened().get_collection(name, embedding_function=None)
        return self._collections[name]

    def _opened(self) -> Any:
        if self._client is None:
            import chromadb
            from chromadb.config import Settings

            # Where it cannot be made, Chroma fails in ways of its own. What is remembered may be private.
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Nothing is told to anybody, and no `.env` of the folder that one happens to stand in is read.
            settings = Settings(anonymized_telemetry=False, _env_file=None)
            self._client = chromadb.PersistentClient(str(self._path), settings=settings)
        return self._client


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody asks any more: what a method of the Folder of a path gives."""
    folders: dict[Path, Folder] = {}
    while head := questions.read(LENGTH.size):
        path, *question = pickle.loads(questions.read(LENGTH.unpack(head)[0]))  # noqa: S301  # by the process that started us
        try:
            answer: tuple[str, object] = "", folders.setdefault(path, Folder(path)).asked(*question)
        except MemoryFailure as error:
            answer = type(error).__name__, (error.message, error.fix)
        data = pickle.dumps(answer)
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()


def main() -> None:
    """Serve through standard input and output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    serve(sys.stdin.buffer, answers)


def _rows(ids: Sequence[str], metadatas: Any, documents: Any, uris: Any) -> list[Found]:
    columns = [column or [None] * len(ids) for column in (metadatas, documents, uris)]
    return [
        Found(its, metadata or {}, document or "", uri or "")
        for its, metadata, document, uri in zip(ids, *columns, strict=True)
    ]


def _said(error: BaseException) -> str:
    """The beginning of what an error says, as one line."""
    return " ".join(str(error).split())[:_SHOWN].rstrip(".") or type(error).__name__
