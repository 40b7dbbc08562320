"""Where a Command may stand: in what a comment's writer says in plain text that the page shows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from memory_agents.core.commands import Forget, Remember, Why, has_command, parse
from tests.core.test_commands import BODIES, KNOWN

if TYPE_CHECKING:
    from _typeshed import TraceFunction

COMMENT = 65_536


@pytest.mark.parametrize(
    "body",
    [
        "> /why",
        "   >/why",
        "> quoted\n/why",
        "> > quoted\n> /why",
        "> quoted\n===\n/why",
        "> a\n> - b\n/why",
        "- > quoted\n/why",
        "- /why",
        "* /why",
        "12) /why",
        "- a\n  /why",
        "1. a\n\n   /why",
        "[^1]: /why\n\n[^1]",
        "```\n/why\n```",
        "```sh\n/why",
        "````\n```\n/why\n````",
        "~~~\n```\n/why\n~~~",
        "- a\n\n  ```\n  /why\n  ```",
        "    /why",
        "\t/why",
        " \t/why",
        "text\n    /why",
        "`code\n/why\ncode`",
        "``a ` b\n/why ``",
        "<!-- /why -->",
        "<!--\n/why\n-->",
        "<!--\n\n/why",
        "text <!--\n/why\n-->",
        "text <!--\n\n/why",
        "<pre>\n/why\n\n/why</pre>",
        "<PRE class=x>\n/why",
        "<script>\n\n/why\n</script>",
        "<code>\n/why\n</code>",
        "text <code>a\n/why</code>",
        "<blockquote>\n\n/why\n\n</blockquote>",
        "<blockquote>a<blockquote>b</blockquote>\n\n/why",
        "<details>\n<summary>x</summary>\n\n/why\n</details>",
        "<details><summary>x</summary>\n/why",
        "<?php\n/why\n?>",
        "<![CDATA[\n/why\n]]>",
        '[text](x "\n/why\n")',
        '[a]: b "\n/why"\n\n[a]',
        '<a title="\n/why\n">x</a>',
        "\ufeff/why",
        "\u200b/why",
        "\u2060 /why",
        "\u00a0/why",
        "\u2028/why",
        "text /why",
        "| a |\n| - |\n| /why |",
        "# /why",
        "**/why**",
        "\\/why",
    ],
    ids=ascii,
)
def test_what_is_quoted_listed_code_or_hidden_is_no_command(body: str) -> None:
    assert parse(body, KNOWN) == ()
    assert not has_command(body)


@pytest.mark.parametrize(
    "body",
    [
        "/why",
        "\n\n/why\n",
        "text\n/why",
        "> quoted\n\n/why",
        "> quoted\n>\n/why",
        "> # quoted\n/why",
        "> ```\n> code\n/why",
        "> quoted\n---\n/why",
        "- a\n- b\n/why",
        "- a\n\n/why",
        "2. a\n/why",
        "-\n\n  /why",
        "```\ncode\n```\n/why",
        "```\ncode\n~~~\n```\n   /why",
        "`a` `\n/why",
        "a \\`\n/why\n`",
        "`\n\n/why\n`",
        "    code\n/why",
        "<!-- a -->\n/why",
        "<!-->\n/why",
        "a <!-- ` -->\n/why\n`",
        "a --> b\n/why",
        "`<!--`\n/why",
        "\\<!-- a\n/why",
        "<pre>\n</pre>\n/why",
        "<details>\n</details>\n/why",
        "`<details>`\n/why",
        "<p>\n/why\n</p>",
        "<br>\n/why",
        "| a |\n| - |\n| b |\n\n/why",
        "# Title\n/why",
        "***\n/why",
        "\ue000\n/why",
    ],
    ids=ascii,
)
def test_a_plain_line_is_a_command_whatever_stands_before_it(body: str) -> None:
    assert parse(body, KNOWN) == (Why(),)
    assert has_command(body)


def fenced(body: str) -> str:
    fence = "`" * (len(body) + 3)
    return f"{fence}\n{body}\n{fence}"


def each_line_behind(prefix: str) -> Callable[[str], str]:
    return lambda body: prefix + body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", f"\n{prefix}")


@pytest.mark.parametrize(
    "wrap",
    [each_line_behind("> "), each_line_behind("    "), each_line_behind("\t"), fenced],
    ids=["quoted", "indented", "behind a tab", "fenced"],
)
@given(body=BODIES)
def test_a_whole_comment_in_a_quote_or_in_code_has_no_command(wrap: Callable[[str], str], body: str) -> None:
    assert parse(wrap(body), KNOWN) == ()


@given(before=BODIES, body=BODIES)
def test_a_quote_brings_in_no_command_wherever_it_is_put(before: str, body: str) -> None:
    quoted = each_line_behind("> ")(body)
    assert len(parse(f"{before}\n\n{quoted}\n\n", KNOWN)) <= len(parse(before, KNOWN))


ON = "On Mon, Jan 5, 2026 at 10:00 AM Mona Lisa <mona@example.org> wrote:"


@pytest.mark.parametrize(
    "added",
    [
        "-- \nMona\nphone 1",
        "--\nMona",
        "Sent from my iPhone",
        "Sent from Outlook for iOS",
        "Get Outlook for Android<https://x.example>",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPad",
        "\u2014\nReply to this email directly, view it on GitHub, or unsubscribe.",
        "\u2014\n\nReply to this email directly or view it on GitHub",
        "You are receiving this because you authored the thread.",
        f"{ON}\n\nold text",
        "On Mon, Jan 5, 2026 at 10:00 AM Mona Lisa <\nmona@example.org>\nwrote:\n\nold text",
        "On Mon, Jan 5, 2026 at 10:00 AM Mona ***@***.***> wrote:\nold text",
        "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Mona <\nmona@example.org>:\nalter Text",
        "Le lun. 5 janv. 2026 à 10:00, Mona <mona@example.org> a écrit :\n\nvieux",
        "El lun, 5 ene 2026 a las 10:00, Mona (<mona@example.org>) escribió:\n\nviejo",
        "Il giorno lun 5 gen 2026 alle ore 10:00 Mona ha scritto:\nvecchio",
        "Op ma 5 jan. 2026 om 10:00 schreef Mona <mona@example.org>:\noud",
        "2026-01-05 10:00 GMT+01:00 Mona <mona@example.org>:\nold",
        "2026年1月5日(月) 10:00 Mona <mona@example.org>:\nold",
        "Mona <mona@example.org> 于2026年1月5日周一 10:00写道\uff1a\nold",
        "-----Original Message-----\nFrom: Mona",
        "-------- Ursprüngliche Nachricht --------\nVon: Mona",
        "---------- Forwarded message ---------\nFrom: Mona",
        "Begin forwarded message:\n\nold",
        "From: Mona\nSent: Monday, January 5, 2026\nTo: Ada\nSubject: Re: x\n\nold",
        "________________________________\nVon: Mona\nGesendet: Montag\nAn: Ada\nBetreff: x\n\nalt",
        "**From:** Mona\n**Date:** Monday\n**Subject:** Re: x",
    ],
    ids=ascii,
)
def test_what_an_email_program_adds_is_neither_a_fact_nor_a_command(added: str) -> None:
    body = f"/remember Times are UTC.\n\n{added}\n\n/why"
    assert parse(body, KNOWN) == (Remember(namespace="codebase/conventions", facts=("Times are UTC.",)),)
    assert not has_command(f"Thanks\n\n{added}\n\n/why")
    assert len(parse(body.replace("\n", "\r\n"), KNOWN)) == 1


def test_below_a_quotation_whose_lines_are_marked_the_writer_may_go_on() -> None:
    body = f"/remember Times are UTC.\n\n{ON}\n\n> old\n> /why\n\n/forget f1234567"
    assert parse(body, KNOWN) == (
        Remember(namespace="codebase/conventions", facts=("Times are UTC.",)),
        Forget(ids=("f1234567",)),
    )


@pytest.mark.parametrize(
    "line",
    [
        "On failure the client waits:",
        "On 5 May Ada wrote a test",
        "From: the queue",
        "Sent from the worker, not from the API",
        "--strict is the default",
        "The author wrote:",
        "```\n-- \n/why\n```",
        "    Sent from my iPhone",
        "> Sent from my iPhone",
        "<!-- \n-- \n-->",
    ],
    ids=ascii,
)
def test_a_text_that_only_resembles_it_stays_in_the_fact(line: str) -> None:
    first, last = parse(f"/remember Know:\n\n{line}\n\n/why", KNOWN)
    assert first == Remember(namespace="codebase/conventions", facts=(f"Know:\n\n{line}",))
    assert last == Why()


HOSTILE = [
    *("`", "``` ", "- ", "> ", "- - ", "\n", "> \n", "/why\n", "/remember x\n", "<!--", "<details>", "</details>"),
    *('<a "', "<b '", "On 2024 wrote:\n", "On 2024 schrieb schrieb ", "From: a\n", "-- ", "_" * 26 + "\n", "[x]("),
    *('[x]: y "\n', "\t", "a\n-\n", "1. ", "-\n", "*", "\r", "<a b=c ", '/remember paths="', "/forget a,", "\\`"),
    *("[^1]:", "\u2014\n\n", "- a\n\n", "```\n~~~\n", "\ue000", "2024 <a@b> ", "Sent from my ", "/remember\n- a\n"),
]


@contextmanager
def counted_steps() -> Iterator[list[int]]:
    """How many lines of Python are run."""
    steps = [0]

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        steps[0] += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_twice_the_text_takes_at_most_twice_the_steps(unit: str) -> None:
    counts = []
    for size in (1_000, 2_000):
        with counted_steps() as steps:
            parse("/why\n" + "- " * 100 + "\n" + unit * (size // len(unit)) + "\n/why", KNOWN)
        counts.append(steps[0])
    assert counts[1] <= 2.2 * counts[0] + 500


@pytest.mark.parametrize(
    "unit", ["`", "> ", "\\`", "[x](", "On 2024 schrieb schrieb ", "<a b=c ", "\u2014\n\n", "-\n"], ids=ascii
)
def test_the_largest_comment_of_any_shape_is_read(unit: str) -> None:
    body = ("/remember\n" + unit * (COMMENT // len(unit)))[:COMMENT]
    assert has_command(body)
    assert len(parse(body, KNOWN)) == 1
