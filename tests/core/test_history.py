"""Rows of a repository's past become Records that say how it ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from memory_agents.core.fences import clean
from memory_agents.core.history import (
    Closing,
    Item,
    Person,
    Remark,
    ReviewRemark,
    Stream,
    closed_by,
    closing_words,
    item_record,
    listed,
    thread_record,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
ADA, MONA = Person(login="ada", id=1), Person(login="mona", id=2)
ISSUE = Item(
    number=5,
    node_id="I_5",
    title="Parser crash",
    body="It crashes.",
    author=ADA,
    url="https://github.com/octo/hello/issues/5",
    state="closed",
    state_reason="completed",
    labels=(),
    created_at=AT - timedelta(days=9),
    closed_at=AT,
    merged_at=None,
    is_pull_request=False,
)
PULL = replace(
    ISSUE, number=7, url="https://github.com/octo/hello/pull/7", state_reason="", merged_at=AT, is_pull_request=True
)
CLOSING = Closing(id=1, number=5, actor=MONA, commit="", created_at=AT)


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ("Fixes #5", {5}),
        ("closes: #5 and resolved #6", {5, 6}),
        ("FIXED octo/hello#5", {5}),
        ("Closes https://github.com/octo/hello/issues/5", {5}),
        ("Fixes other/repository#5", set()),
        ("Closes https://github.com/other/repository/issues/5", set()),
        ("See #5, prefixes #6, fixes 7", set()),
    ],
)
def test_a_merged_pull_request_closes_what_it_says_of_its_own_repository(body: str, numbers: set[int]) -> None:
    assert closed_by(replace(PULL, body=body)) == numbers
    assert closed_by(replace(PULL, body=body, merged_at=None)) == set()


def ending(
    item: Item = ISSUE, closing: Closing | None = CLOSING, *remarks: Remark, merged: tuple[Item, ...] = ()
) -> str:
    words = closing_words(item, closing, remarks)
    record = item_record("octo/hello", item, closing=closing, words=words, merged=merged)
    return record.text.removeprefix("It crashes.").strip()


def remark(body: str, *, by: Person = MONA, at: datetime = AT) -> Remark:
    return Remark(id=1, node_id="C_1", number=5, body=body, author=by, created_at=at)


def test_an_issue_says_by_whom_and_why_it_was_closed() -> None:
    assert ending() == "Closed as completed on 2026-01-01 by mona."
    assert ending(replace(ISSUE, state_reason="not_planned")).startswith("Closed as not planned")
    assert ending(ISSUE, replace(CLOSING, actor=ADA)).endswith("by its author.")
    assert ending(replace(ISSUE, state="open", closed_at=None)) == ""


def test_a_closing_of_another_time_is_not_how_it_ended() -> None:
    assert ending(ISSUE, replace(CLOSING, created_at=AT - timedelta(days=1))) == "Closed as completed on 2026-01-01."


def test_the_pull_request_that_closed_it_was_merged_then() -> None:
    assert ending(merged=(PULL,)).endswith("by mona with pull request #7.")
    before = replace(PULL, merged_at=AT - timedelta(days=2))
    assert "#7" not in ending(merged=(before,))
    assert ending(ISSUE, replace(CLOSING, commit="a" * 40)).endswith(f"with commit {'a' * 12}.")


def test_the_closers_last_words_about_then_are_kept() -> None:
    said = ending(ISSUE, CLOSING, remark("No, wait.", at=AT - timedelta(days=1)), remark("Mended."))
    assert said.endswith("mona wrote:\n\nMended.")
    for other in (remark("Thanks!", by=ADA), remark("Late", at=AT + timedelta(days=1)), remark(" ")):
        assert "wrote" not in ending(ISSUE, CLOSING, other)


def test_a_bots_words_are_left_out() -> None:
    bot = Person(login="stale[bot]", id=3, is_bot=True)
    assert "wrote" not in ending(ISSUE, replace(CLOSING, actor=bot), remark("Stale.", by=bot))


def test_a_thread_shows_the_end_of_its_hunk_in_a_fence_that_it_cannot_leave() -> None:
    hunk = "\n".join(["@@ -1 +1 @@", *(f"+line {at}" for at in range(20)), "+````"])
    first = ReviewRemark(
        id=9,
        node_id="R_9",
        number=7,
        body="Name it.",
        author=ADA,
        url="https://github.com/octo/hello/pull/7#discussion_r9",
        path="src/lexer.py",
        hunk=hunk,
        created_at=AT,
        reply_to=None,
    )
    reply = replace(first, id=10, body="Done.", author=MONA, reply_to=9)
    record = thread_record("octo/hello", [first, reply])
    lines = record.text.splitlines()
    assert lines[:3] == ["Name it.", "", "`````diff"]
    assert (lines[-4:], len(lines)) == (["+````", "`````", "", "mona answered: Done."], 2 + 10 + 2)
    assert (record.id, record.title, record.paths) == ("past-review-9", "src/lexer.py", ("src/lexer.py",))


HIDING = ["Crash.\n\n<!-- x", "Crash.\n\n<div hidden>", 'Crash.\n\n<span style="display:none">', "Crash.\n\n<? x"]


@pytest.mark.parametrize("body", HIDING)
def test_markup_that_is_left_open_hides_nothing_that_others_wrote_below(body: str) -> None:
    said = remark("Never do that.")
    record = item_record("octo/hello", replace(ISSUE, body=body), closing=CLOSING, words=said, merged=())
    for told in ("Crash.", "Closed as completed on 2026-01-01 by mona.", "Never do that."):
        assert told in clean(record.text)
    first = ReviewRemark(
        id=9,
        node_id="R_9",
        number=7,
        body=body,
        author=ADA,
        url="https://github.com/octo/hello/pull/7#discussion_r9",
        path="src/lexer.py",
        hunk="@@ -1 +1 @@\n+open(path)",
        created_at=AT,
        reply_to=None,
    )
    answers = [replace(first, id=10, body=f"Yes. {body}", reply_to=9), replace(first, id=11, body="No.", reply_to=9)]
    text = clean(thread_record("octo/hello", [first, *answers]).text)
    assert "+open(path)" in text
    assert "answered: No." in text


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 10**30},
        {"id": -1},
        {"number": 2**63},
        {"updated_at": "0001-01-01T00:00:00+05:00"},
        {"html_url": "javascript:alert(1)"},
        {"user": {"login": "a", "id": "x"}},
        {"title": 5},
        {"labels": None},
    ],
)
def test_an_entry_that_github_would_not_send_is_refused(odd: dict[str, object]) -> None:
    entry = {
        "id": 1,
        "number": 5,
        "node_id": "I_5",
        "title": "Crash",
        "body": None,
        "user": None,
        "html_url": "https://github.com/octo/hello/issues/5",
        "state": "open",
        "labels": [],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "closed_at": None,
    }
    assert listed(Stream.ISSUES, entry).row is not None
    with pytest.raises((AttributeError, LookupError, OverflowError, TypeError, ValueError)):
        listed(Stream.ISSUES, entry | odd)
