"""One command, from its arguments to the exit code.

Modules that take time are imported inside `main`: whoever stops it meanwhile sees no traceback either.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    if not _open_streams():
        print("memory-agents: The standard output is closed. Fix: give it a place, such as >/dev/null", file=sys.stderr)
        return 1
    command = ""
    try:
        from memory_agents.cli.options import parser

        arguments = parser().parse_args(argv)
        command = arguments.command
        return _carried_out(arguments)
    except KeyboardInterrupt:
        goes_on = command in {"index", "restore", "move"}
        kept = " What was done until then is kept; the next run goes on." if goes_on else ""
        print(f"memory-agents: Stopped.{kept}", file=sys.stderr)
        return 130


def _open_streams() -> bool:
    """Make the standard streams usable; False where the caller closed the output.

    A closed input is an empty one. What is closed is opened in any case: else the next file would get its number.
    """
    has_output = sys.stdout is not None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 -- to the process's end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may not know every character that is remembered
    # Of a git that was started a moment before Ctrl-C, asyncio warns that it does not know it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    return has_output


def _carried_out(arguments: argparse.Namespace) -> int:
    """The exit code of a command; what goes wrong is told."""
    from memory_agents.cli.terminal import complain, unexpected
    from memory_agents.errors import MemoryAgentsError, UsageError

    try:
        code = _command(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return complain(str(error), 2)
    except MemoryAgentsError as error:
        return complain(str(error), 1)
    except BrokenPipeError:
        _let_go_of_output()  # the reader has gone, as in `memory-agents list | head`
        return 1
    except OSError as error:
        _let_go_of_output()
        return complain(unexpected(error), 1)
    except Exception as error:  # noqa: BLE001 -- no traceback to a person
        return complain(unexpected(error), 1)
    return code


def _let_go_of_output() -> None:
    """Throw away what cannot be written, which would be tried again; see the note on SIGPIPE in Python's docs."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _command(arguments: argparse.Namespace) -> int:
    """Carry out a command; what it needs is imported for it alone."""
    import asyncio

    from memory_agents.cli.terminal import show

    match arguments.command:
        case "run":
            from memory_agents.cli.step import run

            return run()
        case "demo":
            from memory_agents.demo import demo

            return demo(sys.stdout, plain=arguments.plain)
        case "redact":
            from memory_agents.cli.filtering import redact

            return redact(as_json=arguments.json)
        case "remember" | "forget":
            from memory_agents.cli import writing

            write = writing.remember if arguments.command == "remember" else writing.forget
            return show(asyncio.run(write(arguments)), as_json=arguments.json)
        case "backup" | "restore" | "move" | "purge" | "import" | "init" | "setup":
            return asyncio.run(_talk(arguments.command)(arguments))
        case "eval":
            from memory_agents.cli.evaluating import evaluate

            return show(evaluate(arguments), as_json=arguments.json)
        case _:
            from memory_agents.cli import asking

            ask = asking.index if arguments.command == "index" else asking.ask
            return show(asyncio.run(ask(arguments)), as_json=arguments.json)


def _talk(command: str) -> Callable[[argparse.Namespace], Coroutine[object, object, int]]:
    """What carries out a command that tells, and asks, while it is at work."""
    match command:
        case "purge":
            from memory_agents.cli.purging import purge

            return purge
        case "import":
            from memory_agents.cli.importing import import_documents

            return import_documents
        case "init":
            from memory_agents.cli.initial import initialise

            return initialise
        case "setup":
            from memory_agents.cli.setting_up import set_up

            return set_up
        case _:
            from memory_agents.cli.moving import copy

            return copy
