"""PromptContext: redacted plain data, and the same for a template with every untrusted text fenced."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import context, fences
from memory_agents.core.fences import Fencer, Untrusted
from memory_agents.core.github_events import GHOST, ChangedPaths, ItemEvent
from memory_agents.core.records import Match, Trust
from memory_agents.core.template_values import template_values
from tests.builders import (
    AUTHOR,
    branches,
    comment,
    issue_comment_event,
    issue_event,
    match,
    pull_request,
    pull_request_event,
    record,
    review_comment_event,
    review_event,
)

TOKEN = "ghp_" + "aB3dE5fG7h" * 4
NUMBERS = count(1)


def fencer() -> Fencer:
    return Fencer(lambda: f"{next(NUMBERS):032x}")


def built(*matches: Match, body: str = "It says committ.", title: str = "Typo") -> context.PromptContext:
    return context.build(issue_event(title=title, body=body), {"conventions": matches}, status="ok")


def issue_of(shown: context.PromptContext) -> context.ItemView:
    assert shown.issue is not None
    return shown.issue


def everything(value: object) -> list[object]:
    """All leaves of a template's values."""
    if isinstance(value, dict):
        return [leaf for entry in value.values() for leaf in everything(entry)]
    if isinstance(value, list | tuple):
        return [leaf for entry in value for leaf in everything(entry)]
    return [value]


def test_the_issue_and_what_was_recalled_are_shown() -> None:
    shown = built(match(score=0.87654))
    assert (shown.repository, shown.event.action, issue_of(shown).number) == ("octo/hello", "opened", 12)
    (memory,) = shown.memories()
    assert (memory.id, memory.score, memory.trust) == ("f1a2c3d4", 0.877, Trust.MAINTAINER)
    assert memory.reasons == ("title: typo",)


