"""A Markdown file of the branch → Record: hand-written, machine-written, broken and hostile."""

from __future__ import annotations

import contextlib
import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import namespaces
from memory_agents.core.records import EPOCH, Record, Source, Trust
from memory_agents.memory.providers import fact_file, front_matter
from memory_agents.memory.providers.fact_file import FactFileError

PATH = "codebase/conventions/docs-f1a2c3d4.md"

WHOLE = """\
---
id: f1a2c3d4
title: "Docs: how to"
repository: octo/hello
number: 12
source: https://github.com/octo/hello/pull/2#issuecomment-1
author: octo-editor
author_id: "583231"
permission: write
created_at: "2026-01-31T13:00:00+01:00"
expires_at: 2026-06-30
paths: [docs/**, README.md]
labels: documentation
approved: true
approved_by: boss
proposed_by: memory-agents
replaces: f0000000
cites:
  - "12"
  - "14"
---

Write docs in the present tense.

Second paragraph.
"""


def parse(text: str, path: str = PATH) -> Record:
    return fact_file.parse(path, text.encode())


def test_a_file_of_ours_is_read_whole() -> None:
    record = parse(WHOLE)
    assert (record.id, record.namespace, record.title) == ("f1a2c3d4", "codebase/conventions", "Docs: how to")
    assert record.text == "Write docs in the present tense.\n\nSecond paragraph."
    assert record.created_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert record.expires_at == datetime(2026, 6, 30, tzinfo=UTC)
    assert (record.source.repository, record.source.number, record.source.author_id) == ("octo/hello", 12, 583231)
    assert (record.source.author, record.source.permission) == ("octo-editor", "write")
    assert (record.paths, record.labels, record.cites) == (
        ("docs/**", "README.md"),
        ("documentation",),
        ("12", "14"),
    )
    assert (record.approved, record.approved_by, record.proposed_by) == (True, "boss", "memory-agents")
    assert record.replaces == "f0000000"


def test_a_file_written_by_hand_needs_no_front_matter() -> None:
    record = parse("# Tests\n\nUse pytest.\n", "testing/patterns/tests.md")
    assert (record.namespace, record.title, record.text) == ("testing/patterns", "Tests", "# Tests\n\nUse pytest.")
    assert (record.created_at, record.trust) == (EPOCH, Trust.MAINTAINER)


def test_a_file_without_an_id_has_one_for_as_long_as_it_keeps_its_path() -> None:
    first, edited = parse("Tabs."), parse("Spaces.")
    assert first.id == edited.id != parse("Tabs.", "codebase/conventions/other.md").id
    assert re.fullmatch(r"[a-z0-9_-]{8,64}", first.id)


@pytest.mark.parametrize(
    "text", ["---\n---\nTabs.", "---\n\n---\n\n\nTabs.\n\n", "---  \n--- \t\nTabs.", "---\n# x\n---\nTabs."]
)
def test_empty_front_matter_is_none(text: str) -> None:
    record = parse(text)
    assert (record.text, record.approved, record.expires_at) == ("Tabs.", True, None)


def test_a_rule_in_the_text_does_not_end_the_front_matter_twice() -> None:
    assert parse("---\ntitle: A\n---\nabove\n\n---\nbelow\n").text == "above\n\n---\nbelow"


@pytest.mark.parametrize("blank", ["", " \n", '""'])
def test_a_blank_field_is_unset(blank: str) -> None:
    assert parse(f"---\nexpires_at: {blank}\nnumber: {blank}\nid: {blank}\napproved: {blank}\n---\nTabs.").approved


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_the_text() -> None:
    content = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()
    assert fact_file.parse(PATH, content) == parse(WHOLE)


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("author: no", "author", "no"),
        ("author: null", "author", "null"),
        ("author: 0x1F", "author", "0x1F"),
        ("author: 1e3", "author", "1e3"),
        ("author: 12:30", "author", "12:30"),
        ("author: !!int 5", "author", "5"),
    ],
)
def test_a_scalar_is_the_text_that_was_written(line: str, field: str, expected: str) -> None:
    assert getattr(parse(f"---\n{line}\n---\nTabs.").source, field) == expected


