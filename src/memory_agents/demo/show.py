"""Runs `memory-agents run` as a workflow step would, against a git repository made for the moment."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TextIO

from memory_agents import app
from memory_agents.edges.actions import Runner, read_outputs

HERE = Path(__file__).parent
REPOSITORY = "Codertocat/Hello-World"


def demo(out: TextIO, *, plain: bool) -> int:
    """Print the log, the summary and the prompt of one run. Returns its exit code."""
    coloured = out.isatty() and not plain and not os.environ.get("NO_COLOR")
    with tempfile.TemporaryDirectory(prefix="memory-agents-demo-") as name, _working_in(Path(name)) as folder:
        remote = memory_repository(folder / "memory.git")
        log = StringIO()
        output, summary = folder / "output", folder / "summary.md"
        runner = Runner(output_file=output, summary_file=summary, log=log, annotate=False)
        code = asyncio.run(app.run(environment(folder, remote), runner))
        outputs = read_outputs(output)
        _show(out, coloured, "Event", "issues: opened, a real payload: “Spelling error in the README file”")
        _show(out, coloured, "Memory", "5 facts and 4 past issues, files on the branch `memory` of a git repository")
        _show(out, coloured, "Log", log.getvalue())
        _show(out, coloured, "Step summary (Markdown)", summary.read_text(encoding="utf-8"))
        _show(out, coloured, "Output: similar", outputs["similar"])
        _show(out, coloured, "Prompt, for the agent step that follows", outputs["prompt"])
    return code


def memory_repository(path: Path) -> Path:
    """A bare repository with the bundled memory on its branch `memory`."""
    tree = path.with_suffix(".tree")
    shutil.copytree(HERE / "memory", tree)
    identity = [
        "-c",
        "user.name=memory-agents",
        "-c",
        "user.email=memory-agents@localhost",
        "-c",
        "commit.gpgSign=false",
    ]
    for command in (
        ["init", "--quiet", "--bare", str(path)],
        ["init", "--quiet", "--initial-branch=memory", str(tree)],
        ["-C", str(tree), "add", "."],
        ["-C", str(tree), *identity, "commit", "--quiet", "--message=Remember [skip ci]"],
        ["-C", str(tree), "push", "--quiet", str(path), "memory"],
    ):
        subprocess.run(["git", *command], check=True, capture_output=True)
    return path


def environment(folder: Path, remote: Path) -> dict[str, str]:
    """The variables of a step that handles the bundled event, memory being at `remote`."""
    return {
        "GITHUB_EVENT_NAME": "issues",
        "GITHUB_EVENT_PATH": str(HERE / "event.json"),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_OUTPUT": str(folder / "output"),
        "RUNNER_TEMP": str(folder),
        "MEMORY_AGENTS_STATE": str(folder / "state"),
        "INPUT_MEMORY_REMOTE": str(remote),
    }


@contextmanager
def _working_in(folder: Path) -> Iterator[Path]:
    """Configuration and templates are read from the working folder, and the demo's has none."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)


def _show(out: TextIO, coloured: bool, title: str, text: str) -> None:
    print(f"\x1b[1;36m▌ {title}\x1b[0m" if coloured else f"== {title}", end="\n\n", file=out)
    for line in text.strip().splitlines():
        is_marker = coloured and line.lstrip("</").startswith("untrusted-")
        print(f"  \x1b[2m{line}\x1b[0m" if is_marker else f"  {line}", file=out)
    print(file=out)
