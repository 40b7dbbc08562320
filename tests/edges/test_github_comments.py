"""The one comment that is kept up to date: posted once, found again by marker and author, whoever races."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from github import Github
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_agents.edges.github import GitHubApi, GitHubComments, Sticky
from memory_agents.errors import GitHubFailure
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.state import ReviewComment
from memory_agents.testing.github.world import ACTIONS_BOT
from tests.edges.conftest import REPOSITORY, Open, pull_in

T = TypeVar("T")
Connect = Callable[..., GitHubComments]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
COMMENTS = f"/repos/{REPOSITORY}/issues"
MARKER = "<!-- memory-agents:similar -->"
FIRST, SECOND = f"{MARKER}\nIt looks like #1.", f"{MARKER}\nIt looks like #2."
WITHDRAWN = f"{MARKER}\nNothing looks like it any more."


@pytest.fixture
def number(repository: FakeRepository) -> int:
    """Of a new issue."""
    return repository.add_issue("The parser hangs").number


@pytest.fixture
def connect(open_api: Open) -> Connect:
    """What a job holds."""

    def comments(login: str = ACTIONS_BOT, permission: str = "write") -> GitHubComments:
        return GitHubComments(open_api(login, permission=permission), REPOSITORY)

    return comments


def put(comments: GitHubComments, number: int, body: str | None) -> Coroutine[None, None, Sticky]:
    return comments.put_sticky(number, MARKER, body, withdrawn=WITHDRAWN)


def conversation(repository: FakeRepository, number: int) -> list[tuple[str, str]]:
    return [(comment.author, comment.body) for comment in repository.comments_of(number)]


def methods(fake: FakeGitHub, since: int) -> list[str]:
    """Of the requests after the first `since`, in order."""
    return [request.method for request in fake.requests[since:]]


async def test_it_is_posted_once_then_updated_and_left_alone_where_nothing_changed(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    posted = await put(connect(), number, FIRST)
    assert (posted.done, conversation(repository, number)) == ("posted", [(ACTIONS_BOT, FIRST)])
    before = len(fake.requests)
    assert (await put(connect(), number, FIRST)).done == "unchanged"
    assert methods(fake, before) == ["POST", "GET"]  # whom the token acts as, and the list: no write
    assert await put(connect(), number, SECOND) == Sticky("updated", posted.url)
    assert conversation(repository, number) == [(ACTIONS_BOT, SECOND)]
    assert f"/issues/{number}#issuecomment-" in posted.url


async def test_with_nothing_to_say_nothing_is_posted(repository: FakeRepository, number: int, connect: Connect) -> None:
    assert await put(connect(), number, None) == Sticky("none")
    assert conversation(repository, number) == []


async def test_what_was_said_is_withdrawn_when_there_is_nothing_to_say_any_more(
    repository: FakeRepository, number: int, connect: Connect
) -> None:
    await put(connect(), number, FIRST)
    assert [(await put(connect(), number, None)).done for _ in range(2)] == ["updated", "unchanged"]
    assert conversation(repository, number) == [(ACTIONS_BOT, WITHDRAWN)]


async def test_a_strangers_comment_with_the_marker_is_never_touched(
    repository: FakeRepository, number: int, connect: Connect
) -> None:
    repository.add_comment(number, FIRST, author="mallory")
    assert (await put(connect(), number, None)).done == "none"
    assert (await put(connect(), number, SECOND)).done == "posted"
    assert conversation(repository, number) == [("mallory", FIRST), (ACTIONS_BOT, SECOND)]


async def test_two_apps_keep_a_comment_each(repository: FakeRepository, number: int, connect: Connect) -> None:
    await put(connect(), number, FIRST)
    assert (await put(connect("helper[bot]"), number, SECOND)).done == "posted"
    assert (await put(connect(), number, FIRST)).done == "unchanged"
    assert conversation(repository, number) == [(ACTIONS_BOT, FIRST), ("helper[bot]", SECOND)]


async def test_a_comment_of_ours_that_only_quotes_the_marker_is_another(
    repository: FakeRepository, number: int, connect: Connect
) -> None:
    repository.add_comment(number, f"> {FIRST}", author=ACTIONS_BOT)
    assert (await put(connect(), number, SECOND)).done == "posted"
    assert conversation(repository, number)[0] == (ACTIONS_BOT, f"> {FIRST}")


async def test_of_several_that_a_killed_run_left_the_first_is_brought_up_to_date_and_kept(
    repository: FakeRepository, number: int, connect: Connect
) -> None:
    kept = repository.add_comment(number, FIRST, author=ACTIONS_BOT)
    for _ in range(2):
        repository.add_comment(number, FIRST, author=ACTIONS_BOT)
    assert (await put(connect(), number, SECOND)).done == "updated"
    assert [(comment.id, comment.body) for comment in repository.comments_of(number)] == [(kept.id, SECOND)]


async def test_a_comment_that_another_run_removed_first_is_no_failure(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    for _ in range(2):
        repository.add_comment(number, FIRST, author=ACTIONS_BOT)
    fake.faults.add("DELETE", status=404)
    assert (await put(connect(), number, FIRST)).done == "updated"


async def test_it_is_found_behind_many_comments(repository: FakeRepository, number: int, connect: Connect) -> None:
    for _ in range(250):
        repository.add_comment(number, "me too")
    repository.add_comment(number, FIRST, author=ACTIONS_BOT)
    assert (await put(connect(), number, FIRST)).done == "unchanged"


async def test_nothing_is_posted_where_a_comment_of_ours_may_stand_behind_those_that_were_read(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    for _ in range(1000):
        repository.add_comment(number, "me too")
    before = len(fake.requests)
    with pytest.raises(GitHubFailure, match="1,000 comments or more"):
        await put(connect(), number, FIRST)
    assert methods(fake, before) == ["POST", *["GET"] * 10]
    assert len(conversation(repository, number)) == 1000


async def test_what_our_comment_says_is_found_by_its_marker_and_author_and_nothing_is_written(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    repository.add_comment(number, FIRST, author="mallory")
    assert await connect().find(number, MARKER) is None
    await put(connect(), number, SECOND)
    before = len(fake.requests)
    assert await connect().find(number, MARKER) == SECOND
    assert await connect("helper[bot]").find(number, MARKER) is None
    assert methods(fake, before) == ["POST", "GET"] * 2


async def test_what_answers_a_comment_is_found_in_a_conversation_of_any_length(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    for at in range(1000):
        repository.add_comment(number, "me too", created_at=LONG_AGO + timedelta(seconds=at))
    asked = repository.add_comment(number, "/remember this", author="mona").created_at
    for done in ("posted", "unchanged"):
        before = len(fake.requests)
        assert (await connect().put_sticky(number, MARKER, FIRST, since=asked)).done == done
        assert methods(fake, before).count("GET") == (2 if done == "posted" else 1)
    assert await connect().find(number, MARKER, since=asked) == FIRST


async def test_a_text_without_the_marker_is_refused_for_it_could_never_be_found_again(
    number: int, connect: Connect
) -> None:
    with pytest.raises(ValueError, match="never be found again"):
        await put(connect(), number, "Something similar.")


async def test_a_token_that_may_not_write_is_told_which_permission_is_missing(
    repository: FakeRepository, number: int, connect: Connect
) -> None:
    with pytest.raises(GitHubFailure) as refused:
        await put(connect(permission="read"), number, FIRST)
    assert (refused.value.status, "`permissions: issues: write`" in refused.value.fix) == (403, True)
    assert conversation(repository, number) == []


async def test_a_locked_conversation_is_told_as_such(repository: FakeRepository, number: int, connect: Connect) -> None:
    repository.issues[number].locked = True
    with pytest.raises(GitHubFailure, match=f"conversation of #{number} is locked") as refused:
        await put(connect(), number, FIRST)
    assert "permissions" not in str(refused.value)


async def test_a_deleted_issue_is_told_as_such(fake: FakeGitHub, number: int, connect: Connect) -> None:
    fake.faults.add(f"POST {COMMENTS}", status=410)
    with pytest.raises(GitHubFailure, match=f"#{number} was deleted"):
        await put(connect(), number, FIRST)


async def test_an_issue_that_is_not_there_is_a_failure(connect: Connect, repository: FakeRepository) -> None:
    with pytest.raises(GitHubFailure, match=r"list the comments of #99999"):
        await put(connect(), 99_999, FIRST)


@pytest.mark.parametrize("status", [500, 403])
async def test_a_write_that_fails_is_not_sent_again(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect, status: int
) -> None:
    fake.faults.add(f"POST {COMMENTS}", times=None, status=status)
    before = len(fake.requests)
    with pytest.raises(GitHubFailure):
        await put(connect(), number, FIRST)
    assert methods(fake, before) == ["POST", "GET", "POST"]
    assert conversation(repository, number) == []


async def test_an_answer_that_was_lost_leaves_no_second_comment(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    fake.faults.add(f"POST {COMMENTS}", cut=True)
    with pytest.raises(GitHubFailure, match="could not be reached"):
        await put(connect(), number, FIRST)
    assert (await put(connect(), number, SECOND)).done == "updated"
    assert conversation(repository, number) == [(ACTIONS_BOT, SECOND)]


async def test_who_does_not_know_whom_it_acts_as_writes_nothing(
    fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    repository.add_comment(number, FIRST, author=ACTIONS_BOT)
    left, fake.rate_limit_remaining = fake.rate_limit_remaining, 0  # GraphQL refuses with 200
    try:
        with pytest.raises(GitHubFailure, match="whom the token acts as") as refused:
            await put(connect(), number, SECOND)
    finally:
        fake.rate_limit_remaining = left
    assert "`github-token`" in refused.value.fix
    assert conversation(repository, number) == [(ACTIONS_BOT, FIRST)]


@pytest.fixture
def remark(repository: FakeRepository) -> ReviewComment:
    """The first review comment of a thread."""
    return repository.add_review_comment(pull_in(repository).number, "Rename it", path="f", author="mona")


def answer(comments: GitHubComments, remark: ReviewComment, body: str) -> Coroutine[None, None, Sticky]:
    return comments.put_sticky(remark.number, MARKER, body, thread=remark.id)


def thread(repository: FakeRepository, remark: ReviewComment) -> list[tuple[str, str]]:
    """The answers to a review comment."""
    return [(one.author, one.body) for one in repository.review_comments.values() if one.in_reply_to == remark.id]


async def test_a_review_comment_is_answered_once_in_its_thread_and_the_answer_updated(
    fake: FakeGitHub, repository: FakeRepository, remark: ReviewComment, connect: Connect
) -> None:
    posted = await answer(connect(), remark, FIRST)
    assert (posted.done, thread(repository, remark)) == ("posted", [(ACTIONS_BOT, FIRST)])
    assert f"/pull/{remark.number}#discussion_r" in posted.url
    assert (await answer(connect(), remark, FIRST)).done == "unchanged"
    assert await answer(connect(), remark, SECOND) == Sticky("updated", posted.url)
    assert thread(repository, remark) == [(ACTIONS_BOT, SECOND)]
    assert conversation(repository, remark.number) == []


async def test_what_our_answer_in_a_thread_says_is_found_there(remark: ReviewComment, connect: Connect) -> None:
    assert await connect().find(remark.number, MARKER, thread=remark.id) is None
    await answer(connect(), remark, FIRST)
    for since in (None, remark.created_at):
        assert await connect().find(remark.number, MARKER, thread=remark.id, since=since) == FIRST
    assert await connect().find(remark.number, MARKER) is None


async def test_an_answer_is_found_by_the_beginning_of_its_first_line(
    repository: FakeRepository, number: int, connect: Connect
) -> None:
    comments = connect()
    for key, how in ((12, "failed"), (123, "done"), (12, "done")):
        begins = f"<!-- memory-agents: answer issue-comment {key} "
        await comments.put_sticky(number, begins, f"{begins}{how} -->\nAnswer to {key}.")
    assert [body for _, body in conversation(repository, number)] == [
        "<!-- memory-agents: answer issue-comment 12 done -->\nAnswer to 12.",
        "<!-- memory-agents: answer issue-comment 123 done -->\nAnswer to 123.",
    ]


async def test_a_strangers_answer_with_the_marker_is_never_touched(
    repository: FakeRepository, remark: ReviewComment, connect: Connect
) -> None:
    repository.add_review_comment(remark.number, FIRST, path="f", author="mallory", in_reply_to=remark.id)
    assert (await answer(connect(), remark, SECOND)).done == "posted"
    assert thread(repository, remark) == [("mallory", FIRST), (ACTIONS_BOT, SECOND)]


async def test_runs_that_answer_a_review_comment_at_once_leave_one_answer(
    fake: FakeGitHub, repository: FakeRepository, remark: ReviewComment, connect: Connect
) -> None:
    for _ in range(20):
        fake.faults.add(times=1, latency=0.005)
    await asyncio.gather(*(answer(connect(), remark, FIRST) for _ in range(3)))
    assert thread(repository, remark) == [(ACTIONS_BOT, FIRST)]


async def test_an_answer_in_a_locked_conversation_is_told_as_such(
    repository: FakeRepository, remark: ReviewComment, connect: Connect
) -> None:
    repository.issues[remark.number].locked = True
    with pytest.raises(GitHubFailure, match=f"conversation of #{remark.number} is locked"):
        await answer(connect(), remark, FIRST)


async def test_a_token_that_may_not_answer_is_told_which_permission_is_missing(
    remark: ReviewComment, connect: Connect
) -> None:
    with pytest.raises(GitHubFailure, match="pull-requests: write"):
        await answer(connect(permission="read"), remark, FIRST)


@pytest.mark.parametrize("seed", range(6))
async def test_runs_that_race_on_a_slow_network_leave_one_comment(
    seed: int, fake: FakeGitHub, repository: FakeRepository, number: int, connect: Connect
) -> None:
    delays = random.Random(seed)  # noqa: S311 -- the same delays in each run
    for _ in range(60):
        fake.faults.add(times=1, latency=delays.choice((0, 0.005, 0.02)))
    texts = [f"{MARKER}\nText {n}." for n in range(4)]
    await asyncio.gather(*(put(connect(), number, text) for text in texts))
    [(author, text)] = conversation(repository, number)
    assert author == ACTIONS_BOT
    assert text in texts


class InTurn(GitHubApi):
    """A connection that makes each request when it is told to."""

    def __init__(self, *, api_url: str, token: str) -> None:
        super().__init__(api_url=api_url, token=token)
        self._go = asyncio.Semaphore(0)
        self._waits = asyncio.Event()

    async def ask(self, what: str, request: Callable[[Github], T], *, needs: str = "") -> T:
        self._waits.set()
        await self._go.acquire()
        return await super().ask(what, request, needs=needs)

    async def one_request(self, run: asyncio.Task[Sticky]) -> None:
        """Let `run`, which asks here, make its next request and go on until it wants another or ends."""
        await self._waits.wait()
        self._waits.clear()
        self._go.release()
        wants_another = asyncio.ensure_future(self._waits.wait())
        await asyncio.wait({wants_another, run}, return_when=asyncio.FIRST_COMPLETED)
        wants_another.cancel()


async def race(fake: FakeGitHub, number: int, texts: list[str], turns: list[int]) -> list[str]:
    """One run for each text; each makes a request when its turn comes. The texts in the order of their first writes."""
    comments = fake.repositories[REPOSITORY].comments_of
    token = fake.add_token(permissions={"issues": "write"})
    apis = [InTurn(api_url=fake.api_url, token=token) for _ in texts]
    runs = [
        asyncio.ensure_future(put(GitHubComments(api, REPOSITORY), number, text))
        for api, text in zip(apis, texts, strict=True)
    ]
    written: list[str] = []
    for turn in itertools.chain(turns, itertools.cycle(range(len(texts)))):
        if all(run.done() for run in runs):
            break
        if not runs[turn].done():
            await apis[turn].one_request(runs[turn])
        written += {comment.body for comment in comments(number)}.intersection(texts).difference(written)
    for run, api in zip(runs, apis, strict=True):
        run.result()
        await api.close()
    return written


@pytest.mark.parametrize("stand_already", [0, 2])
@given(turns=st.lists(st.integers(0, 1), max_size=12))
@settings(max_examples=25)
def test_however_two_runs_interleave_one_comment_is_left_with_the_text_of_the_later(
    fake: FakeGitHub, stand_already: int, turns: list[int]
) -> None:
    repository = fake.repositories[REPOSITORY]
    number = repository.add_issue("Raced").number
    for _ in range(stand_already):
        repository.add_comment(number, f"{MARKER}\nOld.", author=ACTIONS_BOT)
    written = asyncio.run(race(fake, number, [FIRST, SECOND], turns))
    assert conversation(repository, number) == [(ACTIONS_BOT, written[-1])]


@given(turns=st.lists(st.integers(0, 2), max_size=18))
@settings(max_examples=25)
def test_however_three_runs_interleave_one_comment_is_left(fake: FakeGitHub, turns: list[int]) -> None:
    repository = fake.repositories[REPOSITORY]
    number = repository.add_issue("Raced").number
    texts = [FIRST, SECOND, WITHDRAWN]
    asyncio.run(race(fake, number, texts, turns))
    [(author, text)] = conversation(repository, number)
    assert author == ACTIONS_BOT
    assert text in texts
