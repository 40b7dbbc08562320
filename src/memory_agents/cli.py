"""`memory-agents`: the command line. Exit code 0 done, 1 failed, 2 wrong use."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from memory_agents import __version__
from memory_agents.core.records import FULL_NAME
from memory_agents.edges.actions import Runner, harmless
from memory_agents.errors import MemoryAgentsError, UsageError
from memory_agents.settings import Environment, Settings, read_inputs

if TYPE_CHECKING:
    from memory_agents.operations.reading import Answer


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may not know every character that is remembered
    arguments = _parser().parse_args(argv)
    try:
        code = _command(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(str(error), 2)
    except MemoryAgentsError as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        kept = " What was read is kept; the next run goes on." if arguments.command == "index" else ""
        return _complain(f"Stopped.{kept}", 130)
    except BrokenPipeError:
        # The reader has gone, as in `memory-agents list | head`; see the note on SIGPIPE in Python's signal docs.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 -- no traceback to a person
        return _complain(_unexpected(error), 1)
    return code


def _command(arguments: argparse.Namespace) -> int:
    if arguments.command == "run":
        return _run()
    if arguments.command == "demo":
        from memory_agents.demo import demo

        return demo(sys.stdout, plain=arguments.plain)
    if arguments.command == "index":
        return _print(asyncio.run(_index(arguments)), as_json=arguments.json)
    return _print(asyncio.run(_ask(arguments)), as_json=arguments.json)


def _complain(message: str, code: int) -> int:
    print(f"memory-agents: {harmless(message)}", file=sys.stderr)
    return code


def _unexpected(error: Exception) -> str:
    """What a person reads of an error that nobody foresaw: the machine's, or a defect of ours."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}. Fix: correct its permissions, or MEMORY_AGENTS_STATE"
    return f"Unexpected {type(error).__name__}: {error}. Please report it; RUNNER_DEBUG=1 shows where it came from."


def _run() -> int:
    runner = Runner(output_file=None, summary_file=None, log=sys.stderr, annotate=False)
    debug = False
    try:
        environment = Environment.read(os.environ)
        debug = environment.debug
        runner = Runner(
            output_file=environment.output_file,
            summary_file=environment.summary_file,
            log=sys.stdout if environment.in_actions else sys.stderr,
            annotate=environment.in_actions,
        )
        return asyncio.run(_handle(runner))
    except UsageError as error:
        runner.error(str(error))
        return 2
    except MemoryAgentsError as error:
        runner.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 -- no traceback to a person; this is a defect of ours
        runner.error(_unexpected(error))
        if debug:
            runner.log(traceback.format_exc())
        return 1


async def _handle(runner: Runner) -> int:
    from memory_agents import app

    asyncio.get_running_loop().set_default_executor(_Left())
    return await app.run(os.environ, runner)


class _Left(ThreadPoolExecutor):
    """Threads that are not waited for: GitHub may keep one for longer than the run's deadline, for minutes."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Let go of them; `__main__` ends the process."""
        super().shutdown(wait=False, cancel_futures=True)


async def _index(arguments: argparse.Namespace) -> Answer:
    """Read the repository's past."""
    from memory_agents import app
    from memory_agents.operations import history_report
    from memory_agents.operations.progress import ProgressTeller

    teller = ProgressTeller(sys.stderr)
    try:
        done = await app.index_history(
            _settings(arguments),
            _environment(arguments),
            seconds=60.0 * arguments.minutes,
            whole=arguments.whole,
            tell=teller,
        )
    finally:
        teller.close()
    return history_report.answer(done)


def _settings(arguments: argparse.Namespace) -> Settings:
    """The inputs of this process, with what the command's options say instead."""
    options = ("provider", "memory_remote", "memory_branch", "top_k", "min_score")
    inputs = {name.replace("_", "-"): getattr(arguments, name, "") for name in options}
    given = {name: value for name, value in inputs.items() if value}
    return Settings.build({**read_inputs(os.environ), **given}, as_options=True)


def _environment(arguments: argparse.Namespace) -> Environment:
    environment = Environment.read(os.environ)
    return environment.model_copy(update={"repository": arguments.repository}) if arguments.repository else environment


