"""`redact` with every scanner that is installed: what is stored is looked through by all of them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading

from memory_agents.core.sanitizer import Redacted, Scanner, redact
from memory_agents.edges import kingfisher
from memory_agents.errors import SanitizerFailed

_made_once = functools.cache(kingfisher.scanner)
_one_at_a_time = threading.Lock()


def scanner() -> Scanner | None:
    """The scanner of the extra `secrets`, made once for a process; None without it. Raises SanitizerFailed."""
    with _one_at_a_time:
        return _made_once()


def begin() -> None:
    """Have the scanner made meanwhile: on a machine that is new to it that takes seconds."""
    _ = asyncio.get_running_loop().run_in_executor(None, _begin)


def _begin() -> None:
    with contextlib.suppress(SanitizerFailed):  # whoever redacts is told
        scanner()


def redact_fully(text: str) -> Redacted:
    """`redact`, and besides by the scanner, where there is one. Raises SanitizerFailed: then store nothing."""
    return redact(text, scanner=scanner())