def test_an_unquoted_id_and_date_are_read_as_written() -> None:
    record = parse("---\nid: 0123456789\ncreated_at: 2026-01-01\n---\nTabs.")
    assert (record.id, record.created_at) == ("0123456789", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("value", ["false", "no", "off", "False", '"NO"'])
def test_what_is_not_approved_is_not_recallable(value: str) -> None:
    record = parse(f"---\napproved: {value}\n---\nTabs.")
    assert not record.approved
    assert record.trust is Trust.UNTRUSTED


@pytest.mark.parametrize(
    ("front", "line", "told"),
    [
        ("title: a: b", 2, "mapping values"),
        ("title: [a", 3, "expected"),
        ("id: SHOUTING", 2, "`id` is not 8 to 64"),
        ("id: short", 2, "`id`"),
        ("id: ../../etc", 2, "`id`"),
        ("title: x\ncreated_at: yesterday", 3, "`created_at` is not a date"),
        ("expires_at: 2026-13-01", 2, "`expires_at`"),
        ("expires_at: 0001-01-01T00:00:00+23:00", 2, "`expires_at`"),
        ("number: twelve", 2, "`number` is not a whole number"),
        ("number: -1", 2, "`number`"),
        ("author_id: ²", 2, "`author_id`"),
        ("author: [a, b]", 2, "`author` is not text"),
        ("title: x\npaths:\n  a: b", 3, "`paths` is not a list of texts"),
        ("paths: [[a]]", 2, "`paths`"),
        ("approved: flase", 2, "`approved` is neither true nor false"),
        ("title: a\n\ntitle: b", 4, "`title` stands there twice"),
        ("- a\n- b", 2, "`name: value` lines"),
        ("just words", 2, "`name: value` lines"),
        ("a: &a [x]\nb: *a", 3, "aliases"),
        ("title: \x07", 2, "character"),
        ("a: " + "[" * 30_000, 2, "nested too deeply"),
        ("? [a]\n: b", 2, "a name is not text"),
    ],
)
def test_each_fault_of_the_front_matter_is_named_with_path_and_line(front: str, line: int, told: str) -> None:
    with pytest.raises(FactFileError) as refused:
        parse(f"---\n{front}\n---\nTabs.")
    assert refused.value.message.startswith(f"{PATH}:{line}: ")
    assert told in refused.value.message
    assert refused.value.fix


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"---\ntitle: a\n", 1, "no closing ---"),
        (b"---  \ntitle: a\n", 1, "no closing ---"),
        (b"---", 1, "no closing ---"),
        (b"", 1, "it has no text"),
        (b" \n\n", 3, "it has no text"),
        (b"---\ntitle: a\n---\n\n", 5, "it has no text"),
        (b"fine\nfine\n\xff\n", 3, "not valid UTF-8"),
        (b"x" * (fact_file.MAX_BYTES + 1), 1, "bytes; at most"),
    ],
)
def test_each_fault_of_the_file_is_named_with_path_and_line(content: bytes, line: int, told: str) -> None:
    with pytest.raises(FactFileError) as refused:
        fact_file.parse(PATH, content)
    assert refused.value.message.startswith(f"{PATH}:{line}: ")
    assert told in refused.value.message


PIECES = [
    *"[]{}'\"#:\né\t\0",
    "---\n",
    "---\n---\n",
    "id: ",
    "paths: ",
    "- ",
    "&a ",
    "*a",
    "? ",
    "created_at: ",
    "\r\n",
]


