"""What says the same as another fact, and what must never be taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.near_duplicates import essence

FACT = "Always use tabs for indentation."


@pytest.mark.parametrize(
    "other",
    [
        "always use tabs for indentation",
        "Use tabs for indentation!",
        "**Always** use _tabs_ for\n\nindentation.",
        "Please always use tabs for the indentation",
        "- Use tabs for indentation",
        "We should use tabs for our indentation.",
        "Use tab for indentation.",
        "Use ｔａｂｓ for indentation",  # noqa: RUF001 -- full-width letters are the point
    ],
)
def test_what_differs_in_form_only_says_the_same(other: str) -> None:
    assert essence(other) == essence(FACT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
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
        ("用空格缩进", "用制表符缩进"),
    ],
)
def test_a_word_number_sign_or_order_that_may_change_the_meaning_makes_another_fact(one: str, other: str) -> None:
    assert essence(one) != essence(other)


@given(st.text())
def test_white_space_and_a_final_full_stop_never_make_another_fact(text: str) -> None:
    assert essence(f"  {text}\n") == essence(text)
    assert essence(f"{text} word.") == essence(f"{text}\tword")
