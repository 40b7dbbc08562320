"""A MemoryEvent goes into an event of the service, and comes back the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.records import MemoryEvent
from memory_agents.errors import MemoryRefused
from memory_agents.memory.provider import EVENTS_KEPT, EVENTS_LIVE
from memory_agents.memory.providers import agentcore_events as events
from memory_agents.memory.providers.agentcore_shapes import check_of
from memory_agents.testing.conformance.samples import BEGIN, event

NAME = st.text(min_size=1, max_size=255)
EVENT = st.builds(
    MemoryEvent,
    id=st.from_regex(r"[a-z0-9_-]{8,64}", fullmatch=True),
    actor_id=NAME,
    session_id=NAME,
    text=st.text(max_size=50),
    event_type=st.text(max_size=20),
    namespace=st.text(max_size=20),
    created_at=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- of any zone
)
_INPUT = get_session().get_service_model("bedrock-agentcore").operation_model("CreateEvent").input_shape


def back(one: MemoryEvent, **change: Any) -> MemoryEvent | None:
    request = events.request_of(one, memory_id="memory-Abcdefgh12") | change
    return events.event_of(request, actor_id=one.actor_id, session_id=one.session_id)


@given(EVENT)
def test_every_event_comes_back_from_a_request_that_the_model_takes(one: MemoryEvent) -> None:
    request = events.request_of(one, memory_id="memory-Abcdefgh12")
    assert list(check_of(_INPUT)({"memoryId": "memory-Abcdefgh12", **request}, "")) == []
    assert back(one) == one


def test_the_longest_names_of_the_rarest_characters_fit() -> None:
    names = ["".join(chr(0x20000 + (number * 7_919 + start) % 40_000) for number in range(255)) for start in (0, 9)]
    one = event(1, actor=names[0], session=names[1])
    assert back(one) == one


def test_the_token_is_that_of_the_event_in_its_session_until_the_session_is_deleted() -> None:
    def token(one: MemoryEvent, generation: str = "") -> str:
        request = events.request_of(one, memory_id="memory-Abcdefgh12", generation=generation)
        return str(request["clientToken"])

    assert token(event(1)) == token(replace(event(1), text="Other words."))
    others = [event(2), event(1, actor="mona"), event(1, session="s2"), event(1, actor="octocat\n1", session="s1")]
    assert len({token(one) for one in (event(1), *others)} | {token(event(1), "anew")}) == 6


def test_a_text_that_does_not_fit_is_refused_with_the_numbers() -> None:
    assert back(event(1, "x" * 100_000)) == event(1, "x" * 100_000)
    with pytest.raises(MemoryRefused, match="100,001 characters, and AgentCore keeps 100,000"):
        events.request_of(event(1, "x" * 100_001), memory_id="memory-Abcdefgh12")


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"event_id": {"stringValue": "no id"}, "created_at": {"stringValue": "2026-03-01T00:00:00+00:00"}},
        {"event_id": {"stringValue": "e0123456789ab"}, "created_at": {"stringValue": "yesterday"}},
        {"event_id": {"stringValue": "e0123456789ab"}},
    ],
)
def test_what_others_keep_in_a_session_is_none_of_ours(metadata: dict[str, Any] | None) -> None:
    assert back(event(1), metadata=metadata) is None
    assert back(event(1), payload=[{"blob": "bytes"}]) is None


def test_of_a_session_the_newest_are_kept_each_once_for_seven_days() -> None:
    many = [event(number) for number in range(EVENTS_KEPT + 2)]
    assert events.living([*many, *many], BEGIN) == many[:1:-1]
    assert events.living(many[:2], many[0].created_at + EVENTS_LIVE) == [many[1]]
    assert events.living(many[:2], many[1].created_at + EVENTS_LIVE + timedelta(seconds=1)) == []
