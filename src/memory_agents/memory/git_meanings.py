"""What git and the remote say when an exchange fails: what it means, and what a person can do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryMissing,
    MemoryThrottled,
    MemoryUnreachable,
    sentence,
)
from memory_agents.memory.git import GitError, Remote

_SPEAKER = re.compile(r"^(?:fatal|error|remote):(?: error:)? ")


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What git's words mean, and what a person can do."""

    words: str
    """a regular expression; its case does not matter"""
    kind: type[MemoryFailure]
    fix: str
    fix_elsewhere: str = ""
    """where the remote is not the event's own repository"""
    fix_of_user: str = ""
    """on the command line"""

    def said(self, text: str) -> bool:
        return re.search(self.words, text, re.IGNORECASE) is not None

    def fix_for(self, remote: Remote) -> str:
        if remote.as_user and self.fix_of_user:
            return self.fix_of_user
        return self.fix if remote.is_own else self.fix_elsewhere or self.fix


_NO_KEY = _Meaning(
    r"permission denied \(|host key verification failed",
    MemoryDenied,
    "give this machine an SSH key and the host's key, or use an https URL with `memory-token`",
    fix_of_user="give this machine an SSH key and the host's key, or use an https URL",
)
_NEXT_RUN = "none needed: a later run tries again"
_LATER = "run it again in a few minutes"
_RATE_LIMIT = r"error: 429|rate limit|too many requests"
_NO_ACCESS = (
    r"authentication failed|error: 40[134]|could not read (username|password)|(access|permission) denied"
    r"|access to repository not granted|repository '?.*'? ?not found|dubious ownership"
)

_READING = (
    _NO_KEY,
    _Meaning(_RATE_LIMIT, MemoryThrottled, _NEXT_RUN, fix_of_user=_LATER),
    _Meaning(
        r"transport '.*' not allowed",
        MemoryUnreachable,
        "give `memory-remote` as an https or ssh URL, or as a path",
        fix_of_user="use an https or ssh URL, or a path: as this clone's origin, or as --memory-remote",
    ),
    _Meaning(
        _NO_ACCESS,
        MemoryDenied,
        "add `permissions: contents: read` to the job",
        "set the input `memory-token` to a token that may read that repository",
        "see that `git fetch` from that repository works on this machine",
    ),
    _Meaning(
        r"not appear to be a git repository|does not exist|no such file",
        MemoryMissing,
        "correct the input `memory-remote`: no git repository is there",
        fix_of_user="correct this clone's origin, or --memory-remote: no git repository is there",
    ),
    _Meaning(
        r"could not resolve|failed to connect|couldn't connect|refused",
        MemoryUnreachable,
        "check the host in `memory-remote`, and the runner's network",
        fix_of_user="check your network, and the host in this clone's origin or --memory-remote",
    ),
    _Meaning("", MemoryUnreachable, _NEXT_RUN, fix_of_user=_LATER),
)

_ELSEWHERE = "or keep memory elsewhere: the inputs `memory-branch` and `memory-remote`"
_ELSEWHERE_OF_USER = "or keep memory elsewhere: --memory-branch or --memory-remote"
_REFUSALS = (
    _Meaning(
        r"push protection|cannot contain secrets|secret scanning",
        MemoryDenied,
        "take the secret out of the text; if it is none, allow it in GitHub's push protection",
    ),
    _Meaning(
        r"verified signature|must be signed|signed commit",
        MemoryDenied,
        f"except the memory branch from the rule that asks for signed commits, {_ELSEWHERE}",
        fix_of_user=f"except the memory branch from the rule that asks for signed commits, {_ELSEWHERE_OF_USER}",
    ),
    _Meaning(
        r"denying non-fast-forward|cannot force-push",
        MemoryDenied,
        "allow force pushes to the memory branch in its rules for as long as it takes",
    ),
    _Meaning(
        r"disk quota|quota exceeded|over .*quota|no space left|size limit",
        MemoryDenied,
        "make room in the repository at `memory-remote`",
        fix_of_user="make room in that repository",
    ),
    _Meaning(
        r"GH006|GH013|protected branch|rule violations|hook declined",
        MemoryDenied,
        f"let the rules of the memory branch except who writes it (bypass list), {_ELSEWHERE}",
        fix_of_user=f"let the rules of the memory branch except you (bypass list), {_ELSEWHERE_OF_USER}",
    ),
    _Meaning(
        "archived so it is read-only",
        MemoryDenied,
        "unarchive the repository, or set the input `memory-remote` to another",
        fix_of_user="unarchive the repository, or name another with --memory-remote",
    ),
    _Meaning(
        "currently checked out",
        MemoryDenied,
        "switch the working tree at `memory-remote` to another branch, or give a bare repository",
        fix_of_user="switch that working tree to another branch, or name a bare repository with --memory-remote",
    ),
    _NO_KEY,
    _Meaning(_RATE_LIMIT, MemoryThrottled, "none needed: a catch-up run writes it later", fix_of_user=_LATER),
    _Meaning(
        rf"{_NO_ACCESS}|permission to .* denied|insufficient permission|read-only file system|not accessible by",
        MemoryDenied,
        "add `permissions: contents: write` to the job",
        "set the input `memory-token` to a token that may write that repository (`contents: write`)",
        "see that `git push` to that repository works on this machine",
    ),
)


def failure(error: GitError, remote: Remote) -> MemoryFailure:
    """What a failed exchange with `remote` means, with the fix."""
    meaning = next(meaning for meaning in _READING if meaning.said(error.stderr))
    told = f"Memory at {remote.location} said: {_told(error.stderr, meaning)}"
    return meaning.kind(told, fix=meaning.fix_for(remote))


def refusal(error: GitError, remote: Remote) -> MemoryFailure | None:
    """Why `remote` does not take what was pushed, where trying again would not help; else None."""
    meaning = next((meaning for meaning in _REFUSALS if meaning.said(error.stderr)), None)
    if meaning is None:
        return None
    told = f"Nothing was written. Memory at {remote.location} said: {_told(error.stderr, meaning)}"
    return meaning.kind(told, fix=meaning.fix_for(remote))


def _told(stderr: str, meaning: _Meaning) -> str:
    """The line in which git, or ssh or the remote through it, says what went wrong."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    best = [line for line in lines if meaning.words and meaning.said(line)]
    told = [line for line in best if not line.startswith("!")]  # a table's row: what the remote said is better
    spoken = [line for line in lines if _SPEAKER.match(line) and "failed to push some refs" not in line]
    return sentence(_SPEAKER.sub("", (told or spoken or best or lines or ["git said nothing"])[0])[:300])
