"""Measures a whole recall, process start to process end, beside the plainest alternatives.

python -m benchmarks.recall [--quick]: for several sizes of a repository's past, `memory-agents run` on an issue
that was opened, as the action runs it, against starting Python with the core's packages, and against a script
that opens the same documents in chromadb. Exit code 1 where recall takes more memory than it may.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT, Program, Runs, aim, alternating, say_how_busy
from memory_agents.edges.actions import read_outputs

MAX_MEGABYTES = 200
MAX_OF_IMPORTS = 3.0
"""times the seconds that importing the core's packages takes"""
MIN_OF_CHROMADB = 2.0
"""times as quick as the script with chromadb"""
OURS, IMPORTS, CHROMADB = "memory-agents run", "import the packages", "chromadb script"
ASKED = "chromadb with a model"

ABOUT = """recall: 300 facts and N past issues; median seconds of {times} runs in turn
  memory-agents run    what the action runs on an issue that was opened: it fetches the facts by git into an empty
                       folder, opens the index that a cache restored, reads the maintainers' settings and templates,
                       asks what changed since and how what it shows stands now, ranks, redacts, renders.
                       GitHub is a fake on this machine: requests are real, latency is not. With `dense: false`, as
                       no vectors were made of these texts; `python -m benchmarks.retrieval --speed` has both
  import the packages  python -c "import github, pydantic, jinja2"
  chromadb script      opens collections of the same texts with random vectors, two searches, prints; no request, no
                       prompt, and the vector of the question is given
  chromadb with a model  the same, and the vector of the question is made by all-MiniLM-L6-v2 with onnxruntime
"""


@dataclass(frozen=True)
class Measured:
    """What was measured for one size of the past."""

    count: int
    runs: Mapping[str, Runs]
    index_seconds: float
    """for a thousand past issues: rows and index"""
    chromadb_seconds: float
    """for a thousand past issues: added with vectors that are given"""

    def ratio(self, name: str) -> float:
        """How many times as long ours takes."""
        return self.runs[OURS].seconds / self.runs[name].seconds


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small past and few runs: whether it works")
    quick = parser.parse_args().quick
    counts, times = ((50,), 1) if quick else ((1_000, 10_000, 50_000), 7)
    say_how_busy()
    print(ABOUT.format(times=times))
    measured = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            measured.append(measure(count, Path(folder), times=times))
    _print_tables(measured)
    for one in measured:
        aim(f"{one.count:,}: at most {MAX_OF_IMPORTS:g} times the imports", kept=one.ratio(IMPORTS) <= MAX_OF_IMPORTS)
        for other in (CHROMADB, ASKED):
            what = f"{one.count:,}: at least {MIN_OF_CHROMADB:g} times as quick as the {other}"
            aim(what, kept=one.ratio(other) <= 1 / MIN_OF_CHROMADB)
    sizes = [
        aim(f"{one.count:,}: at most {MAX_MEGABYTES} MB", kept=one.runs[OURS].megabytes <= MAX_MEGABYTES)
        for one in measured
    ]
    return 0 if all(sizes) else 1


def measure(count: int, folder: Path, *, times: int) -> Measured:
    """Build both indexes of so many past issues, and recall from them."""
    chroma, state = folder / "chroma", folder / "state"
    added = subprocess.run(
        [sys.executable, "-m", "benchmarks.chroma", "build", str(count), chroma],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with served(count, state) as (variables, seconds):
        plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        runs = alternating(
            [
                recalling(folder, state, plain | variables),
                Program(IMPORTS, [sys.executable, "-Ic", "import github, pydantic, jinja2"], plain),
                Program(CHROMADB, [sys.executable, "-m", "benchmarks.chroma", "recall", chroma], plain),
                Program(ASKED, [sys.executable, "-m", "benchmarks.chroma", "ask", chroma], plain),
            ],
            times=times,
            warm_up=times > 1,
        )
    return Measured(count, runs, seconds / count * 1000, float(added.stdout) / count * 1000)


@contextmanager
def served(count: int, state: Path) -> Iterator[tuple[dict[str, str], float]]:
    """A GitHub in another process, and the index of its past in `state`: variables, and seconds that took."""
    command = [sys.executable, "-m", "benchmarks.served", str(count), str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None  # noqa: S101 -- for the type checker
        assert server.stdout is not None  # noqa: S101
        told = json.loads(server.stdout.readline() or sys.exit("the fake GitHub did not start"))
        yield told["variables"], told["seconds"]
        server.stdin.close()


def recalling(folder: Path, state: Path, variables: Mapping[str, str]) -> Program:
    """The action's main step, with a restored history and facts that are not fetched yet."""
    event, output, summary = folder / "event.json", folder / "output", folder / "summary.md"
    event.write_text(json.dumps(_opened()), encoding="utf-8")

    def prepare() -> None:
        for copy in state.glob("git-*"):
            shutil.rmtree(copy)
        output.write_text("")

    def check() -> None:
        outputs = read_outputs(output)
        if outputs["status"] != "ok" or len(json.loads(outputs["similar"])) < 5:
            sys.exit(f"not everything was recalled: {outputs['status']}\n{summary.read_text()[-400:]}")

    environment = {
        **variables,
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "issues",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "octo/hello",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "RUNNER_TEMP": str(folder),
        "INPUT_DENSE": "false",
        "INPUT_MIN_SCORE": "0",  # random texts are about nothing: so every section of the prompt is full
    }
    return Program(OURS, [sys.executable, "-I", "-m", "memory_agents", "run"], environment, prepare, check)


def _opened() -> object:
    """The payload of a new issue; its text is made elsewhere, for numpy would make this process large."""
    asked = subprocess.run(
        [sys.executable, "-c", "import json; from benchmarks import corpus; print(json.dumps(corpus.question()))"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    title, body = json.loads(asked.stdout)
    payload = json.loads((ROOT / "src" / "memory_agents" / "demo" / "event.json").read_text(encoding="utf-8"))
    payload["repository"] |= {"name": "hello", "full_name": "octo/hello"}
    page = "https://github.com/octo/hello/issues/1000000"
    payload["issue"] |= {"number": 1_000_000, "html_url": page, "title": title, "body": body}
    return payload


def _print_tables(measured: list[Measured]) -> None:
    print(f"{'past issues':<13}{'program':<23}{'seconds':>8}{'spread':>14}{'CPU s':>7}{'MB':>6}{'ours is':>20}")
    for one in measured:
        for name, runs in one.runs.items():
            against = "" if name == OURS else f"{one.ratio(name):.1f} times as long"
            figures = f"{runs.seconds:>8.2f}{runs.spread:>14}{runs.cpu:>7.2f}{runs.megabytes:>6.0f}{against:>20}"
            print(f"{one.count:<13,}{name:<23}{figures}")
    print(f"\n{'past issues':<13}{'seconds to index 1,000':>25}{'chromadb adds 1,000':>22}{'ratio':>8}")
    for one in measured:
        ratio = one.chromadb_seconds / one.index_seconds
        print(f"{one.count:<13,}{one.index_seconds:>25.2f}{one.chromadb_seconds:>22.2f}{ratio:>8.1f}")
    print()


if __name__ == "__main__":
    sys.exit(main())
