"""`memory-agents init`: shows what a repository needs, asks, makes it."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from memory_agents import app
from memory_agents.cli import terminal
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.cli.writing import opened
from memory_agents.errors import UsageError
from memory_agents.locations import repository_name
from memory_agents.memory import git
from memory_agents.memory.wrapper import unwrapped
from memory_agents.operations import initial, initial_report
from memory_agents.operations.initial import State


async def initialise(arguments: argparse.Namespace) -> int:
    """Make the files, the label and the branch, after a yes."""
    terminal.refuse_to_ask_programs(arguments)
    settings, environment = settings_of(arguments), environment_of(arguments)
    top = Path(git.top(Path.cwd()))
    if top == Path():
        raise UsageError(f"{Path.cwd()} is not inside a git repository.", fix="run it in a clone, or git init first")
    action = arguments.action or initial.ACTION
    repository, has_token = repository_name(environment), bool(settings.github_token.get_secret_value())
    has_remote = bool(settings.memory_remote) or git.origin(top) != str(top)
    github = app.github_api(settings, environment)
    try:
        async with contextlib.AsyncExitStack() as stack:
            provider = None
            if settings.provider == "git":  # elsewhere there is nothing to make
                opened_provider = await stack.enter_async_context(opened(settings, arguments))
                found = unwrapped(opened_provider)
                provider = found if isinstance(found, initial.Branch) else None
            parts = [
                *initial.files(top, action=action, provider=settings.provider),
                *initial.labels(tuple(settings.labels), repository=repository, has_token=has_token),
            ]
            if provider is not None:
                parts.append(await initial.branch(provider, settings.memory_branch, has_remote=has_remote))
            preview = initial_report.preview(parts, verbose=arguments.verbose)
            if arguments.dry_run:
                return terminal.show(preview, as_json=arguments.json)
            is_all_there = not any(part.state is State.MISSING for part in parts)
            if not (arguments.yes or is_all_there):
                terminal.show(preview, as_json=False)
                if not terminal.is_yes(terminal.ask("Make this? [y/N]")):
                    return terminal.show_nothing_done()
            made = await initial.carry_out(parts, top=top, github=github, repository=repository, provider=provider)
    finally:
        await github.close()
    done = initial_report.done(
        made,
        action=action,
        provider=settings.provider,
        documents=initial.documents(top),
        unfilled=initial.unfilled(top),
    )
    return terminal.show(done, as_json=arguments.json)
