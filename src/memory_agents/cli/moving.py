"""The commands that copy all of a memory: backup, restore, move."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, cast

from memory_agents import app
from memory_agents.cli import terminal
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.cli.writing import opened
from memory_agents.errors import UsageError
from memory_agents.operations import backup as backups
from memory_agents.operations import copying, copying_report
from memory_agents.operations.patience import Patience
from memory_agents.operations.progress import ProgressTeller
from memory_agents.operations.reading import Answer


async def copy(arguments: argparse.Namespace) -> int:
    """Carry out one of them; the exit code."""
    match arguments.command:
        case "backup":
            return await _backup(arguments)
        case "restore":
            answer = await _restore(arguments)
        case _:
            answer = await _move(arguments)
    return terminal.show(answer, as_json=arguments.json)


async def _backup(arguments: argparse.Namespace) -> int:
    """Keep all of memory in a file, or write it to the standard output."""
    output = arguments.output
    to_output = str(output) == "-"
    if to_output and arguments.json:
        raise UsageError("The standard output is the backup itself.", fix="name a file with --output, or leave --json")
    with contextlib.ExitStack() as stack:
        body = stack.enter_context(_body() if to_output else backups.body_for(output, force=arguments.force))
        patience = stack.enter_context(_patience())
        async with opened(settings_of(arguments), arguments) as provider:
            taken = await backups.take(provider, body, now=datetime.now(UTC), patience=patience)
        if to_output:
            backups.write(taken.header, body, sys.stdout.buffer)
            answer = copying_report.of_backup(taken, "the standard output")
            return terminal.complain("\n".join((answer.text, *map(str, answer.notices))), answer.code)
        size = backups.put(taken.header, body, output)
    return terminal.show(copying_report.of_backup(taken, str(output), size), as_json=arguments.json)


async def _restore(arguments: argparse.Namespace) -> Answer:
    """Bring back what a backup holds."""
    with _backup_of(arguments) as found, _patience() as patience:
        async with opened(settings_of(arguments), arguments) as provider:
            copied = await copying.copy(
                found.entries(),
                provider,
                app.open_writer(provider, dry_run=arguments.dry_run),
                expected=found.header.records,
                patience=patience,
            )
            info = await patience.until_done(provider.get_info)
    return copying_report.of_restore(copied, found.header, info, dry_run=arguments.dry_run)


async def _move(arguments: argparse.Namespace) -> Answer:
    """Copy all of one provider's memory to another's."""
    if arguments.from_provider == arguments.to_provider:
        raise UsageError("--from and --to name the same provider.", fix="name two of git, chromadb and agentcore")
    settings, environment = settings_of(arguments), environment_of(arguments)
    async with contextlib.AsyncExitStack() as stack:
        patience = stack.enter_context(_patience())
        sides = []
        for name in (arguments.from_provider, arguments.to_provider):
            provider = app.create_provider(name, settings=settings, environment=environment)
            stack.push_async_callback(provider.close)
            sides.append(provider)
        source, target = sides
        expected = (await patience.until_done(source.get_info)).records or 0
        copied = await copying.copy(
            copying.everything(source, patience),
            target,
            app.open_writer(target, dry_run=arguments.dry_run),
            expected=expected,
            patience=patience,
        )
        unseen = set() if arguments.dry_run else copied.there - await copying.ids_of(target, patience)
        infos = [await patience.until_done(side.get_info) for side in sides]
        return copying_report.of_move(copied, unseen, *infos, dry_run=arguments.dry_run)


@contextlib.contextmanager
def _body() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as body:
        yield cast("BinaryIO", body)


def _backup_of(arguments: argparse.Namespace) -> contextlib.AbstractContextManager[backups.Backup]:
    if str(arguments.input) != "-":
        return backups.opened(arguments.input)
    if sys.stdin.isatty():
        raise UsageError("The standard input is a terminal.", fix="give it a backup, or name a file with --input")
    return backups.received(sys.stdin.buffer, "the standard input")


@contextlib.contextmanager
def _patience() -> Iterator[Patience]:
    """That of a command, which tells how far it is."""
    teller = ProgressTeller(sys.stderr)
    try:
        yield Patience(teller)
    finally:
        teller.close()
