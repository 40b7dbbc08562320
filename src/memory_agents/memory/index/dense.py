"""Dense: the vectors of Records and of Queries, made where they are missing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import ranking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from memory_agents.core.records import Query
    from memory_agents.memory.embedding import Embedder
    from memory_agents.memory.index.vectors import VectorStore

_QUERIES_KEPT = 64
"""whose vectors are kept: one Query is asked for several sections"""


class Dense:
    """Vectors from a store, and an Embedder that makes what is not there."""

    def __init__(self, store: VectorStore, embedder: Embedder) -> None:
        """Both stay the caller's to close."""
        self._store = store
        self._embedder = embedder
        self._embedded = functools.lru_cache(maxsize=_QUERIES_KEPT)(self._embed)

    def missing(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """[keys] whether there is a text without a vector."""
        absent: NDArray[np.bool_] = (keys != ranking.NO_TEXT) & self._store.missing(keys)
        return absent

    def make(self, texts: Mapping[int, str]) -> None:
        """Make and keep the vectors of texts, by key."""
        self._store.add(np.array(list(texts), dtype=np.uint64), self._embedder.embed(list(texts.values())))

    def asked(self, query: Query) -> NDArray[np.float32]:
        """[2, size] the vectors of the Query's title, and of its title and body together."""
        return self._embedded(ranking.asked_texts(query))

    def vectors(self, keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        """[keys, size] the vectors; zeros where there is none."""
        return self._store.vectors(keys)

    def _embed(self, texts: tuple[str, str]) -> NDArray[np.float32]:
        return self._embedder.embed(texts).astype(np.float32)
