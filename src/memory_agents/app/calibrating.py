"""Measuring with a repository's own duplicates how well past issues are found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from memory_agents.app.meaning import search_by_meaning
from memory_agents.app.providing import create_provider
from memory_agents.core.records import Notice
from memory_agents.errors import MemoryAgentsError, SettingsError, UsageError
from memory_agents.locations import history_folder, repository_name
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.index import IndexCorrupt
from memory_agents.operations import calibrating
from memory_agents.operations.calibrating import Calibration
from memory_agents.operations.evaluating import Tell
from memory_agents.settings import Environment, Settings


async def calibrate_history(
    settings: Settings, environment: Environment, *, tell: Tell
) -> tuple[Calibration, tuple[Notice, ...]]:
    """Calibrate the index of the repository's past, and what was wrong. Raises UsageError where it was not read yet."""
    repository = repository_name(environment)
    if not repository:
        raise SettingsError(
            "It is not known whose past to look at.", fix="run inside a clone of it, or give --repository OWNER/NAME"
        )
    meaning = search_by_meaning(settings, environment)
    files = HistoryFiles(history_folder(environment, repository), repository, meaning.embedder)
    try:
        if len(files.store):
            done, notices = await calibrated(files, settings, environment, tell=tell)
            if done is not None:
                return done, (*meaning.notices, *notices)
    finally:
        files.close()
    raise UsageError(f"The past of {repository} is not read yet.", fix="run `memory-agents index` first")


async def calibrated(
    files: HistoryFiles,
    settings: Settings,
    environment: Environment,
    *,
    tell: Tell,
    may_go_on: Callable[[], bool] = lambda: True,
) -> tuple[Calibration | None, tuple[Notice, ...]]:
    """Calibrate, and what was wrong; None where time is over, or the files are damaged, which are then begun anew."""
    notices: list[Notice] = []

    async def ask_apart() -> calibrating.Pairs:
        try:
            async with asyncio.timeout(settings.timeout_seconds):
                return await _apart(settings, environment)
        except TimeoutError:
            text, fix = f"Memory did not answer within {settings.timeout_seconds:g} seconds.", "raise `timeout-seconds`"
        except MemoryAgentsError as error:
            text, fix = error.message, error.fix
        notices.append(Notice(text=f"{text} What people said are no duplicates is not known.", fix=fix))
        return frozenset()

    try:
        done = await calibrating.calibrate(files, ask_apart, tell=tell, may_go_on=may_go_on)
    except IndexCorrupt as error:
        files.reset(error.reason)
        done = None
    return done, tuple(notices)


async def _apart(settings: Settings, environment: Environment) -> calibrating.Pairs:
    provider = create_provider(settings=settings, environment=environment)
    try:
        return await provider.pairs_apart()
    finally:
        await provider.close()
