"""`memory-agents import`: shows what it would do, asks, does it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from memory_agents import app
from memory_agents.cli import terminal
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.cli.writing import known_namespaces, opened, where
from memory_agents.locations import repository_name
from memory_agents.memory import git
from memory_agents.operations import documents, import_report, importing, writing


async def import_documents(arguments: argparse.Namespace) -> int:
    """Turn documents into facts, after a yes."""
    terminal.refuse_to_ask_programs(arguments)
    settings, environment = settings_of(arguments), environment_of(arguments)
    known = await known_namespaces(settings, arguments)
    namespace = writing.fact_namespace(arguments.namespace, known) if arguments.namespace else ""
    repository = repository_name(environment)
    page = f"{environment.server_url.rstrip('/')}/{repository}" if repository else ""
    top = Path(git.top(Path.cwd()) or Path.cwd())
    files = documents.read(arguments.files, folder=Path.cwd(), top=top)
    files = await documents.with_links(files, top=top, repository_url=page) if page else files
    async with opened(settings, arguments) as provider:
        looking = app.open_writer(provider, dry_run=True)
        planned = await importing.plan(provider, looking, files, namespace=namespace, now=datetime.now(UTC))
        planned = planned.only(arguments.only) if arguments.only else planned
        preview = import_report.preview(planned, where=where(settings), dry_run=arguments.dry_run)
        if namespace and planned.changes:
            preview = replace(preview, notices=await writing.about_new(provider, namespace, known))
        if arguments.dry_run or not planned.changes:
            return terminal.show(preview, as_json=arguments.json)
        if not arguments.json:
            terminal.show(preview, as_json=False)
        if not arguments.yes:
            answer = terminal.ask("Do this? [y/N, or numbers such as 1,3-5]")
            if not terminal.is_yes(answer) and not answer[:1].isdigit():
                return terminal.show_nothing_done()
            planned = planned if terminal.is_yes(answer) else planned.only(answer)
        outcomes = await importing.carry_out(app.open_writer(provider, dry_run=False), planned)
        location = (await provider.get_info()).location
    done = import_report.done(planned, outcomes, where=where(settings), location=location)
    return terminal.show(done, as_json=arguments.json)
