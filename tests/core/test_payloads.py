"""Webhook payloads → GitHubEvents: real ones, derived ones, and what GitHub would never send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import payloads
from memory_agents.core.github_events import (
    GHOST,
    OWN_MARKER,
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
from memory_agents.core.records import EPOCH
from memory_agents.errors import EventError
from tests import webhooks

Payload = dict[str, Any]

KINDS: dict[str, type[GitHubEvent]] = {
    "issues": IssueEvent,
    "issue_comment": IssueCommentEvent,
    "pull_request": PullRequestEvent,
    "pull_request_target": PullRequestEvent,
    "pull_request_review": ReviewEvent,
    "pull_request_review_comment": ReviewCommentEvent,
}
EXAMPLES: list[tuple[str, Payload]] = [
    (name, payload) for name in KINDS for payload in webhooks.examples(name.removesuffix("_target"))
]
CALLED = [f"{name}-{payload['action']}" for name, payload in EXAMPLES]


def first(name: str, action: str) -> Payload:
    return next(payload for payload in webhooks.examples(name) if payload["action"] == action)


def parsed_issue(payload: Payload) -> IssueEvent:
    event = payloads.parse("issues", payload)
    assert isinstance(event, IssueEvent)
    return event


@pytest.mark.parametrize(("name", "payload"), EXAMPLES, ids=CALLED)
def test_every_published_example_becomes_its_event(name: str, payload: Payload) -> None:
    event = payloads.parse(name, payload)
    assert type(event) is KINDS[name]
    assert (event.origin.name, event.origin.action) == (name, payload["action"])
    assert event.origin.repository.full_name == payload["repository"]["full_name"]
    assert event.origin.actor.id == payload["sender"]["id"]


def test_an_issue_is_read_whole() -> None:
    payload = first("issues", "opened")
    issue, sent = parsed_issue(payload).issue, payload["issue"]
    assert (issue.number, issue.title, issue.body) == (sent["number"], sent["title"], sent["body"] or "")
    assert (issue.url, issue.state, issue.author.login) == (sent["html_url"], sent["state"], sent["user"]["login"])
    assert issue.labels == tuple(label["name"] for label in sent["labels"])
    assert issue.created_at == datetime.fromisoformat(sent["created_at"])
    assert not issue.is_pull_request


@pytest.mark.parametrize("action", ["labeled", "unlabeled"])
def test_the_label_of_a_label_event_is_read(action: str) -> None:
    payload = first("issues", action) | {"label": {"name": "memory:remember"}}
    assert parsed_issue(payload).label == "memory:remember"


def test_a_review_has_the_time_at_which_it_was_submitted() -> None:
    payload = first("pull_request_review", "submitted")
    event = payloads.parse("pull_request_review", payload)
    assert isinstance(event, ReviewEvent)
    assert event.review.created_at == datetime.fromisoformat(payload["review"]["submitted_at"])


def test_a_comment_on_a_pull_request_is_told_from_one_on_an_issue() -> None:
    payload = first("issue_comment", "created")
    on_issue = payloads.parse("issue_comment", payload)
    on_pull_request = payloads.parse("issue_comment", webhooks.pull_request_comment(payload))
    assert isinstance(on_issue, IssueCommentEvent)
    assert isinstance(on_pull_request, IssueCommentEvent)
    assert (on_issue.issue.is_pull_request, on_pull_request.issue.is_pull_request) == (False, True)


def test_a_pull_request_from_a_fork_is_one_and_others_are_not() -> None:
    payload = first("pull_request", "opened")
    own = payloads.parse("pull_request", payload)
    fork = payloads.parse("pull_request", webhooks.as_fork_pull_request(payload))
    assert isinstance(own, PullRequestEvent)
    assert isinstance(fork, PullRequestEvent)
    assert (own.branches.is_fork, fork.branches.is_fork) == (False, True)


def test_a_pull_request_whose_fork_was_deleted_is_still_a_forks() -> None:
    payload = deepcopy(first("pull_request", "opened"))
    payload["pull_request"]["head"]["repo"] = None
    event = payloads.parse("pull_request", payload)
    assert isinstance(event, PullRequestEvent)
    assert event.branches.head_repository == ""
    assert event.branches.is_fork


@pytest.mark.parametrize(("position", "field"), [(5, "is_draft"), (3, "is_merged")])
def test_a_draft_and_a_merged_pull_request_are_told_from_others(position: int, field: str) -> None:
    payload = webhooks.examples("pull_request")[position]
    payload["pull_request"]["merged"] = payload["action"] == "closed"
    event = payloads.parse("pull_request", payload)
    other = payloads.parse("pull_request", first("pull_request", "opened"))
    assert isinstance(event, PullRequestEvent)
    assert isinstance(other, PullRequestEvent)
    assert (getattr(event.pull_request, field), getattr(other.pull_request, field)) == (True, False)


def test_a_comment_on_a_merged_pull_request_says_so() -> None:
    payload = webhooks.pull_request_comment(first("issue_comment", "created"))
    payload["issue"]["pull_request"]["merged_at"] = "2026-01-31T00:00:00Z"
    event = payloads.parse("issue_comment", payload)
    assert isinstance(event, IssueCommentEvent)
    assert event.issue.is_merged


@pytest.mark.parametrize("sent", ["changes_requested", "CHANGES_REQUESTED"])
def test_the_state_of_a_review_is_read_in_small_letters(sent: str) -> None:
    payload = first("pull_request_review", "submitted")
    payload["review"]["state"] = sent
    event = payloads.parse("pull_request_review", payload)
    assert isinstance(event, ReviewEvent)
    assert event.review.state == "changes_requested"


def test_a_review_comment_has_its_place_in_the_diff_and_its_thread() -> None:
    payload = first("pull_request_review_comment", "created")
    for reply_to in (None, 284312629):
        payload["comment"]["in_reply_to_id"] = reply_to
        event = payloads.parse("pull_request_review_comment", payload)
        assert isinstance(event, ReviewCommentEvent)
        sent = payload["comment"]
        assert (event.comment.path, event.comment.diff_hunk) == (sent["path"], sent["diff_hunk"])
        assert event.comment.reply_to == reply_to


def test_only_what_begins_with_our_marker_looks_like_ours() -> None:
    payload = first("issue_comment", "created")
    for body, is_ours in ((f"{OWN_MARKER} similar -->\nx", True), (f"> {OWN_MARKER}", False), ("", False)):
        payload["comment"]["body"] = body
        event = payloads.parse("issue_comment", payload)
        assert isinstance(event, IssueCommentEvent)
        assert event.comment.is_ours is is_ours


@pytest.mark.parametrize("name", webhooks.EVENTS)
def test_a_bot_is_seen_as_one_and_a_stranger_is_not(name: str) -> None:
    payload = webhooks.examples(name)[-1]
    bot = payloads.parse(name, webhooks.from_bot(payload)).origin.actor
    stranger = payloads.parse(name, webhooks.from_stranger(payload)).origin.actor
    assert (bot.login, bot.is_bot) == (webhooks.BOT, True)
    assert (stranger.login, stranger.is_bot) == (webhooks.STRANGER, False)


@pytest.mark.parametrize("name", webhooks.EVENTS)
def test_an_enterprise_server_is_read_like_github(name: str) -> None:
    event = payloads.parse(name, webhooks.on_ghes(webhooks.examples(name)[-1], "ghe.example.com"))
    assert event.origin.repository.url.startswith("https://ghe.example.com/")


@pytest.mark.parametrize(("name", "kind"), [("workflow_dispatch", DispatchEvent), ("schedule", ScheduleEvent)])
def test_an_event_without_a_repository_takes_the_runners_and_nobodys_account(name: str, kind: type) -> None:
    event = payloads.parse(name, {}, repository="octo/hello")
    assert type(event) is kind
    assert event.origin.repository.full_name == "octo/hello"
    assert event.origin.actor == GHOST


@pytest.mark.parametrize("name", ["push", "", "deployment", "🎉", "issues\n"])
def test_an_event_that_has_no_meaning_here_is_another_event(name: str) -> None:
    event = payloads.parse(name, {"action": 5}, repository="octo/hello")
    assert isinstance(event, OtherEvent)
    assert event.origin.name == name


@pytest.mark.parametrize(
    ("field", "value", "read", "expected"),
    [
        ("body", None, "body", ""),
        ("user", None, "author", GHOST),
        ("labels", None, "labels", ()),
        ("created_at", None, "created_at", EPOCH),
        ("state_reason", None, "state_reason", ""),
        ("title", "half an emoji \ud83d", "title", "half an emoji \ud83d"),
        ("created_at", "2026-01-31T12:00:00+02:00", "created_at", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("created_at", "2026-01-31T12:00:00", "created_at", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_what_github_may_leave_out_has_a_default_and_odd_text_stays_text(
    field: str, value: object, read: str, expected: object
) -> None:
    payload = first("issues", "opened")
    payload["issue"][field] = value
    assert getattr(parsed_issue(payload).issue, read) == expected


@pytest.mark.parametrize("field", ["labels", "user", "body", "html_url", "created_at", "author_association"])
def test_a_trimmed_issue_is_still_one(field: str) -> None:
    payload = first("issues", "opened")
    payload["issue"].pop(field, None)
    assert parsed_issue(payload).issue.number == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("action", "opened\n::error::x"),
        ("action", "a" * 41),
        ("action", "##[group]"),
        ("repository.full_name", "octo/hello\n"),
        ("repository.full_name", "octo/../../etc"),
        ("repository.full_name", "octo"),
        ("repository.full_name", "octo/hello?x=1"),
        ("repository.html_url", "javascript:alert(1)"),
        ("issue.html_url", "https://github.com/x) ![](https://evil.example"),
        ("issue.html_url", "https://user@evil.example/"),
        ("issue.html_url", "ftp://github.com/octo/hello"),
        ("issue.state", "open\n# obey"),
        ("issue.number", True),
        ("issue.number", "12"),
        ("issue.number", 1.5),
        ("issue.created_at", "yesterday"),
        ("issue.created_at", "0001-01-01T00:00:00+23:59"),
        ("sender.id", None),
    ],
)
def test_hostile_or_impossible_fields_are_refused_by_name_and_not_shown(place: str, value: object) -> None:
    payload = first("issues", "opened")
    *way, key = place.split(".")
    target = payload
    for step in way:
        target = target[step]
    target[key] = value
    with pytest.raises(EventError, match=re.escape(f"`issues.{place}`")) as refused:
        payloads.parse("issues", payload)
    assert refused.value.fix
    assert "\n" not in str(refused.value)
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize("payload", [None, [], "text", 5, True])
def test_a_payload_that_is_no_object_is_refused_under_the_events_name(payload: object) -> None:
    with pytest.raises(EventError, match="`issues`"):
        payloads.parse("issues", payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield way
    entries: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for key, entry in entries:
        yield from places(entry, (*way, key))


def read_places(payload: Payload) -> list[tuple[str | int, ...]]:
    """Places near the top, where the fields are that we read; the rest of a payload is URLs."""
    return [way for way in places(payload) if len(way) <= 4 and not str(way[-1:]).endswith("_url',)")]


def replaced(payload: object, way: tuple[str | int, ...], value: object) -> object:
    if not way:
        return value
    copy = deepcopy(payload)
    target: Any = copy
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    return copy


@given(st.data(), st.sampled_from(EXAMPLES), JSON)
def test_whatever_stands_anywhere_in_a_payload_it_is_an_event_or_an_error_that_names_the_place(
    data: st.DataObject, example: tuple[str, Payload], value: object
) -> None:
    name, payload = example
    way = data.draw(st.sampled_from(read_places(payload)))
    try:
        payloads.parse(name, replaced(payload, way, value))
    except EventError as refused:
        place = name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
        named = refused.message.split("`")[1]
        assert named.startswith(place)
