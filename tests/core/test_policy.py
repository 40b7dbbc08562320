"""The table of what an event asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import policy
from memory_agents.core.github_events import (
    DispatchEvent,
    GitHubEvent,
    IssueCommentEvent,
    IssueEvent,
    OtherEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    ScheduleEvent,
)
from memory_agents.core.policy import Mode, Recall, Skip
from tests.builders import branches, comment, issue_event, item, origin

RECALLED = ["opened", "edited", "reopened"]
# https://docs.github.com/webhooks/webhook-events-and-payloads#issues
OTHER_ACTIONS = [
    "assigned",
    "closed",
    "deleted",
    "demilestoned",
    "labeled",
    "locked",
    "milestoned",
    "pinned",
    "transferred",
    "typed",
    "unassigned",
    "unlabeled",
    "unlocked",
    "unpinned",
]
OTHER_EVENTS: list[GitHubEvent] = [
    IssueCommentEvent(origin=origin("issue_comment", "created"), issue=item(), comment=comment()),
    PullRequestEvent(origin=origin("pull_request"), pull_request=item(), branches=branches()),
    ReviewEvent(
        origin=origin("pull_request_review", "submitted"), pull_request=item(), branches=branches(), review=comment()
    ),
    ReviewCommentEvent(
        origin=origin("pull_request_review_comment", "created"),
        pull_request=item(),
        branches=branches(),
        comment=comment(),
    ),
    DispatchEvent(origin=origin("workflow_dispatch", "")),
    ScheduleEvent(origin=origin("schedule", "")),
    OtherEvent(origin=origin("push", "")),
]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("action", RECALLED)
def test_an_issue_that_is_new_or_changed_is_recalled_for(action: str, mode: Mode) -> None:
    event = issue_event(action)
    assert policy.plan(event, mode) == Recall(event)


@pytest.mark.parametrize("action", OTHER_ACTIONS)
def test_what_else_happens_to_an_issue_is_skipped_and_the_mode_that_would_not_is_named(action: str) -> None:
    planned = policy.plan(issue_event(action), Mode.AUTO)
    assert isinstance(planned, Skip)
    assert action in planned.reason
    assert "`mode: recall`" in planned.reason


@pytest.mark.parametrize("action", OTHER_ACTIONS)
def test_mode_recall_recalls_for_an_issue_whatever_happened_to_it(action: str) -> None:
    event = issue_event(action)
    assert policy.plan(event, Mode.RECALL) == Recall(event)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("event", OTHER_EVENTS, ids=lambda event: event.origin.name)
def test_an_event_without_an_issue_of_its_own_is_skipped_by_name(event: GitHubEvent, mode: Mode) -> None:
    planned = policy.plan(event, mode)
    assert isinstance(planned, Skip)
    assert f"`{event.origin.name}`" in planned.reason


@given(name=st.text(), action=st.text())
def test_a_reason_is_one_harmless_line_whatever_the_event_is_called(name: str, action: str) -> None:
    events: list[GitHubEvent] = [
        OtherEvent(origin=origin(name, action)),
        IssueEvent(origin=origin("issues", f"x{action}"), issue=item()),
    ]
    for event in events:
        planned = policy.plan(event, Mode.AUTO)
        if isinstance(planned, Skip):
            assert planned.reason.isprintable()
            assert planned.reason.isascii()
            assert "::" not in planned.reason
            assert "##[" not in planned.reason
