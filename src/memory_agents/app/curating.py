"""A run that may write: who asks, whether they may, and what becomes of it.

Nothing of a pull request's head is read here: the event, the configuration at the head of the default branch,
the memory branch.
"""

from __future__ import annotations

from collections.abc import Mapping

from memory_agents import handover
from memory_agents.app import digesting, redacting
from memory_agents.app.desk import Desk, open_desk
from memory_agents.core import commands, policy
from memory_agents.core.github_events import (
    IssueCommentEvent,
    IssueEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    comment_of,
    item_of,
)
from memory_agents.core.records import Notice
from memory_agents.core.requests import request_of
from memory_agents.curation import Curated, together
from memory_agents.edges.actions import Runner
from memory_agents.edges.github.current import body_now
from memory_agents.errors import GitHubFailure
from memory_agents.settings import Environment

_REFUSED = "The command is not carried out."
"""and no word on why: everybody reads the log"""


async def curate(planned: policy.Writing, inputs: Mapping[str, str], environment: Environment, runner: Runner) -> None:
    """Carry out what an event asks to write, if its sender may; hand over what became of it."""
    async with open_desk(inputs, environment) as desk:
        try:
            if isinstance(planned, policy.Obey):
                curated = await _obey(planned.event, desk)
            else:
                curated = await _digest(planned.event, desk)
        except GitHubFailure as failure:
            handover.denied(_REFUSED, Notice(text=failure.message, fix=failure.fix), runner=runner)
            return
        private, dry_run = desk.curation.private, desk.settings.dry_run
    if isinstance(curated, policy.Skip):
        runner.skipped(curated.reason)
    elif curated is None:
        handover.denied(_REFUSED, None, runner=runner)
    else:
        handover.curated(curated, runner=runner, private=private, dry_run=dry_run)


async def _obey(
    event: IssueCommentEvent | ReviewEvent | ReviewCommentEvent, desk: Desk
) -> Curated | policy.Skip | None:
    """Carry out the Commands of a comment; None where its sender may not."""
    is_gone = event.origin.action == "deleted"
    if is_gone and desk.settings.on_comment_deleted == "keep":
        return policy.Skip("The comment is gone, and its facts stay: `on-comment-deleted` is `keep`.")
    permission = await desk.may(event.origin.actor)
    if not permission:
        return None
    redacting.begin()
    said = comment_of(event)
    known = desk.settings.fact_namespaces
    before = commands.parse(said.before, known, said_on=said.created_at.date()) if said and said.before else None
    request = request_of(event, before)
    if desk.fault is not None:
        return await desk.curation.put_off(request.place, desk.fault)
    if event.origin.action == "edited":
        now = await body_now(desk.github, request.repository, request.place)
        if now != request.body:
            return policy.Skip("The comment says something else by now, which has a run of its own.")
    if is_gone:
        return await desk.curation.retract(request, permission)
    return await desk.curation.carry_out(request, permission)


async def _digest(event: IssueEvent | PullRequestEvent, desk: Desk) -> Curated | policy.Skip | None:
    """Remember a labelled item; None where who set the label may not."""
    item = item_of(event)
    is_new = event.origin.action == "labeled"
    labels = digesting.asking((event.label,) if is_new else item.labels, desk)
    if not labels:
        return policy.Skip("None of its labels asks to remember it.")
    if is_new and not await desk.may(event.origin.actor):
        return None
    done = await digesting.digest(item.number, labels, event.origin.repository.id, desk)
    return together(done) if done else None
