"""Recalling for an event: what the maintainers decided, memory and the event, put together and handed over."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import Mapping

from memory_agents import handover
from memory_agents.app.meaning import search_by_meaning
from memory_agents.app.providing import FOR_GITHUB, fetched_early, github_api, maintainers_files, now, open_memory
from memory_agents.core import policy, similar_comment
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths, IssueCommentEvent, IssueEvent, Item, ItemEvent, item_of
from memory_agents.core.records import Notice
from memory_agents.edges.actions import Runner
from memory_agents.edges.github import GitHubApi, GitHubComments
from memory_agents.edges.github.pulls import changed_paths
from memory_agents.errors import GitHubFailure
from memory_agents.locations import is_own_memory
from memory_agents.maintained import Maintained, read_maintained
from memory_agents.memory.integration import MemoryIntegration, Status
from memory_agents.monitors.base import Recalled, family
from memory_agents.monitors.issue import IssueMonitor
from memory_agents.monitors.pull_request import PullRequestMonitor
from memory_agents.settings import Environment, Settings


async def recall(event: ItemEvent, inputs: Mapping[str, str], environment: Environment, runner: Runner) -> None:
    """Recall for one event and hand its Prompt over."""
    settings = Settings.build(inputs)
    meaning = search_by_meaning(settings, environment)
    # Two connections: what maintainers keep, and the rest, which must not wait for it.
    files, github = github_api(settings, environment), github_api(settings, environment)
    try:
        async with fetched_early(settings, environment, meaning.embedder) as facts:
            maintained, (paths, missing) = await asyncio.gather(
                read_maintained(maintainers_files(files, environment), inputs, family(event)),
                _changed_paths(event, settings, environment, github),
            )
            is_dense = maintained.settings.dense
            opened = functools.partial(open_memory, maintained.settings, environment, github)
            # Facts that are being fetched to be searched by meaning are of no use where the configuration says no.
            is_of_use = is_dense or meaning.embedder is None
            memory = MemoryIntegration(
                functools.partial(opened, facts, embedder=meaning.embedder) if is_of_use else opened,
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
        (
            *(meaning.notices if is_dense else ()),
            *maintained.notices,
            *maintained.templates.notices,
            *done.recollection.notices,
            *failed,
        ),
        environment=environment,
        runner=runner,
        settings=maintained.settings,
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
        async with asyncio.timeout(FOR_GITHUB * settings.timeout_seconds):
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


async def _asked(event: ItemEvent, paths: ChangedPaths, memory: MemoryIntegration, maintained: Maintained) -> Recalled:
    parts = (maintained.templates, maintained.settings, Fencer(lambda: secrets.token_hex(16)))
    async with memory:
        match event:
            case IssueEvent() | IssueCommentEvent(issue=Item(is_pull_request=False)):
                return await IssueMonitor(memory, *parts).recall(event, now)
            case _:
                return await PullRequestMonitor(memory, *parts).recall(event, now, paths)


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
