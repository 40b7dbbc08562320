"""The composition root: builds what a run needs, wires it, and hands the result to the edges."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from memory_agents import config_file
from memory_agents.core import policy
from memory_agents.core.context import PromptContext
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths, IssueCommentEvent, IssueEvent, Item, ItemEvent
from memory_agents.core.records import Notice
from memory_agents.core.summary import counted, recall_summary
from memory_agents.edges import event_file
from memory_agents.edges.actions import Runner
from memory_agents.edges.github import GitHubApi, GitHubFiles, RepositoryFiles
from memory_agents.edges.worktree import WorkingTree
from memory_agents.errors import GitHubFailure, SettingsError, UnreadableFile
from memory_agents.memory import git
from memory_agents.memory.git import Remote
from memory_agents.memory.integration import MemoryIntegration
from memory_agents.memory.providers import registry
from memory_agents.monitors.base import Recalled, family
from memory_agents.monitors.issue import IssueMonitor
from memory_agents.monitors.pull_request import PullRequestMonitor
from memory_agents.rendering import PARTIALS, SUFFIX, Templates
from memory_agents.settings import Configuration, Environment, Settings, read_inputs

if TYPE_CHECKING:
    from memory_agents.memory.provider import MemoryReader

_TOLD = 5
"""annotations of one run; a runner keeps ten for a step, and other tools want some"""


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


def memory_remote(settings: Settings, environment: Environment) -> Remote:
    """Where the memory branch is, and the token that opens it.

    `github-token` is for this same repository on GITHUB_SERVER_URL only; any other remote gets
    `memory-token` or nothing.
    """
    location = settings.memory_remote or _own(environment) or git.origin(Path.cwd())
    is_own = is_own_memory(settings, environment)
    token = settings.memory_token.get_secret_value()
    if not token and is_own:
        token = settings.github_token.get_secret_value()
    if token and not is_own and _is_open(location):
        raise SettingsError("`memory-token` is not sent over http.", fix="give `memory-remote` as an https URL")
    return Remote(
        location if "://" in location else _local(location),
        token=token,
        is_own=is_own,
        as_user=not environment.in_actions,
    )


def _is_open(location: str) -> bool:
    """Whether others on the way could read what is sent there."""
    url = urlsplit(location)
    return url.scheme == "http" and url.hostname not in {"127.0.0.1", "localhost", "::1"}


def is_own_memory(settings: Settings, environment: Environment) -> bool:
    """Whether memory is on a branch of the very repository whose event is handled."""
    own = _own(environment)
    location = settings.memory_remote or own
    return bool(own) and location.rstrip("/").removesuffix(".git").lower() == own.removesuffix(".git").lower()


def _own(environment: Environment) -> str:
    """Where git finds the repository of the event; empty on the command line."""
    if not (environment.in_actions and environment.repository):
        return ""
    return f"{environment.server_url.rstrip('/')}/{environment.repository}.git"


def _local(location: str) -> str:
    """A path, absolute because git runs elsewhere; `host:path` of ssh stays as it is."""
    head, colon, _ = location.partition(":")
    is_ssh = colon and "/" not in head and len(head) > 1
    path = Path(location).resolve()
    if not is_ssh and location.count("/") == 1 and not path.exists():
        raise SettingsError(
            f"There is no folder {location}.", fix=f"for a repository on GitHub write https://github.com/{location}"
        )
    return location if is_ssh else str(path)


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
            # TODO: the history index comes here
            raise SettingsError("`mode: index` is not part of this version.", fix="leave `mode` out")
        case policy.Recall(item_event):
            paths = ChangedPaths()  # TODO: those of the pull request `policy.wants_paths(item_event)`
            github = github_api(settings, environment)
            try:
                maintained = await read_maintained(maintainers_files(github, environment), inputs, family(item_event))
            finally:
                await github.close()
            recalled = await _recall(item_event, paths, maintained, environment)
            _hand_over(recalled, maintained, environment, runner)
    return 0


async def _recall(event: ItemEvent, paths: ChangedPaths, maintained: Maintained, environment: Environment) -> Recalled:
    settings = maintained.settings
    parts = (maintained.templates, settings, Fencer(lambda: secrets.token_hex(16)))
    clock = functools.partial(datetime.now, UTC)
    async with MemoryIntegration(
        lambda: create_provider(settings=settings, environment=environment), deadline=settings.timeout_seconds
    ) as memory:
        match event:
            case IssueEvent() | IssueCommentEvent(issue=Item(is_pull_request=False)):
                return await IssueMonitor(memory, *parts).recall(event, clock)
            case _:
                return await PullRequestMonitor(memory, *parts).recall(event, clock, paths)


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


@dataclass(frozen=True, slots=True)
class Maintained:
    """What the repository's maintainers decided: settings and templates, or the defaults and why."""

    settings: Settings
    templates: Templates
    notices: tuple[Notice, ...]


