"""Runs the action's main step as a process of its own, in the environment that a runner gives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memory_agents.edges.actions import read_outputs
from tests import offline


@dataclass(frozen=True)
class Done:
    """What the step left behind."""

    exit_code: int
    outputs: dict[str, str]
    summary: str
    log: str

    @property
    def status(self) -> str:
        return self.outputs["status"]

    @property
    def prompt(self) -> str:
        """As the next step reads it."""
        return Path(self.outputs["prompt-file"]).read_bytes().decode()

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("::warning ")]


@dataclass(frozen=True)
class Step:
    """`memory-agents run` on a runner."""

    folder: Path
    repository: str
    api_url: str
    server_url: str
    token: str

    @property
    def state(self) -> Path:
        """Where the local index and the copy of the branch are."""
        return self.folder / "state"

    def run(
        self,
        payload: dict[str, Any],
        *,
        event: str = "issues",
        python: str | Path = sys.executable,
        variables: dict[str, str] | None = None,
        **inputs: str,
    ) -> Done:
        """Handle one event; `inputs` are named with `_` for `-`."""
        event_file, output, summary = (self.folder / name for name in ("event.json", "output", "summary.md"))
        event_file.write_text(json.dumps(payload))
        output.write_text("")
        summary.write_text("")
        done = subprocess.run(
            [str(python), "-I", "-m", "memory_agents", "run"],
            env={
                **offline.environment(),
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_EVENT_NAME": event,
                "GITHUB_EVENT_PATH": str(event_file),
                "GITHUB_REPOSITORY": self.repository,
                "GITHUB_API_URL": self.api_url,
                "GITHUB_SERVER_URL": self.server_url,
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": str(self.folder),
                "MEMORY_AGENTS_STATE": str(self.state),
                "INPUT_GITHUB_TOKEN": self.token,
                **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
                **(variables or {}),
            },
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=50,
        )
        assert b"Traceback" not in done.stdout + done.stderr, (done.stdout + done.stderr).decode()
        return Done(done.returncode, read_outputs(output), summary.read_text(), (done.stdout + done.stderr).decode())
