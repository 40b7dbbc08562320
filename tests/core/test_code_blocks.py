"""Diffs and paths as code: nothing in them ends the block, and nothing in them is hidden."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.code_blocks import as_code, clean_code, ending
from memory_agents.core.fences import clean

HOSTILE = st.lists(st.sampled_from(["`", "``", "```\n", "~~~\n", "\u200b", "<!--", "<b hidden>", "\r", "\n", "a", " "]))


@given(HOSTILE.map("".join) | st.text())
def test_nothing_in_a_block_of_code_ends_it(text: str) -> None:
    block = clean(as_code(f"a{text}"))
    ticks, *inside, last = block.split("\n")
    assert last == ticks
    assert re.fullmatch("`{3,}", ticks)
    assert not any(ticks in line for line in inside)


def test_markup_in_a_diff_is_code_and_hides_nothing() -> None:
    diff = '@@ -1 +1,3 @@\n+<!-- a note\n+<div hidden>kept</div>\n+```\n+[x]: y "z"\n+&amp;'
    assert clean_code(diff) == diff


def test_secrets_and_what_is_invisible_are_removed_from_code() -> None:
    token = "gh" + "p_" + "4QV4kDm2xTzB8nHs6LwRcY1pJfUeGa35ZqXv"
    shown = clean_code(f"+TOKEN = '{token}'\n+a\u202eb\n+`\u200b``c")
    assert token not in shown
    assert shown.endswith("\n+ab\n+```c")


def test_an_end_is_made_of_whole_lines_unless_there_is_only_one() -> None:
    assert ending("one\ntwo\nthree", 9) == "two\nthree"
    assert ending("one\ntwo\nthree", 8) == "three"
    assert ending("x" * 20, 8) == "x" * 8
    assert ending("short", 8) == "short"


@given(st.text(), st.integers(1, 50))
def test_an_end_is_never_longer_than_asked_for(text: str, limit: int) -> None:
    shown = ending(text, limit)
    assert len(shown) <= limit
    assert text.endswith(shown)


def test_no_code_is_no_block() -> None:
    assert as_code("") == as_code("\n ") == clean_code("") == ""
