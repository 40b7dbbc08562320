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

_SPEAKER = re.compile(r"^(?:fatal|error|remote): ")

_CREDENTIALS = re.compile(r"^(https?://)[^/]*@", re.IGNORECASE)

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
            with contextlib.suppress(TimeoutError):  # the event loop reaps it in any case: a deadline comes first
                await asyncio.wait_for(process.wait(), 1)
    if process.returncode:
        raise GitError(args[0], process.returncode, stderr.decode(errors="replace"))
    return stdout


def origin(folder: Path) -> str:
    """Where the repository around `folder` comes from: its `origin`, or its own top. Waits for git.

    Credentials that were written into the URL are left out: the location is shown, and is an argument of git.
    """
    for command in (["remote", "get-url", "origin"], ["rev-parse", "--show-toplevel"]):
        try:
            done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=False)
        except FileNotFoundError:
            raise MemoryUnreachable("git is not installed.", fix="install git, at least 2.31") from None
        if done.returncode == 0:
            return _CREDENTIALS.sub(r"\1", done.stdout.decode(errors="replace").strip())
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


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What git's words mean, and what a person can do."""

    words: re.Pattern[str]
    kind: type[MemoryFailure]
    fix: str
    fix_elsewhere: str = ""
    """where the remote is not the event's own repository"""


_MEANINGS = (
    _Meaning(
        re.compile(r"error: 429|rate limit|too many requests", re.IGNORECASE),
        MemoryThrottled,
        "none needed: the next event recalls again",
    ),
    _Meaning(
        re.compile(
            r"authentication failed|error: 40[134]|could not read (username|password)|(access|permission) denied"
            r"|access to repository not granted|repository '?.*'? ?not found",
            re.IGNORECASE,
        ),
        MemoryDenied,
        "add `permissions: contents: read` to the job",
        "set the input `memory-token` to a token that may read that repository",
    ),
    _Meaning(
        re.compile(r"not appear to be a git repository|does not exist|no such file", re.IGNORECASE),
        MemoryUnreachable,
        "correct the input `memory-remote`: no git repository is there",
    ),
    _Meaning(
        re.compile(r"could not resolve|failed to connect|couldn't connect|refused", re.IGNORECASE),
        MemoryUnreachable,
        "check the host in `memory-remote`, and the runner's network",
    ),
    _Meaning(re.compile(""), MemoryUnreachable, "none needed: the next event recalls again"),
)


def failure(error: GitError, remote: Remote) -> MemoryFailure:
    """What a failed exchange with `remote` means, with the fix."""
    meaning = next(meaning for meaning in _MEANINGS if meaning.words.search(error.stderr))
    fix = meaning.fix if remote.is_own else meaning.fix_elsewhere or meaning.fix
    return meaning.kind(f"Memory at {remote.location} did not answer: {_first_line(error.stderr)}.", fix=fix)


def _first_line(stderr: str) -> str:
    """The line in which git says what went wrong."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = [line for line in lines if _SPEAKER.match(line)]
    return _SPEAKER.sub("", (told or lines or ["git said nothing"])[0]).rstrip(".")[:300]


def _environment(configuration: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would change git's meaning, plus `configuration`."""
    kept = {name: value for name, value in os.environ.items() if not _DROPPED.fullmatch(name)}
    settings: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(configuration))}
    for number, (key, value) in enumerate(configuration.items()):
        settings[f"GIT_CONFIG_KEY_{number}"] = key
        settings[f"GIT_CONFIG_VALUE_{number}"] = value
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **kept, **settings, **quiet}
