"""A repository on a fake GitHub whose past is read, and what must then be known of it, from the fake alone."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory_agents.core.history import Page, Seen, Stream
from memory_agents.core.records import Record, Source
from memory_agents.edges.github.api import GitHubApi
from memory_agents.edges.github.history import GitHubHistory
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.history.reader import HistoryReader
from memory_agents.memory.history.source import HistorySource
from memory_agents.memory.index import LocalIndex
from memory_agents.operations import history
from memory_agents.operations.history import Reading
from memory_agents.operations.progress import Counted, Progress
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.render.basics import node_id
from memory_agents.testing.github.render.nodes import issue_id
from memory_agents.testing.github.state import Issue, IssueEvent

START = datetime(2026, 1, 1, tzinfo=UTC)
LISTS = {
    Stream.ISSUES: "issues",
    Stream.REVIEWS: "pulls/comments",
    Stream.COMMENTS: "issues/comments",
    Stream.EVENTS: "issues/events",
}


@dataclass
class Clock:
    """The time of the fake and of the runs, which stands still until it is told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **by: float) -> datetime:
        """Let time pass: a second, or `timedelta`'s words."""
        self.now += timedelta(**(by or {"seconds": 1}))
        return self.now


@dataclass
class Project:
    """A repository, and the folder in which its history is kept."""

    fake: FakeGitHub
    repository: FakeRepository
    folder: Path
    clock: Clock
    token: str = ""
    told: list[Progress] = field(default_factory=list)
    embeddings: list[Counted] = field(default_factory=list)
    """what was told of those"""
    embedder: Embedder | None = None

    @property
    def name(self) -> str:
        return self.repository.full_name

    def add_issue(self, title: str = "Parser crash", **fields: Any) -> Issue:
        """A second after what was before."""
        self.clock.tick()
        return self.repository.add_issue(title, fields.pop("body", "It crashes."), **fields)

    def add_pull(self, title: str = "Mend the parser", body: str = "", **fields: Any) -> Issue:
        """The same for a pull request."""
        self.clock.tick()
        if self.repository.git.tip("feature") is None:
            self.repository.commit_files({"f": "1"}, branch="feature", parent="main")
        return self.repository.add_pull(title, body, head="feature", **fields)

    def comment(self, number: int, body: str = "Me too.", *, author: str = "octocat") -> int:
        """The id of a new comment."""
        self.clock.tick()
        return self.repository.add_comment(number, body, author=author).id

    def close(self, issue: Issue, **fields: Any) -> None:
        """A second after what was before."""
        self.clock.tick()
        self.repository.close(issue, **{"actor": "mona", "reason": "completed"} | fields)

    @asynccontextmanager
    async def source(self) -> AsyncIterator[GitHubHistory]:
        """A connection of its own."""
        api = GitHubApi(api_url=self.fake.api_url, token=self.token or self.fake.add_token())
        try:
            yield GitHubHistory(api, self.name)
        finally:
            await api.close()

    async def index(
        self,
        *,
        whole: bool = False,
        seconds: float = 60,
        through: Callable[[HistorySource], HistorySource] = lambda source: source,
    ) -> Reading:
        """One index run; `through` may put something between it and GitHub."""
        files = HistoryFiles(self.folder, self.name, self.embedder)

        def tell(progress: Progress | Counted) -> None:
            if isinstance(progress, Counted):
                self.embeddings.append(progress)
            else:
                self.told.append(progress)

        try:
            async with self.source() as source:
                return await history.index(
                    files, through(source), seconds=seconds, whole=whole, tell=tell, clock=self.clock
                )
        finally:
            files.close()

    @asynccontextmanager
    async def reader(
        self, *, seconds: float = 20, source: HistorySource | None = None, is_asking: bool = True
    ) -> AsyncIterator[HistoryReader]:
        """A reader as a recall has one."""
        async with self.source() as own:
            asked = (source or own) if is_asking else None
            reader = HistoryReader(
                self.folder, self.name, asked, seconds=seconds, clock=self.clock, embedder=self.embedder
            )
            try:
                yield reader
            finally:
                await reader.close()

    def requests(self, since: int = 0) -> list[str]:
        """The paths that were asked, from the `since`-th on, without the repository's own."""
        return [each.path.removeprefix(f"/repos/{self.name}/") for each in self.fake.requests[since:]]


@contextmanager
def project_in(folder: Path, *, private: bool = False) -> Iterator[Project]:
    """An empty project, its fake running."""
    clock = Clock()
    with FakeGitHub(clock=clock) as fake:
        repository = fake.add_repository("octo/hello", private=private, files={"README.md": "# Hello\n"})
        yield Project(fake=fake, repository=repository, folder=folder / "history", clock=clock)


