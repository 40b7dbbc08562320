"""One run of the action: the event, its Plan, and what carries it out."""

from __future__ import annotations

from collections.abc import Mapping

from memory_agents.app.recalling import recall
from memory_agents.core import policy
from memory_agents.edges import event_file
from memory_agents.edges.actions import Runner
from memory_agents.memory import git
from memory_agents.settings import Environment, Settings, read_inputs


async def run(environ: Mapping[str, str], runner: Runner) -> int:
    """Handle the event of this step, as the action does. Returns the exit code."""
    environment = Environment.read(environ)
    inputs = read_inputs(environ)
    settings = Settings.build(inputs)
    for token in (settings.github_token, settings.memory_token, settings.chroma_token):
        for form in git.forms_of(token.get_secret_value()):
            runner.mask(form)
    event = event_file.read(environment.event_name, environment.event_path, environment.repository)
    match policy.plan(event, settings.mode):
        case policy.Skip(reason):
            runner.skipped(reason)
        case policy.Index():
            from memory_agents.app.indexing import index  # each kind of run loads what it needs alone

            return await index(inputs, environment, runner)
        case policy.CatchUp():
            from memory_agents.app import catching_up

            return await catching_up.run(inputs, environment, runner)
        case policy.Obey() | policy.Digest() as writing:
            from memory_agents.app.curating import curate

            await curate(writing, inputs, environment, runner)
        case policy.Recall(item_event):
            await recall(item_event, inputs, environment, runner)
    return 0
