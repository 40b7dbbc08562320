"""Catch-up: what was asked for and never done is carried out once; what has expired is removed.

It reads what was written since the last run, asks again who may, and goes on from the oldest. Where it has to stop
it says up to when everything is done, and the next run begins there.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from memory_agents.core.github_events import Account
from memory_agents.core.outcomes import Failed, Outcome
from memory_agents.core.pending import Labelled, Pending, Written, pending
from memory_agents.core.records import Notice
from memory_agents.core.requests import Place, Receipt, Request
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

    async def editors(self, node_ids: Sequence[str]) -> Mapping[str, tuple[Account, ...]]:
        """All who ever edited, by node id. What is not told for sure is left out."""

    async def labelled(self, since: datetime) -> Sequence[Labelled]:
        """Labels that were set, and items that were closed, at or after `since`."""


class Desk(Protocol):
    """Who may, and what carries it out."""

    async def may(self, account: Account) -> str:
        """The account's permission where it may write, else empty. Raises GitHubFailure."""

    async def receipt(self, place: Place) -> Receipt | None:
        """What our reply there says. Raises GitHubFailure."""

    async def carry_out(self, request: Request, permission: str) -> Sequence[Outcome]:
        """Carry out the Commands of a comment and acknowledge them. Raises GitHubFailure where no reply is posted."""

    async def ids(self) -> frozenset[str]:
        """The ids of all facts. Raises a MemoryFailure."""

    async def digest(self, number: int) -> Sequence[Outcome]:
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
    labels: frozenset[str],
    since: datetime,
    now: datetime,
    tell: Callable[[str], None],
    keep: Callable[[datetime], None],
) -> CaughtUp:
    """Catch up with what was asked since `since`.

    `own_id`: whom the token acts as. `labels`: those that ask for a digest, in lower case. `keep`: keeps up to when
    everything is done, again and again: the run may be killed. Raises a MemoryFailure where memory is down.
    """
    done = CaughtUp(until=now, outcomes=list(await desk.prune()))
    try:
        written, labelled = await queue.written(since), await queue.labelled(since)
        left = pending(written, own_id, known, await desk.ids())
        editors = await queue.editors([one.written.node_id for one in left if one.written.is_edited])
    except GitHubFailure as failure:
        done.hold(since, failure)
        return done
    done.looked_at = len(written) + len(labelled)
    obeyed = functools.partial(_obeyed, desk=desk, repository=repository, editors=editors)
    work: list[_Work] = [(one.written.updated_at, functools.partial(obeyed, one)) for one in left]
    asked = {one.number: one.at for one in labelled if not labels.isdisjoint(map(str.lower, one.labels))}
    work += [(at, functools.partial(desk.digest, number)) for number, at in asked.items()]
    tell(
        f"{done.looked_at} comments, reviews and labels since {since:%Y-%m-%d %H:%M}, {len(work)} of them to look into"
    )
    await _work_off(sorted(work, key=lambda one: one[0]), done, keep)
    keep(done.until)
    return done


async def _work_off(work: Sequence[_Work], done: CaughtUp, keep: Callable[[datetime], None]) -> None:
    """Do one after the other; what cannot be done now is left to the next run, and the others are not."""
    written = down_in_a_row = 0
    for at, do in work:
        keep(min(at, done.until))
        if written >= _AT_ONCE:
            await asyncio.sleep(_PAUSE)
        try:
            outcomes = await do()
        except GitHubFailure as failure:
            done.hold(at, failure)
            if failure.limit:
                return
            continue
        done.outcomes += outcomes
        written += bool(outcomes)
        failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        if failed:
            done.hold(at)
        down_in_a_row = down_in_a_row + 1 if any(outcome.is_down for outcome in failed) else 0
        if down_in_a_row == _GIVE_UP:
            return  # memory does not answer: the rest would wait for it in vain


async def _obeyed(
    one: Pending, desk: Desk, repository: str, editors: Mapping[str, tuple[Account, ...]]
) -> Sequence[Outcome]:
    """Carry out one comment as it stands, if everybody who had a hand in it may; silence otherwise.

    Nobody can tell which of its lines the author wrote and which an editor.
    """
    written = one.written
    if written.is_edited and written.node_id not in editors:
        raise GitHubFailure(f"GitHub does not say for sure who edited {written.url}.", fix="run again later")
    hands = {account.id: account for account in (written.author, *editors.get(written.node_id, ()))}
    for account in hands.values():
        permission = await desk.may(account)
        if not permission:
            return ()
    request = Request(
        place=written.place,
        repository=repository,
        body=written.body,
        author=written.author,
        sender=written.author,
        url=written.url,
        said_at=written.created_at,
        is_whole=True,
        receipt=one.receipt or (await desk.receipt(written.place) if written.is_edited else None),
    )
    return await desk.carry_out(request, await desk.may(written.author))
