"""The step summary: what was recalled and why, as Markdown that no text can bend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import context, summary
from memory_agents.core.github_events import ItemEvent
from memory_agents.core.records import Match
from tests.builders import (
    issue_comment_event,
    issue_event,
    match,
    pull_request_event,
    record,
    review_comment_event,
    review_event,
)


def summarized(
    *matches: Match,
    event: ItemEvent | None = None,
    notices: Sequence[str] = (),
    dropped: Sequence[str] = (),
    no_memory: str = "",
    private: bool = False,
) -> str:
    shown = context.build(event or issue_event(), {"similar_issues": matches}, status="ok").without(dropped)
    return summary.recall_summary(
        shown,
        notices=notices,
        seconds=0.123,
        prompt_bytes=12_345,
        template="default",
        no_memory=no_memory,
        private=private,
    )


def test_the_summary_says_how_it_went_what_was_recalled_and_why() -> None:
    text = summarized(match("i0000121", 0.91, namespace="reviews/issues", text="Typo in README"))
    assert text.startswith("### memory-agents: ok\n")
    assert "Issue #12, opened: 1 memory in 0.12 s. Prompt: 12,345 bytes, template: default." in text
    row = next(line for line in text.splitlines() if "0.91" in line)
    assert row.startswith(
        "| similar issues | [issue \\#121: Typo in README (completed)](https://github.com/octo/hello/issues/121)"
    )
    assert "title" in row


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (issue_event(), "Issue #12, opened"),
        (pull_request_event("synchronize"), "Pull request #7, synchronize"),
        (issue_comment_event(), "Comment on #12, created"),
        (review_event(), "Review of #7, submitted"),
        (review_comment_event(), "Review comment on #7, created"),
    ],
)
def test_the_summary_says_what_the_recall_was_for(event: ItemEvent, told: str) -> None:
    assert summary.subject(context.build(event, {}, status="empty")) == told.partition(",")[0]
    assert f"{told}: 0 memories" in summarized(event=event)


def test_every_kind_of_memory_is_named_as_what_it_is() -> None:
    past = match(namespace="reviews/pr", text="Close the file.").record
    own = replace(past, source=replace(past.source, number=9))
    thread = replace(own, title="src/read.py", paths=("src/read.py",), state="")
    elsewhere = replace(own, source=replace(own.source, repository="octo/other"), title="Mend | it")
    shown = [summarized(Match(record=record, score=0.5)) for record in (thread, own, elsewhere)]
    assert r"[review comment in \#9 on src/read.py: Close the file.](https" in shown[0]
    assert r"[pull request \#9: Close the file. (completed)](https" in shown[1]
    assert r"[pull request octo/other\#9: Mend \| it (completed)](https" in shown[2]


def test_memory_that_is_kept_elsewhere_is_shown_by_id_alone() -> None:
    text = summarized(match("i0000121", namespace="reviews/issues", text="confidential words"), private=True)
    assert "i0000121" in text
    assert "confidential" not in text
    assert "typo" not in text
    assert "https://github.com/octo/hello/issues/121" not in text
    assert "ids are shown here, not texts" in text
    assert "not texts" not in summarized(match("i0000121"))


def test_what_was_left_out_is_named() -> None:
    assert "Left out to keep the prompt within its size: aaaaaaaa" in summarized(
        match("aaaaaaaa"), dropped=["aaaaaaaa"]
    )


def test_where_there_is_no_memory_yet_the_next_step_is_told() -> None:
    told = summary.NO_MEMORY.format(where="on the branch `memory`", input="memory-branch")
    assert "no facts yet on the branch `memory`" in summarized(no_memory=told)
    assert "Next step" not in summarized()


def test_every_notice_is_one_list_item() -> None:
    text = summarized(notices=["It broke.\n- really Fix: mend it", "Else."])
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 2
    assert "mend it" in text


HOSTILE = st.text(st.characters()) | st.lists(
    st.sampled_from([*"|`*_[]()<>#~\\!@:&\n\r", "http://x", "www.evil.example", "@octocat", "#1", "<img src=x>", "]("])
).map("".join)


@given(HOSTILE)
def test_a_title_stays_in_its_cell(title: str) -> None:
    found = Match(record=replace(record(), title=title), score=0.5, reasons=(title,))
    rows = [line for line in re.split("\r\n|\r|\n", summarized(found)) if "0.50" in line]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", re.sub(r"\\\\", "", rows[0]))) == 5


@given(HOSTILE)
def test_literal_text_has_no_active_markup(text: str) -> None:
    shown = summary.literal(text)
    assert "\n" not in shown
    bare = re.sub(r"\\.", "", shown)
    assert not re.search(r"[|`*_\[\]<>#~@]", bare)
    assert "://" not in bare
    assert not re.search(r"www\.", bare, re.IGNORECASE)


def test_literal_text_is_cut_with_a_sign_of_it() -> None:
    assert summary.literal("a" * 200, 10) == "a" * 9 + "…"


def test_a_source_that_is_no_plain_web_address_is_not_linked() -> None:
    for url in ("javascript:alert(1)", "https://x.example/) ![](https://evil.example", "https://user@evil.example/"):
        hostile = replace(record(), source=replace(record().source, url=url))
        assert "](" not in summarized(Match(record=hostile, score=0.5))


def test_no_secret_and_nothing_invisible_gets_into_the_summary() -> None:
    token = "gh" + "p_" + "4QV4kDm2xTzB8nHs6LwRcY1pJfUeGa35ZqXv"
    text = summarized(notices=[f"Skipped {token}.md\x1b[2J \u202ereversed"])
    assert token not in text
    assert token.replace("_", r"\_") not in text
    assert not {"\x1b", "\u202e"} & set(text)
