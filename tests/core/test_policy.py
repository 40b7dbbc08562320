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
    ReviewCommentEvent,
    ReviewEvent,
    ScheduleEvent,
)
from memory_agents.core.policy import CatchUp, Digest, Index, Mode, Obey, Recall, Skip
from tests.builders import (
    BOT,
    branches,
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
    "issues": ["assigned", "deleted", "unlabeled", "locked", "milestoned", "pinned", "transferred", "typed"],
    "issue_comment": ["edited", "deleted"],
    "pull_request": ["assigned", "closed", "converted_to_draft", "edited", "enqueued", "unlabeled", "review_requested"],
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


COMMAND = "/remember Times are UTC."
FORK = branches(head_repository="mallory/hello")


@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_a_comment_with_a_command_is_obeyed_and_not_recalled_for(event: ItemEvent) -> None:
    asking = said(event, body=f"Yes.\n\n{COMMAND}")
    assert policy.plan(asking, Mode.AUTO) == Obey(asking)  # type: ignore[arg-type]


@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_mode_recall_carries_out_no_command(event: ItemEvent) -> None:
    asking = said(event, body=COMMAND)
    assert policy.plan(asking, Mode.RECALL) == Recall(asking)


@pytest.mark.parametrize(("body", "before"), [(COMMAND, "Why?"), ("Why?", COMMAND), (COMMAND, COMMAND + " Always.")])
def test_an_edit_counts_where_a_command_stands_or_stood(body: str, before: str) -> None:
    edited = issue_comment_event("edited", said=replace(comment(), body=body, before=before))
    assert policy.plan(edited, Mode.AUTO) == Obey(edited)


def test_an_edit_without_any_command_is_no_reason_to_write() -> None:
    edited = issue_comment_event("edited", said=replace(comment(), body="Why?", before="Wy?"))
    assert isinstance(policy.plan(edited, Mode.AUTO), Skip)


def test_a_deleted_comment_counts_where_it_had_a_command() -> None:
    gone = issue_comment_event("deleted", said=replace(comment(), body=COMMAND))
    assert policy.plan(gone, Mode.AUTO) == Obey(gone)


@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_bots_give_no_commands_neither_in_their_own_comments_nor_by_editing_others(event: ItemEvent) -> None:
    assert reason(said(event, body=COMMAND, author=BOT), Mode.AUTO) == "Bots give no commands."
    asking = said(event, body=COMMAND)
    sent = replace(asking, origin=replace(asking.origin, actor=BOT))
    assert reason(sent, Mode.AUTO) == "Bots give no commands."


@pytest.mark.parametrize("event", COMMENTS, ids=called)
def test_our_own_comment_gives_no_commands(event: ItemEvent) -> None:
    assert "memory-agents posted" in reason(said(event, body=f"{OWN_MARKER} x -->\n\n{COMMAND}"), Mode.AUTO)


@pytest.mark.parametrize("event", [review_event(), review_comment_event()], ids=called)
def test_a_command_in_a_run_for_a_fork_is_left_to_catch_up(event: ReviewEvent | ReviewCommentEvent) -> None:
    def forked(body: str) -> ItemEvent:
        remark = replace(comment(), body=body)
        if isinstance(event, ReviewEvent):
            return replace(event, review=remark, branches=FORK)
        return replace(event, comment=remark, branches=FORK)

    assert "catch-up" in reason(forked(COMMAND), Mode.AUTO)
    asked = forked("Why?")
    assert policy.plan(asked, Mode.AUTO) == Recall(asked)


def test_a_comment_in_the_conversation_of_a_fork_s_pull_request_may_write_for_that_run_is_trusted() -> None:
    asking = issue_comment_event(on=pull_request(), said=replace(comment(), body=COMMAND))
    assert policy.plan(asking, Mode.AUTO) == Obey(asking)


@pytest.mark.parametrize("event", [issue_event("labeled"), pull_request_event("labeled")], ids=called)
def test_a_label_may_ask_for_a_digest(event: ItemEvent) -> None:
    assert policy.plan(event, Mode.AUTO) == Digest(event)  # type: ignore[arg-type]


def test_what_is_closed_with_a_label_may_have_a_digest_waiting_and_without_one_has_none() -> None:
    waiting = issue_event("closed", labels=("memory:remember",))
    assert policy.plan(waiting, Mode.AUTO) == Digest(waiting)
    assert "closed" in reason(issue_event("closed", labels=()), Mode.AUTO)


def test_a_label_on_a_fork_s_pull_request_counts_under_pull_request_target_only() -> None:
    labelled = replace(pull_request_event("labeled"), branches=FORK)
    assert "catch-up" in reason(labelled, Mode.AUTO)
    trusted = replace(labelled, origin=origin("pull_request_target", "labeled"))
    assert policy.plan(trusted, Mode.AUTO) == Digest(trusted)


def test_a_label_that_a_bot_sets_asks_for_nothing_but_a_bot_may_close() -> None:
    by_bot = replace(issue_event("labeled"), origin=replace(origin(action="labeled"), actor=BOT))
    assert reason(by_bot, Mode.AUTO) == "Bots give no commands."
    closed = replace(issue_event("closed"), origin=replace(origin(action="closed"), actor=BOT))
    assert policy.plan(closed, Mode.AUTO) == Digest(closed)


@pytest.mark.parametrize("event", [*WITHOUT_ITEM, *COMMENTS], ids=called)
def test_mode_catch_up_catches_up_whatever_the_event_is(event: GitHubEvent) -> None:
    assert policy.plan(event, Mode.CATCH_UP) == CatchUp()


@pytest.mark.parametrize(
    ("least", "those"),
    [("write", {"write", "maintain", "admin"}), ("maintain", {"maintain", "admin"}), ("admin", {"admin"})],
)
def test_who_may_write_has_at_least_what_the_setting_asks_for(least: str, those: set[str]) -> None:
    assert {level for level in (*policy.LEVELS, "owner", "", "ADMIN") if policy.may_write(level, least)} == those


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