async def _ask(arguments: argparse.Namespace) -> Answer:
    """One question to memory."""
    from memory_agents import app
    from memory_agents.operations import reading

    settings, environment = _settings(arguments), _environment(arguments)
    github = app.github_api(settings, environment)
    reader = app.open_memory(settings, environment, github)
    try:
        match arguments.command:
            case "recall":
                return await reading.recall(
                    reader,
                    arguments.query,
                    namespace=arguments.namespace,
                    top_k=settings.top_k,
                    min_score=settings.min_score or 0,
                    now=datetime.now(UTC),
                )
            case "list":
                return await reading.list_records(
                    reader, namespace=arguments.namespace, limit=arguments.limit, now=datetime.now(UTC)
                )
            case "show":
                return await reading.show(reader, arguments.id)
            case _:
                return await reading.status(reader)
    finally:
        await reader.close()
        await github.close()


def _print(answer: Answer, *, as_json: bool) -> int:
    if as_json:
        # The same JSON, in which a runner that reads the log finds no command.
        print(json.dumps(answer.value, indent=2).replace("##[", "#\\u0023["))
    else:
        print(harmless(answer.text))
        for notice in answer.notices:
            print(f"note: {harmless(str(notice))}", file=sys.stderr)
    return 0 if answer.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="memory-agents", description="A memory for the bots and agents of a repository, owned by its maintainers."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    commands.add_parser(
        "run",
        help="handle the event of this workflow step, as the action does",
        description="Handle the event in GITHUB_EVENT_NAME and GITHUB_EVENT_PATH. Inputs of the action are read from "
        "INPUT_<NAME>, such as INPUT_TOP_K. Outside GitHub Actions the prompt is printed.",
    )
    memory = _memory_options()
    recall = commands.add_parser("recall", parents=[memory], help="search memory")
    recall.add_argument("query", metavar="QUERY", help="what to look for, in words")
    recall.add_argument("--namespace", default="*", metavar="GLOB", help="such as codebase/* (default: all)")
    recall.add_argument("--top-k", default="5", metavar="N", help="how many at most (default: 5)")
    recall.add_argument(
        "--min-score", default="0", metavar="S", help="leave out what scores lower, 0 to 1 (default: 0)"
    )

    listing = commands.add_parser("list", parents=[memory], help="list what is remembered, newest first")
    listing.add_argument(
        "--namespace",
        default="",
        metavar="GLOB",
        help="such as codebase/*, or reviews/* for past issues and reviews (default: all but those)",
    )
    listing.add_argument("--limit", type=_positive, default=100, metavar="N", help="how many at most (default: 100)")

    show = commands.add_parser("show", parents=[memory], help="show one record whole")
    show.add_argument("id", metavar="ID", help="as `list` shows it")

    index = commands.add_parser(
        "index",
        parents=[_repository_options()],
        help="read the repository's past issues, pull requests and reviews, to search them",
        description="Read past issues, pull requests, comments and review comments from GitHub's lists into the local "
        "index: what is new since the last time, and everything again once a week. May be stopped at any time; the "
        "next run goes on. Uses GH_TOKEN or GITHUB_TOKEN, and leaves the last 200 requests of its rate limit.",
    )
    index.add_argument("--whole", action="store_true", help="read everything again, and forget what is gone")
    index.add_argument("--minutes", type=_positive, default=15, metavar="N", help="stop after about N (default: 15)")

    commands.add_parser("status", parents=[memory], help="say whether memory can be read, and what it holds")

    demo = commands.add_parser("demo", help="run the main job on a bundled event and memory, offline")
    demo.add_argument("--plain", action="store_true", help="no colours")
    return parser


def _repository_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--repository",
        type=_full_name,
        metavar="OWNER/NAME",
        help="on GitHub (default: this clone's origin)",
    )
    options.add_argument("--json", action="store_true", help="print JSON, for programs")
    return options


def _memory_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, parents=[_repository_options()])
    options.add_argument("--provider", default="", help="default: MEMORY_PROVIDER, or git")
    options.add_argument("--memory-remote", default="", metavar="URL", help="default: this clone's origin")
    options.add_argument("--memory-branch", default="", metavar="NAME", help="default: memory")
    return options


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10):
        msg = f"{text!r} is not a whole number of at least 1"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _full_name(text: str) -> str:
    if not FULL_NAME.fullmatch(text):
        msg = f"{text!r} is not the name of a repository, such as octo/hello"
        raise argparse.ArgumentTypeError(msg)
    return text
