"""How long recall takes on made-up texts with random vectors: both cost what real ones do, and nothing to get.

The past is a fake GitHub's, see served; its index is opened and asked here, and by whole runs of the action.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks import corpus
from benchmarks.measuring import ROOT, Program, Runs, aim, alternating
from benchmarks.recall import recalling, served
from benchmarks.served import REPOSITORY
from memory_agents.core import evaluation, namespaces
from memory_agents.core.records import Query, Record, Source
from memory_agents.locations import history_folder
from memory_agents.memory.embedding import Embedder, open_embedder
from memory_agents.memory.index import LocalIndex
from memory_agents.memory.index.dense import Dense
from memory_agents.memory.index.vectors import VectorStore
from memory_agents.settings import Environment

LEXICAL, DENSE = "lexical", "dense"
QUESTIONS, NEW_ISSUES, RUNS = 60, 9, 3
AIMS: Mapping[tuple[int, str], Mapping[str, float]] = {
    (20_000, LEXICAL): {"query ms": 5, "ready ms": 150, "new issue ms": 100, "whole run s": 1.5},
    (20_000, DENSE): {"query ms": 40, "ready ms": 150, "new issue ms": 100, "whole run s": 1.5},
    (100_000, LEXICAL): {"query ms": 40},
    (100_000, DENSE): {"query ms": 80},
}
"""at most, for so many past issues"""
ABOUT = """speed: past issues of made-up words; dense has random vectors, but embeds questions, new issues and facts.
Made-up words fall into more tokens than real ones: a question and an issue have as many as the model reads.
  ready ms      opening index and vectors and answering a first question, less what a later one takes; model loaded
  query ms      one question, title and body; its embedding included
  new issue ms  one more issue into the index, its embedding included; median
  whole run s   `memory-agents run` on an issue that was opened, as `python -m benchmarks.recall` has it; median
"""
_NOW = corpus.LAST + timedelta(hours=1)
_FILLED_AT_ONCE = 20_000
VECTORS = "vectors.sqlite3"
"""the file in which a history has them"""


@dataclass(frozen=True)
class Took:
    """What was measured: milliseconds, and whole runs."""

    ready: float
    queries: list[float]
    new_issue: float
    runs: Runs

    def figures(self) -> dict[str, float]:
        """What there are aims for."""
        p50 = evaluation.percentile(self.queries, 50)
        seconds = self.runs.seconds
        return {"ready ms": self.ready, "query ms": p50, "new issue ms": self.new_issue, "whole run s": seconds}


def measure(*, quick: bool) -> int:
    """Print the table."""
    print(ABOUT)
    head = f"{'past issues':<13}{'':<9}{'ready ms':>9}{'query p50 ms':>14}{'p95 ms':>8}{'new issue ms':>14}"
    print(f"{head}{'whole run s':>13}{'MB':>6}")
    all_took: dict[tuple[int, str], Took] = {}
    for count in (300,) if quick else (20_000, 100_000):
        for kind, took in _of_size(count).items():
            all_took[count, kind] = took
            p50, p95 = (evaluation.percentile(took.queries, percent) for percent in (50, 95))
            figures = f"{took.ready:>9.1f}{p50:>14.2f}{p95:>8.1f}{took.new_issue:>14.1f}"
            print(f"{count:<13,}{kind:<9}{figures}{took.runs.seconds:>13.2f}{took.runs.megabytes:>6.0f}", flush=True)
    print()
    for (count, kind), took in all_took.items():
        figures_of = took.figures()
        for what, most in AIMS.get((count, kind), {}).items():
            aim(f"{count:,} {kind}: {what} at most {most:g}", kept=figures_of[what] <= most)
    return 0


def _of_size(count: int) -> dict[str, Took]:
    # The index is opened in another process: whoever starts the runs must stay small, see measuring.
    apart = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with tempfile.TemporaryDirectory() as place, served(count, Path(place) / "state") as (variables, _), apart:
        folder = history_folder(Environment.read(variables), REPOSITORY)
        apart.submit(_fill, folder).result()
        plain = {"PATH": os.environ["PATH"], "HOME": place, "PYTHONPATH": str(ROOT)}
        run = recalling(Path(place), Path(place) / "state", plain | variables)
        runs = alternating([_named(run, LEXICAL, "false"), _named(run, DENSE, "true")], times=RUNS)
        # Dense goes first: what it adds has vectors, so that no later one finds texts without.
        took = {kind: apart.submit(_took, folder, kind, runs[kind]).result() for kind in (DENSE, LEXICAL)}
    return {kind: took[kind] for kind in (LEXICAL, DENSE)}


def _named(program: Program, name: str, dense: str) -> Program:
    return replace(program, name=name, environment={**program.environment, "INPUT_DENSE": dense})


@contextlib.contextmanager
def _opened(folder: Path, embedder: Embedder | None) -> Iterator[LocalIndex]:
    with contextlib.ExitStack() as stack:
        dense = None
        if embedder:
            store = stack.enter_context(contextlib.closing(VectorStore.open(folder / VECTORS, embedder.model)))
            dense = Dense(store, embedder)
        yield stack.enter_context(LocalIndex.open(folder / "index.sqlite3", dense))


def _fill(folder: Path) -> None:
    """Give every text a random vector of length one."""
    random, embedder = np.random.default_rng(4), open_embedder()
    with (
        contextlib.closing(VectorStore.open(folder / VECTORS, embedder.model)) as store,
        LocalIndex.open(folder / "index.sqlite3", Dense(store, embedder)) as index,
    ):
        while texts := index.unembedded(_FILLED_AT_ONCE):
            vectors = random.standard_normal((len(texts), embedder.size), dtype=np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            store.add(np.array(list(texts), dtype=np.uint64), vectors.astype(np.float16))


def _took(folder: Path, kind: str, runs: Runs) -> Took:
    embedder = open_embedder() if kind == DENSE else None
    if embedder:
        embedder.load()
    writer = corpus.Writer(seed=5)
    questions = [Query(title=title, body=body, now=_NOW) for title, body in (writer.issue() for _ in range(QUESTIONS))]
    began = time.perf_counter()
    with _opened(folder, embedder) as index:
        _ask(index, questions[0])
        first = 1000 * (time.perf_counter() - began)
        queries = [_timed(partial(_ask, index, one)) for one in questions[1:]]
        issues = [_issue(number, *writer.issue()) for number in range(NEW_ISSUES)]
        new = [_timed(partial(_add, index, one)) for one in issues]
    return Took(first - statistics.median(queries), queries, statistics.median(new), runs)


def _issue(number: int, title: str, body: str) -> Record:
    source = Source(repository=REPOSITORY, number=number)
    created_at = _NOW + timedelta(minutes=number)
    return Record(
        id=f"new-{number:08}", namespace=namespaces.ISSUES, title=title, text=body, created_at=created_at, source=source
    )


def _ask(index: LocalIndex, query: Query) -> None:
    index.search(query, namespaces=(namespaces.ISSUES,), top_k=evaluation.DEPTH)


def _add(index: LocalIndex, issue: Record) -> None:
    index.update({f"new/{issue.id}": issue}, version=index.version)
    index.embed(1)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)
