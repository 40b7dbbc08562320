"""The commands and their options, and what they say beyond the environment."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path

from memory_agents import __version__
from memory_agents.cli.moving_options import add_moving
from memory_agents.cli.setup_options import add_setup
from memory_agents.core import namespaces
from memory_agents.core.records import FULL_NAME
from memory_agents.settings import Environment, Settings, read_inputs

_ACTION = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_./-]{1,200}@[A-Za-z0-9_./-]{1,200}")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The inputs of this process, with what the command's options say instead. Raises SettingsError."""
    options = (
        *("provider", "memory_remote", "memory_branch"),
        *("aws_region", "agentcore_memory_id", "chroma_url"),
        *("top_k", "min_score"),
    )
    given = {name.replace("_", "-"): getattr(arguments, name, "") for name in options}
    given |= {"dense": "false"} if getattr(arguments, "no_dense", False) else {}
    return Settings.build(read_inputs(os.environ, given), as_options=True)


def environment_of(arguments: argparse.Namespace) -> Environment:
    """The environment of this process, with the repository that the options name. Raises SettingsError."""
    environment = Environment.read(os.environ)
    return environment.model_copy(update={"repository": arguments.repository}) if arguments.repository else environment


def parser() -> argparse.ArgumentParser:
    """All commands."""
    whole = argparse.ArgumentParser(
        prog="memory-agents", description="A memory for the bots and agents of a repository, owned by its maintainers."
    )
    whole.add_argument("--version", action="version", version=__version__)
    add = whole.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser
    _add_running(add)
    _add_asking(add)
    _add_writing(add)
    add_moving(add, memory=_memory_options(), places=_place_options(), looking=_dry_run_option())
    add_setup(add, repository=_repository_options(), looking=_dry_run_option(), asking=_yes_option())
    return whole


_Add = Callable[..., argparse.ArgumentParser]
"""makes the parser of one command"""


def _add_running(add: _Add) -> None:
    add(
        "run",
        help="handle the event of this workflow step, as the action does",
        description="Handle the event in GITHUB_EVENT_NAME and GITHUB_EVENT_PATH. Inputs of the action are read from "
        "INPUT_<NAME>, such as INPUT_TOP_K. Outside GitHub Actions the prompt is printed.",
    )
    demo = add("demo", help="run the main job on a bundled event and memory, offline")
    demo.add_argument("--plain", action="store_true", help="no colours")
    redact = add(
        "redact",
        help="copy standard input to standard output without secrets",
        description="Copy standard input to standard output, with each secret replaced by [REDACTED:kind]. Every "
        "other byte stays as it is. It is a net, not a guarantee.",
    )
    redact.add_argument("--json", action="store_true", help="print the text and what was found where, as JSON")


def _add_asking(add: _Add) -> None:
    memory = _memory_options()
    recall = add("recall", parents=[memory], help="search memory")
    recall.add_argument("query", metavar="QUERY", help="what to look for, in words")
    recall.add_argument("--namespace", default="*", metavar="GLOB", help="such as codebase/* (default: all)")
    recall.add_argument("--top-k", default="5", metavar="N", help="how many at most (default: 5)")
    recall.add_argument(
        "--min-score", default="0", metavar="S", help="leave out what scores lower, 0 to 1 (default: 0)"
    )

    recall.add_argument("--no-dense", action="store_true", help="search by words alone, without an embedding model")

    listing = add("list", parents=[memory], help="list what is remembered, newest first")
    listing.add_argument(
        "--namespace",
        default="",
        metavar="GLOB",
        help="such as codebase/*, or reviews/* for past issues and reviews (default: all but those)",
    )
    listing.add_argument("--limit", type=_positive, default=100, metavar="N", help="how many at most (default: 100)")

    show = add("show", parents=[memory], help="show one record whole")
    show.add_argument("id", metavar="ID", help="as `list` shows it")

    index = add(
        "index",
        parents=[_repository_options()],
        help="read the repository's past issues, pull requests and reviews, to search them",
        description="Read past issues, pull requests, comments and review comments from GitHub's lists into the local "
        "index: what is new since the last time, and everything again once a week. May be stopped at any time; the "
        "next run goes on. Uses GH_TOKEN or GITHUB_TOKEN, and leaves the last 200 requests of its rate limit.",
    )
    index.add_argument("--whole", action="store_true", help="read everything again, and forget what is gone")
    index.add_argument("--minutes", type=_positive, default=15, metavar="N", help="stop after about N (default: 15)")

    index.add_argument("--no-dense", action="store_true", help="make no vectors, which a search by meaning needs")

    add("status", parents=[memory], help="say whether memory can be read, and what it holds")
    _add_evaluating(add)


