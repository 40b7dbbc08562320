"""A labelled issue or pull request as GitHub tells it, whose label it is, and what a maintainer said at the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memory_agents.core.digest import Story, labelling
from memory_agents.core.github_events import GHOST, Account
from memory_agents.edges.github.items import GitHubItems, maintainers_words
from memory_agents.errors import GitHubFailure
from memory_agents.testing.github import FakeGitHub, FakeRepository
from tests.edges.conftest import REPOSITORY, Open, pull_in

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
LABEL = "memory:remember"


async def told(open_api: Open, number: int) -> Story:
    return await GitHubItems(open_api(), REPOSITORY).story(number)


async def test_an_issue_is_told_with_one_request(fake: FakeGitHub, repository: FakeRepository, open_api: Open) -> None:
    canonical = repository.add_issue("The lexer hangs")
    issue = repository.add_issue(
        "The parser hangs", "On an empty file.", author="reader", labels=["bug"], created_at=AT
    )
    repository.add_comment(issue.number, "Same as the lexer.", author="mona", created_at=AT)
    repository.close(issue, actor="mona", reason="duplicate", duplicate_of=canonical, at=AT)
    before = len(fake.requests)
    story = await told(open_api, issue.number)
    assert [request.path for request in fake.requests[before:]] == ["/graphql"]
    item, [said] = story.item, story.remarks
    assert (item.number, item.title, item.body, item.author.login) == (
        issue.number,
        "The parser hangs",
        "On an empty file.",
        "reader",
    )
    assert (item.outcome, item.closed_at, item.labels, item.is_pull_request) == ("duplicate", AT, ("bug",), False)
    assert item.url.endswith(f"/{REPOSITORY}/issues/{issue.number}")
    assert (story.duplicate_of, story.is_over) == (f"#{canonical.number}", True)
    assert story.closing is not None
    assert (story.closing.actor.login, story.closing.actor.id) == ("mona", fake.find_user("mona").id)
    assert (said.body, said.author.login, said.created_at) == ("Same as the lexer.", "mona", AT)


async def test_what_closed_an_issue_is_the_pull_request_that_was_merged(
    repository: FakeRepository, open_api: Open
) -> None:
    issue, pull = repository.add_issue("The parser hangs"), pull_in(repository)
    repository.merge(pull, actor="mona")
    repository.close(issue, actor="mona", reason="completed", pull=pull)
    story = await told(open_api, issue.number)
    assert (story.closed_with, story.item.outcome) == ((f"#{pull.number}",), "completed")


async def test_what_closed_an_issue_may_be_a_commit(repository: FakeRepository, open_api: Open) -> None:
    issue = repository.add_issue("The parser hangs")
    commit = repository.commit_files({"fix.py": "x = 1\n"})
    repository.close(issue, actor="mona", reason="completed", commit=commit)
    story = await told(open_api, issue.number)
    assert story.closing is not None
    assert story.closing.commit == commit


async def test_a_merged_pull_request_is_told_with_its_files_and_commit(
    repository: FakeRepository, open_api: Open
) -> None:
    pull = pull_in(repository)
    repository.merge(pull, actor="mona", at=AT)
    story = await told(open_api, pull.number)
    assert (story.item.outcome, story.item.merged_at, story.item.is_pull_request) == ("merged", AT, True)
    assert (len(story.paths), story.paths_total) == (1, 1)
    assert story.closing is not None
    assert pull.pull is not None
    assert story.closing.commit == pull.pull.head_sha


async def test_an_open_item_is_not_over(repository: FakeRepository, open_api: Open) -> None:
    issue = repository.add_issue("The parser hangs")
    repository.close(issue, actor="mona", reason="completed")
    repository.reopen(issue, actor="mona")
    story = await told(open_api, issue.number)
    assert (story.is_over, story.item.outcome) == (False, "open")


async def test_a_label_is_told_with_who_set_it_last(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    issue = repository.add_issue("The parser hangs")
    for actor, labels in (("reader", [LABEL]), ("mona", []), ("dev", [LABEL])):
        repository.set_labels(issue, labels, actor=actor, at=AT)
    found = labelling(await told(open_api, issue.number), LABEL.upper())
    assert found is not None
    assert (found.actor, found.at) == (Account(login="dev", id=fake.find_user("dev").id), AT)


async def test_a_label_that_was_taken_away_or_set_when_the_issue_was_opened_is_nobodys(
    repository: FakeRepository, open_api: Open
) -> None:
    issue = repository.add_issue("The parser hangs", labels=["bug"])
    repository.set_labels(issue, ["bug", LABEL], actor="mona")
    repository.set_labels(issue, ["bug"], actor="dev")
    story = await told(open_api, issue.number)
    assert [labelling(story, name) for name in (LABEL, "bug")] == [None, None]


async def test_a_bot_that_set_a_label_is_told_as_a_bot_and_a_deleted_account_as_a_ghost(
    repository: FakeRepository, open_api: Open
) -> None:
    issue = repository.add_issue("The parser hangs")
    repository.set_labels(issue, [LABEL], actor="triage[bot]")
    repository.events[-1].actor = "triage[bot]"
    found = labelling(await told(open_api, issue.number), LABEL)
    assert found is not None
    assert (found.actor.login, found.actor.is_bot) == ("triage[bot]", True)
    repository.events[-1].actor = ""
    found = labelling(await told(open_api, issue.number), LABEL)
    assert found is not None
    assert found.actor == GHOST


async def test_who_changed_the_title_is_told_and_when_the_text_was_changed(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    issue = repository.add_issue("The parser hangs", "Old.", author="reader")
    repository.edit_issue(issue, title="Hangs", body="New.", actor="dev", at=AT)
    story = await told(open_api, issue.number)
    dev = Account(login="dev", id=fake.find_user("dev").id)
    assert story.edited_at == AT
    [renaming] = story.renamings
    assert (renaming.before, renaming.after, renaming.actor, renaming.at) == ("The parser hangs", "Hangs", dev, AT)
    assert not story.has_older_renamings


@pytest.mark.parametrize("is_pull_request", [False, True])
async def test_renaming_an_item_often_hides_neither_its_label_nor_how_it_was_closed(
    repository: FakeRepository, open_api: Open, is_pull_request: bool
) -> None:
    item = pull_in(repository) if is_pull_request else repository.add_issue("The parser hangs")
    repository.set_labels(item, [LABEL], actor="mona", at=AT)
    repository.close(item, actor="mona", at=AT)
    for at in range(101):
        repository.edit_issue(item, title=f"Title {at}", at=AT + timedelta(seconds=at))
    story = await told(open_api, item.number)
    found = labelling(story, LABEL)
    assert found is not None
    assert found.actor.login == "mona"
    assert story.closing is not None
    assert (len(story.renamings), story.has_older_renamings) == (100, True)


async def test_hidden_comments_are_left_out_and_of_many_the_last_are_told(
    repository: FakeRepository, open_api: Open
) -> None:
    issue = repository.add_issue("The parser hangs")
    comments = [repository.add_comment(issue.number, f"Comment {at}") for at in range(60)]
    repository.minimize(comments[-1], "spam")
    assert [remark.body for remark in (await told(open_api, issue.number)).remarks] == [
        f"Comment {at}" for at in range(10, 59)
    ]


async def test_a_number_that_nobody_has_is_a_failure_of_404(repository: FakeRepository, open_api: Open) -> None:
    with pytest.raises(GitHubFailure, match="#99999") as failed:
        await told(open_api, 99_999)
    assert failed.value.status == 404


async def test_the_end_of_the_rate_limit_is_told_as_such(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open
) -> None:
    number = repository.add_issue("The parser hangs").number
    left, fake.rate_limit_remaining = fake.rate_limit_remaining, 0
    try:
        with pytest.raises(GitHubFailure) as failed:
            await told(open_api, number)
    finally:
        fake.rate_limit_remaining = left
    assert failed.value.limit == "primary"


@pytest.mark.parametrize("fault", [{"status": 502}, {"cut": True}])
async def test_an_answer_that_does_not_come_is_a_failure(
    fake: FakeGitHub, repository: FakeRepository, open_api: Open, fault: dict[str, int]
) -> None:
    number = repository.add_issue("The parser hangs").number
    fake.faults.add("POST /graphql", **fault)  # type: ignore[arg-type]
    with pytest.raises(GitHubFailure):
        await told(open_api, number)


async def test_a_token_that_may_not_read_the_item_is_told_what_it_lacks(fake: FakeGitHub, open_api: Open) -> None:
    private = fake.add_repository("octo/private", private=True)
    number = private.add_issue("The parser hangs").number
    with pytest.raises(GitHubFailure, match="issues: read") as failed:
        await GitHubItems(open_api(permission=""), "octo/private").story(number)
    assert failed.value.status == 403


async def test_the_closing_words_are_those_of_the_first_who_may_write(
    repository: FakeRepository, open_api: Open
) -> None:
    issue = repository.add_issue("The parser hangs", created_at=AT)
    for minute, (author, body) in enumerate(
        [("mona", "Fixed in 1.2."), ("reader", "Thanks!"), ("dev", "Closing."), ("other", "Me too.")]
    ):
        repository.add_comment(issue.number, body, author=author, created_at=AT + timedelta(minutes=minute))
    repository.close(issue, actor="dev", reason="completed", at=AT + timedelta(minutes=9))
    story = await told(open_api, issue.number)
    asked: list[str] = []

    async def only(*writers: str) -> str:
        async def may(account: Account) -> str:
            asked.append(account.login)
            return "write" if account.login in writers else ""

        words = await maintainers_words(story, may)
        return words.body if words else ""

    assert await only("dev", "mona") == "Closing."
    assert await only("mona", "reader") == "Thanks!"
    assert await only("mona") == ""  # not asked for: three others said something later
    assert asked == ["dev", "dev", "other", "reader", "dev", "other", "reader"]