def test_a_date_is_a_day_and_an_unknown_one_is_empty() -> None:
    dated = replace(record(), created_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    shown = built(Match(record=dated, score=0.5), match("undated1"))
    assert [memory.created_at for memory in shown.memories()] == ["2026-01-31", ""]


def test_a_deleted_account_is_shown_as_a_ghost() -> None:
    event = issue_event()
    event = replace(event, issue=replace(event.issue, author=GHOST))
    assert issue_of(context.build(event, {}, status="empty")).author == "ghost"


def test_memories_are_ordered_by_strength_over_all_sections() -> None:
    sections = {"a": [match("weakweak", 0.1), match("strong00", 0.9)], "b": [match("middling", 0.5)]}
    shown = context.build(issue_event(), sections, status="ok")
    assert [memory.id for memory in shown.memories()] == ["strong00", "middling", "weakweak"]


def test_dropped_memories_are_gone_and_named_in_the_order_they_went() -> None:
    shown = built(match("aaaaaaaa"), match("bbbbbbbb"), match("cccccccc")).without(["cccccccc"]).without(["aaaaaaaa"])
    assert [memory.id for memory in shown.memories()] == ["bbbbbbbb"]
    assert shown.dropped == ("cccccccc", "aaaaaaaa")


def test_the_context_is_json_that_is_read_back_the_same() -> None:
    shown = built(match(), body="half an emoji \ud83d")
    assert context.PromptContext.model_validate_json(shown.model_dump_json()) == shown


def test_no_secret_in_any_field_reaches_the_context() -> None:
    hostile = replace(
        record(text=f"use {TOKEN}"),
        title=f"about {TOKEN}",
        paths=(f"{TOKEN}/**",),
        source=replace(record().source, url=f"https://example.com/?token={TOKEN}", author=TOKEN),
    )
    found = Match(record=hostile, score=0.5, reasons=(f"title: {TOKEN}",))
    shown = built(found, body=f"my token is {TOKEN}", title=TOKEN)
    assert TOKEN not in shown.model_dump_json()


@given(st.text(st.characters()), st.text(st.characters()))
def test_whatever_people_wrote_the_context_is_valid_utf8(title: str, body: str) -> None:
    text = built(match(text=body), title=title, body=body).model_dump_json()
    assert text.encode().decode() == text


def test_in_a_template_every_text_of_a_person_prints_fenced() -> None:
    event = issue_event(title="TITLE-WORDS", body="BODY-WORDS")
    sections = {
        "conventions": [match(text="FACT-WORDS")],
        "similar_issues": [match("i0000121", namespace="reviews/issues")],
    }
    values = template_values(context.build(event, sections, status="ok"), fencer())
    leaves = everything(values)
    plain = " ".join(str(leaf) for leaf in leaves if not isinstance(leaf, Untrusted))
    for words in ("TITLE-WORDS", "BODY-WORDS", "FACT-WORDS", "committ", "reporter", "merryreader", "documentation"):
        assert words not in plain
    fenced = [str(leaf) for leaf in leaves if isinstance(leaf, Untrusted)]
    assert all(len(fences.regions(text)) == 1 for text in fenced)
    assert any("FACT-WORDS" in text for text in fenced)


HEAD = branches(head="HEAD-WORDS", head_repository="mallory/FORK-WORDS", base="BASE-WORDS")
PROPOSED = replace(
    pull_request(title="TITLE-WORDS", body="BODY-WORDS", labels=("LABEL-WORDS",)),
    author=replace(AUTHOR, login="AUTHOR-WORDS"),
)
SAID = comment(
    body="COMMENT-WORDS", author=replace(AUTHOR, login="WRITER-WORDS"), path="PATH-WORDS.py", diff_hunk="+HUNK-WORDS"
)
FAMILIES: list[ItemEvent] = [
    pull_request_event(proposed=PROPOSED, between=HEAD),
    review_event(proposed=PROPOSED, between=HEAD, said=SAID),
    review_comment_event(proposed=PROPOSED, between=HEAD, said=SAID),
    issue_comment_event(on=PROPOSED, said=SAID),
]


@pytest.mark.parametrize("event", FAMILIES, ids=lambda event: event.origin.name)
def test_of_a_pull_request_too_every_text_of_a_person_prints_fenced(event: ItemEvent) -> None:
    changed = ChangedPaths(paths=("FILE-WORDS.py", "b"), total=2)
    sections = {"reviews": [match("i0000121", namespace="reviews/pr", text="PAST-WORDS")]}
    leaves = everything(template_values(context.build(event, sections, status="ok", paths=changed), fencer()))
    assert "WORDS" not in " ".join(str(leaf) for leaf in leaves if not isinstance(leaf, Untrusted))
    fenced = [str(leaf) for leaf in leaves if isinstance(leaf, Untrusted)]
    assert all(len(fences.regions(text)) == 1 for text in fenced)
    shown = "".join(fenced)
    expected = {"TITLE", "BODY", "LABEL", "AUTHOR", "FILE", "PAST"}
    expected |= {"HEAD", "FORK", "BASE"} if event.origin.name != "issue_comment" else set()
    expected |= {"COMMENT", "WRITER", "PATH", "HUNK"} if event.origin.name != "pull_request" else set()
    assert {words for words in expected if f"{words}-WORDS" not in shown} == set()


@pytest.mark.parametrize("event", FAMILIES, ids=lambda event: event.origin.name)
def test_the_context_of_a_pull_request_is_json_that_is_read_back_the_same(event: ItemEvent) -> None:
    shown = context.build(event, {}, status="empty", paths=ChangedPaths(paths=("a.py",), total=1))
    assert context.PromptContext.model_validate_json(shown.model_dump_json()) == shown
    assert shown.issue is None


def test_a_pull_request_is_shown_with_its_branches_and_state() -> None:
    merged = replace(PROPOSED, is_merged=True, state="closed", is_draft=True)
    shown = context.build(pull_request_event(proposed=merged, between=HEAD), {}, status="empty").pull_request
    assert shown is not None
    assert (shown.number, shown.state, shown.is_draft, shown.is_fork) == (7, "merged", True, True)
    assert (shown.base, shown.head, shown.head_repository) == ("BASE-WORDS", "HEAD-WORDS", "mallory/FORK-WORDS")


def test_a_comment_in_a_conversation_does_not_say_what_it_does_not_know() -> None:
    shown = context.build(issue_comment_event(on=PROPOSED), {}, status="empty").pull_request
    assert shown is not None
    assert (shown.base, shown.head, shown.head_repository, shown.is_fork) == ("", "", "", None)


@pytest.mark.parametrize(
    ("event", "kind"),
    [(FAMILIES[1], "review"), (FAMILIES[2], "review comment"), (FAMILIES[3], "comment")],
)
def test_what_was_said_is_called_what_it_is(event: ItemEvent, kind: str) -> None:
    shown = context.build(event, {}, status="empty").comment
    assert shown is not None
    assert (shown.kind, shown.body, shown.author) == (kind, "COMMENT-WORDS", "WRITER-WORDS")


def test_of_many_changed_files_the_first_are_shown_and_all_are_counted() -> None:
    many = ChangedPaths(paths=tuple(f"src/{n}.py" for n in range(300)), total=2_999)
    shown = context.build(pull_request_event(), {}, status="empty", paths=many).pull_request
    assert shown is not None
    assert (len(shown.paths), shown.paths_total) == (100, 2_999)


def test_of_a_long_diff_the_lines_above_the_comment_are_shown() -> None:
    hunk = "@@ -1 +1,9000 @@\n" + "".join(f"+line {n}\n" for n in range(9_000)) + "+the last"
    event = review_comment_event(said=comment(path="a.py", diff_hunk=hunk))
    shown = context.build(event, {}, status="empty")
    values = template_values(shown, fencer())
    assert shown.comment is not None
    assert shown.comment.hunk.endswith("+line 8999\n+the last")
    assert len(shown.comment.hunk) <= 4_000
    assert shown.comment.hunk.startswith("+line ")
    assert "> +the last\n> ```" in str(values["comment"]["hunk"])  # type: ignore[index]


def test_markup_in_a_diff_or_a_path_hides_nothing() -> None:
    event = review_comment_event(said=comment(path="a.html", diff_hunk="+<!-- note\n+<b hidden>\n+last"))
    changed = ChangedPaths(paths=("<!-- a", "b", "`c`"), total=3)
    values: dict[str, Any] = template_values(context.build(event, {}, status="empty", paths=changed), fencer())
    assert "> +<!-- note\n> +<b hidden>\n> +last\n" in str(values["comment"]["hunk"])
    assert "\n> b\n> `c`\n" in str(values["pull_request"]["paths"])


def test_no_secret_in_a_pull_request_reaches_the_context() -> None:
    proposed = replace(PROPOSED, title=TOKEN, body=f"x {TOKEN}", labels=(TOKEN,))
    said = comment(body=TOKEN, author=replace(AUTHOR, login=TOKEN), path=f"{TOKEN}.py", diff_hunk=f"+{TOKEN}")
    between = branches(head=TOKEN, head_repository=f"x/{TOKEN}", base=TOKEN)
    event = review_comment_event(proposed=proposed, said=said, between=between)
    shown = context.build(event, {}, status="empty", paths=ChangedPaths(paths=(f"a/{TOKEN}",), total=1))
    assert TOKEN not in shown.model_dump_json()


def test_what_a_maintainer_stated_stands_apart_from_what_anybody_wrote() -> None:
    sections = {"conventions": [match("by-admin")], "similar_issues": [match("by-anybody", namespace="reviews/issues")]}
    values = template_values(context.build(issue_event(), sections, status="ok"), fencer())
    memory = values["memory"]
    assert isinstance(memory, dict)
    shown = {
        section["name"]: ([m["id"] for m in section["trusted"]], [m["id"] for m in section["untrusted"]])
        for section in memory["sections"]
    }
    assert shown == {"conventions": (["by-admin"], []), "similar_issues": ([], ["by-anybody"])}


def test_a_fence_says_who_wrote_it_who_stands_behind_it_and_why_it_is_shown() -> None:
    values = template_values(built(match(score=0.5)), fencer())
    memory = values["memory"]
    assert isinstance(memory, dict)
    head = str(memory["sections"][0]["trusted"][0]["content"]).splitlines()[1]
    told = json.loads(head)
    assert (told["kind"], told["trust"], told["author"], told["permission"]) == (
        "fact",
        "maintainer",
        "merryreader",
        "admin",
    )
    assert (told["score"], told["why"]) == (0.5, ["title: typo"])


def test_one_text_prints_no_longer_than_the_context_allows() -> None:
    shown = built(body="word " * 5_000).model_copy(update={"max_text": 1_000})
    issue = template_values(shown, fencer())["issue"]
    assert isinstance(issue, dict)
    assert len(str(issue["content"])) < 1_200


def test_a_memory_that_two_sections_found_is_shown_once() -> None:
    both = {"conventions": [match("f1a2c3d4")], "patterns": [match("f1a2c3d4"), match("f2a2c3d4")]}
    made = context.build(issue_event(), both, status="ok")
    assert [[m.id for m in section.memories] for section in made.sections] == [["f1a2c3d4"], ["f2a2c3d4"]]


def test_titles_addresses_and_states_are_short_whatever_a_file_says() -> None:
    long = replace(record(namespace="reviews/issues"), title="q" * 60_000, state="s" * 60_000)
    long = replace(long, source=replace(long.source, url="https://e.example/" + "u" * 60_000))
    [section] = context.build(issue_event(), {"similar_issues": [Match(record=long, score=0.5)]}, status="ok").sections
    [shown] = section.memories
    assert (len(shown.title), len(shown.url), len(shown.state)) == (200, 500, 40)


def test_a_past_issue_of_another_repository_is_named_with_it() -> None:
    other = record(namespace="reviews/issues")
    matches = [
        Match(record=other, score=0.5),
        Match(record=replace(other, id="i0000007", source=replace(other.source, repository="octo/other")), score=0.4),
    ]
    values = template_values(
        context.build(issue_event(), {"similar_issues": matches}, status="ok"), Fencer(lambda: "0" * 32)
    )
    [section] = values["memory"]["sections"]  # type: ignore[index]
    assert [memory["number"] for memory in section["untrusted"]] == ["#121", "octo/other#121"]
