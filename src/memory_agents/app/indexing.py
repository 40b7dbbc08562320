"""Reading the repository's past into the local index."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

from memory_agents import handover
from memory_agents.app.calibrating import calibrated
from memory_agents.app.meaning import search_by_meaning
from memory_agents.app.providing import github_api, maintainers_files, now
from memory_agents.edges.actions import Runner
from memory_agents.edges.github.history import GitHubHistory
from memory_agents.errors import GitHubFailure, SettingsError, UnreadableFile
from memory_agents.locations import history_folder, repository_name
from memory_agents.maintained import read_configuration
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.integration import Status
from memory_agents.operations import history
from memory_agents.operations.progress import Counted, ProgressTeller, Tell
from memory_agents.settings import Environment, Settings

INDEX_SECONDS = 15 * 60.0
"""how long an index run reads; the next one goes on"""


async def index(inputs: Mapping[str, str], environment: Environment, runner: Runner) -> int:
    """Read the past of the event's repository."""
    settings = await _settings(inputs, environment)
    if settings.dry_run:
        runner.skipped("Dry run: the repository's past is not read.")
        return 0
    done = await index_history(
        settings, environment, seconds=INDEX_SECONDS, whole=False, tell=ProgressTeller(sys.stdout)
    )
    handover.indexed(done, runner=runner)
    return 1 if done.status is Status.UNAVAILABLE else 0


async def _settings(inputs: Mapping[str, str], environment: Environment) -> Settings:
    """The settings, with what the maintainers decided where that can be read: a recall says what is wrong with it."""
    settings = Settings.build(inputs)
    github = github_api(settings, environment)
    try:
        async with asyncio.timeout(settings.timeout_seconds):
            return Settings.build(inputs, await read_configuration(maintainers_files(github, environment), settings))
    except (GitHubFailure, SettingsError, TimeoutError, UnreadableFile):
        return settings
    finally:
        await github.close()


async def index_history(
    settings: Settings,
    environment: Environment,
    *,
    seconds: float,
    whole: bool,
    tell: Tell,
) -> history.Reading:
    """Read what is new in the repository's past into the local index. Raises SettingsError where it is not known."""
    repository = repository_name(environment)
    if not repository:
        raise SettingsError(
            "It is not known whose past to read.", fix="run inside a clone of it, or give --repository OWNER/NAME"
        )
    ends = asyncio.get_running_loop().time() + seconds
    meaning = search_by_meaning(settings, environment)
    github = github_api(settings, environment)
    files = HistoryFiles(history_folder(environment, repository), repository, meaning.embedder)
    try:
        done = await history.index(
            files,
            GitHubHistory(github, repository, may_be_renamed=not environment.in_actions),
            seconds=seconds,
            whole=whole,
            tell=tell,
            clock=now,
        )
        if done.is_complete and (done.changed or done.indexed or done.embedded):
            done.calibration, notices = await calibrated(
                files,
                settings,
                environment,
                tell=lambda what, count, of: tell(Counted(what, count, of)),
                may_go_on=lambda: asyncio.get_running_loop().time() < ends,
            )
            done.notices += notices
        done.notices += meaning.notices
        return done
    finally:
        files.close()
        await github.close()
