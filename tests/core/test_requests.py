"""Ids from the source, and the receipt that a reply begins with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import facts, requests
from memory_agents.core.commands import Forget, Memories, Remember
from memory_agents.core.facts import Origin
from memory_agents.core.records import ID, Record, Source

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
COMMENT = Origin(repository_id=7, kind=requests.ISSUE_COMMENT, key=42)
TOKENS = st.sets(st.from_regex(r"\+?[0-9a-f]{8}", fullmatch=True), max_size=8)


def remember(*texts: str) -> Remember:
    return Remember(namespace="codebase/conventions", facts=texts)


def made(*commands: Remember, origin: Origin = COMMENT) -> dict[str, Record]:
    """Id → Record."""
    found = facts.facts(commands, origin, source=Source(), said_at=WHEN)
    return {record.id: record for record in found.values()}


def test_ids_differ_by_repository_kind_comment_and_statement_and_are_safe_in_a_path() -> None:
    origins = [
        COMMENT,
        replace(COMMENT, repository_id=8),
        replace(COMMENT, kind=requests.REVIEW_COMMENT),
        replace(COMMENT, key=43),
    ]
    ids = [name for origin in origins for name in made(remember("One", "Two"), origin=origin)]
    assert len(set(ids)) == len(ids)
    assert all(ID.fullmatch(name) for name in ids)


def test_a_statement_keeps_its_id_wherever_it_stands_in_its_comment() -> None:
    assert set(made(remember("One", "Two"), remember("Three"))) == set(made(remember("Three", "Two"), remember("One")))


def test_days_of_expiry_count_from_when_it_was_said_so_that_a_second_run_makes_the_same_record() -> None:
    [by_days] = made(replace(remember("X"), expires_days=90)).values()
    assert by_days.expires_at == WHEN + timedelta(days=90)
    [on_a_day] = made(replace(remember("X"), expires_on="2027-01-31")).values()
    assert on_a_day.expires_at == datetime(2027, 1, 31, tzinfo=UTC)


@given(key=st.integers(1, 10**18), done=st.booleans(), said=TOKENS)
def test_a_receipt_says_again_what_it_was_made_of(key: int, done: bool, said: set[str]) -> None:
    origin = replace(COMMENT, key=key)
    line = requests.receipt(origin, done=done, settled=said)
    assert line.startswith(requests.marker(origin))
    read = requests.read_receipt(f"{line}\nRemembered.")
    assert read == requests.Receipt(kind=origin.kind, key=key, done=done, settled=frozenset(said))


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
    tokens = [its for command in (plain, *others) for its in requests.said((command,))]
    assert len(set(tokens)) == 7
    mixed = requests.said((remember("One", "Two"), Forget(ids=("f123456789ab-1",)), Memories()))
    assert [text for text in mixed.values() if text] == ["One", "Two"]
    assert requests.are_facts(mixed) == {its for its, text in mixed.items() if text}


def test_an_editor_added_what_was_not_stated_before_and_in_another_s_comment_no_words_that_stood_there() -> None:
    before, now = requests.said((remember("One"),)), requests.said((remember("Two", "One", "Three"),))
    two, three = requests.said((remember("Two", "Three"),))
    assert requests.added(now, before, "/remember One", is_own=True) == {two, three}
    assert requests.added(now, before, "/remember One\n```\nThree", is_own=False) == {two}
