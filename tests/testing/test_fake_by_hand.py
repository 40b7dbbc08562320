"""`python -m memory_agents.testing.github` serves until it is told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

COMMAND = (sys.executable, "-m", "memory_agents.testing.github")


def test_it_prints_what_the_program_needs_and_says_at_the_end_what_was_wrong() -> None:
    with subprocess.Popen([*COMMAND, "--writer", "mona"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(6)]
        told = dict(line.split("=", 1) for line in lines[:4])
        url = f"{told['GITHUB_API_URL']}/repos/{told['GITHUB_REPOSITORY']}"
        headers = {"authorization": f"Bearer {told['GITHUB_TOKEN']}", "connection": "close"}
        permission = requests.get(f"{url}/collaborators/mona/permission", headers=headers, timeout=5).json()
        requests.get(f"{url}/stars", headers=headers, timeout=5)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert permission["permission"] == "write"
    assert "# 2 requests, 1 violations" in rest
    assert "/stars: " in rest
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--port", "70000"), "give a number from 0 to 65535"),
        (("--repository", "hello"), "must be OWNER/NAME"),
        (("--from", "."), "Fix: give a git checkout with a commit"),
    ],
)
def test_wrong_use_is_told_with_its_fix(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=20)
    assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (2, True, False)
