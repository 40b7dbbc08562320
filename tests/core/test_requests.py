"""Ids from the source, and the receipt that a reply begins with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import facts, requests
from memory_agents.core.commands import Forget, Memories, Remember
from memory_agents.core.facts import Origin
from memory_agents.core.records import ID, Source

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
COMMENT = Origin(repository_id=7, kind=requests.ISSUE_COMMENT, key=42)
TOKENS = st.lists(st.from_regex(r"\+?[0-9a-f]{8}|-", fullmatch=True), max_size=8)


def remember(*texts: str) -> Remember:
    return Remember(namespace="codebase/conventions", facts=texts)


def test_ids_differ_by_repository_kind_comment_and_ordinal_and_are_safe_in_a_path() -> None:
    origins = [
        COMMENT,
        replace(COMMENT, repository_id=8),
        replace(COMMENT, kind=requests.REVIEW_COMMENT),
        replace(COMMENT, key=43),
    ]
    ids = [origin.id(ordinal) for origin in origins for ordinal in (1, 2)]
    assert len(set(ids)) == len(ids)
    assert all(ID.fullmatch(name) for name in ids)
    assert set(COMMENT.ids()) >= {COMMENT.id(1), COMMENT.id(50)}


def test_facts_of_a_comment_are_numbered_through_all_its_commands() -> None:
    made = facts.facts((remember("One", "Two"), remember("Three")), COMMENT, source=Source(), said_at=WHEN)
    assert [(fact.id, fact.text) for fact in made] == [
        (COMMENT.id(1), "One"),
        (COMMENT.id(2), "Two"),
        (COMMENT.id(3), "Three"),
    ]
    assert {fact.created_at for fact in made} == {WHEN}


def test_days_of_expiry_count_from_when_it_was_said_so_that_a_second_run_makes_the_same_record() -> None:
    [by_days] = facts.facts((replace(remember("X"), expires_days=90),), COMMENT, source=Source(), said_at=WHEN)
    assert by_days.expires_at == WHEN + timedelta(days=90)
    [on_a_day] = facts.facts((replace(remember("X"), expires_on="2027-01-31"),), COMMENT, source=Source(), said_at=WHEN)
    assert on_a_day.expires_at == datetime(2027, 1, 31, tzinfo=UTC)


@given(key=st.integers(1, 10**18), done=st.booleans(), said=TOKENS)
def test_a_receipt_says_again_what_it_was_made_of(key: int, done: bool, said: list[str]) -> None:
    origin = replace(COMMENT, key=key)
    line = requests.receipt(origin, done=done, said=said)
    assert line.startswith(requests.marker(origin))
    read = requests.read_receipt(f"{line}\nRemembered.")
    assert read == requests.Receipt(kind=origin.kind, key=key, done=done, said=tuple(said))


@given(st.text())
def test_a_comment_that_is_no_reply_of_ours_has_no_receipt(body: str) -> None:
    assert requests.read_receipt(body) is None
    assert requests.read_receipt(f"> {requests.receipt(COMMENT, done=True)}") is None


def test_the_marker_of_one_comment_does_not_begin_that_of_another() -> None:
    longer = replace(COMMENT, key=421)
    assert not requests.receipt(longer, done=True).startswith(requests.marker(COMMENT))


def test_a_token_changes_with_the_text_and_with_each_option_and_tells_facts_from_other_commands() -> None:
    plain = remember("X")
    others = [
        remember("Y"),
        replace(plain, namespace="testing/patterns"),
        replace(plain, paths=("src/**",)),
        replace(plain, expires_days=3),
        replace(plain, expires_on="2027-01-31"),
        replace(plain, replaces="f123456789ab-1"),
    ]
    tokens = requests.said((plain, *others))
    assert len(set(tokens)) == len(tokens) == 7
    mixed = requests.said((remember("One", "Two"), Forget(ids=("f123456789ab-1",)), Memories()))
    assert requests.of_facts(mixed) == mixed[:2]
