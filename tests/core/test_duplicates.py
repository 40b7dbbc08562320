"""Which issues were duplicates is found in what people said when they closed them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.github_events import OWN_MARKER
from memory_agents.core.history import Item, Person, Remark, called_same, duplicates

AT = datetime(2026, 1, 1, tzinfo=UTC)
MONA = Person(login="mona", id=2)
REPOSITORY = "octo/hello"


def issue(number: int, *, body: str = "It crashes.", reason: str = "completed", state: str = "closed") -> Item:
    return Item(
        number=number,
        node_id=f"I_{number}",
        title="Parser crash",
        body=body,
        author=Person(login="ada", id=1),
        url=f"https://github.com/octo/hello/issues/{number}",
        state=state,
        state_reason=reason if state == "closed" else "",
        labels=(),
        created_at=AT + timedelta(days=number),
        closed_at=AT + timedelta(days=100) if state == "closed" else None,
        merged_at=None,
        is_pull_request=False,
    )


def remark(number: int, body: str, *, before: timedelta = timedelta(0), author: Person = MONA) -> Remark:
    at = AT + timedelta(days=100) - before
    return Remark(id=number, node_id=f"C_{number}", number=number, body=body, author=author, created_at=at)


def found(
    remarks: Iterable[Remark], issues: Iterable[Item] = (), apart: frozenset[tuple[int, int]] = frozenset()
) -> dict[int, frozenset[int]]:
    """number → earlier ones, among the issues 1 to 20."""
    known = {number: issue(number) for number in range(1, 21)} | {one.number: one for one in issues}
    pairs = called_same(REPOSITORY, known, remarks)
    return {one.issue.number: one.earlier for one in duplicates(REPOSITORY, known, pairs, apart)}


SAID = [
    "Duplicate of #5",
    "duplicate of #5.",
    "Closing as a dup of #5, thanks!",
    "Dupe of issue #5",
    "This is a duplicate of octo/hello#5",
    "Duplicate of https://github.com/octo/hello/issues/5",
    "Duplicate of https://github.com/Octo/Hello/issues/5#issuecomment-77",
    "Duplicate of [#5](https://github.com/octo/hello/issues/5)",
    "This is the same issue as #5",
    "Same bug as #5.\n\nThanks",
    "same problem as in #5",
    "Closing in favor of #5",
    "closing this in favour of #5",
    "It was reported before.\n> is it new?\nDup of #5",
    "Not a regression. It is a duplicate of #5.",
    "I think it is a duplicate of #5",
    "**Duplicate of** #5",
    "_Duplicate_ of **#5**",
    "dupe of GH-5",
    "Possible duplicate of #5",
    "Duplicate of #5, which is not fixed yet",
    "`parse` fails. Duplicate of #5, but thanks for the report",
    "Duplicate of #5 <!-- thanks -->",
]


@pytest.mark.parametrize("body", SAID)
def test_what_people_say_of_a_duplicate_is_understood(body: str) -> None:
    assert found([remark(9, body)]) == {9: {5}}


@pytest.mark.parametrize(
    "body",
    [
        "See #5",
        "Not a duplicate of #5",
        "This isn't a duplicate of #5",
        "It is similar but no dup of #5",
        "Is it a duplicate of #5?",
        "Could this be a duplicate of #5? Please look.",
        "> Duplicate of #5\n\nI do not know.",
        "```\nDuplicate of #5\n```",
        "Duplicate of other/repository#5",
        "Duplicate of https://github.com/other/repository/issues/5",
        "Duplicate of #99",
        "Duplicate of #9",
        "duplicated code in #5",
        "If it happens on Windows as well, it is a duplicate of #5",
        "Unless I am mistaken: a duplicate of #5",
        "That would make it a duplicate of #5",
        "Keep it open instead of closing in favor of #5",
        "A feature of its own rather than a duplicate of #5",
        "I wrongly closed it as a duplicate of #5",
        "It used to be a duplicate of #5",
        "Duplicate of #5 is wrong",
        "Calling it a duplicate of #5 was a mistake, sorry",
        "Duplicate of #5, only partly",
        "Closed as duplicate of #5 but reopened",
        "Same bug as #5, but different",
        "Same problem as #5, but it is a different cause",
        "Write `duplicate of #5` to close it",
        "Write ``duplicate of #5`` to close it",
        "Is it new? <!-- Else say:\nDuplicate of #5 -->",
        "<!-- Duplicate of #5",
        "Duplicate of other/repository GH-5 would be new",
        "",
    ],
)
def test_what_says_no_asks_or_speaks_of_something_else_is_no_evidence(body: str) -> None:
    assert found([remark(9, body)]) == {}


def test_a_guess_counts_where_the_issue_was_closed_soon_after() -> None:
    guess = "This looks like a duplicate of #5"
    assert found([remark(9, guess, before=timedelta(days=1))]) == {9: {5}}
    assert found([remark(9, guess, before=timedelta(days=3))]) == {}
    assert found([remark(9, "Duplicate of #5", before=timedelta(days=3))]) == {9: {5}}
    for early in ("Possible duplicate of #5", "A potential duplicate of #5"):
        assert found([remark(9, early, before=timedelta(days=3))]) == {}


def test_where_github_knows_it_for_a_duplicate_the_one_issue_named_when_it_was_closed_is_meant() -> None:
    closed = issue(9, reason="duplicate")
    assert found([remark(9, "See #5, thanks.")], [closed]) == {9: {5}}
    assert found([remark(9, "See #5 and #6.")], [closed]) == {}
    assert found([remark(9, "See #5, thanks.", before=timedelta(days=1))], [closed]) == {}


def test_the_later_issue_is_the_duplicate_whichever_says_so() -> None:
    assert found([remark(5, "Closing in favor of #9")]) == {9: {5}}
    assert found([remark(5, "#9 is a duplicate of this")]) == {9: {5}}
    assert found([], [issue(5, body="Duplicate of #9")]) == {9: {5}}


def test_an_issue_whose_own_text_names_the_earlier_one_is_none() -> None:
    told = remark(9, "Duplicate of #5")
    assert found([told], [issue(9, body="Like #5, but worse")]) == {}
    assert found([told], [issue(9, body="https://github.com/octo/hello/issues/5 again")]) == {}
    assert found([told], [issue(9, body="Like #51")]) == {9: {5}}


def test_an_open_issue_is_no_duplicate_yet() -> None:
    assert found([remark(9, "Duplicate of #5")], [issue(9, state="open")]) == {}


def test_pull_requests_do_not_count() -> None:
    told = remark(9, "Duplicate of #5")
    for number in (5, 9):
        assert found([told], [replace(issue(number), is_pull_request=True)]) == {}


def test_what_a_program_says_is_no_evidence() -> None:
    bot = Person(login="helper[bot]", id=3, is_bot=True)
    assert found([remark(9, "Duplicate of #5", author=bot)]) == {}
    assert found([], [replace(issue(5, body="Duplicate of #9"), author=bot)]) == {}
    assert found([remark(9, f"{OWN_MARKER} similar -->\nDuplicate of #5")]) == {}


def test_what_people_set_apart_is_no_pair_and_no_part_of_a_cluster() -> None:
    said = [remark(7, "Duplicate of #5"), remark(9, "Duplicate of #7")]
    assert found(said) == {7: {5}, 9: {5, 7}}
    assert found(said, apart=frozenset({(5, 9)})) == {7: {5}, 9: {7}}
    assert found(said, apart=frozenset({(5, 7)})) == {9: {7}}


def test_in_a_large_cluster_only_who_was_named_is_the_same() -> None:
    said = [remark(later, f"Duplicate of #{earlier}") for earlier, later in pairwise(range(1, 14))]
    assert found(said)[13] == {12}
    assert found(said[:-1])[12] == set(range(1, 12))


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=11))
def test_every_issue_of_a_cluster_but_the_first_has_all_earlier_ones(pairs: list[tuple[int, int]]) -> None:
    answers = found([remark(one, f"Duplicate of #{other}") for one, other in pairs])
    assert list(answers) == sorted(answers)
    for later, earlier in answers.items():
        assert all(number < later for number in earlier)
        first = min(earlier)
        assert first not in answers
        assert all(answers[number] == {one for one in earlier if one < number} for number in earlier - {first})


@given(st.text(max_size=200), st.sampled_from(["", "> ", "#", "```", "duplicate of #"]))
def test_any_text_is_read(text: str, before: str) -> None:
    found([remark(9, before + text)], [issue(8, body=before + text)])