@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map(lambda p: "".join(p).encode()))
def test_any_bytes_are_a_record_or_an_error_of_one_line_with_its_place(content: bytes) -> None:
    try:
        record = fact_file.parse(PATH, content)
    except FactFileError as refused:
        assert re.match(re.escape(PATH) + r":\d+: \S", refused.message)  # noqa: PT017
        assert refused.message.isprintable()  # noqa: PT017
    else:
        assert record.text.strip()
        assert record.created_at.tzinfo is UTC


@pytest.mark.parametrize(
    "front",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
        "a: " + "[" * 60_000,
        "{" * 60_000,
        "- " * 30_000,
        "? " * 30_000,
        "".join(f"k{n}: v\n" for n in range(6_000)),
        "a: " + "'" * 60_000,
        "---x\n" * 12_000,
    ],
    ids=["aliases", "lists", "mappings", "entries", "names", "fields", "quotes", "rules"],
)
def test_hostile_front_matter_takes_no_time(front: str) -> None:
    started = time.monotonic()
    with contextlib.suppress(FactFileError):
        parse(f"---\n{front}\n---\nTabs.")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("codebase/conventions/tests.md", True),
        ("own/tests.md", True),
        ("README.md", False),
        ("codebase/conventions/tests.txt", False),
        ("codebase/conventions/.md", False),
        ("meta/forgotten.md", False),
        ("Codebase/tests.md", False),
        (".github/tests.md", False),
        ("codebase/../tests.md", False),
        ("codebase//tests.md", False),
    ],
)
def test_only_markdown_in_a_namespaces_folder_is_meant_to_be_a_record(path: str, expected: bool) -> None:
    assert fact_file.is_fact_path(path) is expected


@pytest.mark.parametrize(
    ("front", "told"),
    [
        ("expires: 2027-01-01", "`expires` is no field; the fields are id, source"),
        ("Author: mona", "`Author` is no field"),
        ("permission: wirte", "`permission` is not one of admin, maintain, write"),
        ("repository: somewhere", "`repository` is not owner/name"),
    ],
)
def test_a_misspelt_field_is_a_mistake_and_not_ignored(front: str, told: str) -> None:
    with pytest.raises(fact_file.FactFileError, match=told):
        fact_file.parse("codebase/patterns/x.md", f"---\n{front}\n---\nText.\n".encode())


def test_a_past_issue_has_a_number() -> None:
    with pytest.raises(fact_file.FactFileError, match="`number` is missing"):
        fact_file.parse("reviews/issues/x.md", b"It crashed.\n")


def test_an_error_can_be_told_without_a_word_of_the_file() -> None:
    with pytest.raises(fact_file.FactFileError) as found:
        fact_file.parse("codebase/patterns/project-falcon.md", b"---\nceo: 12\n---\nText.\n")
    assert "falcon" in found.value.message
    assert "falcon" not in found.value.discreet
    assert "ceo" not in found.value.discreet


HOSTILE = st.lists(
    st.sampled_from(
        [*PIECES, "\r", "\n", "...\n", "# ", "!!x ", "| ", "\ufeff", "\x85", "\u2028", "\ud800", "\udc00", "\\"]
    )
    | st.text(st.characters(), max_size=5),
    max_size=12,
).map("".join)
TIMES = st.datetimes(
    datetime(1, 1, 3),  # noqa: DTZ001 -- Hypothesis adds the zone
    datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9))]),
)
TEXTS = st.lists(HOSTILE, max_size=3).map(tuple)
RECORDS = st.builds(
    Record,
    id=st.from_regex(r"[a-z0-9_-]{8,64}", fullmatch=True),
    namespace=st.sampled_from([*namespaces.PREDEFINED, "own", "a/b/c/d"]).filter(
        lambda name: name != namespaces.ISSUES
    ),
    text=HOSTILE.map(lambda text: f"x{text}") | HOSTILE.map(lambda text: f"{text}y"),
    title=HOSTILE,
    created_at=TIMES,
    source=st.builds(
        Source,
        repository=st.sampled_from(["", "octo/hello"]),
        number=st.none() | st.integers(0, 10**17),
        url=HOSTILE,
        author=HOSTILE,
        author_id=st.none() | st.integers(0, 10**17),
        permission=st.sampled_from(["", *fact_file.PERMISSIONS]),
    ),
    labels=TEXTS,
    state=HOSTILE,
    paths=TEXTS,
    expires_at=st.none() | TIMES,
    approved=st.booleans(),
    approved_by=HOSTILE,
    proposed_by=HOSTILE,
    replaces=HOSTILE,
    cites=TEXTS,
)


