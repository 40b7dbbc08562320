"""An Embedder for tests, whose vectors say which words a text has: quick, and what shares words is near."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import text as splitting
from memory_agents.memory.embedding import Embedder, pooling

if TYPE_CHECKING:
    from numpy.typing import NDArray


class WordEmbedder(Embedder):
    """Loads no model."""

    model = "words of the tests"

    def embed(self, texts: Sequence[str], *, tokens: int = 256) -> NDArray[np.float16]:
        """See Embedder."""
        return np.stack([np.zeros(self.size, np.float16), *(self._vector(text, tokens) for text in texts)])[1:]

    def _vector(self, text: str, tokens: int) -> NDArray[np.float16]:
        vector = np.zeros(self.size, dtype=np.float32)
        for term in splitting.tokens(text)[:tokens]:
            vector[zlib.crc32(term.encode()) % self.size] += 1
        length = float(np.linalg.norm(vector))
        return pooling.rounded(vector / length) if length else vector.astype(np.float16)
