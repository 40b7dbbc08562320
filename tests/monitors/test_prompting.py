"""The prompt's size: the weakest memories go first and are named, and texts are shortened last."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from memory_agents.core import context
from memory_agents.core.context import PromptContext
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths
from memory_agents.errors import TemplateError
from memory_agents.monitors import prompting
from memory_agents.monitors.prompting import Prompt
from memory_agents.rendering import Templates
from tests.builders import AUTHOR, branches, comment, issue_event, match, pull_request, review_comment_event

FOLDER = ".github/memory-agents/prompts"
SMALLEST = 8_192
"""what `max-prompt-bytes` may be at least"""


def built(texts: list[str], body: str = "It says committ.", title: str = "Typo") -> PromptContext:
    matches = [match(f"record{n:02}", 0.9 - n / 100, text=text) for n, text in enumerate(texts)]
    return context.build(issue_event(title=title, body=body), {"conventions": matches}, status="ok")


def rendered(
    shown: PromptContext, max_bytes: int = 98_304, *, own: dict[str, str] | None = None, name: str = "issue"
) -> tuple[Prompt, Templates]:
    numbers = count(1)
    templates = Templates(own or {}, folder=FOLDER)
    fencer = Fencer(lambda: f"{next(numbers):032x}")
    return prompting.render(templates, (name, "issue"), shown, fencer=fencer, max_bytes=max_bytes), templates


def test_what_fits_is_shown_whole() -> None:
    prompt, templates = rendered(built(["Run make readme."]))
    assert "> Run make readme." in prompt.text
    assert "> It says committ." in prompt.text
    assert (prompt.context.dropped, prompt.template, templates.notices) == ((), "default", [])


TEXTS = st.lists(st.text(max_size=200) | st.text(min_size=1, max_size=3).map(lambda text: text * 4_000), max_size=12)


@hypothesis_settings(max_examples=25)
@given(TEXTS, st.integers(SMALLEST, 20_000), st.sampled_from(["short", "long \u00e9 " * 20_000, "\n" * 9_000 + "x"]))
def test_a_prompt_is_never_larger_than_allowed_and_drops_the_weakest(texts: list[str], limit: int, body: str) -> None:
    shown = built(texts, body)
    prompt, _ = rendered(shown, limit)
    assert len(prompt.text.encode()) <= limit
    strongest_first = [memory.id for memory in shown.memories()]
    kept = [memory.id for memory in prompt.context.memories()]
    assert [*kept, *reversed(prompt.context.dropped)] == strongest_first
    assert all(memory_id in prompt.text for memory_id in kept)


@pytest.mark.parametrize("title", ["\u00e9" * 5_000, "\U0001f600" * 300, "x" * 300])
def test_the_smallest_prompt_holds_even_with_a_long_title(title: str) -> None:
    prompt, _ = rendered(built(["a " * 4_000] * 20, "word " * 20_000, title), SMALLEST)
    assert len(prompt.text.encode()) <= SMALLEST


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f600"])
def test_the_smallest_prompt_holds_even_with_all_that_a_review_comment_has(letter: str) -> None:
    long, word = letter * 20_000, letter * 300
    proposed = pull_request(title=long, body=long, labels=(long,) * 50)
    said = comment(body=long, author=replace(AUTHOR, login=word), path=word, diff_hunk=f"{long}\n" * 9)
    event = review_comment_event(proposed=proposed, said=said, between=branches(head=word, base=word))
    changed = ChangedPaths(paths=(word,) * 300, total=3_000)
    sections = {"reviews": [match(f"record{n:02}", namespace="reviews/pr", text=long) for n in range(9)]}
    shown = context.build(event, sections, status="ok", paths=changed)
    numbers = count(1)
    fencer = Fencer(lambda: f"{next(numbers):032x}")
    templates = Templates({}, folder=FOLDER)
    prompt = prompting.render(templates, ("review_comment", "review_comment"), shown, fencer=fencer, max_bytes=SMALLEST)
    assert len(prompt.text.encode()) <= SMALLEST
    assert len(prompt.context.dropped) == 9


def test_what_was_dropped_is_named_in_the_prompt() -> None:
    prompt, _ = rendered(built(["word " * 500] * 10), 12_000)
    assert prompt.context.dropped[0] == "record09"
    assert f"weakest first: {', '.join(prompt.context.dropped)}" in prompt.text


def test_texts_are_shortened_only_when_no_memory_is_left() -> None:
    fits, _ = rendered(built(["word " * 500] * 10), 12_000)
    assert fits.context.memories()
    assert fits.context.max_text == built([]).max_text
    tight, _ = rendered(built(["word " * 500] * 10, "word " * 5_000), SMALLEST)
    assert tight.context.memories() == []
    assert tight.context.max_text < built([]).max_text
    assert "[truncated" in tight.text


def test_a_maintainers_template_that_fails_gives_way_to_ours_and_is_named() -> None:
    prompt, templates = rendered(built([]), own={"issue.md.j2": "a\n{{ missing }}"})
    assert prompt.template == "default"
    assert f"{FOLDER}/issue.md.j2:2: 'missing' is undefined" in templates.notices[0].text


def test_a_maintainers_template_that_is_too_large_by_itself_gives_way_too() -> None:
    prompt, templates = rendered(built([]), SMALLEST, own={"issue.md.j2": "x" * SMALLEST + "y"})
    assert prompt.template == "default"
    assert "larger than 8192 bytes" in templates.notices[0].text


def test_a_template_that_is_not_there_gives_way_to_the_events_own() -> None:
    prompt, templates = rendered(built([]), name="triage")
    assert "triage" in templates.notices[0].text
    assert prompt.text.startswith("You are helping")


def test_a_template_of_another_name_is_used_when_asked_for() -> None:
    prompt, templates = rendered(built([]), name="triage", own={"triage.md.j2": "Triage {{ issue.number }}."})
    assert (prompt.text, prompt.template, templates.notices) == ("Triage 12.", f"{FOLDER}/triage.md.j2", [])


def test_when_even_our_template_is_too_large_the_input_is_named() -> None:
    with pytest.raises(TemplateError, match="max-prompt-bytes"):
        rendered(built([]), 100)
