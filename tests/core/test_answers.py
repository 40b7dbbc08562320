"""The reply to a comment or a label: its wording, and that nothing of what it repeats is alive.

`UPDATE_SNAPSHOTS=1 pytest tests/core/test_answers.py` writes docs/replies.md anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.answers import LONGEST, answer
from memory_agents.core.commands import Verb, has_command
from memory_agents.core.outcomes import (
    AlreadyKnown,
    Explained,
    Failed,
    Forgotten,
    Listed,
    Outcome,
    Refused,
    Remembered,
    SetApart,
    TakenBack,
    Waiting,
)
from memory_agents.core.records import Match, Record, Source
from tests.core import sanitizer_samples as samples
from tests.core.test_fences_replies import ALIVE, PIECES, outside_code

REPLIES = Path(__file__).parents[2] / "docs" / "replies.md"
RECEIPT = 5_536
"""characters that GitHub takes besides"""


def in_the_repository(record: Record) -> str:
    return f"https://github.com/octo/hello/blob/memory/{record.namespace}/{record.id}.md"


def nowhere(record: Record) -> str:
    return ""


def said(outcomes: tuple[Outcome, ...], *, private: bool = False) -> str:
    return answer(outcomes, private=private, link=nowhere if private else in_the_repository)


def fact(number: int, text: str = "Times are stored as UTC.", **values: object) -> Record:
    given = {"id": f"f0123456789a{number}-1", "namespace": "codebase/conventions", "text": text, **values}
    return Record(**given)  # type: ignore[arg-type]


PAST = Record(
    id="i0000212",
    namespace="reviews/issues",
    title="Times are shown an hour late",
    text="In winter.",
    source=Source(number=212, url="https://github.com/octo/hello/issues/212"),
)
DETAILED = fact(
    2,
    "Log in with [REDACTED:github-token].",
    namespace="security/patterns",
    paths=("src/api/**", "tests/**"),
    expires_at=datetime(2027, 1, 31, tzinfo=UTC),
)
LOCAL = Match(record=fact(3, "Times are stored in local time."), score=0.62, reasons=("text: times, stored",))
SHOWN = Match(record=fact(4, "Only the user interface converts times."), score=0.4)

SAMPLES: dict[str, tuple[Outcome, ...]] = {
    "A fact": (Remembered(record=fact(1), how="stored"),),
    "A fact with options, from which a secret was taken out": (
        Remembered(record=DETAILED, how="stored", redacted=("github-token",), replaced="f0123456789a0-1"),
    ),
    "A fact beside one that may contradict it": (Remembered(record=fact(1), how="stored", related=(LOCAL,)),),
    "A fact beside several": (Remembered(record=fact(1), how="stored", related=(LOCAL, SHOWN)),),
    "Several facts": (
        Remembered(record=fact(1), how="stored"),
        Remembered(record=DETAILED, how="stored", redacted=("github-token", "password")),
    ),
    "An edited comment": (
        Remembered(record=fact(1), how="updated"),
        Remembered(record=fact(2), how="unchanged"),
        Forgotten(id="f0123456789a3-1", how="forgotten"),
    ),
    "What is known already": (AlreadyKnown(record=fact(3)),),
    "What was forgotten before": (TakenBack(id="f0123456789a1-1"),),
    "A label on an open item": (Waiting(number=7, namespace="codebase/patterns"),),
    "/forget": (
        Forgotten(id="f0123456789a1-1", how="forgotten", namespace="codebase/conventions"),
        Forgotten(id="f0000000000a9-1", how="unknown"),
    ),
    "/recall": (Listed(asked="stored times", matches=(LOCAL, Match(record=PAST, score=0.4)), is_search=True),),
    "/recall that finds nothing": (Listed(asked="stored times", matches=(), is_search=True),),
    "/memories": (Listed(asked="", matches=(LOCAL, SHOWN), is_search=False, more=180),),
    "/memories with a namespace": (Listed(asked="codebase/conventions", matches=(SHOWN,), is_search=False),),
    "/memories of an empty namespace": (Listed(asked="agents/*", matches=(), is_search=False),),
    "/why": (
        Explained(
            sections=(
                ("conventions", (LOCAL,)),
                ("patterns", ()),
                ("similar_issues", (Match(record=PAST, score=0.4, reasons=("title: times",)),)),
            ),
            status="degraded",
        ),
    ),
    "/why where nothing is recalled": (Explained(sections=(), status="empty"),),
    "/not-duplicate": (SetApart(number=7, other=12),),
    "A command that cannot be read": (
        Refused(
            asked=Verb.REMEMBER,
            problem="`path=` is not an option.",
            fix="write `paths=src/api/**,tests/**`",
        ),
    ),
    "A write that failed": (
        Failed(asked=Verb.REMEMBER, problem="The branch memory refuses the push.", fix="let the job write contents"),
    ),
}


def document() -> str:
    """All replies, each as Markdown source: what is in an answer counts, not how this page looks."""
    about = "Every text that a comment or a label is answered with, as Markdown."
    kept = "A test writes this file, and fails when the code says something else."
    parts = ["# What the replies say", f"{about}\n{kept}"]
    for private in (False, True):
        parts.append("## Where memory is kept in another repository" if private else "## Where it is kept in this one")
        for title, outcomes in SAMPLES.items():
            parts.append(f"### {title}\n\n````markdown\n{said(outcomes, private=private)}\n````")
    return "\n\n".join(parts) + "\n"


def test_the_replies_are_those_that_were_read_and_approved() -> None:
    if os.environ.get("UPDATE_SNAPSHOTS"):
        REPLIES.write_text(document(), encoding="utf-8")
    assert document() == REPLIES.read_text(encoding="utf-8")


def test_every_kind_of_outcome_has_its_reply_in_the_document() -> None:
    shown = {type(outcome) for outcomes in SAMPLES.values() for outcome in outcomes}
    assert shown == set(Outcome.__args__)


@pytest.mark.parametrize("outcomes", SAMPLES.values(), ids=SAMPLES)
def test_no_reply_could_be_taken_for_a_command(outcomes: tuple[Outcome, ...]) -> None:
    assert not has_command(said(outcomes))


def everywhere(text: str) -> tuple[Outcome, ...]:
    """Each kind of Outcome with `text` in each of its fields."""
    source = Source(repository=text, number=3, url=text, author=text, permission=text)
    record = Record(
        id=text, namespace=text, text=text, title=text, source=source, labels=(text,), state=text, paths=(text, text)
    )
    past = Record(id=text, namespace=f"reviews/{text}", text=text, source=source)
    matches = (Match(record=record, score=0.5, reasons=(text, text)), Match(record=past, score=1))
    return (
        Remembered(record=record, how="stored", redacted=(text,), related=matches, replaced=text),
        AlreadyKnown(record=record),
        TakenBack(id=text),
        Forgotten(id=text, how="forgotten", namespace=text),
        Forgotten(id=text, how="unknown", namespace=text),
        Listed(asked=text, matches=matches, is_search=True),
        Listed(asked=text, matches=matches, is_search=False, more=3),
        Explained(sections=((text, matches),), status=text),
        Waiting(number=3, namespace=text),
        Refused(asked=text, problem=text, fix=text),
        Failed(asked=text, problem=text, fix=text),
    )


HOSTILE = st.text() | st.lists(
    PIECES
    | st.sampled_from(
        ["fixes #12", "/remember x", "<!-- memory-agents: answer", "https://evil.example/a", "](https://evil.example)"]
    ),
    max_size=10,
).map("".join)
OWN_LINK = re.compile(r"\[·\]\(https://github\.com/octo/hello/[^()\s<>`]*\)")


@given(HOSTILE)
@pytest.mark.parametrize("private", [False, True], ids=["own", "private"])
def test_nothing_of_what_is_repeated_is_alive(private: bool, text: str) -> None:
    for outcome in everywhere(text):
        reply = said((outcome,), private=private)
        own = OWN_LINK.sub("", outside_code(reply)).replace("#3 ", "")
        assert not ALIVE.search(own), reply
        assert not re.search(r"(?m)^\s*(?:/|#|=+\s*$|---+\s*$)", own), "a command, a heading"
        assert "<!--" not in reply
        assert not has_command(reply)


CONTENTS = ["text", "title", "namespace", "path", "reason", "query", "problem", "section", "url"]


@pytest.mark.parametrize("link", [nowhere, in_the_repository])
def test_of_a_private_memory_nothing_but_ids_is_told(link: Callable[[Record], str]) -> None:
    secret = {name: f"the-{name}-of-it" for name in CONTENTS}
    source = Source(repository=secret["text"], url=f"https://github.com/{secret['url']}", author=secret["text"])
    record = Record(
        id="f0123456789a1-1",
        namespace=secret["namespace"],
        text=secret["text"],
        title=secret["title"],
        paths=(secret["path"],),
        source=source,
    )
    matches = (Match(record=record, score=0.5, reasons=(secret["reason"],)),)
    reply = answer(
        (
            Remembered(record=record, how="stored", related=matches),
            AlreadyKnown(record=record),
            Forgotten(id=record.id, how="forgotten", namespace=secret["namespace"]),
            Listed(asked=secret["query"], matches=matches, is_search=True),
            Listed(asked=secret["query"], matches=matches, is_search=False),
            Explained(sections=(("conventions", matches),), status="ok"),
            Waiting(number=3, namespace=secret["namespace"]),
            Refused(asked=Verb.FORGET, problem=secret["problem"]),
            Failed(asked=Verb.FORGET, problem=secret["problem"], fix=secret["problem"]),
        ),
        private=True,
        link=link,
    )
    assert record.id in reply
    assert [value for value in secret.values() if value in reply] == []
    assert "](" not in reply


def test_a_secret_in_what_is_repeated_is_taken_out() -> None:
    for outcome in everywhere(f"use {samples.github_token()} here"):
        assert samples.github_token() not in said((outcome,))


@pytest.mark.parametrize("sign", ["`@a", "&", "word ", "\U0001f600"], ids=ascii)
def test_any_reply_fits_in_what_github_takes(sign: str) -> None:
    text = sign * 200
    many = (Match(record=fact(1, text, title=text), score=1, reasons=(text,)),) * 30
    every = everywhere(text)
    for outcomes in (every * 3, (Listed(asked=text, matches=many, is_search=True),)):
        assert len(said(outcomes)) <= LONGEST <= 65_536 - RECEIPT


def test_what_a_reply_has_no_room_for_is_counted() -> None:
    long = tuple(Refused(asked="/remember", problem="x" * 600) for _ in range(120))
    reply = said((*long, Remembered(record=fact(1), how="stored")))
    shown = reply.count("was not carried out")
    assert f"And {121 - shown} more answers" in reply
    assert reply.endswith("To take it back: `/forget f0123456789a1-1`.")


def test_a_past_item_is_linked_to_its_page_only_on_the_own_host() -> None:
    elsewhere = Record(id="i0000213", namespace="reviews/issues", text="x", source=Source(url="https://evil.example/1"))
    reply = said(
        (Listed(asked="", matches=(Match(record=PAST, score=1), Match(record=elsewhere, score=1)), is_search=False),)
    )
    assert "[`i0000212`](https://github.com/octo/hello/issues/212)" in reply
    assert "- `i0000213` in" in reply
