"""The analysis of text for the search."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import text


@pytest.mark.parametrize("written", ["time_out", "timeOut", "time-out", "TimeOut", "TIME_OUT"])
def test_an_identifier_is_found_however_its_words_are_joined(written: str) -> None:
    assert text.words(written) == ["timeout", "time", "out"]


def test_a_path_is_split_into_its_names() -> None:
    assert text.words("src/parser/lex_mode.rs") == ["src", "parser", "lexmode", "lex", "mode", "rs"]


def test_letters_and_digits_are_split_and_kept_whole() -> None:
    assert text.words("HTTPServer2 utf8 E0308") == ["httpserver2", "http", "server", "utf8", "utf", "e0308", "0308"]


def test_inflected_words_have_one_term() -> None:
    assert set(text.tokens("crash crashes crashed crashing")) == {"crash"}


def test_accents_and_compatibility_forms_are_folded() -> None:
    assert text.words("Café ﬁle") == ["cafe", "file"]


def test_scripts_without_spaces_are_split_into_pairs_of_characters() -> None:
    assert text.words("日本語 が 한국어") == ["日本", "本語", "が", "한국", "국어"]


def test_words_of_other_alphabets_are_kept() -> None:
    assert text.tokens("Ошибка при разборе") == ["ошибка", "при", "разборе"]


@pytest.mark.parametrize(
    "noise",
    [
        "<!-- Please fill in the template -->",
        "https://example.org/build/17?log=full#end",
        "0x7ffee4bff6c8 deadbeef00112233",
        '  File "runner.py", line 3, in launch',
        "    at Object.launch (runner.js:10:3)",
        "\tat org.example.Runner.launch(Runner.java:42)",
        "  12: 0x7f3e12345678 - core::panicking::panic",
        "  12: core::panicking::panic",
        "#3  0x00007ffff7a0 in launch () from libc.so",
        "<!-- never closed",
    ],
)
def test_what_says_nothing_about_the_subject_is_left_out(noise: str) -> None:
    assert text.words(f"Parser fails\n{noise}\n") == ["parser", "fails"]


def test_text_after_a_closed_comment_is_kept() -> None:
    assert text.words("one<!-- two -->three<!---->four") == ["one", "three", "four"]


@pytest.mark.parametrize(
    "hostile",
    ["a", "<!--", "http://", "aB", " ", "at ", "1: ", "0x", "-a", "\n \n", "a.-+", "日", "é", "#1 0x", 'File "'],
)
def test_a_megabyte_of_hostile_text_is_analysed_in_a_moment(hostile: str) -> None:
    started = time.perf_counter()
    found = text.tokens(hostile * (1_000_000 // len(hostile)))
    assert time.perf_counter() - started < 1.0
    assert len(found) <= text.KEPT


@given(st.text())
def test_every_word_is_short_not_empty_and_has_one_term(given_text: str) -> None:
    words = text.words(given_text)
    assert all(0 < len(word) <= text.LONGEST for word in words)
    assert len(text.stems(words)) == len(words)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_upper_case_does_not_change_plain_words(given_text: str) -> None:
    plain = " ".join("".join(char if char.isalpha() else " " for char in given_text).split()).lower()
    assert text.words(plain) == text.words(plain.upper())


def test_threads_agree() -> None:
    texts = [f"parsing files number {i} quickly, running tests" for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(text.tokens, texts)) == [text.tokens(one) for one in texts]
