"""`mode: catch-up`: the queue, the desk, and the place up to which everything is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from memory_agents import handover
from memory_agents.app.desk import open_desk
from memory_agents.app.providing import now
from memory_agents.edges.actions import Runner
from memory_agents.edges.github.permissions import viewer_id
from memory_agents.edges.github.requests import GitHubQueue
from memory_agents.errors import GitHubFailure, MemoryFailure
from memory_agents.locations import history_folder
from memory_agents.operations.catch_up import catch_up
from memory_agents.settings import Environment

LONGEST = timedelta(days=30)
"""how far back it looks where the place of the last run is not known, or lies further back"""
_OVERLAP = timedelta(minutes=10)
"""GitHub's lists and the runner's clock may be apart"""


async def run(inputs: Mapping[str, str], environment: Environment, runner: Runner) -> int:
    """Catch up, and keep the place for the next run. Returns the exit code."""
    async with open_desk(inputs, environment) as desk:
        if desk.fault is not None:
            runner.error(str(desk.fault))
            handover.caught_up(None, runner=runner, private=desk.curation.private)
            return 1
        place = _Place(history_folder(environment, environment.repository) / "catch-up.json")
        began = now()
        try:
            done = await catch_up(
                GitHubQueue(desk.github, environment.repository, desk.repository_id),
                _Clerk(desk),
                repository=environment.repository,
                own_id=await viewer_id(desk.github),
                known=desk.settings.fact_namespaces,
                labels=frozenset(desk.settings.labels),
                since=max(place.read() or began - LONGEST, began - LONGEST),
                now=began - _OVERLAP,
                tell=runner.log,
            )
        except (GitHubFailure, MemoryFailure) as error:
            runner.error(str(error))
            handover.caught_up(None, runner=runner, private=desk.curation.private)
            return 1
        if not desk.settings.dry_run:
            place.write(done.until)
        handover.caught_up(done, runner=runner, private=desk.curation.private)
    return 0


@dataclass(frozen=True, slots=True)
class _Clerk:
    """See `operations.catch_up.Desk`."""

    desk: Desk
    repository_id: int

    async def may(self, account: Account) -> str:
        return await self.desk.may(account)

    async def carry_out(self, request: Request, permission: str) -> Sequence[Outcome]:
        return self._told(await self.desk.curation.carry_out(request, permission))

    async def digest(self, number: int, label: str) -> Sequence[Outcome]:
        done = await digesting.digest(number, (label,), self.repository_id, self.desk)
        return [outcome for one in done for outcome in self._told(one)]

    async def prune(self) -> Sequence[Outcome]:
        """Remove what has expired."""
        return await self.desk.curation.prune()

    def _told(self, curated: Curated) -> Sequence[Outcome]:
        self.notices.extend(curated.notices)
        return curated.outcomes


class _Place:
    """Up to when everything is done, kept with the history of the repository in the cache: losing it costs requests."""

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
