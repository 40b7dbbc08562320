"""Long work, told while it goes on: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from memory_agents.core.history import Stream

_BAR = 24
_LINE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a reading of GitHub's lists is, after each page."""

    stream: Stream
    rows: int
    """of the list, read in this run"""
    expected: int
    """about how many there will be; 0 where GitHub does not say"""
    requests: int
    """in this run"""
    requests_left: int | None
    """of the rate limit"""
    waits: float = 0
    """seconds that GitHub asked to wait now; 0 is none"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How far other work is."""

    what: str
    """such as `embedding` or `records`"""
    done: int
    expected: int
    """0 where it is not known"""
    waits: float = 0
    """seconds that are waited now until it is tried again; 0 is none"""


Tell = Callable[[Progress | Counted], None]


class ProgressTeller:
    """Tells of each Progress or Counted that it is called with."""

    def __init__(self, out: TextIO) -> None:
        """`out`: a terminal gets a bar that redraws itself."""
        self._out = out
        self._is_terminal = out.isatty()
        self._told_at = 0.0
        self._is_drawn = False
        self._untold: Progress | Counted | None = None
        """of a log: how far it is by now"""

    def __call__(self, progress: Progress | Counted) -> None:
        """Tell, unless something was told a moment ago; a wait is always told."""
        now = time.monotonic()
        if self._is_terminal:
            # A line that wraps could not be taken away again.
            self._out.write(f"\r\x1b[2K{drawn(progress)[: shutil.get_terminal_size().columns - 1]}")
            self._is_drawn = True
        elif progress.waits or now - self._told_at >= _LINE_SECONDS:
            self._out.write(f"{said(progress)}\n")
            self._told_at = now
            self._untold = None
        else:
            self._untold = progress
        self._out.flush()

    def close(self) -> None:
        """Take the bar away; in a log, tell how far it came."""
        if self._is_drawn:
            self._out.write("\r\x1b[2K")
        if self._untold is not None:
            self._out.write(f"{said(self._untold)}\n")
        self._out.flush()


def said(progress: Progress | Counted) -> str:
    """`comments: 1,200 of about 30,000, 12 requests (4,200 left)`, or `embedding: 1,200 of 15,000`."""
    if isinstance(progress, Counted):
        of = f" of {progress.expected:,}" if progress.expected else ""
        waits = f"; tried again in {progress.waits:.0f} s" if progress.waits else ""
        return f"{progress.what}: {progress.done:,}{of}{waits}"
    of = f" of about {progress.expected:,}" if progress.expected else ""
    left = "" if progress.requests_left is None else f" ({progress.requests_left:,} left)"
    waits = f"; GitHub asks to wait {progress.waits:.0f} s" if progress.waits else ""
    return f"{progress.stream}: {progress.rows:,}{of}, {progress.requests:,} requests{left}{waits}"


def drawn(progress: Progress | Counted) -> str:
    """The same behind a bar, where the end is known."""
    if not progress.expected:
        return said(progress)
    done = progress.done if isinstance(progress, Counted) else progress.rows
    filled = min(_BAR, _BAR * done // progress.expected)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {said(progress)}"
