"""One command, from its arguments to the exit code."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from collections.abc import Sequence

from memory_agents.cli.options import parser
from memory_agents.cli.terminal import complain, show, unexpected
from memory_agents.errors import MemoryAgentsError, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may not know every character that is remembered
    arguments = parser().parse_args(argv)
    try:
        code = _command(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return complain(str(error), 2)
    except MemoryAgentsError as error:
        return complain(str(error), 1)
    except KeyboardInterrupt:
        kept = " What was read is kept; the next run goes on." if arguments.command == "index" else ""
        return complain(f"Stopped.{kept}", 130)
    except BrokenPipeError:
        # The reader has gone, as in `memory-agents list | head`; see the note on SIGPIPE in Python's signal docs.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 -- no traceback to a person
        return complain(unexpected(error), 1)
    return code


def _command(arguments: argparse.Namespace) -> int:
    """Carry out a command; what it needs is imported for it alone."""
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
        case "purge":
            from memory_agents.cli.purging import purge

            return asyncio.run(purge(arguments))
        case "import":
            from memory_agents.cli.importing import import_documents

            return asyncio.run(import_documents(arguments))
        case "init":
            from memory_agents.cli.initial import initialise

            return asyncio.run(initialise(arguments))
        case _:
            from memory_agents.cli import asking

            ask = asking.index if arguments.command == "index" else asking.ask
            return show(asyncio.run(ask(arguments)), as_json=arguments.json)
