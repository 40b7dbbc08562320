"""What a document says, as statements that a person looks at before they are kept."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import document, namespaces
from memory_agents.core.document_blocks import lines_of

RULES = """\
---
globs: src/**
---
<!-- markdownlint-disable
not shown -->
# The counter

[![build](https://x.example/a.svg)](https://x.example)

<p align="center"><img src="logo.svg"></p>

- [Set up](#set-up)
  - [Tests](#tests)

A service that counts.

## Set up

```sh
make setup
```

Run this first:

```sh
make setup
```

## Code style

When you write Python:

- Use tabs.
  - But not in YAML.
- **Names** are `snake_case`
and short.

  ```python
  name = 1
  ```

> [!IMPORTANT]
> Never push to main.

### Fixtures and [tests](tests/)

1. Use `tmp_path`.
2. Do not sleep.

Dependencies
------------

* [ ] Ask before you add one.
* [x] Pin it.

## Licence

MIT, see there.
"""


def texts(text: str) -> list[str]:
    return [statement.text for statement in document.read(text).statements]


def reasons(text: str) -> list[str]:
    return [left.reason for left in document.read(text).left_out]


def test_a_document_is_read_as_a_person_would_list_its_rules() -> None:
    assert [(found.line, found.namespace, found.text) for found in document.read(RULES).statements] == [
        (15, namespaces.CONVENTIONS, "A service that counts."),
        (23, namespaces.CONVENTIONS, "Set up: Run this first:\n\n```sh\nmake setup\n```"),
        (33, namespaces.CONVENTIONS, "Code style > When you write Python: Use tabs.\n- But not in YAML."),
        (
            35,
            namespaces.CONVENTIONS,
            "Code style > When you write Python: **Names** are `snake_case`\nand short.\n\n```python\nname = 1\n```",
        ),
        (42, namespaces.CONVENTIONS, "Code style: Never push to main."),
        (47, namespaces.TESTING, "Code style > Fixtures and tests:\n\n1. Use `tmp_path`.\n2. Do not sleep."),
        (53, namespaces.DEPENDENCIES, "Dependencies: Ask before you add one."),
        (54, namespaces.DEPENDENCIES, "Dependencies: Pin it."),
    ]


def test_what_is_no_rule_is_left_out_and_named() -> None:
    assert [(left.line, left.reason) for left in document.read(RULES).left_out] == [
        (4, "a comment"),
        (8, "links or images"),
        (10, "markup"),
        (12, "links or images"),
        (19, "code without a rule"),
        (58, "a licence"),
    ]


@pytest.mark.parametrize(
    ("heading", "namespace"),
    [
        ("Testing", namespaces.TESTING),
        ("Unit tests", namespaces.TESTING),
        ("Secrets", namespaces.SECURITY),
        ("Security policy", namespaces.SECURITY),
        ("Architecture", namespaces.ARCHITECTURE),
        ("Project structure", namespaces.ARCHITECTURE),
        ("Design notes", namespaces.ARCHITECTURE),
        ("Dependencies", namespaces.DEPENDENCIES),
        ("The latest", namespaces.CONVENTIONS),
        ("Style", namespaces.CONVENTIONS),
    ],
)
def test_the_words_of_a_heading_choose_the_namespace(heading: str, namespace: str) -> None:
    [statement] = document.read(f"# Title\n\n## {heading}\n\n- Keep it short.\n").statements
    assert statement.namespace == namespace


def test_the_lowest_heading_that_says_a_namespace_counts() -> None:
    text = "# T\n## Testing\n### Security\n- One rule.\n#### Names\n- Another rule.\n## Style\n- A third.\n"
    assert [found.namespace for found in document.read(text).statements] == [
        namespaces.SECURITY,
        namespaces.SECURITY,
        namespaces.CONVENTIONS,
    ]


def test_only_the_title_of_the_document_is_not_put_in_front() -> None:
    assert texts("# Title\n\nUse tabs here.\n\n## Style\n\nUse tabs.") == ["Use tabs here.", "Style: Use tabs."]
    assert texts("# Style\n\nUse tabs.\n\n# Names\n\nKeep short.") == ["Style: Use tabs.", "Names: Keep short."]
    assert texts("## Style\n\nUse tabs.") == ["Style: Use tabs."]


def test_rules_without_any_heading_are_read() -> None:
    assert texts("You are an expert.\nUse tabs.\n\n- Never guess.\n") == [
        "You are an expert.\nUse tabs.",
        "Never guess.",
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_an_editor_counts_them(newline: str) -> None:
    found = document.read(newline.join(["\ufeff# T", "", "- One rule.", "- Two rules.", ""])).statements
    assert [(statement.line, statement.text) for statement in found] == [(3, "One rule."), (4, "Two rules.")]


def test_what_looks_like_a_rule_in_code_is_code() -> None:
    text = "Write it so:\n\n````md\n# Not a heading\n\n- not a bullet\n```\n````\n\n- A rule here.\n"
    assert texts(text) == [text.partition("\n\n- A rule")[0], "A rule here."]
    assert texts("A list:\n\n    # Not a heading\n") == ["A list:\n\n    # Not a heading"]


def test_a_numbered_list_that_is_too_long_is_one_statement_a_number() -> None:
    items = [f"{number}. {'word ' * 100}end." for number in range(1, 10)]
    assert texts("\n".join(items)) == items


def test_a_numbered_list_follows_what_introduces_it() -> None:
    assert texts("## Releases\n\nTo make one:\n\n1. Tag it.\n2. Push it.\n\nThen wait.") == [
        "Releases > To make one:\n\n1. Tag it.\n2. Push it.",
        "Releases: Then wait.",
    ]


def test_a_question_in_front_of_its_answer_has_no_colon() -> None:
    assert texts("## How are tests run?\n\nBy make.\n") == ["How are tests run? By make."]


def test_a_paragraph_that_is_too_long_is_left_out() -> None:
    assert reasons("word " * 500) == ["longer than 2,000 characters"]


def test_a_list_is_numbered_from_its_own_indent() -> None:
    assert texts("   - One rule.\n   - Two rules.\n     More of it.\n") == ["One rule.", "Two rules.\nMore of it."]


def test_what_is_said_twice_is_one_statement() -> None:
    assert [(found.line, found.text) for found in document.read("- One rule.\n- One rule.\n").statements] == [
        (1, "One rule.")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Copyright 2026 Somebody",
        "Licensed under the Apache License, Version 2.0",
        "SPDX-License-Identifier: MIT",
        "## License\n\nDo what you want.",
    ],
)
def test_a_licence_is_no_rule(text: str) -> None:
    assert (texts(text), reasons(text)) == ([], ["a licence"])


@pytest.mark.parametrize(
    "text", ["", "\n", "---", "---\n", "# ", "***", "-", "```", "<!--", "> ", "| |\n|-|", "\0", "1."]
)
def test_a_document_that_says_nothing_has_no_statement(text: str) -> None:
    assert texts(text) == []


SIGNS = [
    "-",
    "- ",
    "*",
    "1.",
    "```",
    "~~~~",
    ">",
    "<!--",
    "-->",
    "<p>",
    "[ ] ",
    "[a](b)",
    "![a](b)",
    "[x]:",
    ":",
    "---",
]
BLANKS = [" ", "    ", "\t", "\n", "\n\n", "\r\n", "\u2028"]
PIECES = st.sampled_from([*SIGNS, *BLANKS, "===", "|-|", "| a |", "# A", "## Tests", "Use tabs:", "word", "é"])
DOCUMENTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=60).map("".join)


@given(DOCUMENTS)
def test_every_statement_is_made_of_lines_of_the_document_in_their_order(text: str) -> None:
    lines = lines_of(text)
    for found in document.read(text).statements:
        said = found.text.split("\n")
        assert said[0].endswith((":", "?")) or any(said[0].endswith(part) for part in _ends(lines[found.line - 1]))
        at = found.line - 1
        for line in said[2 if len(said) > 1 and not said[1] else 1 :]:
            at = next(here for here in range(at, len(lines)) if line.strip() in lines[here])


def _ends(line: str) -> list[str]:
    """The non-blank ends of a line."""
    bare = line.strip()
    return [bare[at:] for at in range(len(bare))]


@given(DOCUMENTS)
def test_every_line_with_a_word_is_in_a_statement_or_a_heading_or_left_out_for_a_reason(text: str) -> None:
    found = document.read(text)
    assert all(reason.reason for reason in found.left_out)
    places = [statement.line for statement in found.statements] + [left.line for left in found.left_out]
    assert all(1 <= place <= len(lines_of(text)) for place in places)
    assert [statement.line for statement in found.statements] == sorted(s.line for s in found.statements)


@given(st.text(alphabet="abc -*#>\n`.:1", max_size=200))
def test_a_statement_has_no_blanks_around_it_and_is_bounded(text: str) -> None:
    for found in document.read(text).statements:
        assert found.text.strip() == found.text != ""
        assert len(found.text) <= document.LONGEST + 1_000


HOSTILE = [
    "- a\n",
    "[",
    "* ",
    "# a\n",
    "> ",
    "1. x\n",
    "<!--\n",
    "```\n",
    "- a\n\n\n\n",
    "`",
    ":\n",
    "|-",
    "![",
    "\n\n ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_document_is_read_in_a_moment(piece: str) -> None:
    start = time.perf_counter()
    document.read(piece * (100_000 // len(piece)))
    assert time.perf_counter() - start < 3
