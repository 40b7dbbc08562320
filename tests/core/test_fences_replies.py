"""Replies: what the bot repeats is inert, and its words stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.replies import reply_safe
from tests.core import sanitizer_samples as samples

ALIVE = re.compile(
    r"""(?ix)
    (?<!\\)(?:\\\\)*!?\[            # a link or an image
    | <                             # HTML, an automatic link
    | (?:https?:)?//[\w.-]          # an address
    | \bwww\.
    | @[a-z0-9]                     # a mention
    | \#\d | gh-\d                  # a reference
    | &(?!(?:lt|amp|grave);)              # an entity, which may spell any of these
    """
)


def outside_code(markdown: str) -> str:
    """What stands outside of code, by the rules of CommonMark for text without HTML: blocks, then spans."""
    kept: list[str] = []
    closing: re.Pattern[str] | None = None
    for line in markdown.split("\n"):
        opening = re.match(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", line)
        if closing:
            if closing.fullmatch(line):
                closing = None
        elif opening:
            closing = re.compile(rf" {{0,3}}{opening[1][0]}{{{len(opening[1])},}}[ \t]*")
        else:
            kept.append(line)
    text, out, at = "\n".join(kept), [], 0
    while at < len(text):
        run = re.compile("`+").match(text, at)
        if text[at] == "\\":
            out.append(text[at : at + 2])
            at += 2
        elif run:
            close = re.compile(rf"(?<!`){run.group()}(?!`)").search(text, run.end())
            out.append("·" if close else run.group())
            at = close.end() if close else run.end()
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


DANGEROUS = [
    *(
        "cc @org/everyone @torvalds",
        "fixes #12",
        "Closes GH-7, owner/repo#3",
        "resolves https://github.com/o/r/issues/1",
    ),
    *(
        "![x](https://evil.example/p.png?d=1)",
        "[x](https://evil.example)",
        "[x][y]\n\n[y]: https://evil.example",
        "//evil.example/x",
    ),
    *(
        "<https://evil.example>",
        "<img src=//evil.example>",
        "www.evil.example",
        "http://evil.example",
        "ftp://evil.example",
    ),
    *("&#64;torvalds &commat;torvalds &#35;1 &lt;b>", "\\@torvalds \\#1", "\\[x](y)", "\\![x](//y)", "\\\\[x](y)"),
    *(
        "` @a",
        "`` @a `",
        "`a\n@b `",
        "`a` @b `c` #1 `",
        "``` @a",
        "`a``@b`",
        "\\`@a`",
        "`x`@a",
        "@a`x`",
        "@a`",
        "`@a",
        "[`x`](y)",
    ),
    *(
        "```\na\n```\n@b",
        "```\n@a",
        "~~~\n@a\n```",
        "````\n```\n@a\n````\n@b",
        "- ```\n@a\n```",
        "> ~~~\n@b",
        "```a`\n@b\n```",
    ),
    *(
        "mailto:a@b.c",
        "a.b@example.org",
        "[[wiki]]",
        "- [ ] x",
        "[^1]: x",
        "$`x`$ [a](b)",
        "\uff20torvalds @torvalds",
        "a@b#1",
    ),
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_nothing_of_it_is_alive(text: str) -> None:
    assert not ALIVE.search(outside_code(reply_safe(text)))


PIECES = st.sampled_from(
    [
        *(
            "`",
            "``",
            "```",
            "\n```\n",
            "\n~~~\n",
            "~~~",
            "\\",
            "\n",
            "\n\n",
            " ",
            "@ada",
            "#1",
            "GH-2",
            "a/b#3",
            "!",
            "[",
            "]",
        ),
        *(
            "(",
            ")",
            "https://x.example",
            "//x",
            "www.x",
            "<b>",
            "<!-- x -->",
            "&#64;",
            "&",
            "/close",
            "|",
            "> ",
            "- ",
            "    ",
        ),
        *("---", "===", "# ", "word", "[x]: y", "[^1]", "$", "~", "_", "*"),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_whatever_the_text_nothing_of_it_is_alive(text: str) -> None:
    reply = reply_safe(text)
    assert not ALIVE.search(outside_code(reply))
    assert not re.search(r"(?m)^\s*/\w", reply), "a slash command"
    assert not re.search(r"(?m)^\s*(?:#|=+\s*$|-+\s*$)", outside_code(reply)), "a heading"
    reply.encode()


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("plain words, `code @x` and ``a ` b``.", "plain words, `code @x` and ``a ` b``."),
        ("cc @ada, fixes #12", "cc `@ada`, fixes `#12`"),
        ("/close\n  /reopen", "\\/close\n  \\/reopen"),
        ("# Title\nx\n---\n| a |", "\\# Title\nx\n\\---\n\\| a \\|"),
        ("```sh\n$ ls @x\n/bin/sh\n```", "```\n$ ls @x\n\\/bin/sh\n```"),
        ("a <b>bold</b> & co", "a &lt;b>bold&lt;/b> &amp; co"),
        ("[docs](https://x.example)", "\\[docs\\](`https://x.example)`"),
        ("`x`@a", "`x` `@a`"),
        ("one ` tick", "one &grave; tick"),
        ("<!-- hidden -->x", "\\[hidden HTML comment removed, 6 characters\\]x"),
        ("zero\u200bwidth", "zerowidth"),
        ("`@ada", "&grave;`@ada`"),
        ("`a```b`", "````a```b````"),
        ("~~~py\n````\n@x\n~~~", "`````\n````\n@x\n`````"),
        ("column\n:-", "column\n\\:-"),
        ("> title\n> ---", "> title\n> \\---"),
        ("see 16c999e and defaced 20261122", "see `16c999e` and defaced 20261122"),
        (f"by {'d' * 40}.", f"by `{'d' * 40}`."),
        ("like GHSA-2abc-3def-4ghi", "like `GHSA-2abc-3def-4ghi`"),
    ],
    ids=ascii,
)
def test_the_words_stay_and_read_well(text: str, reply: str) -> None:
    assert reply_safe(text) == reply


def test_a_secret_is_not_repeated() -> None:
    assert reply_safe(f"use {samples.github_token()}") == "use \\[REDACTED:github-token\\]"


@given(st.lists(PIECES, max_size=25).map("".join))
def test_a_reader_that_only_pairs_ticks_and_knows_no_escape_finds_no_mention_either(text: str) -> None:
    reply = reply_safe(text)
    left = re.sub(r"(?s)(`+)(?:(?!\1).)*?\1", " ", reply)
    assert not re.search(r"(?<![\w`/])@[A-Za-z0-9]|(?<!\w)#\d", left)


@pytest.mark.parametrize(
    "unit",
    ["`", "@a ", "[", "```a\n", "~~~b\n", "` `` ``` ", "\n", "/", "//", "&", "-", "~", "a1", "> ", ": "],
    ids=ascii,
)
def test_half_a_megabyte_of_signs_is_made_inert(unit: str) -> None:
    reply_safe(unit * (512_000 // len(unit))).encode()
