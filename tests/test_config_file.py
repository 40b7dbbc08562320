"""The configuration file: read as text, and every mistake named with file and line."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents import config_file
from memory_agents.configuration import SECTIONS, Configuration
from memory_agents.errors import SettingsError

PATH = ".github/memory-agents.yml"

WHOLE = """\
# what we decided
top-k: 7
min-score: 0.35
max-prompt-bytes: 50000
timeout-seconds: "12.5"
sections:
  patterns:
    - codebase/*
    - own/patterns
"""


def test_every_setting_is_read() -> None:
    configuration = config_file.parse(WHOLE, PATH)
    assert (configuration.top_k, configuration.min_score) == (7, 0.35)
    assert (configuration.max_prompt_bytes, configuration.timeout_seconds) == (50_000, 12.5)
    assert configuration.sections == {**SECTIONS, "patterns": ("codebase/*", "own/patterns")}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "{}\n", "top-k:\n", "top-k: ''\n"])
def test_what_is_left_blank_stays_at_its_default(text: str) -> None:
    assert config_file.parse(text, PATH) == Configuration()


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("top-k: 5\n  min-score: 1\n", 2, "mapping values are not allowed"),
        ("top-k: [1\n", 2, "expected"),
        ("top-k: 5\n\t- x\n", 2, "found"),
        ("top-k: 5\n---\ntop-k: 6\n", 2, "document"),
        ("top-k: 5\ntopk: 5\n", 2, "`topk` is not a setting"),
        ("\n\ntop-k: 0\n", 3, "`top-k`"),
        ("min-score: 0.5\ntop-k: yes\n", 2, "`top-k`"),
        ("top-k: 2026-13-45\n", 1, "`top-k`"),
        ("top-k: [5]\n", 1, "`top-k`"),
        ("top-k: null\n", 1, "`top-k`"),
        (f"top-k: {'9' * 5000}\n", 1, "`top-k`"),
        ("top-k: 5\nmin-score: 0.5\ntop-k: 6\n", 3, "`top-k` stands there twice"),
        ("sections:\n  patterns: [a]\n  patterns: [b]\n", 3, "`patterns` stands there twice"),
        ("top-k: 5\nsections:\n  recipes: [a/b]\n", 2, "there is no section 'recipes'"),
        ("top-k: 5\nsections:\n  patterns: [Not A Namespace]\n", 2, "is not a namespace or a glob"),
        ("sections: codebase/*\n", 1, "`sections`"),
        ("- top-k\n", 1, "`name: value` lines"),
        ("just words\n", 1, "`name: value` lines"),
        ("top-k: 5\n? [a, b]\n: c\n", 2, "a name is not text"),
        ("a: &x 1\nb: *x\n", 2, "aliases are not read"),
        ("top-k: 5\nmin-score: \x07\n", 2, "character"),
        ("top-k: 5\nmin-score: \ud800\n", 2, "character"),
        ("\n" + "[" * 30_000, 2, "nested too deeply"),
        ("a: " + "{a: " * 10_000, 1, "nested too deeply"),
        ("#" * (config_file.MAX_BYTES + 1), 1, "larger than"),
        ("top-k: !!python/object/apply:os.system ['id']\n", 1, "`top-k`"),
    ],
)
def test_each_mistake_is_named_with_its_file_its_line_and_a_fix(text: str, line: int, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        config_file.parse(text, PATH)
    assert refused.value.message.startswith(f"{PATH}:{line}: ")
    assert told in refused.value.message
    assert "should" not in refused.value.message, "the words of pydantic, which are for programmers"
    assert refused.value.fix


def test_an_unknown_setting_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="timeout-seconds, comment, dense, sections"):
        config_file.parse("topk: 5", PATH)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    started = time.monotonic()
    with pytest.raises(SettingsError, match="aliases"):
        config_file.parse(bomb, PATH)
    assert time.monotonic() - started < 1


PIECES = st.sampled_from(
    [
        *"[]{}'\"#:\né\t\x85\ufeff",
        "top-k",
        "sections",
        ": ",
        "  ",
        "- ",
        "&a ",
        "*a",
        "<<",
        "? ",
        "!!int ",
        "---",
        "yes",
    ]
)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map("".join))
def test_whatever_the_file_holds_it_is_a_configuration_or_an_error_of_one_line_with_its_place(text: str) -> None:
    try:
        assert isinstance(config_file.parse(text, PATH), Configuration)
    except SettingsError as refused:
        assert re.match(re.escape(PATH) + r":\d+: \S", refused.message)  # noqa: PT017
        assert refused.message.isprintable()  # noqa: PT017
