"""Corpora: documents, queries and which documents answer them, made ready for measuring.

A corpus is a folder:
  docs.jsonl.gz     id, title, body, created_at; repo where they are of several repositories
  pairs.jsonl       query_id, relevant_ids
  queries.jsonl.gz  as documents, and self_id or pr, which is no answer; only where queries are no documents

A corpus without documents asks those of the folder beside it whose name begins with the same word: `rust-pulls`
those of `rust-issues`. Corpora that ask the same documents are measured together, for they are indexed once.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
"""a line of such a file"""
Answers = Mapping[str, frozenset[str]]
"""query id → ids of the documents that answer it"""
DOCUMENTS, PAIRS, QUERIES = "docs.jsonl.gz", "pairs.jsonl", "queries.jsonl.gz"
VECTORS = "vectors.npy"
"""put beside them while methods are measured: [documents, 384] float32"""
QUICK_QUERIES = 20
"""of each corpus"""
QUICK_DOCUMENTS = 150
"""besides those that answer or ask"""


@dataclass(frozen=True)
class Tracker:
    """Documents, and all corpora that ask them."""

    documents: Path
    corpora: tuple[Path, ...]

    @property
    def name(self) -> str:
        """That of the folder of the documents."""
        return self.documents.parent.name


def trackers(data: Path) -> list[Tracker]:
    """Those of all corpora below `data`; SystemExit where there are none."""
    folders = sorted(pairs.parent for pairs in data.glob(f"*/{PAIRS}"))
    asked: dict[Path, list[Path]] = {}
    for folder in folders:
        word = folder.name.partition("-")[0]
        beside = [other for other in folders if other.name.partition("-")[0] == word]
        documents = next((one / DOCUMENTS for one in (folder, *beside) if (one / DOCUMENTS).exists()), None)
        if documents is None:
            sys.exit(f"{folder} has no {DOCUMENTS}, nor has a folder {word}-* beside it. Fix: put it there")
        asked.setdefault(documents, []).append(folder)
    if not asked:
        sys.exit(f"There is no corpus in {data}. Fix: name a folder that has one folder a corpus, each with {PAIRS}")
    return [Tracker(documents, tuple(corpora)) for documents, corpora in asked.items()]


def make_ready(tracker: Tracker, folder: Path, *, quick: bool) -> Mapping[str, Answers]:
    """Write it into `folder` as one corpus, or only a few of its queries and documents; corpus → its answers."""
    pairs = {corpus.name: _evenly(list(rows(corpus / PAIRS)), QUICK_QUERIES, quick) for corpus in tracker.corpora}
    answers = {name: {str(row["query_id"]): _ids(row) for row in some} for name, some in pairs.items()}
    wanted = {query for of_corpus in answers.values() for query in of_corpus}
    queries = [
        row
        for corpus in tracker.corpora
        if (corpus / QUERIES).exists()
        for row in rows(corpus / QUERIES)
        if str(row["id"]) in wanted
    ]
    _write(folder / PAIRS, (row for some in pairs.values() for row in some))
    _write(folder / QUERIES, queries)
    if quick:
        documents = list(rows(tracker.documents))
        kept = wanted.union(*(ids for of_corpus in answers.values() for ids in of_corpus.values()))
        kept |= {str(row["id"]) for row in _evenly(documents, QUICK_DOCUMENTS, quick)}
        kept |= {str(row["pr"]) for row in queries if "pr" in row}
        _write(folder / DOCUMENTS, (row for row in documents if str(row["id"]) in kept))
    else:
        (folder / DOCUMENTS).symlink_to(tracker.documents.resolve())
    return answers


def rows(path: Path) -> Iterator[Row]:
    """The lines of a file, which may be compressed."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def wanted(folder: Path) -> list[Row]:
    """The queries that the pairs in `folder` ask, each of its file of queries or else a document.

    One without a title, as a review comment is, gets that of its pull request: ours looks at it too.
    """
    documents = {str(row["id"]): row for row in rows(folder / DOCUMENTS)}
    known = documents | {str(row["id"]): row for row in rows(folder / QUERIES)}
    asked = [known[one] for one in dict.fromkeys(str(row["query_id"]) for row in rows(folder / PAIRS))]
    return [{**row, "title": row.get("title") or _title_around(row, documents)} for row in asked]


def _title_around(query: Row, documents: Mapping[str, Row]) -> str:
    return str(documents.get(str(query.get("pr")), {}).get("title") or "")


def _ids(row: Row) -> frozenset[str]:
    return frozenset(str(one) for one in row["relevant_ids"])


def _evenly(some: list[Row], count: int, quick: bool) -> list[Row]:
    """All, or `count` of them from first to last."""
    return some[:: max(1, len(some) // count)][:count] if quick else some


def _write(path: Path, some: Iterable[Row]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in some)
    data = text.encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
