"""What says the same as another fact, and what must never be taken for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.near_duplicates import essence, same
from memory_agents.core.records import Source
from tests.builders import record

FACT = "Always use tabs for indentation."


@pytest.mark.parametrize(
    "other",
    [
        "always use tabs for indentation",
        "Use tabs for indentation!",
        "**Always** use _tabs_ for\n\nindentation.",
        "Please always use tabs for the indentation",
        "- Use tabs for indentation",
        "We use tabs for indentation.",
    ],
)
def test_what_differs_in_form_only_says_the_same(other: str) -> None:
    assert essence(other) == essence(FACT)


DIFFERENT = [
    (FACT, "Never use tabs for indentation."),
    (FACT, "Do not use tabs for indentation."),
    (FACT, "Use tabs for indentation of Makefiles."),
    ("Prefer tabs over spaces", "Prefer spaces over tabs"),
    ("Retry 3 times", "Retry 5 times"),
    ("The offset is -5", "The offset is 5"),
    ("Compare with `==`", "Compare with `!=`"),
    ("Compare with ==", "Compare with !="),
    ("Call `Path`", "Call `path`"),
    ("Version 1.2", "Version 12"),
    ("Version ~1.2", "Version 1.2"),
    ("用空格缩进", "用制表符缩进"),
    ("Call `save!` in models.", "Call `save` in models."),
    ("Ignore `.git`", "Ignore `git`"),
    ("Commit .env files.", "Commit env files."),
    ("Name it `_id`.", "Name it `id`."),
    ("Pass `*args` on.", "Pass `**args` on."),
    ("Use `[]` for lists.", "Use `()` for lists."),
    ("Return `x?`", "Return `x!`"),
    ("Set timeout to .5 s", "Set timeout to 5 s"),
    ("At most 10⁵ rows.", "At most 105 rows."),
    ("Run `make test`.", "Run `make tests`."),
    ("Endpoints must be idempotent.", "Endpoints should be idempotent."),
    ("Validate our input.", "Validate your input."),
    ("Delete *.tmp", "Delete tmp"),
    ("Use the operating system.", "Use the operations system."),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_a_word_number_sign_or_order_that_may_change_the_meaning_makes_another_fact(one: str, other: str) -> None:
    assert essence(one) != essence(other)


def test_another_place_less_trust_a_shorter_life_or_another_title_makes_another_fact() -> None:
    fact = record(text=FACT)
    assert same(fact, replace(fact, id="another-one"))
    soon, late = (datetime(year, 1, 1, tzinfo=UTC) for year in (2030, 2031))
    for other in (
        replace(fact, namespace="agents/claude"),
        replace(fact, paths=("src/**",)),
        replace(fact, title="Tabs"),
        replace(fact, source=Source(author="mallory", permission="read")),
        replace(fact, expires_at=soon),
    ):
        assert not same(fact, other)
    assert same(replace(fact, expires_at=soon), replace(fact, expires_at=late))
    assert not same(replace(fact, expires_at=late), replace(fact, expires_at=soon))


@given(st.text())
def test_white_space_and_a_final_full_stop_never_make_another_fact(text: str) -> None:
    assert essence(f"{text}\n") == essence(text)
    if "`" not in text:
        assert essence(f"x {text} word.") == essence(f"x {text}\tword")
