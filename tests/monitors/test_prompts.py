"""The default prompts, whole, of real events: `UPDATE_SNAPSHOTS=1 pytest tests/monitors` writes them anew."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from memory_agents.core import context, payloads
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths, DispatchEvent, ItemEvent, OtherEvent, ScheduleEvent
from memory_agents.core.records import Match
from memory_agents.monitors import base, prompting
from memory_agents.monitors.prompting import Prompt
from memory_agents.rendering import Templates
from tests import webhooks
from tests.builders import HELLO, match

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "prompts"
CHANGED = ChangedPaths(paths=("README.md", "src/read.py"), total=2)


def real(name: str, action: str) -> webhooks.Payload:
    return [payload for payload in webhooks.examples(name) if payload["action"] == action][-1]


def parsed(name: str, payload: webhooks.Payload) -> ItemEvent:
    event = payloads.parse(name, payload)
    assert not isinstance(event, DispatchEvent | ScheduleEvent | OtherEvent)
    return event


def reviewed() -> webhooks.Payload:
    payload = real("pull_request_review", "submitted")
    payload["review"] |= {"body": "Name the tool that writes this file.", "state": "changes_requested"}
    return payload


EVENTS: dict[str, tuple[str, ItemEvent]] = {
    "issue": ("", parsed("issues", real("issues", "opened"))),
    "issue-comment": ("", parsed("issue_comment", real("issue_comment", "created"))),
    "pull-request": ("", parsed("pull_request", real("pull_request", "opened"))),
    "pull-request-of-a-fork": (
        "",
        parsed("pull_request_target", webhooks.as_fork_pull_request(real("pull_request", "synchronize"))),
    ),
    "pull-request-comment": (
        "",
        parsed("issue_comment", webhooks.pull_request_comment(real("issue_comment", "created"))),
    ),
    "review-comment": ("", parsed("pull_request_review_comment", real("pull_request_review_comment", "created"))),
    "review": ("", parsed("pull_request_review", reviewed())),
    "review-to-be-made": ("review", parsed("pull_request", real("pull_request", "ready_for_review"))),
}


def memories(event: ItemEvent) -> dict[str, tuple[Match, ...]]:
    """One of each kind, in the sections of the event's family."""
    thread = match("past-review-9", 0.6, namespace="reviews/pr", text="Generate it instead.\n\nmona answered: Done.")
    thread = replace(thread, record=replace(thread.record, title="README.md", paths=("README.md",), state=""))
    found = {
        "similar_issues": (match("past-issue-121", 0.8, namespace="reviews/issues", text="Typo in README"),),
        "conventions": (match("f1a2c3d4", 0.7, text="`README.md` is generated."),),
        "reviews": (thread, match("past-pull-121", 0.4, namespace="reviews/pr", text="Mend the README")),
    }
    return {section: found.get(section, ()) for section in base.FAMILIES[base.family(event)]}


def rendered(
    event: ItemEvent, template: str = "", *, empty: bool = False, max_bytes: int = 98_304, status: str = "ok"
) -> Prompt:
    numbers = count(1)
    own = base.family(event)
    event = replace(event, origin=replace(event.origin, repository=HELLO))
    made = context.build(event, {} if empty else memories(event), status=status, paths=CHANGED)
    fencer = Fencer(lambda: f"{next(numbers):032x}")
    templates = Templates({}, folder="none")
    return prompting.render(templates, (template or own, own), made, fencer=fencer, max_bytes=max_bytes)


@pytest.mark.parametrize("name", EVENTS)
def test_the_prompt_is_the_one_that_was_read_and_approved(name: str) -> None:
    template, event = EVENTS[name]
    text = rendered(event, template).text
    file = SNAPSHOTS / f"{name}.md"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_there_is_no_snapshot_that_nothing_makes() -> None:
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_without_memory_a_prompt_asks_nothing_about_it(name: str) -> None:
    template, event = EVENTS[name]
    text = rendered(event, template, empty=True, status="empty").text
    assert "Nothing that is known bears on this." in text
    assert "by its id" not in text
    assert "Memory may be out of date" not in text


def test_a_prompt_of_which_a_part_of_memory_is_missing_says_so_though_nothing_is_recalled() -> None:
    template, event = EVENTS["issue"]
    text = rendered(event, template, empty=True, status="degraded").text
    assert "A part of memory could not be read this time" in text
    assert "Nothing that is known" not in text


@pytest.mark.parametrize("name", EVENTS)
def test_a_prompt_has_no_more_than_one_blank_line_in_a_row(name: str) -> None:
    template, event = EVENTS[name]
    for empty in (False, True):
        assert "\n\n\n" not in rendered(event, template, empty=empty).text


@pytest.mark.parametrize("name", EVENTS)
def test_the_review_template_fits_every_event_of_a_pull_request(name: str) -> None:
    _, event = EVENTS[name]
    own = base.family(event)
    prompt = rendered(event, "review")
    assert prompt.template == "default"
    is_review = "reviewing pull request #" in prompt.text or "A review of pull request #" in prompt.text
    assert is_review is (own != "issue")
