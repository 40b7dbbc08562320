"""git, run as a program: no shell, no prompt, no token in argv, in a configuration file or in a log.

The token travels as an `http.<location>.extraHeader` in the child's environment (GIT_CONFIG_COUNT, see
git-config(1)), bound to the remote's whole address, and redirects are not followed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from memory_agents.errors import MemoryUnreachable, UsageError

# What could make git trace a header, read another repository, or run another program.
_DROPPED = re.compile(r"GIT_(?!SSL_(?!NO_VERIFY)|SSH|HTTP_PROXY|CONFIG_NOSYSTEM$|EXEC_PATH$).*|SSH_ASKPASS")

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has none

_CREDENTIALS = re.compile(r"^(https?://)[^/]*@", re.IGNORECASE)

_SAFE = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "30"),
    ("protocol.allow", "never"),
    *((f"protocol.{transport}.allow", "always") for transport in ("https", "http", "ssh", "file")),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)


class GitError(Exception):
    """git ended with an error that has no meaning of its own here."""

    def __init__(self, command: str, status: int, stderr: str) -> None:
        super().__init__(command, status, stderr)
        self.command = command
        self.status = status
        self.stderr = stderr

    def __str__(self) -> str:
        return f"git {self.command} ended with {self.status}: {self.stderr.strip()[-500:]}"


@dataclass(frozen=True, slots=True)
class Remote:
    """A git remote and what opens it."""

    location: str
    """URL or path"""
    token: str = field(default="", repr=False)
    is_own: bool = False
    """whether it is the very repository whose event is handled"""
    as_user: bool = False
    """whether git may use what the user of this machine set up: on the command line, never in a run"""

    def configuration(self) -> list[tuple[str, str]]:
        """The git configuration that authenticates, for the child's environment only.

        Every key names the whole location, so that no setting of the machine is more specific: see the
        matching rules of `http.<url>.*` in git-config(1).
        """
        if urlsplit(self.location).scheme not in {"http", "https"}:
            return []
        http = f"http.{self.location}"
        settings = [(f"{http}.followRedirects", "false")]
        if not self.as_user:
            settings += [(f"{http}.extraHeader", ""), (f"credential.{self.location}.helper", "")]
        if self.token:
            settings.append((f"{http}.extraHeader", f"Authorization: Basic {_basic(self.token)}"))
        return settings


def forms_of(token: str) -> tuple[str, ...]:
    """The forms in which a token could be seen: as it is, and as it travels."""
    return (token, _basic(token)) if token else ()


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


async def run(
    args: Sequence[str], *, cwd: Path, configuration: Sequence[tuple[str, str]] = (), stdin: bytes = b""
) -> bytes:
    """Run git and return its output; when cancelled, end git and all that it started.

    Raises GitError where git says no, MemoryUnreachable where there is no git.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *args,
            cwd=cwd,
            env=_environment([*_SAFE, *configuration], cwd),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise MemoryUnreachable("git is not installed.", fix="install git, at least 2.31") from None
    try:
        stdout, stderr = await process.communicate(stdin)
    finally:
        # Asked first, so that git takes its lock files away; then ended. The event loop reaps it in any
        # case: a deadline comes before the funeral.
        for end, seconds in ((signal.SIGTERM, 0.2), (_KILL, 1)):
            if process.returncode is None:
                _end(process, end)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), seconds)
        # What git started may hold its output longer than git lived. asyncio has no public way to let go of it.
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
    if process.returncode:
        raise GitError(args[0], process.returncode, stderr.decode(errors="replace"))
    return stdout


def origin(folder: Path) -> str:
    """Where the repository around `folder` comes from: its `origin`, or its own top. Waits for git.

    Credentials that were written into the URL are left out: the location is shown, and is an argument of git.
    Raises UsageError outside of a repository.
    """
    found = _said(folder, "remote", "get-url", "origin") or top(folder)
    if not found:
        raise UsageError(
            f"{folder} is not inside a git repository.",
            fix="run inside a clone, or name the memory's repository with --memory-remote",
        )
    return _CREDENTIALS.sub(r"\1", found)


def top(folder: Path) -> str:
    """The top of the working tree around `folder`; empty where there is none. Waits for git."""
    return _said(folder, "rev-parse", "--show-toplevel")


def user(folder: Path) -> tuple[str, str] | None:
    """Name and e-mail address that the user of this machine set for commits in `folder`. Waits for git."""
    name, email = (_said(folder, "config", f"user.{key}") for key in ("name", "email"))
    return (name, email) if name and email else None


def _said(folder: Path, *command: str) -> str:
    try:
        done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        raise MemoryUnreachable("git is not installed.", fix="install git, at least 2.31") from None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def _end(process: asyncio.subprocess.Process, how: signal.Signals) -> None:
    """End git and the transport that it started: they are a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, how)
        else:  # Windows has no process groups of this kind
            process.kill()


def _environment(configuration: Sequence[tuple[str, str]], cwd: Path) -> dict[str, str]:
    """This process's environment without what would change git's meaning, plus `configuration`."""
    kept = {name: value for name, value in os.environ.items() if not _DROPPED.fullmatch(name)}
    settings: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(configuration))}
    for number, (key, value) in enumerate(configuration):
        settings[f"GIT_CONFIG_KEY_{number}"] = key
        settings[f"GIT_CONFIG_VALUE_{number}"] = value
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    quiet["GIT_CEILING_DIRECTORIES"] = str(cwd.parent)  # never somebody else's repository around ours
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **kept, **settings, **quiet}
