"""The published payloads and those derived from them are what GitHub's webhook schema allows."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from copy import deepcopy

import jsonschema_rs
import pytest

from tests.webhooks import (
    BOT,
    DATA,
    EVENTS,
    FAILS_AS_SHIPPED,
    STRANGER,
    Payload,
    as_fork_pull_request,
    examples,
    from_bot,
    from_stranger,
    on_ghes,
    pull_request_comment,
)

VALID = [
    pytest.param(event, payload, id=f"{event}-{at}")
    for event in EVENTS
    for at, payload in enumerate(examples(event))
    if (event, at) not in FAILS_AS_SHIPPED
]
PULLS = ("pull_request", "pull_request_review", "pull_request_review_comment")


@functools.cache
def validator(event: str) -> jsonschema_rs.Draft7Validator:
    schema = json.loads((DATA / "schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft7Validator(schema | {"allOf": [{"$ref": f"#/definitions/{event}_event"}]})


def problems(event: str, payload: Payload) -> list[str]:
    return [error.message[:200] for error in validator(event).iter_errors(payload)]


@pytest.mark.parametrize("event", EVENTS)
def test_exactly_the_listed_examples_fail_their_schema(event: str) -> None:
    failing = {(event, at) for at, payload in enumerate(examples(event)) if problems(event, payload)}
    assert failing == {each for each in FAILS_AS_SHIPPED if each[0] == event}


@pytest.mark.parametrize("derive", [from_stranger, from_bot, lambda payload: on_ghes(payload, "github.example.com")])
@pytest.mark.parametrize(("event", "payload"), VALID)
def test_a_payload_by_somebody_else_or_elsewhere_is_still_valid(
    derive: Callable[[Payload], Payload], event: str, payload: Payload
) -> None:
    before = deepcopy(payload)
    assert problems(event, derive(payload)) == []
    assert payload == before, "a derivation leaves what it is given alone"


@pytest.mark.parametrize(("event", "payload"), [each for each in VALID if each.values[0] in PULLS])
def test_a_pull_request_from_a_fork_is_valid_and_has_another_head_repository(event: str, payload: Payload) -> None:
    derived = as_fork_pull_request(payload)
    assert problems(event, derived) == []
    pull = derived["pull_request"]
    assert pull["head"]["repo"]["full_name"] != pull["base"]["repo"]["full_name"]
    assert (pull["head"]["repo"]["fork"], derived["sender"]["login"]) == (True, STRANGER)


@pytest.mark.parametrize(("event", "payload"), [each for each in VALID if each.values[0] == "issue_comment"])
def test_a_comment_on_a_pull_request_is_valid_and_names_it(event: str, payload: Payload) -> None:
    derived = pull_request_comment(payload)
    assert problems(event, derived) == []
    assert derived["issue"]["pull_request"]["url"].endswith(f"/pulls/{derived['issue']['number']}")


def test_the_author_of_the_newest_text_is_replaced_and_not_the_issues() -> None:
    payload = examples("issue_comment")[1]
    derived = from_bot(payload)
    assert (derived["comment"]["user"]["login"], derived["comment"]["user"]["type"]) == (BOT, "Bot")
    assert derived["issue"]["user"] == payload["issue"]["user"]


def test_nothing_on_an_enterprise_server_points_to_the_public_one() -> None:
    text = json.dumps([on_ghes(payload, "github.example.com") for event in EVENTS for payload in examples(event)])
    assert "://github.com" not in text
    assert "api.github.com" not in text
