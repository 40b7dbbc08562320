"""Runs workflows with act, a real runner, offline: the action by its public name, an agent that is a stub."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import offline

PUBLIC_NAME = "OWNER/memory-agents@v1"
STUB_AGENT = "octo/stub-agent@v1"
CACHE_ACTION = "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae"
CACHE_STUB = Path(__file__).parent / "cache"
AWS_ACTION = "aws-actions/configure-aws-credentials@8df5847569e6427dd6c4fb1cf565c83acfa8afa7"

WORKFLOW = """
name: Triage
on: [issues, issue_comment, pull_request, workflow_dispatch]
permissions: {{}}
jobs:
  triage:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - id: memory
        uses: OWNER/memory-agents@v1
        with: {inputs}
      - if: steps.memory.outputs.action == 'recalled'
        uses: octo/stub-agent@v1
        with:
          prompt-file: ${{{{ steps.memory.outputs.prompt-file }}}}
      - env:
          OUTPUTS: ${{{{ toJSON(steps.memory.outputs) }}}}
        run: printf '%s' "$OUTPUTS" > "$PROBE/outputs.json"
"""

AGENT = """
name: Stub agent
description: Keeps what an agent would have been told
inputs:
  prompt-file:
    description: A file with the prompt
    required: true
runs:
  using: composite
  steps:
    - shell: bash
      env:
        PROMPT_FILE: ${{ inputs.prompt-file }}
      run: cp "$PROMPT_FILE" "$PROBE/agent-saw.md"
"""


AWS = """
name: Stub of AWS
description: Leaves credentials that open nothing
inputs:
  role-to-assume:
    description: Ignored
  aws-region:
    description: The region
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REGION: ${{ inputs.aws-region }}
      run: printf 'AWS_%s\\n' "REGION=$REGION" ACCESS_KEY_ID=made-up SECRET_ACCESS_KEY=made-up >> "$GITHUB_ENV"
"""


@dataclass(frozen=True)
class Job:
    """What one run of a workflow left behind."""

    exit_code: int
    outputs: dict[str, str]
    agent_saw: str
    """empty where the agent step did not run"""
    summary: str
    log: str
    """what the steps printed"""
    warnings: tuple[str, ...]
    errors: tuple[str, ...]


def copy_of_the_action(target: Path) -> Path:
    """The files of this checkout that git knows or would add, as a runner would get them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=offline.ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, copy = offline.ROOT / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    return target


@dataclass(frozen=True)
class Runner:
    """act, in a folder of its own."""

    folder: Path
    action: Path
    """a copy of the action's checkout"""
    repository: str
    """owner/name"""
    api_url: str
    server_url: str
    token: str
    """the job's GITHUB_TOKEN"""

    def run(
        self,
        event: str,
        payload: dict[str, Any],
        *,
        inputs: dict[str, str] | None = None,
        variables: dict[str, str] | None = None,
        workflow: str | None = None,
        job: str | None = None,
    ) -> Job:
        """Run a workflow on an event, and wait for its end."""
        text = workflow or WORKFLOW.format(inputs=json.dumps(inputs or {}))
        workspace, probe, agent, aws = (self.folder / name for name in ("workspace", "probe", "agent", "aws"))
        for made in (workspace, probe, agent, aws):
            shutil.rmtree(made, ignore_errors=True)
        probe.mkdir()
        _write(agent / "action.yml", AGENT)
        _write(aws / "action.yml", AWS)
        if "uses: ./" in text:
            shutil.copytree(self.action, workspace)
            shutil.rmtree(workspace / ".github" / "workflows")
        _write(workspace / ".github" / "workflows" / "workflow.yml", text)
        origin = f"https://github.com/{self.repository}.git"
        _git("init", "--quiet", "--initial-branch=main", cwd=workspace)
        _git("remote", "add", "origin", origin, cwd=workspace)
        _git("commit", "--quiet", "--allow-empty", "--message=Begin", cwd=workspace)
        (self.folder / "event.json").write_text(json.dumps(payload))
        done = subprocess.run(
            [
                str(offline.ROOT / ".venv" / "bin" / "act"),
                *(event, "--eventpath", str(self.folder / "event.json"), "--json", "--no-cache-server"),
                *(
                    "--platform",
                    "ubuntu-latest=-self-hosted",
                    "--actor",
                    "octo",
                    "--secret",
                    f"GITHUB_TOKEN={self.token}",
                ),
                *("--local-repository", f"{PUBLIC_NAME}={self.action}"),
                *("--local-repository", f"{STUB_AGENT}={agent}"),
                *("--local-repository", f"{CACHE_ACTION}={CACHE_STUB}"),
                *("--local-repository", f"{AWS_ACTION}={aws}"),
                *("--env", f"GITHUB_API_URL={self.api_url}", "--env", f"GITHUB_SERVER_URL={self.server_url}"),
                *("--env", f"PROBE={probe}", "--env", f"CACHE_STORE={self.folder / 'cache'}"),
                *(["--job", job] if job else []),
                *(part for name, value in (variables or {}).items() for part in ("--env", f"{name}={value}")),
            ],
            cwd=workspace,
            env={
                **os.environ,
                **offline.environment(),
                "HOME": str(self.folder / "home"),
                "PATH": f"{self._pinned_uv()}:{os.environ['PATH']}",
            },
            capture_output=True,
            check=False,
            timeout=50,
        )
        return _job(done.returncode, done.stdout.decode(), probe)

    def _pinned_uv(self) -> Path:
        """A folder that holds nothing but the pinned uv, as on a runner where a step has set it up."""
        folder = self.folder / "bin"
        if not folder.exists():
            folder.mkdir()
            (folder / "uv").symlink_to(offline.ROOT / ".venv" / "bin" / "uv")
        return folder


def _job(exit_code: int, lines: str, probe: Path) -> Job:
    told: list[dict[str, Any]] = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    outputs = probe / "outputs.json"
    saw = probe / "agent-saw.md"
    return Job(
        exit_code=exit_code,
        outputs=json.loads(outputs.read_text()) if outputs.exists() else {},
        agent_saw=saw.read_text() if saw.exists() else "",
        # act tells the summary of a composite action once for the step and once for the action.
        summary="".join(dict.fromkeys(str(one["content"]) for one in told if one.get("command") == "summary")),
        log="".join(str(one["msg"]) for one in told if one.get("raw_output")),
        warnings=tuple(str(one["arg"]) for one in told if one.get("command") == "warning"),
        errors=tuple(str(one["arg"]) for one in told if one.get("command") == "error"),
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _git(*args: str, cwd: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgSign=false"]
    subprocess.run(["git", *identity, *args], cwd=cwd, check=True, capture_output=True)