@pytest.mark.parametrize(
    "name", ["f0123456789ab-0a1b2c3d", "f0123456789ab-digest", "f0123456789ab-1", "d01234567-0123456789ab"]
)
def test_an_id_of_ours_is_found_in_the_name_of_its_file_and_a_person_s_words_are_none(name: str) -> None:
    assert list(fact_file.ids_in_name(f"codebase/patterns/some-words-{name}.md")) == [name]
    assert list(fact_file.ids_in_name("codebase/patterns/hello-fancy-thing.md")) == []


@given(RECORDS)
def test_a_record_is_read_back_as_it_was_written_once_it_is_normal(record: Record) -> None:
    path, normal = fact_file.path_of(record), front_matter.normal(record)
    assert fact_file.parse(path, fact_file.serialise(record)) == normal
    assert front_matter.normal(normal) == normal
    assert fact_file.is_fact_path(path)
    assert path.endswith(f"-{record.id}.md")
    assert re.fullmatch(r"[a-z0-9/_.-]+", path)
    assert len(path.rpartition("/")[2]) <= 40 + 1 + 64 + len(".md")


def test_a_file_of_ours_says_what_is_known_and_nothing_else() -> None:
    record = Record(
        id="f1a2c3d4e5f6-1",
        namespace="codebase/conventions",
        text="Times are stored as UTC;\r\nonly the user interface converts them.\n",
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        source=Source(
            url="https://github.com/octo/hello/pull/12#issuecomment-1",
            author="no",
            author_id=583231,
            permission="write",
        ),
        paths=("src/api/**", 'a "b"'),
    )
    assert fact_file.path_of(record) == "codebase/conventions/times-are-stored-as-utc-only-the-user-f1a2c3d4e5f6-1.md"
    assert (
        fact_file.serialise(record).decode()
        == """\
---
id: "f1a2c3d4e5f6-1"
namespace: "codebase/conventions"
source: "https://github.com/octo/hello/pull/12#issuecomment-1"
author: "no"
author_id: "583231"
permission: "write"
created_at: "2026-03-01T12:00:00Z"
paths: ["src/api/**", "a \\"b\\""]
---

Times are stored as UTC;
only the user interface converts them.
"""
    )


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Grüße, Æther & straße!", "grusse-ther-strasse"),
        ("日本語のみ", "fact"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con"),
        ("x" * 80, "x" * 40),
        ("a-" + "b" * 80, "a"),
        ("---\nid: x", "id-x"),
    ],
)
def test_a_file_is_named_by_its_first_words_in_letters_that_every_system_takes(text: str, slug: str) -> None:
    record = Record(id="f1a2c3d4", namespace="own", text=text)
    assert fact_file.path_of(record) == f"own/{slug}-f1a2c3d4.md"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (Record(id="f1a2c3d4", namespace="own", text=" \r\n\n"), "it has no text"),
        (Record(id="f1a2c3d4", namespace="own", text="ü" * 40_000), "bytes; at most"),
        (Record(id="F1", namespace="own", text="x"), "`id` is not"),
        (Record(id="f1a2c3d4", namespace="own", text="x", source=Source(permission="root")), "`permission`"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(record: Record, told: str) -> None:
    with pytest.raises(FactFileError, match=told):
        fact_file.serialise(record)
