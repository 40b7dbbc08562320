"""Making what a run needs: providers, memory as a whole, the connection to GitHub. Nothing here does I/O by itself."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from memory_agents.app.redacting import redact_fully
from memory_agents.edges.actions import debug_line
from memory_agents.edges.github import GitHubApi, GitHubFiles, RepositoryFiles
from memory_agents.edges.github.history import GitHubHistory
from memory_agents.edges.worktree import WorkingTree
from memory_agents.errors import MemoryAgentsError, SettingsError
from memory_agents.locations import backend, history_folder, repository_name
from memory_agents.memory import git
from memory_agents.memory.combined import CombinedReader, Part
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.history.reader import NAMESPACES, HistoryReader
from memory_agents.memory.provider import MemoryProvider, MemoryReader
from memory_agents.memory.providers import registry
from memory_agents.memory.wrapper import Call, wrapped
from memory_agents.memory.writer import MemoryWriter
from memory_agents.settings import Environment, Provider, Settings, read_inputs

FOR_GITHUB = 0.5
"""of the deadline, for what is new on GitHub: what is indexed must still be searched"""

_SLOW: Mapping[Provider, str] = {"git": "its remote", "chromadb": "Chroma", "agentcore": "AgentCore, or the way to it,"}
"""provider → what keeps facts waiting"""

now = functools.partial(datetime.now, UTC)


def create_provider(
    provider: str = "",
    *,
    settings: Settings | None = None,
    environment: Environment | None = None,
    embedder: Embedder | None = None,
) -> MemoryProvider:
    """Make a provider. No I/O, but that git is asked for this clone's origin where nothing names a remote.

    `provider`: `git`, `chromadb` or `agentcore`; empty is what the settings say. Settings and environment
    are read from this process where none are given. `embedder`: None searches by words alone, but for Chroma. Raises
    SettingsError, or MissingExtra with the install command.
    """
    environment = environment or Environment.read(os.environ)
    if provider and provider not in _SLOW:
        raise SettingsError(f"There is no provider {provider!r}.", fix=f"use one of {', '.join(_SLOW)}")
    settings = settings or Settings.build(read_inputs(os.environ, {"provider": provider}))
    settings = settings.model_copy(update={"provider": provider}) if provider else settings
    made = registry.create(
        backend(settings, environment),
        state=environment.state(),
        embedder=embedder,
        seconds=settings.timeout_seconds,
    )
    return wrapped(made, on_call=_told if environment.debug else None)


def _told(call: Call) -> None:
    """Tell a person who asked for details how long memory took."""
    sys.stderr.write(f"{debug_line(str(call))}\n")


def open_memory(
    settings: Settings,
    environment: Environment,
    github: GitHubApi,
    facts: Callable[[], MemoryReader] | None = None,
    *,
    embedder: Embedder | None = None,
    deadline: float = 0,
) -> CombinedReader:
    """Facts, and the history of this repository where it is known. No I/O.

    `facts` opens the provider, in place of `create_provider`. `embedder`: None searches by words alone.
    GitHub is asked for what is new in a workflow run, and on the command line with a token. `deadline`: seconds for
    all questions together, in place of `timeout-seconds`.
    """
    facts = facts or functools.partial(create_provider, settings=settings, environment=environment, embedder=embedder)
    parts = [Part("facts", _SLOW[settings.provider], facts)]
    repository = repository_name(environment)
    if repository:
        is_asked = environment.in_actions or bool(settings.github_token.get_secret_value())
        source = GitHubHistory(github, repository, may_be_renamed=not environment.in_actions) if is_asked else None
        folder = history_folder(environment, repository)
        seconds = FOR_GITHUB * settings.timeout_seconds
        open_history = functools.partial(
            HistoryReader, folder, repository, source, seconds=seconds, clock=now, embedder=embedder
        )
        parts.append(Part("history", "GitHub", open_history, holds=NAMESPACES))
    return CombinedReader(*parts, deadline=deadline or settings.timeout_seconds)


def open_writer(provider: MemoryProvider, *, dry_run: bool) -> MemoryWriter:
    """The one door to writing: with every scanner for secrets that is installed."""
    return MemoryWriter(provider, redact=redact_fully, now=now, dry_run=dry_run)


@contextlib.asynccontextmanager
async def fetched_early(
    settings: Settings, environment: Environment, embedder: Embedder | None = None
) -> AsyncIterator[Callable[[], MemoryProvider]]:
    """A way to the facts, which are being fetched meanwhile: that takes longest, and no configuration changes it."""
    opened = functools.partial(create_provider, settings=settings, environment=environment, embedder=embedder)
    try:
        reader = opened()
    except MemoryAgentsError:
        yield opened  # says so again to whoever asks
        return
    fetching = asyncio.create_task(_fetch(reader))
    try:
        yield lambda: reader
    finally:
        fetching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await fetching
        await reader.close()


async def _fetch(reader: MemoryProvider) -> None:
    with contextlib.suppress(Exception):  # whoever asks next is told
        await reader.get_info()


def github_api(settings: Settings, environment: Environment) -> GitHubApi:
    """The connection to GitHub's API with the job's token. No I/O."""
    return GitHubApi(
        api_url=environment.api_url,
        token=settings.github_token.get_secret_value(),
        timeout=min(10, settings.timeout_seconds),
    )


def maintainers_files(github: GitHubApi, environment: Environment) -> RepositoryFiles:
    """The default branch's head in a run, the working tree on the command line."""
    if not environment.in_actions:
        return WorkingTree(Path(git.top(Path.cwd()) or Path.cwd()))
    return GitHubFiles(github, environment.repository)
