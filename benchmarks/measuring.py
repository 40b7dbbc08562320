"""Runs programs one after another and says how long they took and how much memory; standard library only.

What runs here must stay small: a program is told to have used at least as much memory as whoever started it.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Program:
    """A program that is measured."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    before: Callable[[], None] = lambda: None
    """what must be done before each run, unmeasured"""
    after: Callable[[], None] = lambda: None
    """checks that the run did what it should"""
    is_heard: bool = False
    """whether what it tells on standard error is passed on at once"""


@dataclass(frozen=True)
class Run:
    """What one run of a program, with all that it started, took."""

    seconds: float
    cpu: float
    """seconds of processor time"""
    megabytes: float
    """the most memory that one of its processes held"""


class Runs(list[Run]):
    """Several runs of one program."""

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self)

    @property
    def cpu(self) -> float:
        """The median."""
        return statistics.median(run.cpu for run in self)

    @property
    def spread(self) -> str:
        """The quickest and the slowest."""
        seconds = [run.seconds for run in self]
        return f"{min(seconds):.2f} to {max(seconds):.2f}"

    @property
    def megabytes(self) -> float:
        """The most of all."""
        return max(run.megabytes for run in self)


def alternating(programs: Sequence[Program], *, times: int, warm_up: bool = True) -> dict[str, Runs]:
    """Run the programs in turn, so that a busy minute meets them all, after a round that does not count."""
    done = {program.name: Runs() for program in programs}
    for number in range(-1 if warm_up else 0, times):
        for program in programs:
            program.before()
            one = run(program)
            program.after()
            if number >= 0:
                done[program.name].append(one)
    return done


def run(program: Program) -> Run:
    """Run a program to its end; SystemExit with what it said if that was a failure."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            program.command, env=program.environment, stdout=said, stderr=None if program.is_heard else said
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{program.name} failed:\n{said.read().decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


@contextlib.contextmanager
def on_core(place: int) -> Iterator[None]:
    """Let this process, and what it starts, use only the first (0) or last (-1) core; where that cannot be, any."""
    if sys.platform == "linux":
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {sorted(cores)[place]})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)
    else:
        yield


def say_how_busy() -> None:
    """Timings of a busy machine are worth less."""
    load = " ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"load average {load} on {os.cpu_count()} cores; aims in time are told, aims in size are held\n")


def aim(what: str, *, kept: bool) -> bool:
    """Print whether an aim is kept."""
    print(f"aim: {what}: {'kept' if kept else 'BROKEN'}")
    return kept
