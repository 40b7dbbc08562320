"""How a function's time grows with its text."""

from __future__ import annotations

import time
from collections.abc import Callable

_TIMES = 8  # as much text
_AT_MOST = 24  # times as long: far from the 64 of a quadratic function, whatever else the machine does
_FLOOR = 0.001  # seconds, below which a clock says little


def assert_linear(work: Callable[[str], object], unit: str, *, size: int = 8_000) -> None:
    """Fail if eight times the text takes far more than eight times the processor's time."""
    short, long = (unit * (length // len(unit)) for length in (size, _TIMES * size))
    ratio = _seconds(work, long) / max(_seconds(work, short), _FLOOR)
    assert ratio < _AT_MOST, f"{_TIMES} times the text, {ratio:.0f} times the time"


def _seconds(work: Callable[[str], object], text: str) -> float:
    """The best of four runs, in time of this thread: other processes do not count."""
    times = []
    for _ in range(4):
        start = time.thread_time()
        work(text)
        times.append(time.thread_time() - start)
    return min(times)
