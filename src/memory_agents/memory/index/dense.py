"""Dense: the vectors of Records and of Queries, made where they are missing.

Meaning helps where it can. What is wrong with the model or with the store never stops a search: it goes on by words.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import ranking
from memory_agents.errors import MemoryFailure, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from memory_agents.core.records import Query
    from memory_agents.memory.embedding import Embedder
    from memory_agents.memory.index.vectors import VectorStore

ASKED_TOKENS = 128
"""of a question that are embedded: more found nothing more, and took twice as long"""
_QUERIES_KEPT = 64
"""whose vectors are kept: one Query is asked for several sections"""


class Dense:
    """Vectors from a store, and an Embedder that makes what is not there."""

    def __init__(self, store: VectorStore, embedder: Embedder) -> None:
        """Both stay the caller's to close."""
        self._store = store
        self._embedder = embedder
        self._embedded = functools.lru_cache(maxsize=_QUERIES_KEPT)(self._embed)

    @property
    def model(self) -> str:
        """Whose vectors they are."""
        return self._embedder.model

    def missing(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """[keys] whether there is a text without a vector."""
        there: NDArray[np.bool_] = keys != ranking.NO_TEXT
        with contextlib.suppress(MemoryFailure):
            there &= self._store.missing(keys)
        return there

    def make(self, texts: Mapping[int, str]) -> int:
        """Make and keep the vectors of texts, by key; of how many: none where the model or the store fails."""
        try:
            vectors = self._embedder.embed(list(texts.values()))
            self._store.add(np.array(list(texts), dtype=np.uint64), vectors)
        except (MissingExtra, MemoryFailure):
            return 0
        return len(texts)

    def keep(self, keys: NDArray[np.uint64]) -> None:
        """Drop the vectors of all other texts, once they are many."""
        self._store.keep(keys)

    def asked(self, query: Query) -> NDArray[np.float32]:
        """[2, size] the vectors of the Query's title, and of its title and body together.

        Zeros where it has no text, and where the model cannot be loaded: words alone answer then.
        """
        return self._embedded(ranking.asked_texts(query))

    def vectors(self, keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        """[keys, size] the vectors; zeros where there is none."""
        try:
            return self._store.vectors(keys)
        except MemoryFailure:
            return np.zeros((len(keys), self._embedder.size), dtype=np.float32)

    def _embed(self, texts: tuple[str, str]) -> NDArray[np.float32]:
        try:
            return self._embedder.embed(texts, tokens=ASKED_TOKENS).astype(np.float32)
        except MissingExtra:
            return np.zeros((len(texts), self._embedder.size), dtype=np.float32)
