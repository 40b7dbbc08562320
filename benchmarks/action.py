"""Measures the whole action on a runner: a job of one step that uses it, run by act, a real runner, on this machine.

python -m benchmarks.action [--quick]: cold, with packages from the package index; with a warm cache of packages; and
on an event that asks for nothing. GitHub is a fake of this process. Aims in time are told, not held: the exit code
is 1 only where a job failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, aim, say_how_busy
from memory_agents.testing.github import FakeGitHub
from tests import offline
from tests.e2e import act

REPOSITORY = "Codertocat/Hello-World"
"""of the bundled event"""
MAX_COLD, MAX_WARM = 15.0, 4.0
"""seconds of the action's step"""

WORKFLOW = """
name: Measured
on: [issues]
permissions: {}
jobs:
  measured:
    runs-on: ubuntu-latest
    steps:
      - run: python3 -c 'import time; print(time.time())' > "$PROBE/begun"
      - id: memory
        uses: OWNER/memory-agents@v1
      - run: python3 -c 'import time; print(time.time())' > "$PROBE/ended"
      - run: find "$RUNNER_TEMP/memory-agents" -maxdepth 2 -name complete -exec cp -p {} "$PROBE" ';' || true
      - env:
          OUTPUTS: ${{ toJSON(steps.memory.outputs) }}
        run: printf '%s' "$OUTPUTS" > "$PROBE/outputs.json"
"""


@dataclass(frozen=True)
class Timed:
    """Seconds that one job took."""

    job: float
    """from the start of act to its end, four small steps more"""
    action: float
    """the step that uses the action"""
    install: float
    """of it, until the packages were there; 0 where nothing was installed"""
    outputs: Mapping[str, str]
    log: str


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one run of each: whether it works")
    times = 1 if parser.parse_args().quick else 5
    say_how_busy()
    opened: dict[str, Any] = json.loads((ROOT / "src/memory_agents/demo/event.json").read_text(encoding="utf-8"))
    with FakeGitHub() as github, tempfile.TemporaryDirectory() as folder:
        measure = _Measuring(_runner(github, Path(folder)))
        measure(opened, {})  # a warm-up: the fake, the disk
        warm = [measure(opened, {}) for _ in range(times)]
        nothing = [measure(opened | {"action": "unlabeled"}, {}) for _ in range(times)]
        cold = [measure(opened, _from_the_index(Path(folder) / f"cold-{number}")) for number in range(min(times, 3))]
    print(f"{'action, by act':<28}{'job':>7}{'action':>9}{'spread':>15}{'install':>10}{'the rest':>10}")
    told = {
        "warm cache of packages": _row("warm cache of packages", warm),
        "an event that asks nothing": _row("an event that asks nothing", nothing),
        "cold, packages are fetched": _row("cold, packages are fetched", cold) if _fetched(cold) else None,
    }
    print()
    aim(f"warm: at most {MAX_WARM:g} s", kept=(told["warm cache of packages"] or 0) <= MAX_WARM)
    if seconds := told["cold, packages are fetched"]:
        aim(f"cold: at most {MAX_COLD:g} s", kept=seconds <= MAX_COLD)
    else:
        print("cold: skipped, for no package index could be reached")
    return 0


@dataclass(frozen=True)
class _Measuring:
    runner: act.Runner

    def __call__(self, payload: dict[str, Any], variables: dict[str, str]) -> Timed:
        """Run the job on an event, with the action as a runner has just downloaded it: not compiled yet."""
        for compiled in self.runner.action.rglob("__pycache__"):
            shutil.rmtree(compiled)
        started = time.perf_counter()
        job = self.runner.run("issues", payload, workflow=WORKFLOW, variables=variables)
        seconds = time.perf_counter() - started
        if job.exit_code:
            sys.exit(f"the job failed:\n{job.log}")
        probe = self.runner.folder / "probe"
        begun, ended = (float((probe / name).read_text()) for name in ("begun", "ended"))
        complete = probe / "complete"
        install = complete.stat().st_mtime - begun if complete.exists() else 0.0
        return Timed(seconds, ended - begun, install, job.outputs, job.log)


def _runner(github: FakeGitHub, folder: Path) -> act.Runner:
    repository = github.add_repository(REPOSITORY, files={"README.md": "# Hello\n"})
    memory = ROOT / "src" / "memory_agents" / "demo" / "memory"
    repository.commit_files(
        {file.relative_to(memory).as_posix(): file.read_bytes() for file in memory.rglob("*.md")}, branch="memory"
    )
    action = act.copy_of_the_action(folder / "action")
    return act.Runner(folder, action, REPOSITORY, github.api_url, github.server_url, github.add_token())


def _from_the_index(cache: Path) -> dict[str, str]:
    """Variables for a runner that has no packages and may fetch them: what tests forbid is as it is here."""
    usual = {name: os.environ.get(name, "") for name in offline.environment()}
    return usual | {"UV_CACHE_DIR": str(cache), "UV_OFFLINE": "0"}


def _fetched(runs: list[Timed]) -> bool:
    return all(run.outputs["status"] != "unavailable" for run in runs)


def _row(name: str, runs: list[Timed]) -> float:
    """Print the medians; that of the action."""
    job, action, install = (
        statistics.median(float(getattr(run, part)) for run in runs) for part in ("job", "action", "install")
    )
    spread = f"{min(run.action for run in runs):.2f} to {max(run.action for run in runs):.2f}"
    print(f"{name:<28}{job:>7.2f}{action:>9.2f}{spread:>15}{install:>10.2f}{action - install:>10.2f}")
    return action


if __name__ == "__main__":
    sys.exit(main())
