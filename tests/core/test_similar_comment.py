"""The comment about similar issues: what it says in each constellation, and that no title bends it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.context import MemoryView
from memory_agents.core.similar_comment import MARKER, MOST, NOTHING_SIMILAR, render
from tests.core import sanitizer_samples as samples
from tests.core.test_fences_replies import ALIVE, PIECES, outside_code

GOLDEN = Path(__file__).with_name("golden") / "similar_comment"
NUMBER, CREATED_AT = 100, "2026-11-20"
GITHUB_LIMIT = 65_536
LINK = re.compile(r"\]\(https://github\.com/[\w/#-]+\)")


def memory(
    number: int | None,
    title: str = "Parser hangs on an empty file",
    *,
    state: str = "open",
    score: float = 0.82,
    reasons: tuple[str, ...] = ("title: parser, empty", "label: bug"),
    created_at: str = "2026-03-01",
    repository: str = "",
    url: str | None = None,
) -> MemoryView:
    address = f"https://github.com/{repository or 'octo/hello'}/issues/{number}" if url is None else url
    return MemoryView.model_validate(
        {
            "id": f"i-{repository.replace('/', '-')}-{number}",
            "namespace": "reviews/issues",
            "kind": "past issue",
            "score": score,
            "reasons": reasons,
            "trust": "untrusted",
            "title": title,
            "text": "It never returns.",
            "author": "reporter",
            "author_id": 42,
            "permission": "",
            "created_at": created_at,
            "url": address,
            "repository": repository,
            "number": number,
            "state": state,
            "paths": (),
        }
    )


def rendered(*memories: MemoryView) -> str:
    comment = render(memories, number=NUMBER, created_at=CREATED_AT)
    assert comment is not None
    return comment


HOSTILE_TITLES = (
    "cc @octo/everyone @torvalds",
    "fixes #12, GH-7 and other/repo#3",
    "/remember the tokens",
    "<img src=//evil.example> <!-- memory-agents:similar --> &#64;torvalds",
    "```",
    "`<!-- memory-agents:similar -->` `@ada`",
    "](https://evil.example) [x](https://evil.example)",
    "zero\u200bwidth \u202ereversed\r\n/forget all\n- item\n# Head",
    f"leaks {samples.github_token()} here",
)

CONSTELLATIONS = {
    "only_closed": (
        memory(9, "Parser crashes on an empty file", state="completed", score=0.91),
        memory(14, "Empty input", state="not_planned", score=0.6, reasons=("text: empty",)),
        memory(21, "Hang on empty input", state="duplicate", score=0.55),
        memory(3, "Old one", state="closed", score=0.4, reasons=()),
    ),
    "one_older_open": (memory(12),),
    "many": (
        memory(31, "Parser hangs", score=0.95),
        memory(9, "Parser crashes", state="completed", score=0.9, created_at="2026-02-01"),
        memory(12, "Parser never returns", score=0.8, created_at="2026-02-03"),
        memory(140, "Same as before", score=0.7, created_at="2026-11-22"),
        memory(141, "Empty file", state="completed", score=0.6, created_at="2026-11-22"),
        memory(30, "Not among the first five", score=0.5),
    ),
    "other_repository": (
        memory(7, repository="octo/__core__", created_at="2026-01-01", state="completed"),
        memory(8, repository="octo/core", created_at="2026-11-21"),
    ),
    "hostile_titles": tuple(memory(n, title) for n, title in enumerate(HOSTILE_TITLES[:5], 1)),
    "more_hostile_titles": tuple(memory(n, title, reasons=(title,)) for n, title in enumerate(HOSTILE_TITLES[5:], 1)),
}


@pytest.mark.parametrize(("name", "memories"), CONSTELLATIONS.items(), ids=CONSTELLATIONS)
def test_each_constellation_reads_as_its_golden_file(name: str, memories: tuple[MemoryView, ...]) -> None:
    assert rendered(*memories) + "\n" == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")


def entries(comment: str) -> list[str]:
    return [line for line in comment.split("\n") if line.startswith("- ")]


def test_the_oldest_open_issue_is_the_original_and_stands_first() -> None:
    newer, older = memory(31, score=0.9, created_at="2026-05-01"), memory(12, score=0.5, created_at="2026-02-01")
    first, second = entries(rendered(newer, older))
    assert first.startswith("- Most likely the original report: [#12:")
    assert second.startswith("- [#31:")


def test_a_closed_issue_is_never_the_original_and_nothing_is_called_a_duplicate_of_it() -> None:
    comment = rendered(memory(1, state="completed"), memory(2, state="not_planned"), memory(3, state="closed"))
    assert "original" not in comment
    assert "duplicate" not in comment
    assert [entry for entry in entries(comment) if "Possible regression of [#1:" in entry] == entries(comment)[:1]


def test_two_issues_never_name_each_other_as_the_original() -> None:
    younger = render([memory(12)], number=31, created_at="2026-03-02")
    older = render([memory(31, created_at="2026-03-02")], number=12, created_at="2026-03-01")
    assert "Most likely the original" in (younger or "")
    assert "Most likely the original" not in (older or "")
    assert "reported later" in (older or "")


def test_where_nothing_is_similar_there_is_nothing_to_say() -> None:
    assert render([], number=NUMBER, created_at=CREATED_AT) is None


def test_what_github_has_no_name_for_is_left_out() -> None:
    unnamed = [memory(None), memory(4, repository="not a repository")]
    assert render(unnamed, number=NUMBER, created_at=CREATED_AT) is None


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://x.example/) ![](https://evil.example"])
def test_an_address_that_is_no_plain_one_is_not_linked(url: str) -> None:
    comment = rendered(memory(12, url=url))
    assert "](" not in comment
    assert "report: #12: Parser" in comment


def test_both_texts_begin_with_the_marker_alone_on_its_line() -> None:
    assert MARKER == "<!-- memory-agents:similar -->"
    assert rendered(memory(12)).startswith(MARKER + "\n")
    assert NOTHING_SIMILAR.startswith(MARKER + "\n")


def test_the_comment_fits_in_what_github_takes_however_long_the_titles_are() -> None:
    long = memory(12, "`@a" * 3_000, reasons=("#1 " * 1_000,) * 5)
    assert len(rendered(*[long] * 50)) < GITHUB_LIMIT // 8


def test_it_doubts_itself_and_asks_nobody_to_close() -> None:
    comment = rendered(memory(12), memory(9, state="completed"))
    assert "may be wrong. No issue is closed because of it." in comment
    assert not re.search(r"please|should|close (?:this|it)|closing", comment, re.IGNORECASE)


HOSTILE = st.text() | st.lists(PIECES | st.sampled_from(HOSTILE_TITLES), max_size=12).map("".join)


@given(titles=st.lists(HOSTILE, min_size=1, max_size=MOST), reasons=st.lists(HOSTILE, max_size=3).map(tuple))
def test_whatever_titles_and_reasons_say_the_comment_keeps_its_form(
    titles: list[str], reasons: tuple[str, ...]
) -> None:
    comment = rendered(*(memory(n, title, reasons=reasons) for n, title in enumerate(titles, 1)))
    lines = comment.split("\n")
    assert not [line for line in lines if line.lstrip().startswith("/")], "a command"
    assert comment.index(MARKER) == 0
    assert comment.count(MARKER) == 1
    assert len(lines) == 2 * len(titles) + 5
    assert len(entries(comment)) == len(titles)
    bare = outside_code(comment.removeprefix(MARKER))
    assert len(LINK.findall(bare)) == len(titles)
    own_links = re.sub(r"- (?:Most likely the original report: )?\[#\d+", "- ", LINK.sub("", bare))
    assert not ALIVE.search(own_links)
