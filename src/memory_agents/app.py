"""The composition root: builds what a run needs, wires it, and hands the result to the edges."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from memory_agents import handover
from memory_agents.core import policy, similar_comment
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths, IssueCommentEvent, IssueEvent, Item, ItemEvent, item_of
from memory_agents.core.records import Notice
from memory_agents.edges import event_file
from memory_agents.edges.actions import Runner
from memory_agents.edges.github import GitHubApi, GitHubComments, GitHubFiles, RepositoryFiles
from memory_agents.edges.github.history import GitHubHistory
from memory_agents.edges.github.pulls import changed_paths
from memory_agents.edges.worktree import WorkingTree
from memory_agents.errors import GitHubFailure, MemoryAgentsError, SettingsError
from memory_agents.locations import history_folder, is_own_memory, memory_remote, repository_name
from memory_agents.maintained import Maintained, read_maintained
from memory_agents.memory import git
from memory_agents.memory.combined import CombinedReader, Part
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.history.reader import NAMESPACES, HistoryReader
from memory_agents.memory.integration import MemoryIntegration, Status
from memory_agents.memory.provider import MemoryReader
from memory_agents.memory.providers import registry
from memory_agents.monitors.base import Recalled, family
from memory_agents.monitors.issue import IssueMonitor
from memory_agents.monitors.pull_request import PullRequestMonitor
from memory_agents.operations import history
from memory_agents.operations.progress import ProgressTeller
from memory_agents.settings import Environment, Settings, read_inputs

INDEX_SECONDS = 15 * 60.0
"""how long an index run reads; the next one goes on"""
_FOR_GITHUB = 0.5
"""of the deadline, for what is new on GitHub: what is indexed must still be searched"""

_now = functools.partial(datetime.now, UTC)


def create_provider(
    provider: str = "", *, settings: Settings | None = None, environment: Environment | None = None
) -> MemoryReader:
    """Make a provider. No I/O, but that git is asked for this clone's origin where nothing names a remote.

    `provider`: `git`, `chromadb` or `agentcore`; empty is what the settings say. Settings and environment
    are read from this process where none are given. Raises SettingsError, or MissingExtra with the
    install command.
    """
    environment = environment or Environment.read(os.environ)
    settings = settings or Settings.build(read_inputs(os.environ))
    settings = settings.model_copy(update={"provider": provider}) if provider else settings
    return registry.create(
        settings.provider,
        remote=memory_remote(settings, environment),
        branch=settings.memory_branch,
        state=environment.state(),
    )


def open_memory(
    settings: Settings, environment: Environment, github: GitHubApi, facts: Callable[[], MemoryReader] | None = None
) -> CombinedReader:
    """Facts, and the history of this repository where it is known. No I/O.

    `facts` opens the provider, in place of `create_provider`. GitHub is asked for what is new in a workflow run,
    and on the command line with a token.
    """
    facts = facts or functools.partial(create_provider, settings=settings, environment=environment)
    parts = [Part("facts", "its remote", facts)]
    repository = repository_name(environment)
    if repository:
        is_asked = environment.in_actions or bool(settings.github_token.get_secret_value())
        source = GitHubHistory(github, repository, may_be_renamed=not environment.in_actions) if is_asked else None
        folder = history_folder(environment, repository)
        seconds = _FOR_GITHUB * settings.timeout_seconds
        open_history = functools.partial(HistoryReader, folder, repository, source, seconds=seconds, clock=_now)
        parts.append(Part("history", "GitHub", open_history, holds=NAMESPACES))
    return CombinedReader(*parts, deadline=settings.timeout_seconds)


async def run(environ: Mapping[str, str], runner: Runner) -> int:
    """Handle the event of this step, as the action does. Returns the exit code."""
    environment = Environment.read(environ)
    inputs = read_inputs(environ)
    settings = Settings.build(inputs)
    for token in (settings.github_token, settings.memory_token):
        for form in git.forms_of(token.get_secret_value()):
            runner.mask(form)
    event = event_file.read(environment.event_name, environment.event_path, environment.repository)
    match policy.plan(event, settings.mode):
        case policy.Skip(reason):
            runner.skipped(reason)
        case policy.Index():
            return await _index(settings, environment, runner)
        case policy.Recall(item_event):
            await _recall(item_event, inputs, environment, runner)
    return 0


async def _recall(event: ItemEvent, inputs: Mapping[str, str], environment: Environment, runner: Runner) -> None:
    settings = Settings.build(inputs)
    # Two connections: what maintainers keep, and the rest, which must not wait for it.
    files, github = github_api(settings, environment), github_api(settings, environment)
    try:
        async with _fetched_early(settings, environment) as facts:
            maintained, (paths, missing) = await asyncio.gather(
                read_maintained(maintainers_files(files, environment), inputs, family(event)),
                _changed_paths(event, settings, environment, github),
            )
            memory = MemoryIntegration(
                lambda: open_memory(maintained.settings, environment, github, facts),
                deadline=maintained.settings.timeout_seconds,
                missing=missing,
            )
            done = await _asked(event, paths, memory, maintained)
        private = environment.in_actions and not is_own_memory(maintained.settings, environment)
        comment, failed = "", tuple[Notice, ...]()
        if environment.in_actions:
            comment, failed = await _comment(event, done, maintained.settings, github, private=private)
    finally:
        await files.close()
        await github.close()
    handover.recalled(
        done,
        (*maintained.notices, *maintained.templates.notices, *done.recollection.notices, *failed),
        environment=environment,
        runner=runner,
        memory_branch=maintained.settings.memory_branch,
        comment=comment,
        private=private,
    )


async def _changed_paths(
    event: ItemEvent, settings: Settings, environment: Environment, github: GitHubApi
) -> tuple[ChangedPaths, tuple[Notice, ...]]:
    """The paths that the event's pull request changes, or why they are not known."""
    number = policy.wants_paths(event)
    if number is None or not environment.in_actions:
        return ChangedPaths(), ()
    try:
        async with asyncio.timeout(_FOR_GITHUB * settings.timeout_seconds):
            total = item_of(event).changed_files
            changed = await changed_paths(github, environment.repository, number, total=total)
            return changed, _beyond(changed)
    except TimeoutError:
        text, fix = f"GitHub did not list the files of #{number} in time.", "raise `timeout-seconds`"
    except GitHubFailure as error:
        text, fix = error.message, error.fix
    text = f"{text} What is scoped to them is not recalled."
    return ChangedPaths(), (Notice(text=text, fix=fix, partial=True),)