async def read_maintained(files: RepositoryFiles, inputs: Mapping[str, str], template: str) -> Maintained:
    """Read configuration and templates; what cannot be read or is invalid is noticed and left at its default.

    `template`: the event's own, which stands in for one that is asked for and cannot be rendered.
    """
    settings = Settings.build(inputs)
    notices: list[Notice] = []
    configuration = Configuration()
    own: Mapping[str, str] = {}
    end = asyncio.get_running_loop().time() + settings.timeout_seconds
    try:
        async with asyncio.timeout_at(end):
            text = await files.read(settings.config)
        if text is not None:
            configuration = config_file.parse(text, settings.config)
    except (SettingsError, UnreadableFile) as error:
        notices.append(Notice(text=f"{error.message} The default settings are used.", fix=error.fix))
    except TimeoutError:
        notices.append(_too_slow(settings, "settings and templates"))
        return Maintained(settings, Templates({}, folder=settings.prompts), tuple(notices))
    except GitHubFailure as error:
        notices.append(Notice(text=f"{error.message} The default settings and templates are used.", fix=error.fix))
        return Maintained(settings, Templates({}, folder=settings.prompts), tuple(notices))
    try:
        async with asyncio.timeout_at(end):
            own = await files.folder(settings.prompts, _needed(settings.template or template, template))
    except TimeoutError:
        notices.append(_too_slow(settings, "templates"))
    except (GitHubFailure, UnreadableFile) as error:
        notices.append(Notice(text=f"{error.message} The default templates are used.", fix=error.fix))
    return Maintained(Settings.build(inputs, configuration), Templates(own, folder=settings.prompts), tuple(notices))


def _too_slow(settings: Settings, what: str) -> Notice:
    text = f"GitHub did not answer within {settings.timeout_seconds:g} seconds. The default {what} are used."
    return Notice(text=text, fix="raise `timeout-seconds`, or see why GitHub's API is slow")


def _needed(*names: str) -> Callable[[str], bool]:
    """Whether a file of the templates' folder can have a part in rendering one of `names`."""
    files = {f"{name}{SUFFIX}" for name in names}
    return lambda file: file in files or (file.startswith(PARTIALS) and file.endswith(SUFFIX))


def _hand_over(recalled: Recalled, maintained: Maintained, environment: Environment, runner: Runner) -> None:
    """Give the prompt to the step that follows, and tell people what happened."""
    prompt, recollection = recalled.prompt, recalled.recollection
    context, info = prompt.context, recollection.info
    noticed = (*maintained.notices, *maintained.templates.notices, *recollection.notices)
    private = environment.in_actions and not is_own_memory(maintained.settings, environment)
    notices = [notice.told(private=private) for notice in noticed]
    for notice in notices[:_TOLD]:
        runner.warning(notice)
    if len(notices) > _TOLD:
        runner.warning(f"{len(notices) - _TOLD} more of this kind: see the step summary.")
    if environment.output_file is None:
        sys.stdout.write(prompt.text)  # on the command line the prompt is what was asked for
        return
    folder = Path(tempfile.mkdtemp(prefix="memory-agents-", dir=environment.temporary))
    (folder / "prompt.md").write_text(prompt.text, encoding="utf-8", newline="")
    (folder / "context.json").write_text(context.model_dump_json(indent=2), encoding="utf-8", newline="")
    runner.output("status", recollection.status)
    runner.output("action", "recalled")
    runner.output("prompt", prompt.text)
    runner.output("prompt-file", str(folder / "prompt.md"))
    runner.output("context-file", str(folder / "context.json"))
    runner.output("similar", json.dumps(similar(context)))
    runner.output("records", "[]")
    runner.summary(
        recall_summary(
            context,
            notices=notices,
            seconds=recollection.seconds,
            prompt_bytes=len(prompt.text.encode()),
            template=prompt.template,
            no_memory_on=maintained.settings.memory_branch if info is not None and not info.version else "",
            private=private,
        )
    )
    runner.log(
        f"{recollection.status}: {counted(len(context.memories()))} in {recollection.seconds:.2f} s, "
        f"a prompt of {len(prompt.text.encode())} bytes in {folder / 'prompt.md'}"
    )


def similar(context: PromptContext) -> list[dict[str, object]]:
    """The output `similar`: past issues, best first."""
    memories = [m for section in context.sections for m in section.memories if section.name == "similar_issues"]
    fields = {"number", "title", "url", "state", "score", "reasons"}
    return [memory.model_dump(include=fields) for memory in memories if memory.number is not None]
