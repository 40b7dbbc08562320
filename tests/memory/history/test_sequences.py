"""Whatever happens to a repository and to the runs that read it, in the end its past is known."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from memory_agents.core.history import Stream
from memory_agents.edges.github import history as edge
from memory_agents.memory.history import reading
from memory_agents.testing.github import FakeGitHub
from memory_agents.testing.github.state import Comment, Issue, ReviewComment
from tests.memory.history.project import START, Between, Clock, Killed, Project, assert_in_step, most_requests

PAGE = 6
"""entries of a page; never so many in one second, for a list without cursors could then lose one to an edit"""
ACTORS = st.sampled_from(["ada", "mona", "octocat", "helper[bot]"])
TEXTS = st.sampled_from(["It crashes.", "Same here.", "Fixes #1", "Fixes #2, Fixes #3", "", "é\U0001f980\n"])


class Life(RuleBasedStateMachine):
    """A repository that people work on, while runs read it, are killed, and begin again."""

    fake: FakeGitHub
    clock: Clock
    numbers: Iterator[int]

    def __init__(self) -> None:
        super().__init__()
        self.clock.now, self.fake.rate_limit_remaining = START, 1_000_000
        self.folder = tempfile.TemporaryDirectory()
        repository = self.fake.add_repository(f"octo/hello-{next(self.numbers)}", files={"README.md": "# Hello\n"})
        folder = Path(self.folder.name)
        self.project = Project(fake=self.fake, repository=repository, folder=folder, clock=self.clock)
        self.has_deleted = False
        self.of_a_second = 0

    def teardown(self) -> None:
        """What was left under way ends; then one whole run is enough."""
        with self.folder:
            asyncio.run(self.project.index())
            asyncio.run(self.project.index(whole=True))
            assert_in_step(self.project)

    @property
    def issues(self) -> list[Issue]:
        return list(self.project.repository.issues.values())

    def pick(self, at: int) -> Issue:
        return self.issues[at % len(self.issues)]

    def pass_time(self, seconds: int) -> None:
        self.of_a_second = 0 if seconds else self.of_a_second + 1
        if self.of_a_second >= PAGE - 2:
            seconds, self.of_a_second = 1, 0
        self.clock.tick(seconds=seconds)

    @initialize()
    def begin(self) -> None:
        self.project.add_issue()

    @rule(is_pull=st.booleans(), body=TEXTS, author=ACTORS, seconds=st.sampled_from([0, 0, 1, 90]))
    def add(self, is_pull: bool, body: str, author: str, seconds: int) -> None:
        self.pass_time(seconds)
        add = self.project.add_pull if is_pull else self.project.add_issue
        add(body=body, author=author)

    @rule(at=st.integers(0, 99), body=TEXTS, author=ACTORS, seconds=st.sampled_from([0, 1, 90]))
    def comment(self, at: int, body: str, author: str, seconds: int) -> None:
        self.pass_time(seconds)
        number = self.pick(at).number
        if self.pick(at).pull and body:
            own = [each for each in self.project.repository.review_comments.values() if each.number == number]
            above = own[0].in_reply_to or own[0].id if own and at % 2 else None
            self.project.repository.add_review_comment(number, body, path="f", author=author, in_reply_to=above)
        else:
            self.project.repository.add_comment(number, body or "+1", author=author)

    @rule(at=st.integers(0, 99), actor=ACTORS, reason=st.sampled_from(["completed", "not_planned", "duplicate"]))
    def close_or_open(self, at: int, actor: str, reason: str) -> None:
        self.pass_time(at % 3)
        issue, repository = self.pick(at), self.project.repository
        if issue.state == "closed":
            if not (issue.pull and issue.pull.merged_at):
                repository.reopen(issue, actor=actor)
        elif issue.pull and at % 2:
            repository.merge(issue, actor=actor)
        else:
            repository.close(issue, actor=actor, reason=reason, commit="b" * 40 if at % 5 == 0 else "")

    @rule(at=st.integers(0, 99), text=TEXTS)
    def edit(self, at: int, text: str) -> None:
        self.pass_time(1)
        repository = self.project.repository
        rows: list[Issue | Comment | ReviewComment] = [
            *self.issues,
            *repository.comments.values(),
            *repository.review_comments.values(),
        ]
        row = rows[at % len(rows)]
        if isinstance(row, Issue):
            repository.edit_issue(row, title=f"Title {at}", body=text)
        elif isinstance(row, Comment):
            repository.edit_comment(row, text or "-")
        else:
            repository.edit_comment(row, text or "-")

    @precondition(lambda self: len(self.issues) > 1)
    @rule(at=st.integers(0, 99), what=st.sampled_from(["issue", "comment", "review comment"]))
    def delete(self, at: int, what: str) -> None:
        repository = self.project.repository
        if what == "issue":
            repository.delete_issue(self.pick(at))
        elif what == "comment" and repository.comments:
            repository.delete_comment([*repository.comments.values()][at % len(repository.comments)])
        elif what == "review comment" and repository.review_comments:
            repository.delete_review_comment(
                [*repository.review_comments.values()][at % len(repository.review_comments)]
            )
        else:
            return
        self.has_deleted = True

    @rule(is_whole=st.booleans())
    def run(self, is_whole: bool) -> None:
        done = asyncio.run(self.project.index(whole=is_whole))
        assert done.is_complete
        assert done.requests <= most_requests(self.project.repository, page=PAGE)
        if not self.has_deleted:
            assert_in_step(self.project)

    @rule(after=st.integers(0, 12), is_whole=st.booleans())
    def run_that_is_killed(self, after: int, is_whole: bool) -> None:
        left = itertools.count(after, -1)

        def count(_: Stream) -> None:
            if next(left) == 0:
                raise Killed

        with contextlib.suppress(Killed):
            asyncio.run(self.project.index(whole=is_whole, through=lambda source: Between(source, before=count)))

    @rule(picks=st.lists(st.integers(0, 99), min_size=1, max_size=8), is_whole=st.booleans())
    def run_while_people_work(self, picks: list[int], is_whole: bool) -> None:
        left = list(picks)

        def work() -> None:
            if left:
                at = left.pop()
                rules = (self.add_one, self.comment_one, self.close_one, self.edit_one)
                rules[at % len(rules)](at)

        asyncio.run(self.project.index(whole=is_whole, through=lambda source: Between(source, after=work)))
        self.run(is_whole=False)

    def add_one(self, at: int) -> None:
        self.pass_time(1)
        self.project.add_issue(f"Meanwhile {at}")

    def comment_one(self, at: int) -> None:
        self.comment(at=at, body="Meanwhile.", author="mona", seconds=1)

    def close_one(self, at: int) -> None:
        self.pass_time(1)
        if self.pick(at).state == "open":
            self.project.repository.close(self.pick(at), actor="mona", reason="completed")

    def edit_one(self, at: int) -> None:
        self.pass_time(1)
        self.project.repository.edit_issue(self.pick(at), body=f"Meanwhile {at}")

    @rule()
    def let_days_pass(self) -> None:
        self.clock.tick(days=4)


def test_in_the_end_everything_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_PER_PAGE", PAGE)
    monkeypatch.setattr(reading, "PAGE_ROWS", PAGE)
    clock = Clock()
    with FakeGitHub(clock=clock) as fake:
        monkeypatch.setattr(Life, "fake", fake, raising=False)
        monkeypatch.setattr(Life, "clock", clock, raising=False)
        monkeypatch.setattr(Life, "numbers", itertools.count(), raising=False)
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
