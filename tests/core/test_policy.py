"""The table of what an event asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import policy
from memory_agents.core.github_events import (
    OWN_MARKER,
    DispatchEvent,
    GitHubEvent,
    ItemEvent,
    OtherEvent,
    ScheduleEvent,
)
from memory_agents.core.policy import Index, Mode, Recall, Skip
from tests.builders import (
    BOT,
    comment,
    issue_comment_event,
    issue_event,
    item,
    origin,
    pull_request,
    pull_request_event,
    review_comment_event,
    review_event,
)

MAKERS: dict[str, Callable[[str], ItemEvent]] = {
    "issues": issue_event,
    "issue_comment": issue_comment_event,
    "pull_request": pull_request_event,
    "pull_request_review": review_event,
    "pull_request_review_comment": review_comment_event,
}
RECALLED = {
    "issues": ["opened", "edited", "reopened"],
    "issue_comment": ["created"],
    "pull_request": ["opened", "synchronize", "reopened", "ready_for_review"],
    "pull_request_review": ["submitted"],
    "pull_request_review_comment": ["created"],
}
# https://docs.github.com/webhooks/webhook-events-and-payloads
OTHER = {
    "issues": ["assigned", "closed", "deleted", "labeled", "locked", "milestoned", "pinned", "transferred", "typed"],
    "issue_comment": ["edited", "deleted"],
    "pull_request": ["assigned", "closed", "converted_to_draft", "edited", "enqueued", "labeled", "review_requested"],
    "pull_request_review": ["edited", "dismissed"],
    "pull_request_review_comment": ["edited", "deleted"],
}
WITHOUT_ITEM: list[GitHubEvent] = [
    DispatchEvent(origin=origin("workflow_dispatch", "")),
    ScheduleEvent(origin=origin("schedule", "")),
    OtherEvent(origin=origin("push", "")),
]


def events(table: dict[str, list[str]]) -> list[ItemEvent]:
    return [MAKERS[name](action) for name, actions in table.items() for action in actions]


def called(event: GitHubEvent) -> str:
    return f"{event.origin.name}-{event.origin.action}"


COMMENTS: list[ItemEvent] = [issue_comment_event(), review_event(), review_comment_event()]


def said(event: ItemEvent, **changes: object) -> ItemEvent:
    """The same comment or review, but for `changes`."""
    remark = replace(comment(), **changes)  # type: ignore[arg-type]
    match event.origin.name:
        case "issue_comment":
            return issue_comment_event(event.origin.action, said=remark)
        case "pull_request_review":
            return review_event(event.origin.action, said=remark)
        case _:
            return review_comment_event(event.origin.action, said=remark)


def reason(event: GitHubEvent, mode: Mode) -> str:
    planned = policy.plan(event, mode)
    assert isinstance(planned, Skip), planned
    return planned.reason


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RECALL])
@pytest.mark.parametrize("event", events(RECALLED), ids=called)
def test_what_is_new_changed_or_said_is_recalled_for(event: ItemEvent, mode: Mode) -> None:
    assert policy.plan(event, mode) == Recall(event)


def test_a_pull_request_target_is_handled_like_a_pull_request() -> None:
    event = replace(pull_request_event(), origin=origin("pull_request_target", "synchronize"))
    assert policy.plan(event, Mode.AUTO) == Recall(event)


@pytest.mark.parametrize("event", events(OTHER), ids=called)
def test_what_else_happens_is_skipped_and_the_mode_that_would_not_is_named(event: ItemEvent) -> None:
    told = reason(event, Mode.AUTO)
    assert event.origin.action in told
    assert "`mode: recall`" in told


@pytest.mark.parametrize("event", events(OTHER), ids=called)
def test_mode_recall_recalls_whatever_happened(event: ItemEvent) -> None:
    assert policy.plan(event, Mode.RECALL) == Recall(event)


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RECALL])
@pytest.mark.parametrize("event", WITHOUT_ITEM, ids=called)
def test_an_event_without_an_item_of_its_own_is_skipped_by_name(event: GitHubEvent, mode: Mode) -> None:
    assert f"`{event.origin.name}`" in reason(event, mode)


@pytest.mark.parametrize("event", [*WITHOUT_ITEM, *events(RECALLED), *events(OTHER)], ids=called)
def test_mode_index_reads_the_past_whatever_the_event_is(event: GitHubEvent) -> None:
    assert policy.plan(event, Mode.INDEX) == Index()


@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_what_a_bot_says_is_recalled_for_only_where_that_is_asked_for(event: ItemEvent) -> None:
    by_bot = said(event, author=BOT)
    assert "of a bot" in reason(by_bot, Mode.AUTO)
    assert policy.plan(by_bot, Mode.RECALL) == Recall(by_bot)


def test_what_a_bot_reports_or_proposes_is_recalled_for_and_so_is_what_people_say_about_it() -> None:
    by_bot = replace(pull_request(), author=BOT)
    reported = replace(issue_event(), issue=replace(item(), author=BOT))
    for event in (reported, pull_request_event(proposed=by_bot), review_event(proposed=by_bot)):
        assert policy.plan(event, Mode.AUTO) == Recall(event)


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RECALL])
@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_our_own_comment_is_ignored_in_every_mode(event: ItemEvent, mode: Mode) -> None:
    assert "memory-agents posted" in reason(said(event, body=f"{OWN_MARKER} similar -->\nSimilar: #3"), mode)


@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_a_comment_that_quotes_ours_is_a_comment_like_any_other(event: ItemEvent) -> None:
    quoting = said(event, body=f"> {OWN_MARKER} similar -->\n\nIs it?")
    assert policy.plan(quoting, Mode.AUTO) == Recall(quoting)


@pytest.mark.parametrize("body", ["", " \n"])
def test_a_review_without_text_is_left_to_the_events_of_its_comments(body: str) -> None:
    approved = said(review_event(), body=body)
    assert "no text of its own" in reason(approved, Mode.AUTO)
    assert policy.plan(approved, Mode.RECALL) == Recall(approved)


def test_changed_paths_are_wanted_for_pull_requests_only() -> None:
    in_conversation = issue_comment_event(on=pull_request())
    for event in (pull_request_event(), review_event(), review_comment_event(), in_conversation):
        assert policy.wants_paths(event) == 7
    assert policy.wants_paths(issue_event()) is None
    assert policy.wants_paths(issue_comment_event()) is None


@given(name=st.text(), action=st.text())
def test_a_reason_is_one_harmless_line_whatever_the_event_is_called(name: str, action: str) -> None:
    named: list[GitHubEvent] = [
        OtherEvent(origin=origin(name, action)),
        replace(issue_event(), origin=origin("issues", f"x{action}")),
        replace(pull_request_event(), origin=origin(name, f"x{action}")),
    ]
    for event in named:
        told = reason(event, Mode.AUTO)
        assert told.isprintable()
        assert told.isascii()
        assert "::" not in told
        assert "##[" not in told
