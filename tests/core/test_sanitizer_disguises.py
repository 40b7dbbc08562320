"""The sanitizer: a secret goes that a page joins, an address or JSON escapes, or letters of another script spell."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.sanitizer import redact
from tests.core import sanitizer_samples as samples

TOKEN = samples.github_token(9)

BETWEEN = {
    "a comment of many words": f"<!-- {'not for you to see, ' * 6}-->",
    "a comment with a sign in it": "<!-- a > b - c -->",
    "an empty element": "<b></b>",
    "an empty element with attributes": '<span class="x" id=y></span>',
    "a soft hyphen by name": "&shy;",
    "a zero-width space by name": "&ZeroWidthSpace;",
    "a non-joiner by name": "&zwnj;",
    "a mark of direction by name": "&rlm;",
    "a word joiner by name": "&NoBreak;",
    "a number with zeros": "&#0000008203;",
    "a JSON escape": "\\u200b",
    "several of them": "<i></i><!-- and --><wbr>&shy;",
}


@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN.keys())
@pytest.mark.parametrize("at", [2, 4, 11, 30])
def test_what_a_page_joins_hides_no_token(between: str, at: int) -> None:
    assert redact(f"my {TOKEN[:at]}{between}{TOKEN[at:]} key").text == "my [REDACTED:github-token] key"


SPELT: dict[str, Callable[[str], str]] = {
    "one sign in percents": lambda token: token.replace("_", "%5f"),
    "all in percents": lambda token: "".join(f"%{ord(char):02X}" for char in token),
    "a JSON escape": lambda token: token.replace("_", "\\u005F"),
    "a JSON escape that was escaped": lambda token: token.replace("_", "\\\\u005f"),
    "an escape of code": lambda token: token.replace("_", "\\x5f"),
    "a Cyrillic letter": lambda token: token.replace("p", "\u0440", 1),
    "a Greek letter": lambda token: token.replace("p", "\u03c1", 1),
    "a number with zeros": lambda token: token.replace("_", "&#x0000005f;"),
}


@pytest.mark.parametrize("spell", SPELT.values(), ids=SPELT.keys())
def test_a_token_goes_however_it_is_spelt(spell: Callable[[str], str]) -> None:
    assert redact(f"my {spell(TOKEN)} key").text == "my [REDACTED:github-token] key"


@pytest.mark.parametrize(
    "around",
    ["<!-- my own {}, do not share -->", '<a title="{}" href="#">x</a>', "<b>\u0434\u0430</b>\u0430{}\u0438 %41"],
)
def test_a_second_look_hides_nothing_that_the_first_one_sees(around: str) -> None:
    assert redact(around.format(TOKEN)).text == around.format("[REDACTED:github-token]")


ADJOINING = [
    [TOKEN, samples.github_token(2), samples.github_token(3)],
    [samples.prefixed(seed, "sk|-", samples.ALNUM, 48) for seed in range(3)],
    [samples.prefixed(1, "AI|za", samples.URL_SAFE, 35), TOKEN],
    [samples.json_web_token(seed) for seed in range(4)],
]


@pytest.mark.parametrize("tokens", ADJOINING, ids=["GitHub", "OpenAI", "two vendors", "JWT"])
def test_of_tokens_that_adjoin_each_goes_whole(tokens: list[str]) -> None:
    redacted = redact(f"a {''.join(tokens)} b").text
    assert not [token for token in tokens if any(piece in redacted for piece in samples.pieces(token, 8))]
    assert redacted.startswith("a [REDACTED:")
    assert redacted.endswith("] b")


INNOCENT = [
    "see <b>bold</b>, <!-- a comment of some length --> and 100%41 of C:\\users\\x64",
    "\u043f\u0440\u043e\u0441\u0442\u043e \u0442\u0435\u043a\u0441\u0442 &nbsp;&copy; &unknown; &;",
    '{"title": "caf\\u00e9 \\ud83d\\ude00 \\u003cb\\u003e"}',
    "/search?q=a%2Db%5Fc%2Ed%20e&x=%F0%9F%98%80",
]


@pytest.mark.parametrize("text", INNOCENT, ids=ascii)
def test_text_that_is_shown_otherwise_and_holds_no_secret_stays_byte_for_byte(text: str) -> None:
    assert redact(text).text == text


SCRAPS = st.sampled_from(
    [
        *(TOKEN, TOKEN[:12], TOKEN[12:], samples.json_web_token(), f"https://a:{TOKEN[4:20]}@h ", *BETWEEN.values()),
        *(
            "<!--",
            "-->",
            "<b ",
            ">",
            "&",
            ";",
            "%5F",
            "%",
            "\\",
            "\\u005f",
            "[REDACTED:jwt]",
            "\u0440",
            "gh",
            "_",
            " ",
            "\n",
        ),
    ]
)


@given(st.lists(SCRAPS, max_size=10).map("".join))
def test_redacting_disguised_text_twice_is_redacting_it_once(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    assert all(0 <= one.start < one.end <= len(text) for one in once.findings)
    assert all(before.end <= after.start for before, after in zip(once.findings, once.findings[1:], strict=False))
    assert set("".join(one.kind for one in once.findings)) <= {*string.ascii_lowercase, "-"}
