"""`memory-agents purge`: shows what it rewrites and what it cannot reach, asks, does it."""

from __future__ import annotations

import argparse

from memory_agents.cli import terminal
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.errors import UsageError
from memory_agents.locations import memory_remote
from memory_agents.operations import purge as purging
from memory_agents.operations.reading import Answer
from memory_agents.operations.writing import BY_HAND


async def purge(arguments: argparse.Namespace) -> int:
    """Take a fact out of the branch's history, after a yes."""
    terminal.refuse_to_ask_programs(arguments)
    settings, environment = settings_of(arguments), environment_of(arguments)
    if settings.provider != "git":
        fix = f"memory-agents forget {arguments.id}; there that removes it for good"
        raise UsageError(f"Only a branch has a history to purge, and memory is kept in {settings.provider}.", fix=fix)
    remote, branch, state = memory_remote(settings, environment), settings.memory_branch, environment.state()
    planned = await purging.plan(remote, branch, arguments.id, state=state)
    if arguments.dry_run:
        return terminal.show(_answer(planned, str(planned), dry_run=True), as_json=arguments.json)
    if not arguments.yes:
        terminal.show(_answer(planned, str(planned), dry_run=False), as_json=False)
        if not terminal.is_yes(terminal.ask("Rewrite the branch? [y/N]")):
            return terminal.show_nothing_done()
    done = await purging.purge(remote, branch, arguments.id, state=state, approval=BY_HAND)
    return terminal.show(_answer(done.plan, str(done), dry_run=False, head=done.head), as_json=arguments.json)


def _answer(planned: purging.Plan, text: str, *, dry_run: bool, head: str = "") -> Answer:
    value = {
        "dry_run": dry_run,
        "id": planned.id,
        "where": planned.where,
        "paths": list(planned.paths),
        "commits": planned.commits,
        "of": planned.of,
        "head_before": planned.head,
        "head": head,
        "out_of_reach": list(purging.OUT_OF_REACH),
    }
    return Answer(value, text)
