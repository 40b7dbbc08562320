"""The alternative: the same documents in collections of chromadb on disk, opened and asked by a plain script.

python -m benchmarks.chroma build COUNT FOLDER    adds them with vectors that are given, and prints the seconds
python -m benchmarks.chroma recall FOLDER         searches both collections and prints what was found

The vectors are random and so cost nothing to make: a real script would also run an embedding model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from numpy.typing import NDArray

DIMENSIONS = 384
"""of all-MiniLM-L6-v2, the model that chromadb takes by itself"""
_AT_ONCE = 1_000
_random = np.random.default_rng(4)


def build(count: int, folder: str) -> float:
    """Add past issues and facts; the seconds that the past issues took."""
    from benchmarks import corpus

    client = _client(folder)
    client.create_collection("facts", embedding_function=None)
    _add(client, "facts", corpus.facts())
    client.create_collection("issues", embedding_function=None)
    texts = [f"{title}\n\n{body}" for title, body, _ in corpus.issues(count)]
    started = time.perf_counter()
    _add(client, "issues", texts)
    return time.perf_counter() - started


def recall(folder: str) -> None:
    """Ask both collections for the best five."""
    client = _client(folder)
    for name in ("facts", "issues"):
        collection = client.get_collection(name, embedding_function=None)
        found = collection.query(query_embeddings=_vectors(1), n_results=5)
        documents, distances = found["documents"], found["distances"]
        if documents is None or distances is None or len(documents[0]) < 5:
            sys.exit(f"chromadb found nothing among the {name}")
        for document, distance in zip(documents[0], distances[0], strict=True):
            print(f"{distance:.3f} {document}")


def _client(folder: str) -> ClientAPI:
    return chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))


def _add(client: ClientAPI, name: str, texts: Sequence[str]) -> None:
    collection = client.get_collection(name, embedding_function=None)
    for start in range(0, len(texts), _AT_ONCE):
        some = list(texts[start : start + _AT_ONCE])
        ids = [f"{name}-{number}" for number in range(start, start + len(some))]
        collection.add(ids=ids, documents=some, embeddings=_vectors(len(some)))


def _vectors(count: int) -> NDArray[np.float32]:
    """[count, DIMENSIONS] of length one."""
    vectors = _random.standard_normal((count, DIMENSIONS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


if __name__ == "__main__":
    if sys.argv[1] == "build":
        print(build(int(sys.argv[2]), sys.argv[3]))
    else:
        recall(sys.argv[2])
