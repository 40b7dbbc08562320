"""Reading GitHub's lists: complete, only what is new, and in step whatever happens between two pages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from memory_agents.core.history import Stream
from memory_agents.edges.github import history as edge
from memory_agents.errors import GitHubFailure
from memory_agents.memory.history import reading
from memory_agents.memory.history.reading import READ_AGAIN_AFTER
from tests.memory.history.project import LISTS, Between, Project, assert_in_step, fill, most_requests

PAGE = 5


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's pages may be any size: small ones meet each other's ends sooner."""
    monkeypatch.setattr(edge, "_PER_PAGE", PAGE)
    monkeypatch.setattr(reading, "PAGE_ROWS", PAGE)


async def test_after_a_run_everything_is_known(project: Project) -> None:
    fill(project)
    done = await project.index()
    assert (done.status, done.stopped, done.notices, done.unreadable) == ("ok", "", [], 0)
    assert done.requests == len(LISTS)
    assert done.is_worth_saving
    assert_in_step(project)


async def test_a_run_with_nothing_new_asks_for_each_list_once_and_changes_nothing(project: Project) -> None:
    fill(project)
    await project.index()
    before = len(project.fake.requests)
    done = await project.index()
    assert sorted(project.requests(before)) == sorted(LISTS.values())
    assert (done.changed, done.indexed, done.is_worth_saving, done.is_complete) == (0, 0, False, True)
    assert_in_step(project)


async def test_a_run_reads_only_what_is_new(project: Project) -> None:
    fill(project)
    for _ in range(150):
        project.comment(1)
    project.clock.tick(minutes=5)
    project.comment(1)
    await project.index()
    project.clock.tick(days=1)
    repository = project.repository
    repository.edit_issue(repository.issues[3], title="By a commit", at=project.clock.tick())
    project.close(repository.issues[8])
    repository.reopen(repository.issues[4], actor="ada", at=project.clock.tick())
    project.comment(2, "Thanks!")
    done = await project.index()
    assert done.requests == len(LISTS)
    # And again what came in the last minute that is known, lest something has come late.
    assert (done.read[Stream.ISSUES], done.read[Stream.COMMENTS], done.read[Stream.REVIEWS]) == (4 + 1, 1 + 1, 2)
    assert_in_step(project)


async def test_a_closing_is_found_in_a_repository_that_had_no_event_before(project: Project) -> None:
    issue = project.add_issue()
    assert (await project.index()).is_complete
    again = await project.index()
    assert (again.is_complete, again.requests) == (True, len(LISTS))
    project.close(issue)
    await project.index()
    assert_in_step(project)


async def test_an_empty_repository_is_complete_and_not_read_beyond_its_first_pages(project: Project) -> None:
    for _ in range(2):
        done = await project.index()
        assert (done.status, done.requests, done.records) == ("ok", len(LISTS), 0)
    assert_in_step(project)


async def test_what_was_deleted_is_found_once_a_week(project: Project) -> None:
    fill(project)
    await project.index()
    repository = project.repository
    repository.delete_issue(repository.issues[3])
    repository.delete_comment(repository.comments_of(1)[-1])
    first, reply = repository.review_comments.values()
    repository.delete_review_comment(first)
    await project.index()
    with pytest.raises(AssertionError):
        assert_in_step(project)
    project.clock.tick(seconds=READ_AGAIN_AFTER.total_seconds())
    done = await project.index()
    assert done.is_worth_saving
    assert_in_step(project)
    assert reply.id in repository.review_comments


async def test_a_whole_reading_can_be_asked_for(project: Project) -> None:
    fill(project)
    await project.index()
    project.repository.delete_issue(project.repository.issues[2])
    done = await project.index(whole=True)
    assert (done.changed, done.requests) == (3, len(LISTS))  # the pull request and its thread of two
    assert_in_step(project)


async def test_how_far_a_whole_reading_is_is_worth_saving_even_if_nothing_changed(
    project: Project, small_pages: None
) -> None:
    for _ in range(12):
        project.add_issue()
    await project.index()
    project.fake.rate_limit_remaining = 201
    done = await project.index(whole=True)
    assert (done.changed, done.is_complete, done.is_worth_saving) == (0, False, True)


@pytest.mark.parametrize("same", [101, 250])
async def test_more_entries_of_one_second_than_a_page_holds_are_all_read(project: Project, same: int) -> None:
    for _ in range(same):
        project.repository.add_issue("Import", "From elsewhere")
        project.repository.add_comment(1, "From elsewhere")
    project.add_issue("Later")
    done = await project.index()
    assert done.requests <= most_requests(project.repository)
    assert_in_step(project)


async def test_more_issues_are_read_than_page_numbers_reach(project: Project, small_pages: None) -> None:
    """The fake refuses page numbers beyond 10,000 entries as GitHub does; those of one second need cursors."""
    for at in range(60):
        project.repository.add_issue(f"Issue {at}")
    project.add_issue("Later")
    await project.index()
    asked = [each.query for each in project.fake.requests if each.path.endswith("/issues")]
    assert all("after" in query for query in asked if "page" in query)
    assert_in_step(project)