def _add_evaluating(add: _Add) -> None:
    evaluation = add(
        "eval",
        parents=[_repository_options()],
        help="measure how well past items are found",
        description="Rank a corpus, or this repository's own past, by the very code that recall runs, and judge the "
        "answers. Prints recall@1/5/10 and more with 95 % intervals, and the time it takes. The files hold JSON lines "
        "and may be compressed by gzip; docs/evaluation.md has their formats.",
    )
    evaluation.add_argument("--no-dense", action="store_true", help="rank by words alone, without an embedding model")
    corpus = evaluation.add_argument_group("a corpus in files")
    corpus.add_argument("--docs", type=Path, metavar="FILE", help="past items: id, title, body, created_at")
    corpus.add_argument("--pairs", type=Path, metavar="FILE", help="what answers what: query_id, relevant_ids")
    corpus.add_argument("--queries", type=Path, metavar="FILE", help="the queries that are not among the past items")
    corpus.add_argument("--run-file", type=Path, metavar="FILE", help="write each query's best documents there")
    own = evaluation.add_argument_group("this repository's own past, as `memory-agents index` left it")
    own.add_argument(
        "--calibrate",
        action="store_true",
        help="measure with its duplicates, and keep the score from which on similar issues are worth showing",
    )
    own.add_argument("--report", type=Path, metavar="FILE", help="write the figures and a plot there, as HTML")


def _add_writing(add: _Add) -> None:
    memory, looking, asking = _memory_options(), _dry_run_option(), _yes_option()
    remember = add(
        "remember",
        parents=[memory, looking],
        help="keep a fact",
        description="Keep a fact in memory, without secrets. What is known already is not kept twice.",
    )
    remember.add_argument("text", metavar="TEXT", help="the fact; - reads it from standard input")
    remember.add_argument(
        "--namespace",
        default=namespaces.CONVENTIONS,
        metavar="NAME",
        help="where it belongs (default: %(default)s)",
    )
    remember.add_argument(
        "--paths", action="append", default=[], metavar="GLOB", help="it is about these files only; may be repeated"
    )
    remember.add_argument("--expires", default="", metavar="WHEN", help="such as 90d, 12w, 6m, 1y or 2027-01-31")
    remember.add_argument("--replaces", default="", metavar="ID", help="the fact that it takes the place of")

    forget = add(
        "forget",
        parents=[memory, looking],
        help="take facts back",
        description="Take facts back: they are recalled no more, and their source does not store them again. A "
        "branch's history still has them; see `memory-agents purge`.",
    )
    forget.add_argument("ids", nargs="+", metavar="ID", help="as `list` shows it")

    purge = add(
        "purge",
        parents=[memory, looking, asking],
        help="take a fact out of the branch's history, too",
        description="Take a fact out of every commit of the memory branch, such as a secret that was kept. The branch "
        "is rewritten. Says first what is rewritten and what it cannot reach, and asks.",
    )
    purge.add_argument("id", metavar="ID", help="as `list` shows it; one that is forgotten already, too")

    importing = add(
        "import",
        parents=[memory, looking, asking],
        help="turn documents of rules into facts, and again later what changed in them",
        description="Turn the bullets and paragraphs of AGENTS.md, CONTRIBUTING.md and the like into facts. Shows them "
        "first. Run again, it keeps what is new, removes what the documents do not say any more, and leaves the rest.",
    )
    importing.add_argument("files", nargs="+", metavar="FILE", help="in this repository")
    importing.add_argument(
        "--namespace", default="", metavar="NAME", help="for all facts (default: by the words of the headings)"
    )
    importing.add_argument("--only", default="", metavar="N,N-N", help="only these numbers of the list that is shown")

    initial = add(
        "init",
        parents=[memory, looking, asking],
        help="set this repository up: workflows, configuration, label, branch",
        description="Write the workflows and the configuration, create the label and the memory branch. Shows all of "
        "it first and overwrites nothing. The label needs GH_TOKEN or GITHUB_TOKEN.",
    )
    initial.add_argument(
        "--action",
        type=_action,
        metavar="OWNER/NAME@REF",
        help="the action that the workflows use (default: OWNER/memory-agents@v1, to be filled in)",
    )
    initial.add_argument("--verbose", action="store_true", help="show what is written into the files")


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
    options = argparse.ArgumentParser(add_help=False, parents=[_place_options()])
    options.add_argument(
        "--provider", default="", metavar="NAME", help="git, chromadb or agentcore (default: MEMORY_PROVIDER, or git)"
    )
    return options


def _place_options() -> argparse.ArgumentParser:
    """Where the memory of each provider is."""
    options = argparse.ArgumentParser(add_help=False, parents=[_repository_options()])
    options.add_argument("--memory-remote", default="", metavar="URL", help="of git (default: this clone's origin)")
    options.add_argument("--memory-branch", default="", metavar="NAME", help="of git (default: memory)")
    options.add_argument("--chroma-url", default="", metavar="URL", help="default: what the CHROMADB_ variables say")
    options.add_argument("--agentcore-memory-id", default="", metavar="ID", help="default: AGENTCORE_MEMORY_ID")
    options.add_argument("--aws-region", default="", metavar="NAME", help="default: AWS_REGION")
    return options


def _dry_run_option() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--dry-run", action="store_true", help="show what would be done, and change nothing")
    return options


def _yes_option() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--yes", action="store_true", help="do not ask")
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


def _action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        msg = f"{text!r} is not the name of an action, such as octo/memory-agents@v1"
        raise argparse.ArgumentTypeError(msg)
    return text
