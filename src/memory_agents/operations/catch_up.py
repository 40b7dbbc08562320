"""Catch-up: what was asked for and never done is carried out once; what has expired is removed.

It reads what was written since the last run, asks again who may, and goes on from the oldest. Where it has to stop
it says up to when everything is done, and the next run begins there.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from memory_agents.core.github_events import Account
from memory_agents.core.outcomes import Failed, Outcome
from memory_agents.core.pending import Labelled, Pending, Written, pending
from memory_agents.core.records import Notice
from memory_agents.core.requests import Request
from memory_agents.errors import GitHubFailure

_Work = tuple[datetime, Callable[[], Awaitable[Sequence[Outcome]]]]
"""when it was asked, and what does it"""
_AT_ONCE = 15
"""what is carried out without a pause: GitHub takes 80 writes a minute, and one command makes about four"""
_PAUSE = 3.0
"""seconds"""
_GIVE_UP = 3


class Queue(Protocol):
    """GitHub's lists. Each may raise GitHubFailure."""

    async def written(self, since: datetime) -> Sequence[Written]:
        """Comments, review comments and reviews that were made or edited at or after `since`."""

    async def editors(self, node_ids: Sequence[str]) -> Mapping[str, Account | None]:
        """Who edited last, by node id; None where nobody did. What is not told is left out."""

    async def labelled(self, since: datetime) -> Sequence[Labelled]:
        """Labels that were set, and items that were closed, at or after `since`."""


class Desk(Protocol):
    """Who may, and what carries it out."""

    async def may(self, account: Account) -> str:
        """The account's permission where it may write, else empty. Raises GitHubFailure."""

    async def carry_out(self, request: Request, permission: str) -> Sequence[Outcome]:
        """Carry out the Commands of a comment and acknowledge them."""

    async def digest(self, number: int, label: str) -> Sequence[Outcome]:
        """Remember a labelled item that is closed, if who set the label may. Raises GitHubFailure."""

    async def prune(self) -> Sequence[Outcome]:
        """Remove the facts that have expired."""


@dataclass(slots=True, kw_only=True)
class CaughtUp:
    """What a catch-up run did."""

    until: datetime
    """up to when everything is done: where the next run begins"""
    looked_at: int = 0
    """comments, reviews and labels"""
    outcomes: list[Outcome] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def hold(self, at: datetime, failure: GitHubFailure | None = None) -> None:
        """Leave what was asked at that time to the next run."""
        self.until = min(self.until, at)
        if failure is not None:
            self.notices.append(Notice(text=f"Not all is done. {failure.message}", fix=failure.fix, partial=True))


async def catch_up(
    queue: Queue,
    desk: Desk,
    *,
    repository: str,
    own_id: int,
    known: Sequence[str],
    labels: Collection[str],
    since: datetime,
    now: datetime,
    tell: Callable[[str], None],
) -> CaughtUp:
    """Catch up with what was asked since `since`.

    `own_id`: whom the token acts as. `labels`: those that ask for a digest, in lower case.
    """
    done = CaughtUp(until=now, outcomes=list(await desk.prune()))
    try:
        written, labelled = await queue.written(since), await queue.labelled(since)
        left = pending(written, own_id, known)
        editors = await queue.editors([one.written.node_id for one in left if one.written.is_edited])
    except GitHubFailure as failure:
        done.hold(since, failure)
        return done
    done.looked_at = len(written) + len(labelled)
    tell(f"{done.looked_at} comments, reviews and labels since {since:%Y-%m-%d %H:%M}, {len(left)} of them to do")
    obeyed = functools.partial(_obeyed, desk=desk, repository=repository, editors=editors)
    work: list[_Work] = [(one.written.updated_at, functools.partial(obeyed, one)) for one in left]
    asked = {(one.number, name): one.at for one in labelled for name in map(str.lower, one.labels) if name in labels}
    work += [(at, functools.partial(desk.digest, number, label)) for (number, label), at in asked.items()]
    await _work_off(sorted(work, key=lambda one: one[0]), done)
    return done


async def _work_off(work: Sequence[_Work], done: CaughtUp) -> None:
    """Do one after the other; what cannot be done now is left to the next run, and the others are not."""
    failed_in_a_row = 0
    for number, (at, do) in enumerate(work):
        if number >= _AT_ONCE:
            await asyncio.sleep(_PAUSE)
        try:
            outcomes = await do()
        except GitHubFailure as failure:
            done.hold(at, failure)
            if failure.limit:
                return
            continue
        done.outcomes += outcomes
        has_failed = any(isinstance(outcome, Failed) for outcome in outcomes)
        failed_in_a_row = failed_in_a_row + 1 if has_failed else 0
        if has_failed:
            done.hold(at)
        if failed_in_a_row == _GIVE_UP:
            return  # memory does not answer: the rest would wait for it in vain


async def _obeyed(
    one: Pending, desk: Desk, repository: str, editors: Mapping[str, Account | None]
) -> Sequence[Outcome]:
    """Carry out one comment, if those who stated it may; silence otherwise."""
    written = one.written
    sender = written.author
    if written.is_edited:
        if written.node_id not in editors:
            raise GitHubFailure(f"GitHub does not say who edited {written.url} last.", fix="run again later")
        sender = editors[written.node_id] or written.author
    permission = await desk.may(sender)
    if permission and one.receipt is None and sender.id != written.author.id:
        # Nobody knows which lines the editor wrote and which stood there before.
        permission = permission if await desk.may(written.author) else ""
    if not permission:
        return ()
    request = Request(
        place=written.place,
        repository=repository,
        body=written.body,
        author=written.author,
        sender=sender,
        url=written.url,
        said_at=written.created_at,
        said_before=one.said_before,
    )
    return await desk.carry_out(request, permission)
