"""Speaking with the person, or the program, that started us."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memory_agents.edges.actions import harmless
from memory_agents.errors import UsageError

if TYPE_CHECKING:
    from memory_agents.operations.reading import Answer


def show(answer: Answer, *, as_json: bool) -> int:
    """Print an answer and return its exit code."""
    if as_json:
        # The same JSON, in which a runner that reads the log finds no command.
        print(json.dumps(answer.value, indent=2).replace("##[", "#\\u0023["))
    else:
        if answer.text:
            print(harmless(answer.text))
        for problem in answer.problems:
            complain(problem, answer.code)
        for notice in answer.notices:
            print(f"note: {harmless(str(notice))}", file=sys.stderr)
    return answer.code


def complain(message: str, code: int) -> int:
    """Print what went wrong and return the exit code."""
    print(f"memory-agents: {harmless(message)}", file=sys.stderr)
    return code


def unexpected(error: Exception) -> str:
    """What a person reads of an error that nobody foresaw: the machine's, or a defect of ours."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}. Fix: correct its permissions, or MEMORY_AGENTS_STATE"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}. Fix: see that what is written to, such as the standard output, takes it"
    return f"Unexpected {type(error).__name__}: {error}. Please report it; RUNNER_DEBUG=1 shows where it came from."


def refuse_to_ask_programs(arguments: argparse.Namespace) -> None:
    """Raise UsageError where an answer could only come from a person, and JSON is for none."""
    if arguments.json and not (arguments.yes or arguments.dry_run):
        raise UsageError("With --json nobody is asked.", fix="add --yes, or --dry-run to look")


def show_nothing_done() -> int:
    """Say that a person did not want it, and return the exit code."""
    print("Nothing was changed.")
    return 0


def ask(question: str) -> str:
    """What a person answers. Raises UsageError where there is none to ask."""
    if not sys.stdin.isatty():
        raise UsageError("This needs a yes, and there is no terminal.", fix="add --yes, or --dry-run to look")
    with _stoppable():
        print(question, end=" ", flush=True)
        answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print()  # the end of the input, which left the cursor behind the question
    return answer.strip()


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C stops the program at once: asyncio's own handler waits for the loop, which waits for the answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def is_yes(answer: str) -> bool:
    """Whether an answer is a yes; anything else is none."""
    return answer.lower() in {"y", "yes"}
