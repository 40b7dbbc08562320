"""Long work, told while it goes on: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from memory_agents.operations.history import Embedding, Progress

_BAR = 24
_LINE_SECONDS = 5.0


class ProgressTeller:
    """Tells of each Progress or Embedding that it is called with."""

    def __init__(self, out: TextIO) -> None:
        """`out`: a terminal gets a bar that redraws itself."""
        self._out = out
        self._is_terminal = out.isatty()
        self._told_at = 0.0
        self._is_drawn = False

    def __call__(self, progress: Progress | Embedding) -> None:
        """Tell, unless something was told a moment ago; a wait is always told."""
        now = time.monotonic()
        if self._is_terminal:
            # A line that wraps could not be taken away again.
            self._out.write(f"\r\x1b[2K{drawn(progress)[: shutil.get_terminal_size().columns - 1]}")
            self._is_drawn = True
        elif _waits(progress) or now - self._told_at >= _LINE_SECONDS:
            self._out.write(f"{said(progress)}\n")
            self._told_at = now
        self._out.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._is_drawn:
            self._out.write("\r\x1b[2K")
            self._out.flush()


def _waits(progress: Progress | Embedding) -> float:
    return 0 if isinstance(progress, Embedding) else progress.waits


def said(progress: Progress | Embedding) -> str:
    """`comments: 1,200 of about 30,000, 12 requests (4,200 left)`, or `embedding: 1,200 of 15,000`."""
    if isinstance(progress, Embedding):
        return f"{progress.what}: {progress.done:,} of {progress.expected:,}"
    of = f" of about {progress.expected:,}" if progress.expected else ""
    left = "" if progress.requests_left is None else f" ({progress.requests_left:,} left)"
    waits = f"; GitHub asks to wait {progress.waits:.0f} s" if progress.waits else ""
    return f"{progress.stream}: {progress.rows:,}{of}, {progress.requests:,} requests{left}{waits}"


def drawn(progress: Progress | Embedding) -> str:
    """The same behind a bar, where the end is known."""
    if not progress.expected:
        return said(progress)
    done = progress.done if isinstance(progress, Embedding) else progress.rows
    filled = min(_BAR, _BAR * done // progress.expected)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {said(progress)}"
