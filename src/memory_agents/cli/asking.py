"""The commands that read: recall, list, show, status, and index."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from memory_agents import app
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.core.records import Notice
from memory_agents.locations import backend, queue_folder
from memory_agents.memory import spool
from memory_agents.memory.provider import MemoryReader
from memory_agents.operations import history_report, reading
from memory_agents.operations.progress import ProgressTeller
from memory_agents.operations.reading import Answer
from memory_agents.settings import Settings


async def index(arguments: argparse.Namespace) -> Answer:
    """Read the repository's past."""
    teller = ProgressTeller(sys.stderr)
    try:
        done = await app.index_history(
            settings_of(arguments),
            environment_of(arguments),
            seconds=60.0 * arguments.minutes,
            whole=arguments.whole,
            tell=teller,
        )
    finally:
        teller.close()
    return history_report.answer(done)


async def ask(arguments: argparse.Namespace) -> Answer:
    """One question to memory."""
    settings, environment = settings_of(arguments), environment_of(arguments)
    backend(settings, environment)  # where it is not known, that is wrong use and no failure
    # What lists and shows asks for no words; `status` says how a search would go.
    is_about_search = arguments.command in {"recall", "status"}
    meaning = app.search_by_meaning(settings, environment) if is_about_search else app.Meaning()
    github = app.github_api(settings, environment)
    reader = app.open_memory(settings, environment, github, embedder=meaning.embedder)
    try:
        given_up = spool.notices(queue_folder(environment)) if arguments.command == "status" else ()
        return await _answered(arguments, settings, reader, (*meaning.notices, *given_up))
    finally:
        await reader.close()
        await github.close()


async def _answered(
    arguments: argparse.Namespace, settings: Settings, reader: MemoryReader, notices: tuple[Notice, ...]
) -> Answer:
    match arguments.command:
        case "recall":
            return await reading.recall(
                reader,
                arguments.query,
                namespace=arguments.namespace,
                top_k=settings.top_k,
                min_score=settings.min_score or 0,
                now=datetime.now(UTC),
                notices=notices,
            )
        case "list":
            return await reading.list_records(
                reader, namespace=arguments.namespace, limit=arguments.limit, now=datetime.now(UTC)
            )
        case "show":
            return await reading.show(reader, arguments.id)
        case _:
            return await reading.status(reader, notices, provider=settings.provider)