def _beyond(changed: ChangedPaths) -> tuple[Notice, ...]:
    """What a person should know where not all paths were read."""
    if changed.total <= len(changed.paths):
        return ()
    text = f"Of {changed.total:,} changed files {len(changed.paths)} were looked at."
    return (Notice(text=f"{text} What is scoped to the others is not recalled."),)


@contextlib.asynccontextmanager
async def _fetched_early(settings: Settings, environment: Environment) -> AsyncIterator[Callable[[], MemoryReader]]:
    """A way to the facts, which are being fetched meanwhile: that takes longest, and no configuration changes it."""
    opened = functools.partial(create_provider, settings=settings, environment=environment)
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


async def _fetch(reader: MemoryReader) -> None:
    with contextlib.suppress(Exception):  # whoever asks next is told
        await reader.get_info()


async def _asked(event: ItemEvent, paths: ChangedPaths, memory: MemoryIntegration, maintained: Maintained) -> Recalled:
    parts = (maintained.templates, maintained.settings, Fencer(lambda: secrets.token_hex(16)))
    async with memory:
        match event:
            case IssueEvent() | IssueCommentEvent(issue=Item(is_pull_request=False)):
                return await IssueMonitor(memory, *parts).recall(event, _now)
            case _:
                return await PullRequestMonitor(memory, *parts).recall(event, _now, paths)


async def _comment(
    event: ItemEvent, done: Recalled, settings: Settings, github: GitHubApi, *, private: bool
) -> tuple[str, tuple[Notice, ...]]:
    """Keep the comment with similar issues up to date, if it is asked for; a line about it, and what went wrong."""
    context = done.prompt.context
    is_new = isinstance(policy.plan(event, policy.Mode.AUTO), policy.Recall)
    if settings.comment != "similar" or not isinstance(event, IssueEvent) or context.issue is None or not is_new:
        return "", ()
    if private:
        return "", (Notice(text="No comment is posted, for memory is private.", fix="leave `comment` out"),)
    issue = context.issue
    body = similar_comment.render(handover.similar_issues(context), number=issue.number, created_at=issue.created_at)
    is_whole = done.recollection.status in {Status.OK, Status.EMPTY} and not context.dropped
    if body is None and not is_whole:
        return "", ()  # nothing is left because a part is missing: what was said before stands
    if settings.dry_run:
        return f"Dry run: this comment would be posted.\n\n{body}" if body else "Dry run: no comment.", ()
    try:
        async with asyncio.timeout(settings.timeout_seconds):
            sticky = await GitHubComments(github, event.origin.repository.full_name).put_sticky(
                issue.number, similar_comment.MARKER, body, withdrawn=similar_comment.NOTHING_SIMILAR
            )
    except TimeoutError:
        return "", (Notice(text="GitHub did not take the comment in time.", fix="run the job again"),)
    except GitHubFailure as error:
        return "", (Notice(text=error.message, fix=error.fix),)
    return f"Comment: {sticky.done} {sticky.url}".rstrip(), ()


async def _index(settings: Settings, environment: Environment, runner: Runner) -> int:
    """Read the past of the event's repository."""
    if settings.dry_run:
        runner.skipped("Dry run: the repository's past is not read.")
        return 0
    done = await index_history(
        settings, environment, seconds=INDEX_SECONDS, whole=False, tell=ProgressTeller(sys.stdout)
    )
    handover.indexed(done, runner=runner)
    return 1 if done.status is Status.UNAVAILABLE else 0


async def index_history(
    settings: Settings,
    environment: Environment,
    *,
    seconds: float,
    whole: bool,
    tell: Callable[[history.Progress], None],
) -> history.Reading:
    """Read what is new in the repository's past into the local index. Raises SettingsError where it is not known."""
    repository = repository_name(environment)
    if not repository:
        raise SettingsError(
            "It is not known whose past to read.", fix="run inside a clone of it, or give --repository OWNER/NAME"
        )
    github = github_api(settings, environment)
    files = HistoryFiles(history_folder(environment, repository), repository)
    try:
        return await history.index(
            files,
            GitHubHistory(github, repository, may_be_renamed=not environment.in_actions),
            seconds=seconds,
            whole=whole,
            tell=tell,
            clock=_now,
        )
    finally:
        files.close()
        await github.close()


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