class Killed(BaseException):
    """The process is no more."""


class Between:
    """HistorySource that does something before each page and after it."""

    def __init__(
        self,
        source: HistorySource,
        *,
        before: Callable[[Stream], Awaitable[None] | None] = lambda _: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.source, self.before, self.after = source, before, after

    async def first(
        self, stream: Stream, *, since: datetime | None = None, newest_first: bool = False, page: int = 1
    ) -> Page:
        return await self._page(stream, self.source.first(stream, since=since, newest_first=newest_first, page=page))

    async def following(self, stream: Stream, place: str) -> Page:
        return await self._page(stream, self.source.following(stream, place))

    async def look_again(self, node_ids: Sequence[str]) -> Mapping[str, Seen | None]:
        return await self.source.look_again(node_ids)

    async def _page(self, stream: Stream, asked: Coroutine[Any, Any, Page]) -> Page:
        try:
            waiting = self.before(stream)
            if waiting is not None:
                await waiting
        except BaseException:
            asked.close()
            raise
        page = await asked
        self.after()
        return page


def fill(project: Project) -> None:
    """One of each thing that can be known of the past."""
    repository = project.repository
    crash = project.add_issue("Parser crash", labels=["bug", "parser"], author="ada")
    project.comment(crash.number, "Stack trace follows.", author="ada")
    project.comment(crash.number, "Mended in the lexer.", author="mona")
    pull = project.add_pull("Mend the lexer", f"Fixes #{crash.number}")
    project.clock.tick()
    repository.merge(pull, actor="mona")
    project.close(crash)
    first = repository.add_review_comment(pull.number, "Name it.", path="src/lexer.py", diff_hunk="@@ -1 +1 @@\n-a\n+b")
    project.clock.tick()
    repository.add_review_comment(
        pull.number, "Done.", path="src/lexer.py", author="ada", in_reply_to=first.id, diff_hunk=first.diff_hunk
    )
    project.close(project.add_issue("By commit"), commit="a" * 40)
    project.close(project.add_issue("Not planned", author="mona"), reason="not_planned")
    project.close(project.add_issue("Duplicate"), reason="duplicate", actor="helper[bot]")
    project.comment(5, "I am a bot.", author="helper[bot]")
    project.close(project.add_pull("Given up"), reason=None)
    again = project.add_issue("Opened again")
    project.close(again)
    project.clock.tick()
    repository.reopen(again, actor="ada")
    project.add_issue("Open, without a body", body=None)


def most_requests(repository: FakeRepository, *, page: int = 100) -> int:
    """The most that a whole reading may take: pages that overlap in one entry, and two more for each list."""
    lists = (repository.issues, repository.review_comments, repository.comments, repository.events)
    return sum(-(-len(rows) // (page - 1)) + 2 for rows in lists)


def assert_in_step(project: Project) -> None:
    """The rows are those of the repository, and the index holds the Records of them, no more and no less."""
    with closing(sqlite3.connect(project.folder / "rows.sqlite3")) as connection:
        rows: dict[str, dict[int, Any]] = {stream.value: {} for stream in Stream}
        for stream, key, row in connection.execute("SELECT stream, key, row FROM rows"):
            rows[stream][key] = json.loads(row)
    for stream, expected in _expected_rows(project).items():
        assert rows[stream.value] == expected, stream
    with LocalIndex.open(project.folder / "index.sqlite3") as index:
        records = {record.id: record for record in index.list(limit=1_000_000)}
    expected_records = {record.id: record for record in _expected_records(project)}
    assert records.keys() == expected_records.keys()
    for record_id, record in records.items():
        assert record == expected_records[record_id], record_id


def _expected_rows(project: Project) -> dict[Stream, dict[int, Any]]:
    repository = project.repository
    return {
        Stream.ISSUES: {
            each.number: {
                "number": each.number,
                "node_id": issue_id(each),
                "title": each.title,
                "body": each.body or "",
                "author": _person(project, each.author),
                "url": _url(project, each),
                "state": each.state,
                "state_reason": each.state_reason or "",
                "labels": each.labels,
                "created_at": each.created_at.isoformat(),
                "closed_at": each.closed_at and each.closed_at.isoformat(),
                "merged_at": each.pull.merged_at.isoformat() if each.pull and each.pull.merged_at else None,
                "is_pull_request": each.pull is not None,
            }
            for each in repository.issues.values()
        },
        Stream.COMMENTS: {
            each.id: {
                "id": each.id,
                "node_id": node_id("IssueComment", each.id),
                "number": each.number,
                "body": each.body,
                "author": _person(project, each.author),
                "created_at": each.created_at.isoformat(),
            }
            for each in repository.comments.values()
        },
        Stream.REVIEWS: {
            each.id: {
                "id": each.id,
                "node_id": node_id("PullRequestReviewComment", each.id),
                "number": each.number,
                "body": each.body,
                "author": _person(project, each.author),
                "url": f"{project.fake.server_url}/{project.name}/pull/{each.number}#discussion_r{each.id}",
                "path": each.path,
                "hunk": each.diff_hunk,
                "created_at": each.created_at.isoformat(),
                "reply_to": each.in_reply_to,
            }
            for each in repository.review_comments.values()
        },
        Stream.EVENTS: {
            each.number: {
                "id": each.id,
                "number": each.number,
                "actor": _person(project, each.actor),
                "commit": each.commit_id,
                "created_at": each.created_at.isoformat(),
            }
            for each in repository.events  # the last counts
            if each.event == "closed"
        },
    }


def _expected_records(project: Project) -> list[Record]:
    closed = {each.number: each for each in project.repository.events if each.event == "closed"}  # the last counts
    merged: dict[int, list[Issue]] = {}
    for each in project.repository.issues.values():
        for number in re.findall(r"\bFixes #(\d+)\b", each.body or "") if each.pull and each.pull.merged_at else ():
            merged.setdefault(int(number), []).append(each)
    items = project.repository.issues.values()
    return [
        *(_item(project, each, closed.get(each.number), merged.get(each.number, [])) for each in items),
        *_threads(project),
    ]


def _item(project: Project, issue: Issue, closed: IssueEvent | None, merged: list[Issue]) -> Record:
    said = [issue.body or ""]
    state = "open"
    if issue.closed_at:
        assert closed is not None
        state = issue.state_reason or "closed"
        how = f"Closed as {state.replace('_', ' ')}" if issue.state_reason else "Closed"
        if issue.pull and issue.pull.merged_at:
            state, how = "merged", "Merged"
        how += f" on {issue.closed_at.date()} by {'its author' if closed.actor == issue.author else closed.actor}"
        pulls = [
            each.number
            for each in merged
            if each.pull and each.pull.merged_at
            if abs(each.pull.merged_at - issue.closed_at) <= timedelta(minutes=10)
        ]
        if pulls:
            how += f" with pull request #{max(pulls)}"
        elif closed.commit_id:
            how += f" with commit {closed.commit_id[:12]}"
        said.append(f"{how}.")
        words = [
            each.body.strip()
            for each in project.repository.comments_of(issue.number)
            if each.author == closed.actor and not each.author.endswith("[bot]")
            if timedelta(days=-7) <= each.created_at - issue.closed_at <= timedelta(minutes=10)
        ]
        said += [f"{closed.actor} wrote:\n\n{each}" for each in words[-1:]]
    return Record(
        id=f"past-{'pull' if issue.pull else 'issue'}-{issue.number}",
        namespace="reviews/pr" if issue.pull else "reviews/issues",
        title=issue.title,
        text="\n\n".join(said).strip(),
        created_at=issue.created_at,
        source=Source(
            repository=project.name,
            number=issue.number,
            url=_url(project, issue),
            author=issue.author,
            author_id=project.fake.find_user(issue.author).id,
        ),
        labels=tuple(issue.labels),
        state=state,
    )


def _threads(project: Project) -> list[Record]:
    threads: dict[int, list[Any]] = {}
    for each in project.repository.review_comments.values():
        threads.setdefault(each.in_reply_to or each.id, []).append(each)
    return [
        Record(
            id=f"past-review-{thread}",
            namespace="reviews/pr",
            title=first.path,
            text="\n\n".join(
                [
                    first.body.strip(),
                    f"```diff\n{first.diff_hunk}\n```",
                    *(f"{each.author} answered: {each.body.strip()}" for each in replies),
                ]
            ),
            created_at=first.created_at,
            source=Source(
                repository=project.name,
                number=first.number,
                url=f"{project.fake.server_url}/{project.name}/pull/{first.number}#discussion_r{first.id}",
                author=first.author,
                author_id=project.fake.find_user(first.author).id,
            ),
            paths=(first.path,),
        )
        for thread, (first, *replies) in threads.items()
    ]


def _person(project: Project, login: str) -> dict[str, Any]:
    user = project.fake.find_user(login)
    return {"login": login, "id": user.id, "is_bot": user.type == "Bot"}


def _url(project: Project, issue: Issue) -> str:
    return f"{project.fake.server_url}/{project.name}/{'pull' if issue.pull else 'issues'}/{issue.number}"
