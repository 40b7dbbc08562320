"""The options of backup, restore and move."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

_NO_EVENTS = "Short-term events of sessions are not in it: they end by themselves after some days."
_AGAIN = "It may be stopped at any time and run again: what is there is not stored twice, and nothing is written over."


def add_moving(
    add: Callable[..., argparse.ArgumentParser],
    *,
    memory: argparse.ArgumentParser,
    places: argparse.ArgumentParser,
    looking: argparse.ArgumentParser,
) -> None:
    """Make the parsers; `memory` says which memory, `places` where each provider is, `looking` is --dry-run."""
    backup = add(
        "backup",
        parents=[memory],
        help="keep all of memory in a file",
        description="Write every record of every namespace, what was forgotten and which issues are no duplicates "
        f"into one file, which `restore` reads with any provider. {_NO_EVENTS} Facts may be private: only you may "
        "read the file.",
    )
    backup.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="where to write it; .gz at its end compresses it; - is the standard output",
    )
    backup.add_argument("--force", action="store_true", help="write over a file that is there")

    restore = add(
        "restore",
        parents=[memory, looking],
        help="bring back what a backup holds",
        description="Store what is in a backup and not in memory, after a look whether the file is whole. What was "
        f"forgotten, here or there, is forgotten. Secrets are replaced. {_AGAIN}",
    )
    restore.add_argument(
        "--input", required=True, type=Path, metavar="FILE", help="what `backup` wrote; - is the standard input"
    )

    move = add(
        "move",
        parents=[places, looking],
        help="copy memory to another provider",
        description="Copy every record, what was forgotten and which issues are no duplicates to another provider. "
        "What it is copied from stays as it is; set `provider`, or MEMORY_PROVIDER, to use the other from then on. "
        f"{_AGAIN} {_NO_EVENTS}",
    )
    for option, what in (("from", "copied from"), ("to", "copied to")):
        move.add_argument(
            f"--{option}",
            required=True,
            dest=f"{option}_provider",
            choices=("git", "chromadb", "agentcore"),
            help=f"what it is {what}",
        )
