"""The benchmarks run: what they measure is theirs to say, on a quiet machine."""

from __future__ import annotations

import subprocess
import sys

from tests import offline


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
