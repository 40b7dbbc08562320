"""What the provider asks of an engine: one collection, wherever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from memory_agents.memory.providers.chroma_items import Found, Item, Where

CONFIGURATION = {"hnsw": {"space": "ip", "ef_construction": 200, "ef_search": 1_500, "max_neighbors": 64}}
"""of a new collection: the inner product is what ranking takes for the cosine; a search sees as many as it gives; with
the 16 neighbors that Chroma takes by itself, a third of what reads alike may not be reached once it is opened anew"""


class Collection(Protocol):
    """A collection that may not exist yet. Every method may raise a MemoryFailure; MemoryMissing if there is none."""

    @property
    def location(self) -> str:
        """Where it is, for a person."""

    @property
    def most(self) -> int:
        """Items that it takes or gives at once."""

    async def metadata(self) -> Mapping[str, Any] | None:
        """The collection's own; None where there is no such collection."""

    async def create(self, metadata: Mapping[str, Any]) -> None:
        """Make it, unless it is there."""

    async def add(self, items: Sequence[Item]) -> None:
        """Put up to `most` items; one whose id is there stays as it is."""

    async def upsert(self, items: Sequence[Item]) -> None:
        """Put up to `most` items in place of what is there."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Remove up to `most` items; those that are not there are left out."""

    async def get(
        self,
        *,
        ids: Sequence[str] | None = None,
        where: Where | None = None,
        include: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Found]:
        """Items by id or by metadata, with what is in `include`: `metadatas`, `documents`, `uris`."""

    async def nearest(self, vector: NDArray[np.float32], count: int, where: Where) -> list[Found]:
        """Up to `count` items with their metadata, the nearest first; `count` is at most `most`."""

    async def close(self) -> None:
        """Let go of connections and files."""
