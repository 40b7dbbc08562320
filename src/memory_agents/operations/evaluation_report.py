"""What an evaluation found: for a person, for a program, for another program that judges the ranking itself."""

from __future__ import annotations

import json

from memory_agents.core.evaluation import MEASURES, Estimate, percentile
from memory_agents.core.records import Notice
from memory_agents.operations.corpus import Corpus
from memory_agents.operations.evaluating import Evaluated
from memory_agents.operations.reading import Answer


def answer(done: Evaluated, corpus: Corpus, notices: tuple[Notice, ...]) -> Answer:
    """For the command line."""
    p50, p95 = (1_000 * percentile(done.query_seconds, percent) for percent in (50, 95))
    value = {
        "documents": done.documents,
        "queries": len(corpus.questions),
        "model": done.model,
        **{name: figure(done.measures[name]) for name in MEASURES},
        "intervals": {name: interval(done.measures[name]) for name in MEASURES},
        "index_seconds": round(done.index_seconds, 3),
        "embed_seconds": round(done.embed_seconds, 3),
        "query_p50_ms": round(p50, 2),
        "query_p95_ms": round(p95, 2),
        "notices": list(map(str, notices)),
    }
    by = f"words and {done.model}" if done.model else "words alone"
    of_embedding = f", {done.embed_seconds:.1f} s of it for embedding" if done.model else ""
    lines = [
        f"{len(corpus.questions):,} queries, {done.documents:,} documents, ranked by {by}; with 95 % intervals:",
        *(f"{name:<10} {done.measures[name]}" for name in MEASURES),
        f"index      {done.index_seconds:.1f} s{of_embedding}",
        f"query      p50 {p50:.1f} ms, p95 {p95:.1f} ms",
    ]
    return Answer(value, "\n".join(lines), notices)


def figure(estimate: Estimate) -> float | None:
    """The value for a program; None where there was nothing to measure."""
    return round(estimate.value, 4) if estimate.is_measured else None


def interval(estimate: Estimate) -> list[float] | None:
    """The ends of an interval, as the value."""
    return [round(estimate.low, 4), round(estimate.high, 4)] if estimate.is_measured else None


def run_lines(done: Evaluated, corpus: Corpus) -> str:
    """A line of JSON for each query: `query_id` and `ranked`, its documents, best first, ids as the files have them."""
    return "".join(
        json.dumps({"query_id": corpus.questions[key].id, "ranked": list(ranked)}, ensure_ascii=False) + "\n"
        for key, ranked in done.ranked.items()
    )
