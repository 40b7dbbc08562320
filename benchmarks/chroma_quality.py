"""What a recall finds through ChromaDB, beside what it finds with the local index: the same queries, the same vectors.

    python -m benchmarks.chroma_quality DATA --corpus rust-issues [--quick N] [--url URL]

DATA is a folder with one folder a corpus, see retrieval_corpora. Vectors, index and collection are kept in .cache, so
that the second run takes the time of the queries alone. A query is asked as of its time, which costs Chroma a filter;
`now` is what a query takes that is asked as of today, as a recall does.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import aim, say_how_busy
from benchmarks.retrieval_corpora import PAIRS, QUERIES, trackers
from memory_agents.core import evaluation, namespaces
from memory_agents.core.ranking import text_key
from memory_agents.core.records import Approval
from memory_agents.memory.embedding import Embedder, open_embedder
from memory_agents.memory.index.vectors import VectorStore
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.operations import evaluating
from memory_agents.operations.corpus import Corpus, read_corpus

if TYPE_CHECKING:
    from numpy.typing import NDArray

NDCG = f"ndcg@{evaluation.DEPTH}"
LOSS = 0.01
"""of nDCG, that is allowed"""
SECONDS = 600
"""of a call: a benchmark waits"""
_SEED = 5
_ASKED_NOW = 100
"""queries that are asked as of today too, for their time alone"""


class Kept(Embedder):
    """An Embedder that remembers what it embedded, in a store."""

    def __init__(self, store: VectorStore) -> None:
        super().__init__()
        self._store = store

    def embed(self, texts: Sequence[str], *, tokens: int = 256) -> NDArray[np.float16]:
        """See Embedder. Those of questions, which are cut shorter, are not kept."""
        if tokens < 256:
            return super().embed(texts, tokens=tokens)
        keys = np.array([text_key(text) for text in texts], dtype=np.uint64)
        missing = self._store.missing(keys)
        if missing.any():
            self._store.add(keys[missing], super().embed([texts[one] for one in np.flatnonzero(missing).tolist()]))
        return self._store.vectors(keys).astype(np.float16)


def documents_of(data: Path, name: str) -> Path:
    """The file that the corpus asks."""
    found = [its.documents for its in trackers(data) for one in its.corpora if one.name == name]
    return found[0] if found else sys.exit(f"There is no corpus {name} in {data}. Fix: name one of its folders")


def corpus_of(data: Path, name: str, quick: int) -> Corpus:
    """The corpus, or `quick` of its queries, drawn at random but always the same."""
    documents = documents_of(data, name)
    queries = data / name / QUERIES
    corpus = read_corpus(documents, data / name / PAIRS, queries if queries.exists() else None)
    if not quick or quick >= len(corpus.questions):
        return corpus
    keys = list(corpus.questions)
    chosen = np.random.default_rng(_SEED).choice(len(keys), quick, replace=False)
    questions = {keys[one]: corpus.questions[keys[one]] for one in sorted(chosen)}
    return Corpus(corpus.documents, questions, {key: corpus.relevant[key] for key in questions})


class Chroma:
    """Asks through ChromaDB."""

    def __init__(self, place: Path | str, embedder: Embedder, name: str) -> None:
        """`name`: of the documents."""
        self._place = place
        self._name = name
        self._embedder = embedder
        self.ranked: dict[str, list[str]] = {}
        """query → documents, best first"""
        self.seconds: list[float] = []
        self.now_seconds: list[float] = []

    async def ask(self, corpus: Corpus) -> None:
        """Store what is not there, then ask all queries."""
        for number, tracker in enumerate(evaluating.trackers(corpus)):
            path, url = (self._place, "") if isinstance(self._place, Path) else (None, self._place)
            name = f"{self._name}-{number}"
            provider = ChromaProvider(path=path, url=url, collection=name, embedder=self._embedder, seconds=SECONDS)
            try:
                await self._store(provider, tracker)
                await self._ask(provider, tracker)
            finally:
                await provider.close()

    async def _store(self, provider: ChromaProvider, tracker: evaluating.Tracker) -> None:
        if (await provider.get_info()).records == len(tracker.documents):
            return
        began = time.perf_counter()
        records = list(tracker.records().values())
        for start in range(0, len(records), 1_000):
            await provider.store_records(records[start : start + 1_000], approval=Approval())
            print(f"{tracker.name or 'records'}: {start + 1_000:,} stored", file=sys.stderr, end="\r", flush=True)
        print(f"\n{len(records):,} records stored in {time.perf_counter() - began:.0f} s", file=sys.stderr)

    async def _ask(self, provider: ChromaProvider, tracker: evaluating.Tracker) -> None:
        ids = tracker.ids()
        now = datetime.now(UTC)
        for is_now, seconds in ((False, self.seconds), (True, self.now_seconds)):
            for question in tracker.questions[: _ASKED_NOW if is_now else None]:
                query = tracker.query(question)
                query = replace(query, now=now) if is_now else query
                began = time.perf_counter()
                found = await provider.search_records(query, namespaces=(namespaces.ISSUES,), top_k=evaluation.DEPTH)
                seconds.append(time.perf_counter() - began)
                if not is_now:
                    self.ranked[str(question.id)] = [str(ids[match.record.id]) for match in found]


def judged(corpus: Corpus, ranked: Iterator[Sequence[str]]) -> NDArray[np.float64]:
    """[queries] nDCG."""
    pairs = zip(corpus.questions, ranked, strict=True)
    return np.array([evaluation.judge(list(ids), corpus.relevant[key])[NDCG] for key, ids in pairs])


def main() -> int:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--corpus", required=True, help="the folder's name")
    parser.add_argument("--quick", type=int, default=0, metavar="N", help="so many queries")
    parser.add_argument("--url", default="", help="of a server that runs; default: embedded, in .cache")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="default: .cache/bench/chroma-CORPUS")
    arguments = parser.parse_args()
    say_how_busy()
    corpus = corpus_of(arguments.data, arguments.corpus, arguments.quick)
    tracker = documents_of(arguments.data, arguments.corpus).parent.name
    kept = arguments.kept or Path(".cache") / "bench" / f"chroma-{tracker}"
    kept.mkdir(parents=True, exist_ok=True)
    open_embedder()
    with ExitStack() as stack:
        store = stack.enter_context(closing(VectorStore.open(kept / "vectors.sqlite3", Embedder.model)))
        embedder = Kept(store)
        local = evaluating.evaluate(corpus, kept, embedder=embedder, tell=lambda *_: None)
        chroma = Chroma(arguments.url or kept / "chroma", embedder, tracker)
        asyncio.run(chroma.ask(corpus))
    mine = judged(corpus, ([str(one) for one in local.ranked[key]] for key in corpus.questions))
    its = judged(corpus, (chroma.ranked[key] for key in corpus.questions))
    print(f"{arguments.corpus}: {len(mine):,} queries, {len(corpus.documents):,} documents")
    for name, ndcg, seconds in (
        ("local index", mine, local.query_seconds),
        ("ChromaDB", its, chroma.seconds),
        ("ChromaDB, now", None, chroma.now_seconds),
    ):
        p50, p95 = (evaluation.percentile([1_000 * one for one in seconds], percent) for percent in (50, 95))
        shown = f"{ndcg.mean():.4f}" if ndcg is not None else "-"
        print(f"{name:<14} nDCG@10 {shown:>7}  p50 {p50:6.1f} ms  p95 {p95:6.1f} ms")
    difference = its - mine
    error = float(difference.std()) / len(difference) ** 0.5
    print(f"difference {difference.mean():+.4f} (standard error {error:.4f})")
    aim(f"at most {LOSS} of nDCG lost", kept=float(difference.mean()) >= -LOSS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
