"""A project of many years is read within its budget of requests, over two hours' limits and two deaths."""

from __future__ import annotations

import random
import time

import pytest

from memory_agents.core.history import Stream
from memory_agents.core.records import Query
from memory_agents.memory.history.files import HistoryFiles
from tests.memory.history.project import Between, Killed, Project, assert_in_step, most_requests

ISSUES, COMMENTS, REVIEWS, EVENTS = 12_000, 30_000, 10_000, 60_000


def build(project: Project) -> None:
    """A third are pull requests; every item was closed, some again and again."""
    repository, clock = project.repository, project.clock
    add_pull, add_issue = project.add_pull, project.add_issue
    for at in range(ISSUES):
        add = add_pull if at % 3 == 0 else add_issue
        add(f"Crash {at} in module {at % 97}", body=f"It crashes with code {at * 31 % 1009}. " * 10)
    for at in range(COMMENTS):
        repository.add_comment(at * 7 % ISSUES + 1, "Me too. " * 20, author=f"user-{at % 300}", created_at=clock.tick())
    for at in range(REVIEWS):
        number = at * 3 % ISSUES + 1
        repository.add_review_comment(number, f"Rename {at}", path=f"src/{at % 500}.py", created_at=clock.tick())
    issues = list(repository.issues.values())
    at = 0
    while len(repository.events) < EVENTS:
        issue, at = issues[at % ISSUES], at + 1
        if issue.state == "closed":
            repository.reopen(issue, actor="mona", at=clock.tick())
        else:
            repository.close(issue, actor="mona", reason="completed", at=clock.tick())


@pytest.mark.timeout(180)
async def test_a_large_project_is_read_within_its_budget(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    build(project)
    budget = most_requests(project.repository)
    left, then = random.sample(range(20, 300), 2)

    def dying(_: Stream) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    start, requests = time.perf_counter(), len(project.fake.requests)
    project.fake.rate_limit_remaining = 200 + budget // 2
    with pytest.raises(Killed):
        await project.index(through=lambda source: Between(source, before=dying))
    stopped = await project.index()
    assert "of the rate limit are left" in stopped.stopped
    assert project.fake.rate_limit_remaining == 200
    project.fake.rate_limit_remaining = 5_000
    left = then
    with pytest.raises(Killed):
        await project.index(through=lambda source: Between(source, before=dying))
    done = await project.index()
    seconds, asked = time.perf_counter() - start, len(project.fake.requests) - requests
    assert done.is_complete
    # Each run that goes on asks what is new in each list, and of events once more where it was.
    assert asked <= budget + 3 * 6
    assert done.records == ISSUES + REVIEWS
    again = await project.index()
    assert (again.requests, again.changed) == (4, 0)

    start = time.perf_counter()
    (project.folder / "index.sqlite3").unlink()
    files = HistoryFiles(project.folder, project.name)
    records = files.ask(len)
    indexing = time.perf_counter() - start
    start = time.perf_counter()
    found = files.ask(lambda index: index.search(Query(title="Crash 777"), namespaces=("*",), top_k=3))
    searching = time.perf_counter() - start
    files.close()
    assert "777" in f"{found[0].record.title} {found[0].record.text}"
    assert_in_step(project)
    with capsys.disabled():
        print(  # noqa: T201 -- the budget is for a person
            f"\n{ISSUES:,} items, {COMMENTS:,} comments, {REVIEWS:,} review comments, {EVENTS:,} events:"
            f" {asked:,} requests (budget {budget:,}) and {seconds:.1f} s in 4 runs;"
            f" indexing takes {1_000 * indexing / records:.2f} s for 1,000 of {records:,}, a search {searching:.3f} s"
        )
