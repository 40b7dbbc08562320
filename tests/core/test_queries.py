"""What an event asks memory: its own words, what they stand in, and the files that they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from memory_agents.core.github_events import ChangedPaths, ItemEvent
from memory_agents.core.queries import MOST_BODY, MOST_CONTEXT, MOST_PATHS, MOST_TITLE, query_of
from memory_agents.core.records import Query
from tests.builders import (
    comment,
    issue_comment_event,
    issue_event,
    pull_request,
    pull_request_event,
    review_comment_event,
    review_event,
)

NOW = datetime(2026, 1, 31, tzinfo=UTC)
PAGE = "https://github.com/octo/hello/pull/7"
CHANGED = ChangedPaths(paths=("src/read.py", "README.md"), total=2)
PROPOSED = pull_request(title="Close the file", body="It was left open.", labels=("bug",))
IN_CONVERSATION = issue_comment_event(on=PROPOSED, said=comment(body="Does it close the file?"))
THREAD = replace(comment(body="Use with", path="src/read.py", diff_hunk="@@ -1 +1 @@\n+open(path)"), url=f"{PAGE}#d1")
REPORTED = issue_event()
ISSUE_PAGE = REPORTED.issue.url


def asked(event: ItemEvent, changed: ChangedPaths = CHANGED) -> Query:
    return query_of(event, NOW, changed)


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
def test_a_pull_request_is_no_answer_to_itself_under_either_of_its_addresses(event: ItemEvent) -> None:
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


def test_a_query_says_that_a_pull_request_asks() -> None:
    events = (pull_request_event(), issue_event(), review_event(), review_comment_event(), IN_CONVERSATION)
    assert [asked(event).is_change for event in events] == [True, False, False, False, False]


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


def test_a_query_holds_title_body_and_labels_and_leaves_the_issue_out() -> None:
    made = query_of(REPORTED, NOW)
    assert (made.title, made.body, made.labels) == (REPORTED.issue.title, REPORTED.issue.body, ("documentation",))
    assert (made.exclude_urls, made.now) == (frozenset({ISSUE_PAGE, ISSUE_PAGE.replace("issues", "pull")}), NOW)


def test_a_comment_asks_with_its_own_words_and_the_issue_around_it() -> None:
    said = comment(body="Is it the parser?")
    made = query_of(issue_comment_event(on=REPORTED.issue, said=said), NOW)
    assert (made.title, made.body) == ("", "Is it the parser?")
    assert made.context == f"{REPORTED.issue.title}\n{REPORTED.issue.body}"
    assert {ISSUE_PAGE, said.url} <= made.exclude_urls
