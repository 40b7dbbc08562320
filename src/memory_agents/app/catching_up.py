"""`mode: catch-up`: the queue, who carries it out, and the place up to which everything is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from memory_agents import handover
from memory_agents.app import digesting
from memory_agents.app.desk import Desk, open_desk
from memory_agents.app.providing import now
from memory_agents.core.github_events import Account
from memory_agents.core.outcomes import Outcome
from memory_agents.core.records import Notice
from memory_agents.core.requests import Place, Receipt, Request
from memory_agents.curation import Curated
from memory_agents.edges.actions import Runner
from memory_agents.edges.github.permissions import repository_id_of, viewer_id
from memory_agents.edges.github.requests import GitHubQueue
from memory_agents.errors import GitHubFailure, MemoryFailure, SettingsError
from memory_agents.locations import place_folder
from memory_agents.operations.catch_up import CaughtUp, catch_up
from memory_agents.settings import Environment

LONGEST = timedelta(days=30)
"""how far back it looks where the place of the last run is not known, or lies further back"""
SECONDS = 15 * 60.0
"""how long memory answers to one run"""
_OVERLAP = timedelta(minutes=10)
"""GitHub's lists and the runner's clock may be apart"""


async def run(inputs: Mapping[str, str], environment: Environment, runner: Runner) -> int:
    """Catch up, and keep the place for the next run. Returns the exit code."""
    async with open_desk(inputs, environment, deadline=SECONDS) as desk:
        try:
            done = await _caught_up(desk, runner)
        except (GitHubFailure, MemoryFailure, SettingsError) as error:
            handover.not_caught_up(Notice(text=error.message, fix=error.fix), runner=runner)
            return 1
        handover.caught_up(done, runner=runner, private=desk.curation.private, dry_run=desk.settings.dry_run)
    return 0


async def _caught_up(desk: Desk, runner: Runner) -> CaughtUp:
    if desk.fault is not None:
        raise SettingsError(desk.fault.text, fix=desk.fault.fix)
    repository = desk.environment.repository
    place = _Place(place_folder(desk.environment, repository) / "place.json")
    began = now()
    repository_id = await repository_id_of(desk.github, repository)
    clerk = _Clerk(desk, repository_id)
    done = await catch_up(
        GitHubQueue(desk.github, repository, repository_id),
        clerk,
        repository=repository,
        own_id=await viewer_id(desk.github),
        known=desk.settings.fact_namespaces,
        labels=frozenset(label.lower() for label in desk.settings.labels),
        since=max(place.read() or began - LONGEST, began - LONGEST),
        now=began - _OVERLAP,
        tell=runner.log,
        keep=_ignored if desk.settings.dry_run else place.write,
    )
    done.notices += clerk.notices
    return done


def _ignored(_: datetime) -> None:
    """Of a dry run: nothing is kept."""


@dataclass(frozen=True, slots=True)
class _Clerk:
    """See `operations.catch_up.Desk`."""

    desk: Desk
    repository_id: int
    notices: list[Notice] = field(default_factory=list)

    async def may(self, account: Account) -> str:
        """See Desk."""
        return await self.desk.may(account)

    async def receipt(self, place: Place) -> Receipt | None:
        """See Desk."""
        return await self.desk.receipt(place)

    async def carry_out(self, request: Request, permission: str) -> Sequence[Outcome]:
        """See Desk."""
        return self._told(await self.desk.curation.carry_out(request, permission))

    async def ids(self) -> frozenset[str]:
        """See Desk."""
        return await self.desk.curation.writer.ids()

    async def digest(self, number: int) -> Sequence[Outcome]:
        """See Desk."""
        done = await digesting.digest(number, tuple(self.desk.settings.labels), self.repository_id, self.desk)
        return self._told(done) if done is not None else ()

    async def prune(self) -> Sequence[Outcome]:
        """See Desk."""
        return await self.desk.curation.prune()

    def _told(self, curated: Curated) -> Sequence[Outcome]:
        self.notices.extend(curated.notices)
        if curated.unanswered is not None:
            raise curated.unanswered
        return curated.outcomes


class _Place:
    """Up to when everything is done, kept in the cache: losing it costs requests."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> datetime | None:
        """The time, or None where it is not known."""
        try:
            told = datetime.fromisoformat(json.loads(self._file.read_text(encoding="utf-8"))["done-until"])
            return told.astimezone(UTC)
        except (OSError, ValueError, TypeError, LookupError):
            return None

    def write(self, until: datetime) -> None:
        """Keep the time."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({"done-until": until.isoformat()}), encoding="utf-8")
