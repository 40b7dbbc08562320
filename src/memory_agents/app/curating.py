"""A run that may write: who asks, whether they may, and what becomes of it.

Nothing of a pull request's head is read here: the event, the configuration at the head of the default branch,
the memory branch.
"""

from __future__ import annotations

from collections.abc import Mapping

from memory_agents import handover
from memory_agents.app import digesting, redacting
from memory_agents.app.desk import Desk, Unsaid, open_desk
from memory_agents.core import commands, policy, requests
from memory_agents.core.github_events import (
    IssueCommentEvent,
    IssueEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    item_of,
)
from memory_agents.core.records import Notice
from memory_agents.core.requests import Place, Receipt, Request, place_of
from memory_agents.curation import Curated
from memory_agents.edges.actions import Runner
from memory_agents.edges.github.current import body_now
from memory_agents.errors import GitHubFailure
from memory_agents.settings import Environment

_STALE = "Nothing is left to do: the comment says something else by now, or it was done before."
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
        except Unsaid as failure:
            handover.denied(_REFUSED, Notice(text=failure.message, fix=failure.fix), runner=runner)
            return
        except GitHubFailure as failure:
            handover.not_done(Notice(text=failure.message, fix=failure.fix), runner=runner)
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
    place = place_of(event)
    receipt = await desk.receipt(place)
    if desk.fault is not None:
        return await desk.curation.put_off(place, desk.fault, receipt.settled if receipt else ())
    now = await body_now(desk.github, desk.environment.repository, place)
    request = _request(event, place, now or "", receipt, desk)
    if is_gone:
        return await desk.curation.retract(request, permission) if now is None else policy.Skip(_STALE)
    done = await desk.curation.carry_out(request, permission)
    return done if done.outcomes else policy.Skip(_STALE)


def _request(
    event: IssueCommentEvent | ReviewEvent | ReviewCommentEvent,
    place: Place,
    now: str,
    receipt: Receipt | None,
    desk: Desk,
) -> Request:
    """What the event's sender put into the comment and took out of it, as far as it stands so `now`.

    A run that is late, or run again, has an old payload: what it says counts only where it is still true.
    """
    comment = event.review if isinstance(event, ReviewEvent) else event.comment
    said_at = comment.created_at

    def said(body: str) -> dict[str, str]:
        return requests.said(commands.parse(body, desk.settings.fact_namespaces, said_on=said_at.date()))

    before = said(comment.before)
    is_own = event.origin.actor.id == comment.author.id
    return Request(
        place=place,
        repository=desk.environment.repository,
        body=now,
        author=comment.author,
        sender=event.origin.actor,
        url=comment.url,
        said_at=said_at,
        added=requests.added(said(comment.body), before, comment.before, is_own=is_own),
        gone=frozenset(before) - frozenset(said(comment.body)),
        is_edit=event.origin.action == "edited",
        receipt=receipt,
    )


async def _digest(event: IssueEvent | PullRequestEvent, desk: Desk) -> Curated | policy.Skip | None:
    """Remember a labelled item; None where who set the label may not."""
    item = item_of(event)
    is_new = event.origin.action == "labeled"
    labels = digesting.asking((event.label,) if is_new else item.labels, desk)
    if not labels:
        return policy.Skip("None of its labels asks to remember it.")
    if is_new and not await desk.may(event.origin.actor):
        return None
    return await digesting.digest(item.number, labels, event.origin.repository.id, desk)
