"""A run that may write: who asks, whether they may, and what becomes of it.

Nothing of a pull request's head is read here: the event, the configuration at the head of the default branch,
the memory branch.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from memory_agents import handover
from memory_agents.app.acknowledging import GitHubAcknowledgement, NoAcknowledgement
from memory_agents.app.explaining import Explainer
from memory_agents.app.providing import fetched_early, github_api, maintainers_files, now, open_memory, open_writer
from memory_agents.core import commands, policy
from memory_agents.core.digest import digest_record
from memory_agents.core.facts import Origin
from memory_agents.core.github_events import Account, IssueEvent, item_of
from memory_agents.core.outcomes import Waiting
from memory_agents.core.records import Approval, Notice, Record
from memory_agents.core.requests import ITEM, Place, request_of
from memory_agents.curation import Curated, Curation
from memory_agents.edges.actions import Runner
from memory_agents.edges.github import GitHubApi, GitHubComments, GitHubReactions
from memory_agents.edges.github.items import GitHubItems
from memory_agents.edges.github.permissions import permission_of, viewer_id
from memory_agents.errors import GitHubFailure, MemoryAgentsError, SettingsError, UnreadableFile
from memory_agents.locations import is_own_memory
from memory_agents.maintained import read_configuration
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers import fact_file
from memory_agents.settings import Configuration, Environment, Settings

_REFUSED = "The command is not carried out."
"""and no word on why: everybody reads the log"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a run that may write works with."""

    settings: Settings
    environment: Environment
    github: GitHubApi
    curation: Curation
    fault: Notice | None
    """why nothing may be written, whoever asks"""

    async def may(self, account: Account) -> str:
        """The account's permission where it may write, else empty. Raises GitHubFailure: then nobody may."""
        if account.is_bot:
            return ""
        permission = await permission_of(self.github, self.environment.repository, account)
        if not policy.may_write(permission, self.settings.write_permission):
            return ""
        # An agent that works with the same token could be talked into asking in its owner's name.
        return "" if account.id == await viewer_id(self.github) else permission


async def curate(
    planned: policy.Writing, inputs: Mapping[str, str], environment: Environment, runner: Runner
) -> None:
    """Carry out what an event asks to write, if its sender may; hand over what became of it."""
    async with open_desk(inputs, environment) as desk:
        try:
            match planned:
                case policy.Obey(event):
                    curated = await _obey(event, desk)
                case policy.Digest(event):
                    curated = await _digest(event, desk)
        except GitHubFailure as failure:
            handover.denied(_REFUSED, Notice(text=failure.message, fix=failure.fix), runner=runner)
            return
        private = not is_own_memory(desk.settings, environment)
    if curated is None:
        handover.denied(_REFUSED, None, runner=runner)
    else:
        handover.curated(curated, runner=runner, private=private, dry_run=desk.settings.dry_run)


@contextlib.asynccontextmanager
async def open_desk(inputs: Mapping[str, str], environment: Environment) -> AsyncIterator[Desk]:
    """Read the configuration while the facts are fetched, and put together what writing takes."""
    plain = Settings.build(inputs)
    files, github = github_api(plain, environment), github_api(plain, environment)
    try:
        async with fetched_early(plain, environment) as open_provider:
            configuration, fault = await _configuration(files, plain, environment)
            settings = Settings.build(inputs, configuration)
            provider = open_provider()
            reader = open_memory(settings, environment, github, lambda: provider)
            try:
                yield Desk(
                    settings=settings,
                    environment=environment,
                    github=github,
                    curation=_curation(settings, environment, github, provider),
                    fault=fault,
                )
            finally:
                await reader.close()
    finally:
        await files.close()
        await github.close()
