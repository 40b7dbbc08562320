"""The PullRequest monitor: what an event asks memory, and over a real repository, from the event to the prompt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from memory_agents.configuration import SECTIONS
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths
from memory_agents.core.records import Query
from memory_agents.memory.git import Remote
from memory_agents.memory.integration import MemoryIntegration, Status
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.monitors.base import FAMILIES, MOST_BODY, MOST_CONTEXT, MOST_TITLE, Recalled
from memory_agents.monitors.pull_request import MOST_PATHS, PullRequestFamily, PullRequestMonitor, query
from memory_agents.rendering import Templates
from memory_agents.settings import Settings
from tests.builders import (
    comment,
    issue_comment_event,
    pull_request,
    pull_request_event,
    review_comment_event,
    review_event,
)
from tests.repositories import BareRepository, fact

NOW = datetime(2026, 1, 31, tzinfo=UTC)
PAGE = "https://github.com/octo/hello/pull/7"
CHANGED = ChangedPaths(paths=("src/read.py", "README.md"), total=2)
PROPOSED = pull_request(title="Close the file", body="It was left open.", labels=("bug",))
IN_CONVERSATION = issue_comment_event(on=PROPOSED, said=comment(body="Does it close the file?"))
THREAD = replace(comment(body="Use with", path="src/read.py", diff_hunk="@@ -1 +1 @@\n+open(path)"), url=f"{PAGE}#d1")


def asked(event: PullRequestFamily, changed: ChangedPaths = CHANGED) -> Query:
    return query(event, changed, NOW)


def test_a_pull_request_asks_with_its_title_and_body_and_the_files_around_it() -> None:
    made = asked(pull_request_event(proposed=PROPOSED))
    assert (made.title, made.body, made.labels) == ("Close the file", "It was left open.", ("bug",))
    assert (made.context, made.paths, made.now) == ("src/read.py\nREADME.md", CHANGED.paths, NOW)


def test_a_review_comment_asks_with_its_own_words_and_the_diff_around_it() -> None:
    made = asked(review_comment_event(proposed=PROPOSED, said=replace(THREAD, path="b.py")))
    assert (made.title, made.body) == ("", "Use with")
    assert made.context == "Close the file\n@@ -1 +1 @@\n+open(path)\nb.py"
    assert made.paths == ("b.py", "src/read.py", "README.md")


def test_the_file_of_a_review_comment_comes_first_and_once() -> None:
    made = asked(review_comment_event(said=replace(THREAD, path="README.md")))
    assert made.paths == ("README.md", "src/read.py")


def test_of_a_long_hunk_the_end_is_what_the_comment_is_about() -> None:
    hunk = "".join(f"+line {n}\n" for n in range(9_000)) + "+the last"
    made = asked(review_comment_event(said=replace(THREAD, diff_hunk=hunk)))
    assert "+the last\n" in made.context
    assert "+line 8000\n" not in made.context


def test_a_review_asks_with_its_words_and_the_pull_request_around_it() -> None:
    made = asked(review_event(proposed=PROPOSED, said=comment(body="Please use with.")))
    assert (made.title, made.body) == ("", "Please use with.")
    assert made.context == "Close the file\nsrc/read.py\nREADME.md"


def test_a_comment_in_the_conversation_asks_with_its_words_and_the_pull_request_around_it() -> None:
    made = asked(IN_CONVERSATION)
    assert (made.title, made.body) == ("", "Does it close the file?")
    assert made.context == "Close the file\nIt was left open.\nsrc/read.py\nREADME.md"


@pytest.mark.parametrize(
    "event",
    [pull_request_event(), review_event(), review_comment_event(), IN_CONVERSATION],
    ids=lambda e: e.origin.name,
)
def test_a_pull_request_is_no_answer_to_itself_under_either_of_its_addresses(event: PullRequestFamily) -> None:
    assert {PAGE, PAGE.replace("/pull/", "/issues/")} <= asked(event).exclude_urls


def test_a_comment_and_the_thread_that_it_answers_are_no_answer() -> None:
    answer = replace(THREAD, url=f"{PAGE}#discussion_r5", reply_to=3)
    excluded = asked(review_comment_event(said=answer)).exclude_urls
    assert {f"{PAGE}#discussion_r5", f"{PAGE}#discussion_r3"} <= excluded


def test_the_address_of_an_owner_called_pull_is_left_as_it_is() -> None:
    odd = replace(PROPOSED, url="https://github.com/pull/issues/pull/7")
    assert asked(pull_request_event(proposed=odd)).exclude_urls == {
        "https://github.com/pull/issues/pull/7",
        "https://github.com/pull/issues/issues/7",
    }


@pytest.mark.parametrize("make", [review_event, review_comment_event, issue_comment_event])
def test_a_query_is_bounded_whatever_was_written(make: type) -> None:
    long = "word " * 90_000
    proposed = pull_request(title=long, body=long)
    said = replace(comment(body=long, path="p" * 90_000), diff_hunk=long)
    many = ChangedPaths(paths=tuple(f"src/{n}.py" for n in range(3_000)), total=3_000)
    key = "on" if make is issue_comment_event else "proposed"
    for event in (pull_request_event(proposed=proposed), make(**{key: proposed, "said": said})):
        made = asked(event, many)
        assert len(made.title) <= MOST_TITLE
        assert len(made.body) <= MOST_BODY
        assert len(made.context) <= MOST_CONTEXT
        assert len(made.paths) <= MOST_PATHS + 1


def test_every_family_shows_sections_that_the_settings_feed_and_those_about_code_show_reviews() -> None:
    assert {section for sections in FAMILIES.values() for section in sections} == set(SECTIONS)
    assert [name for name, sections in FAMILIES.items() if "reviews" not in sections] == ["issue"]


FILES = {
    "codebase/conventions/files.md": "---\nid: scoped01\npaths: [src/**]\n---\nA file is opened by `with`.\n",
    "codebase/conventions/docs.md": "---\nid: scoped02\npaths: [docs/**]\n---\nA file is opened by `with`.\n",
    "codebase/patterns/readers.md": fact("Whoever opens a file closes it.", "f2a2c3d4"),
    "reviews/issues/9.md": "---\nid: i0000009\ntitle: A file is left open\nnumber: 9\n---\nClose the file.\n",
    "reviews/pr/8.md": (
        "---\nid: r0000008\nnumber: 8\npaths: [src/read.py]\n---\nPlease close the file: use `with` here.\n"
    ),
    "reviews/pr/7.md": f"---\nid: r0000007\nnumber: 7\nsource: {PAGE}\n---\nClose the file.\n",
}
OTHERS = {f"codebase/dependencies/d{n}.md": fact(f"Package number {n} is pinned.") for n in range(20)}
"""what makes the words of the event tell something"""


async def recalled(tmp_path: Path, event: PullRequestFamily, **inputs: str) -> Recalled:
    remote = BareRepository(tmp_path / "remote.git")
    remote.commit(FILES | OTHERS)
    numbers = count(1)
    async with MemoryIntegration(
        lambda: GitBranchProvider(Remote(str(remote.path)), "memory", state=tmp_path / "state"), deadline=20
    ) as memory:
        monitor = PullRequestMonitor(
            memory, Templates({}, folder="ours"), Settings.build(inputs), Fencer(lambda: f"{next(numbers):032x}")
        )
        return await monitor.recall(event, lambda: NOW, CHANGED)


@pytest.mark.parametrize(
    ("event", "asks"),
    [
        (pull_request_event("synchronize", proposed=PROPOSED), "where a review should look first"),
        (review_event(proposed=PROPOSED, said=comment(body="Close the file, use with.")), "List what the review asks"),
        (review_comment_event(proposed=PROPOSED, said=THREAD), "what the comment asks for"),
        (IN_CONVERSATION, "Answer the comment."),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.origin.name,
)
async def test_a_pull_request_and_what_is_said_about_it_get_a_prompt_with_what_bears_on_them(
    event: PullRequestFamily, asks: str, tmp_path: Path
) -> None:
    result = await recalled(tmp_path, event)
    assert result.recollection.status is Status.OK
    shown = {section.name: [m.id for m in section.memories] for section in result.prompt.context.sections}
    assert list(shown) == ["conventions", "patterns", "reviews", "similar_issues"]
    assert shown["conventions"][0] == "scoped01", "what is scoped to the changed files comes first"
    assert shown["reviews"] == ["r0000008"], "a pull request is no answer to itself"
    assert "Past review comment in #8:" in result.prompt.text
    assert asks in result.prompt.text
    assert "> README.md" in result.prompt.text


async def test_the_review_template_serves_an_agent_that_reviews(tmp_path: Path) -> None:
    result = await recalled(tmp_path, pull_request_event(proposed=PROPOSED), template="review")
    assert result.prompt.text.startswith("You are reviewing pull request #7 of the repository octo/hello")


async def test_a_template_of_issues_gives_way_to_that_of_pull_requests(tmp_path: Path) -> None:
    result = await recalled(tmp_path, pull_request_event(proposed=PROPOSED), template="issue")
    assert "# The pull request" in result.prompt.text
