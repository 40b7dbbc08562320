"""`memory-agents eval`: how well past items are found, in a corpus or in this repository's own past."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from memory_agents import app
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.core.records import Notice
from memory_agents.errors import MissingExtra, UsageError
from memory_agents.operations import calibration_report, evaluating, evaluation_report
from memory_agents.operations.corpus import Corpus, read_corpus
from memory_agents.operations.reading import Answer

if TYPE_CHECKING:
    from memory_agents.memory.embedding import Embedder

_LINE_SECONDS, _DRAWN_SECONDS = 5.0, 0.1
"""between two lines of a log, between two states of a terminal's line"""


def evaluate(arguments: argparse.Namespace) -> Answer:
    """Measure what the options say. Raises UsageError where they say nothing, or two things."""
    of_corpus = any((arguments.docs, arguments.pairs, arguments.queries, arguments.run_file))
    if arguments.calibrate and not of_corpus:
        return asyncio.run(_calibrate(arguments))
    if arguments.calibrate or arguments.report:
        text = "--calibrate, and --report with it, are about this repository's own past."
        raise UsageError(text, fix="give them without the options for a corpus in files")
    if not (arguments.docs and arguments.pairs):
        raise UsageError("It is not known what to evaluate.", fix="give --docs and --pairs, or --calibrate")
    return _evaluate(arguments)


async def _calibrate(arguments: argparse.Namespace) -> Answer:
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(_opened(arguments.report)) if arguments.report else None
        teller = Teller(sys.stderr)
        stack.callback(teller.close)
        done, notices = await app.calibrate_history(settings_of(arguments), environment_of(arguments), tell=teller)
        if out is not None:
            out.write(calibration_report.page(done))
    told = {**calibration_report.value(done), "notices": list(map(str, notices))}
    return Answer(told, calibration_report.told(done), notices)


def _evaluate(arguments: argparse.Namespace) -> Answer:
    """Rank a corpus, judge the ranking, and write it where `--run-file` says."""
    corpus = read_corpus(arguments.docs, arguments.pairs, arguments.queries)
    notices = _about(corpus)
    embedder: Embedder | None = None
    if not arguments.no_dense:
        try:
            embedder = _open_embedder()
            embedder.load()  # what cannot be loaded is told before the work, and no query waits for it
        except MissingExtra as error:
            notices.append(Notice(text=f"{error.message} Words alone rank.", fix=error.fix))
    with contextlib.ExitStack() as stack:
        # Opened first: that the file cannot be written is said before the work, not after it.
        read = [path for path in (arguments.docs, arguments.pairs, arguments.queries) if path]
        out = stack.enter_context(_opened(arguments.run_file, inputs=read)) if arguments.run_file else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="memory-agents-eval-")))
        teller = Teller(sys.stderr)
        stack.callback(teller.close)
        done = evaluating.evaluate(corpus, folder, embedder=embedder, tell=teller)
        if out is not None:
            out.write(evaluation_report.run_lines(done, corpus))
    return evaluation_report.answer(done, corpus, tuple(notices))


def _about(corpus: Corpus) -> list[Notice]:
    if not corpus.unknown:
        return []
    text = f"{corpus.unknown:,} relevant ids of the pairs are not among the documents: nothing can find them."
    return [Notice(text=text, fix="add those documents, or take the ids out")]


def _open_embedder() -> Embedder:
    from memory_agents.memory.embedding import open_embedder

    return open_embedder()


@contextlib.contextmanager
def _opened(path: Path, *, inputs: Sequence[Path] = ()) -> Iterator[TextIO]:
    """A file that is written whole or not at all: what was there stays until all is written."""
    with _telling(path):
        if any(path.samefile(one) for one in inputs if path.exists() and one.exists()):
            raise UsageError(f"{path} is one of the files that are read.", fix="name another file to write to")
        is_new = not path.exists()
        if not is_new:
            path.open("a").close()  # what may not be written stays as it is
        whole = path.resolve()
        is_whole = is_new or path.is_file()  # nothing can be put in the place of a terminal or a pipe
        written = whole.with_name(f".{whole.name[:80]}.{os.getpid()}.tmp") if is_whole else path
        out = written.open("w", encoding="utf-8", newline="\n")
    try:
        with out:
            yield out
        if is_whole:
            with _telling(path):
                if not is_new:
                    shutil.copymode(whole, written)
                written.replace(whole)
    finally:
        if is_whole:
            written.unlink(missing_ok=True)


@contextlib.contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", fix="name a file in a folder of yours"
        ) from None


class Teller:
    """Tells how far the work is: on one line of a terminal, now and then in a log."""

    def __init__(self, out: TextIO) -> None:
        """`out`: a terminal gets a line that is written over."""
        self._out = out
        self._is_terminal = out.isatty()
        self._told_at = time.monotonic()
        self._is_drawn = False

    def __call__(self, what: str, done: int, of: int) -> None:
        """Tell, unless something was told a moment ago."""
        now = time.monotonic()
        if now - self._told_at < (_DRAWN_SECONDS if self._is_terminal else _LINE_SECONDS):
            return
        self._told_at = now
        said = f"{what}: {done:,}{f' of {of:,}' if of else ''}"
        if self._is_terminal:
            self._out.write(f"\r\x1b[2K{said[: shutil.get_terminal_size().columns - 1]}")
            self._is_drawn = True
        else:
            self._out.write(f"{said}\n")
        self._out.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._is_drawn:
            self._out.write("\r\x1b[2K")
            self._out.flush()
