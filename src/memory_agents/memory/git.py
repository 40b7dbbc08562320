"""git, run as a program: no shell, no prompt, no token in argv, in a configuration file or in a log.

The token travels as an `http.<server>.extraHeader` in the child's environment (GIT_CONFIG_COUNT, see
git-config(1)), bound to the scheme and host of the remote, and redirects are not followed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from memory_agents.errors import MemoryDenied, MemoryFailure, MemoryThrottled, MemoryUnreachable

# What could make git trace a header, read another repository, or run another program.
_DROPPED = re.compile(r"GIT_(?!SSL_|SSH|HTTP_PROXY|CONFIG_NOSYSTEM$|EXEC_PATH$).*|SSH_ASKPASS")

_SAFE = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30",
    "protocol.ext.allow": "never",
    "transfer.fsckObjects": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.directory": "*",
}


@dataclass(frozen=True, slots=True)
class GitError(Exception):
    """git ended with an error that has no meaning of its own here."""

    command: str
    status: int
    stderr: str

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

    def configuration(self) -> dict[str, str]:
        """The git configuration that authenticates, for the child's environment only."""
        parts = urlsplit(self.location)
        if not self.token or parts.scheme not in {"http", "https"}:
            return {}
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        header = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
        return {"credential.helper": "", header: f"Authorization: Basic {basic}"}


async def run(
    args: Sequence[str], *, cwd: Path, configuration: Mapping[str, str] | None = None, stdin: bytes = b""
) -> bytes:
    """Run git and return its output; when cancelled, end git and all that it started.

    Raises GitError where git says no, MemoryUnreachable where there is no git.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *args,
            cwd=cwd,
            env=_environment({**_SAFE, **(configuration or {})}),
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
        if process.returncode is None:
            _end(process)
            await process.wait()
    if process.returncode:
        raise GitError(args[0], process.returncode, stderr.decode(errors="replace"))
    return stdout


def origin(folder: Path) -> str:
    """Where the repository around `folder` comes from: its `origin`, or its own top. Waits for git."""
    for command in (["remote", "get-url", "origin"], ["rev-parse", "--show-toplevel"]):
        try:
            done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
        except FileNotFoundError:
            raise MemoryUnreachable("git is not installed.", fix="install git, at least 2.31") from None
        if done.returncode == 0:
            return done.stdout.decode(errors="replace").strip()
    raise MemoryUnreachable(
        f"{folder} is not inside a git repository.", fix="run inside a clone, or name the memory's repository"
    )


def _end(process: asyncio.subprocess.Process) -> None:
    """End git and the transport that it started: they are a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows has no process groups of this kind
            process.kill()


def failure(error: GitError, remote: Remote) -> MemoryFailure:
    """What a failed exchange with `remote` means, with the fix."""
    text = error.stderr
    for pattern, kind, fix in _MEANINGS:
        if re.search(pattern, text, re.IGNORECASE):
            return kind(f"Memory at {remote.location} did not answer: {_first_line(text)}.", fix=fix(remote))
    return MemoryUnreachable(
        f"Memory at {remote.location} did not answer: {_first_line(text)}.", fix="check the input `memory-remote`"
    )


_MEANINGS = (
    (
        r"error: 429|rate limit|too many requests",
        MemoryThrottled,
        lambda _: "run again later; the next event recalls as usual",
    ),
    (
        r"authentication failed|error: 40[13]|could not read (username|password)|access denied|permission denied|"
        r"write access to repository not granted|repository not found|error: 404|repository '.*' not found",
        MemoryDenied,
        lambda remote: "add `permissions: contents: read` to the job"
        if remote.is_own
        else "set the input `memory-token` to a token that may read that repository",
    ),
    (
        r"error: 5\d\d|timed? ?out|too slow|early eof|hung up|reset by peer|empty reply|bytes of body",
        MemoryUnreachable,
        lambda _: "nothing; the next event recalls again",
    ),
    (
        r"could not resolve|failed to connect|couldn't connect|refused",
        MemoryUnreachable,
        lambda _: "check the host in `memory-remote`, or the runner's network",
    ),
    (
        r"does not appear to be a git repository|does not exist|no such file",
        MemoryUnreachable,
        lambda _: "check the input `memory-remote`: there is no git repository",
    ),
)


def _first_line(stderr: str) -> str:
    """The line in which git says what went wrong."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return (told or lines or ["no word from git"])[0].removeprefix("fatal: ").rstrip(".")[:300]


def _environment(configuration: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would change git's meaning, plus `configuration`."""
    kept = {name: value for name, value in os.environ.items() if not _DROPPED.fullmatch(name)}
    settings: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(configuration))}
    for number, (key, value) in enumerate(configuration.items()):
        settings[f"GIT_CONFIG_KEY_{number}"] = key
        settings[f"GIT_CONFIG_VALUE_{number}"] = value
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **kept, **settings, **quiet}