@pytest.mark.parametrize("is_whole", [False, True])
async def test_what_changes_between_two_pages_is_not_missed(
    project: Project, small_pages: None, is_whole: bool
) -> None:
    for _ in range(24):
        project.comment(project.add_issue().number)
    if is_whole:
        await project.index()
    turns = iter(range(1, 25))

    def change() -> None:
        number = next(turns, None)
        if number is None:
            return
        issue = project.repository.issues[number]
        comment = project.repository.comments_of(number)[0]
        if number % 4 == 1:
            project.repository.edit_comment(comment, "Edited", at=project.clock.tick())
        elif number % 4 == 2:
            project.repository.edit_issue(issue, body="Edited", at=project.clock.tick())
        elif number % 4 == 3:
            project.close(issue)
        else:
            project.comment(project.add_issue().number)

    await project.index(whole=is_whole, through=lambda source: Between(source, after=change))
    done = await project.index()
    assert done.is_complete
    assert_in_step(project)


async def test_what_is_deleted_between_two_pages_takes_nothing_else_with_it(
    project: Project, small_pages: None
) -> None:
    for _ in range(24):
        project.comment(project.add_issue().number)
    await project.index()
    left = iter(range(1, 25))

    def delete() -> None:
        number = next(left, None)
        if number is not None and number % 3 == 0:
            project.repository.delete_issue(project.repository.issues[number])

    await project.index(whole=True, through=lambda source: Between(source, after=delete))
    await project.index(whole=True)
    assert_in_step(project)
    assert len(project.repository.issues) < 24


async def test_events_are_read_on_from_the_middle_while_some_come_and_some_go(
    project: Project, small_pages: None
) -> None:
    issues = [project.add_issue() for _ in range(40)]
    for issue in issues:
        project.close(issue)
    project.fake.rate_limit_remaining = 200 + 16  # enough for the other lists, and for half of the events
    assert Stream.EVENTS not in (await project.index()).finished
    for issue in issues[-9:]:
        project.repository.delete_issue(issue)  # their events were read, and what follows moves up
    for _ in range(7):
        project.close(project.add_issue())
    project.fake.rate_limit_remaining = 5_000
    done = await project.index()
    assert done.is_complete
    assert done.requests <= most_requests(project.repository, page=PAGE)
    await project.index(whole=True)
    assert_in_step(project)


async def test_events_that_come_while_they_are_read_are_not_missed(project: Project, small_pages: None) -> None:
    for _ in range(23):
        project.close(project.add_issue())
    open_ = [project.add_issue() for _ in range(60)]

    def close() -> None:
        if open_:
            project.close(open_.pop())

    await project.index(through=lambda source: Between(source, after=close))
    await project.index(through=lambda source: Between(source, after=close))
    open_.clear()
    assert (await project.index()).is_complete
    assert_in_step(project)


@pytest.mark.parametrize("deepest", [1, 3])
async def test_events_further_back_than_github_lists_are_done_without(
    project: Project, small_pages: None, deepest: int
) -> None:
    for _ in range(30):
        project.close(project.add_issue())
    asked = 0

    def refuse(stream: Stream) -> None:
        nonlocal asked
        asked += stream is Stream.EVENTS
        if asked > deepest:
            raise GitHubFailure("GitHub answered 422: pagination is limited for this resource.", status=422)

    done = await project.index(through=lambda source: Between(source, before=refuse))
    assert (done.is_complete, done.notices) == (True, [])
    before = len(project.fake.requests)
    await project.index()
    assert project.requests(before).count("issues/events") == 1


async def test_the_last_closing_counts(project: Project) -> None:
    issue = project.add_issue()
    for actor in ("mona", "ada"):
        project.close(issue, actor=actor)
        project.clock.tick(hours=1)
        project.repository.reopen(issue, actor="mona")
    project.close(issue, actor="hubot")
    await project.index()
    assert_in_step(project)


async def test_nothing_but_the_past_is_kept(project: Project) -> None:
    """What is kept may go into a cache that everybody's workflows read."""
    fill(project)
    token = project.token = project.fake.add_token()
    await project.index()
    with closing(sqlite3.connect(project.folder / "rows.sqlite3")) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"meta", "places", "rows", "closes", "unindexed"}
    assert sorted(path.name for path in project.folder.iterdir()) == ["index.sqlite3", "rows.sqlite3"]
    assert all(token.encode() not in path.read_bytes() for path in project.folder.iterdir())


async def test_entries_that_appear_a_moment_late_are_found(project: Project) -> None:
    project.add_issue("First")
    late = project.clock.tick(seconds=10)
    project.clock.tick(seconds=20)
    project.add_issue("Second")
    await project.index()
    project.repository.add_issue("Late", "", created_at=late)
    assert timedelta(seconds=30) < reading._OVERLAP
    await project.index()
    assert_in_step(project)
