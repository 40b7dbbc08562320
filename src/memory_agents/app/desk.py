"""What a run that may write works with, put together once the maintainers' configuration is known."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from memory_agents.app.acknowledging import GitHubAcknowledgement, NoAcknowledgement
from memory_agents.app.explaining import Explainer
from memory_agents.app.providing import fetched_early, github_api, maintainers_files, now, open_memory, open_writer
from memory_agents.configuration import Configuration
from memory_agents.core import policy
from memory_agents.core.github_events import Account
from memory_agents.core.records import Notice, Record
from memory_agents.core.requests import Place, Receipt, marker, read_receipt
from memory_agents.curation import Curation
from memory_agents.edges.github import GitHubApi, GitHubComments, GitHubReactions
from memory_agents.edges.github.permissions import permission_of, viewer_id
from memory_agents.errors import GitHubFailure, SettingsError, UnreadableFile
from memory_agents.locations import is_own_memory
from memory_agents.maintained import read_configuration
from memory_agents.memory.provider import MemoryProvider, MemoryReader
from memory_agents.memory.providers import fact_file
from memory_agents.settings import Environment, Settings


class Unsaid(GitHubFailure):
    """GitHub did not say who may."""

    def __init__(self, failure: GitHubFailure) -> None:
        super().__init__(failure.message, fix=failure.fix, status=failure.status, limit=failure.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a run that may write works with."""

    settings: Settings
    environment: Environment
    github: GitHubApi
    curation: Curation
    comments: GitHubComments
    fault: Notice | None
    """why nothing may be written, whoever asks"""
    _permissions: dict[int, str] = field(default_factory=dict)
    """of accounts that were asked for in this run"""

    async def may(self, account: Account) -> str:
        """The account's permission where it may write, else empty. Raises Unsaid: then nobody may."""
        if account.is_bot:
            return ""
        try:
            if account.id not in self._permissions:
                self._permissions[account.id] = await permission_of(self.github, self.environment.repository, account)
            permission = self._permissions[account.id]
            if not policy.may_write(permission, self.settings.write_permission):
                return ""
            # An agent that works with the same token could be talked into asking in its owner's name.
            return "" if account.id == await viewer_id(self.github) else permission
        except GitHubFailure as failure:
            raise Unsaid(failure) from failure

    async def receipt(self, place: Place) -> Receipt | None:
        """What our reply there says was done. Raises GitHubFailure."""
        body = await self.comments.find(place.number, marker(place.origin), thread=place.thread, since=place.said_at)
        return read_receipt(body) if body is not None else None


@contextlib.asynccontextmanager
async def open_desk(inputs: Mapping[str, str], environment: Environment, *, deadline: float = 0) -> AsyncIterator[Desk]:
    """Read the configuration while the facts are fetched, and put together what writing takes.

    `deadline`: seconds for all questions to memory together, in place of `timeout-seconds`.
    """
    plain = Settings.build(inputs)
    files, github = github_api(plain, environment), github_api(plain, environment)
    try:
        async with fetched_early(plain, environment) as open_provider:
            configuration, fault = await _configuration(files, plain, environment)
            settings = Settings.build(inputs, configuration)
            provider = open_provider()
            reader = open_memory(settings, environment, github, lambda: provider, deadline=deadline)
            comments = GitHubComments(github, environment.repository)
            try:
                yield Desk(
                    settings=settings,
                    environment=environment,
                    github=github,
                    comments=comments,
                    curation=_curation(settings, environment, github, provider, reader, comments=comments),
                    fault=fault,
                )
            finally:
                await reader.close()
    finally:
        await files.close()
        await github.close()


async def _configuration(
    files: GitHubApi, settings: Settings, environment: Environment
) -> tuple[Configuration, Notice | None]:
    """What the maintainers decided; where that is not known, nothing is written."""
    try:
        async with asyncio.timeout(settings.timeout_seconds):
            return await read_configuration(maintainers_files(files, environment), settings), None
    except TimeoutError:
        text, fix = f"GitHub did not show {settings.config} in time.", "run the job again"
    except (SettingsError, UnreadableFile, GitHubFailure) as error:
        text, fix = error.message, error.fix
    return Configuration(), Notice(text=f"{text} Nothing is written until the configuration is known.", fix=fix)


def _curation(
    settings: Settings,
    environment: Environment,
    github: GitHubApi,
    provider: MemoryProvider,
    reader: MemoryReader,
    *,
    comments: GitHubComments,
) -> Curation:
    is_own = is_own_memory(settings, environment)
    reactions = GitHubReactions(github, environment.repository)
    return Curation(
        writer=open_writer(provider, dry_run=settings.dry_run),
        reader=reader,
        acknowledgement=NoAcknowledgement() if settings.dry_run else GitHubAcknowledgement(comments, reactions),
        explain=Explainer(settings, github, reader),
        link=_links(settings, environment) if is_own else lambda _: "",
        now=now,
        known=settings.fact_namespaces,
        top_k=settings.top_k,
        private=not is_own,
    )


def _links(settings: Settings, environment: Environment) -> Callable[[Record], str]:
    """Where a fact is seen on GitHub, unless somebody moved its file."""
    base = f"{environment.server_url.rstrip('/')}/{environment.repository}/blob/{settings.memory_branch}"
    return lambda record: f"{base}/{fact_file.path_of(record)}"
