"""The command line in a clone, without a process of its own: quick."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest

from memory_agents.cli import main
from tests.repositories import BareRepository


class Typed(io.StringIO):
    """A terminal at which a person has typed something."""

    def isatty(self) -> bool:
        return True


class Clone:
    """A clone whose origin is a repository of this machine, and `memory-agents` in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.remote = BareRepository(folder / "remote.git")
        self.folder = folder / "clone"
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(self.folder)], check=True)
        self.git("remote", "add", "origin", str(self.remote.path))
        self.git("config", "user.name", "Mona")
        self.git("config", "user.email", "mona@example.com")
        monkeypatch.chdir(self.folder)
        monkeypatch.setenv("MEMORY_AGENTS_STATE", str(folder / "state"))

    def __call__(self, *args: str, stdin: str = "", typed: str | None = None) -> tuple[int, str, str]:
        """Exit code, what it printed, what it complained of. `typed`: by a person at a terminal."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin) if typed is None else Typed(typed))
        self._capsys.readouterr()
        try:
            code = main(args)
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = self._capsys.readouterr()
        assert "Unexpected" not in err
        return code, out, err

    def write(self, name: str, text: str | bytes) -> None:
        """Put a file into the working tree."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(self) -> str:
        """Commit the working tree; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Change")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.folder, capture_output=True, check=True)
        return done.stdout.decode()

    def branch(self, *args: str) -> str:
        """What git says of the memory branch at the remote."""
        done = subprocess.run(["git", *args], cwd=self.remote.path, capture_output=True, check=True)
        return done.stdout.decode()

    def facts(self) -> list[str]:
        """The paths of the facts on the branch."""
        listed = self.branch("ls-tree", "-r", "--name-only", "memory").splitlines()
        return [path for path in listed if "/" in path and not path.startswith("meta/")]

    def has_branch(self) -> bool:
        return bool(self.branch("for-each-ref", "refs/heads/memory"))
