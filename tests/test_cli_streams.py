"""The program at the edges of its streams: stopped by a key, an input or an output that is closed or full."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import Clone

FULL = Path("/dev/full")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    return Clone(tmp_path, monkeypatch, capsys)


def shell(command: str) -> tuple[int, str, str]:
    """Exit code, what it printed, what it complained of, of `memory-agents` with what a shell redirects."""
    whole = f'exec "{sys.executable}" -P -m memory_agents {command}'
    done = subprocess.run(["sh", "-c", whole], capture_output=True, text=True, check=False, timeout=30)
    for unwanted in ("Traceback", "Unexpected", "report it", "Exception ignored"):
        assert unwanted not in done.stderr
    return done.returncode, done.stdout, done.stderr


class AtTerminal:
    """A program whose terminal is ours."""

    def __init__(self, *args: str) -> None:
        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-P", "-m", "memory_agents", *args]
        self.process = subprocess.Popen(
            # A session of its own, of which the terminal is the controlling one: so Ctrl-C is a key and not a signal.
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def read(self, until: str = "") -> str:
        """What it prints, up to some words or its end."""
        shown = ""
        for part in self._parts():
            shown += part
            if until and until in shown:
                break
        return shown

    def _parts(self) -> Iterator[str]:
        try:
            while part := os.read(self._ours, 4096):
                yield part.decode()
        except OSError:  # Linux's way to say that the other side is closed
            return

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("command", ["init", "import", "purge"])
def test_one_ctrl_c_at_a_question_ends_the_program(command: str, clone: Clone) -> None:
    clone.write("AGENTS.md", "- Indent with tabs.\n")
    args = {"init": [], "import": ["AGENTS.md"], "purge": ["f0123456789ab-1"]}[command]
    if command == "purge":
        clone.remote.commit({"own/a.md": "---\nid: f0123456789ab-1\n---\n\nIndent with tabs.\n"})
    terminal = AtTerminal(command, *args)
    try:
        assert "[y/N" in terminal.read(until="[y/N")
        time.sleep(0.3)  # a person is not quicker: the program must have begun to wait for an answer
        terminal.press(b"\x03")
        assert terminal.read().endswith("memory-agents: Stopped.\r\n")
        assert terminal.process.wait(timeout=10) == 130
    finally:
        terminal.close()


@pytest.mark.parametrize("module", ["memory_agents.cli.main", "argparse", "pydantic", "asyncio", "memory_agents.app"])
def test_who_stops_it_while_modules_are_imported_sees_no_traceback(module: str, clone: Clone) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _STOPPED_AT, module], capture_output=True, text=True, check=False, timeout=30
    )
    told = "" if module == "memory_agents.cli.main" else "memory-agents: Stopped.\n"
    assert (done.returncode, done.stderr) == (130, told)


_STOPPED_AT = """
import runpy, sys

class Key:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            raise KeyboardInterrupt

module, sys.argv[1:] = sys.argv[1], ["status"]
sys.meta_path.insert(0, Key())
runpy.run_module("memory_agents", run_name="__main__")
"""


def test_a_closed_input_is_an_empty_one(clone: Clone) -> None:
    assert shell("redact <&-") == (0, "", "")
    code, _, err = shell("remember - <&-")
    assert code == 2
    assert "nothing to remember" in err
    clone.remote.commit({"own/a.md": "---\nid: f0123456789ab-1\n---\n\nIndent with tabs.\n"})
    code, _, err = shell("purge f0123456789ab-1 <&-")
    assert (code, err) == (
        2,
        "memory-agents: This needs a yes, and there is no terminal. Fix: add --yes, or --dry-run to look\n",
    )


def test_with_a_closed_output_nothing_is_done(clone: Clone) -> None:
    code, _, err = shell("remember 'Indent with tabs.' >&-")
    assert code == 1
    assert err == "memory-agents: The standard output is closed. Fix: give it a place, such as >/dev/null\n"
    assert not clone.has_branch()


def test_with_closed_errors_the_answer_is_still_printed(clone: Clone) -> None:
    clone("remember", "Indent with tabs.")
    code, out, _ = shell("list 2>&-")
    assert code == 0
    assert "Indent with tabs." in out


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("command", ["list", "list --json", "demo --plain", "redact <.git/HEAD"])
def test_an_output_that_is_full_is_told(command: str, clone: Clone) -> None:
    code, _, err = shell(f"{command} >{FULL}")
    assert code == 1
    assert err.startswith("memory-agents: No space left on device. Fix: ")
