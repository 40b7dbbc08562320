"""A document of rules for people or agents (AGENTS.md, CONTRIBUTING.md, …) → the statements in it.

Simple and predictable, for a person looks at the statements before they are kept:

- a bullet is one statement, with all that is nested in it; a numbered list is one, for its order has a meaning;
- a paragraph is one; a block of code belongs to what stands before it;
- the headings above are put in front, without the title of the document: `Testing > Fixtures: …`; so is a
  paragraph that ends in a colon, in front of the list that follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from memory_agents.core import namespaces
from memory_agents.core.document_blocks import Block, Kind, blocks, lines_of

LONGEST = 2_000
"""characters of a statement"""
_LONGEST_TITLE = 100
_LISTS = frozenset({Kind.BULLET, Kind.NUMBERED})

_NAMESPACES = (
    (namespaces.TESTING, re.compile(r"\b(?:unit|integration)?test", re.IGNORECASE)),
    (namespaces.SECURITY, re.compile(r"\b(?:secur|secret|vulnerab)", re.IGNORECASE)),
    (namespaces.ARCHITECTURE, re.compile(r"\b(?:architect|design|structure\b|layout\b)", re.IGNORECASE)),
    (namespaces.DEPENDENCIES, re.compile(r"\bdependenc", re.IGNORECASE)),
)
"""Namespace → what a heading above its statements says"""

_IMAGE = re.compile(r"!\[[^\[\]\n]{0,300}\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])")
_LINK = re.compile(r"\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\]|:[ \t]*[^\s]{1,500})")
_ADDRESS = re.compile(r"<?https?://[^\s<>]{1,500}>?")
_MARKER = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>")
_CHECKBOX = re.compile(r"\A\[[ xX]\][ \t]+")
_QUOTE = re.compile(r"^[ \t]*>[ \t]?(?:\[![A-Z]{2,20}\][ \t]*$)?", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_LICENCE = re.compile(
    r"(?:copyright\b|\(c\)|©|SPDX-|licensed under|permission is hereby granted|this (?:program|software|file) is)",
    re.IGNORECASE,
)
_LICENCE_TITLE = re.compile(r"(?:the )?(?:licen[sc]es?|licensing|copyright)", re.IGNORECASE)
_BEGINS_BLOCK = re.compile(r"\||`{3}|~{3}|(?:[-*+]|\d{1,9}[.)])[ \t]| {4}|\t")


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that the document says."""

    text: str
    """with the headings above in front"""
    line: int
    """where it begins, from 1"""
    namespace: str
    """by the words of the headings"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in the document that is no statement."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """What was found in a document, in its order."""

    statements: tuple[Statement, ...]
    left_out: tuple[LeftOut, ...]


def read(text: str) -> Document:
    """Read a document; there is none that cannot be read. Of what it says twice the first counts."""
    reading = _Reading(lines_of(text))
    reading.read()
    statements = {statement.text: statement for statement in reversed(reading.statements)}
    return Document(tuple(sorted(statements.values(), key=lambda statement: statement.line)), tuple(reading.left_out))


@dataclass(slots=True)
class _Reading:
    """A document, read from top to bottom."""

    lines: Sequence[str]
    statements: list[Statement] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _headings: list[Block] = field(default_factory=list)
    _title: Block | None = None
    """the first heading, where no other is of its level"""
    _lead: str = ""
    """a paragraph that ends in a colon, in front of a list"""

    def read(self) -> None:
        found = list(blocks(self.lines))
        headings = [block for block in found if block.kind is Kind.HEADING]
        if headings and headings[0].level == 1 and sum(block.level == 1 for block in headings) == 1:
            self._title = headings[0]
        groups = list(_groups(found))
        for group, behind in zip_longest(groups, groups[1:]):
            self._take(group, is_before_list=bool(behind) and behind[0].kind in _LISTS)

    def _take(self, group: Sequence[Block], *, is_before_list: bool) -> None:
        first = group[0]
        if first.kind not in _LISTS:
            self._lead = ""
        match first.kind:
            case Kind.HEADING:
                self._headings = [above for above in self._headings if above.level < first.level] + [first]
            case Kind.COMMENT:
                self._leave(first, "a comment")
            case Kind.MARKUP:
                self._leave(first, "markup")
            case Kind.CODE:
                self._leave(first, "code without a rule")
            case _:
                text = self._text(group)
                if is_before_list and len(group) == 1 and _is_lead(first, text):
                    self._lead = text.rstrip(": \t*_")
                elif first.kind is Kind.NUMBERED and len(text) > LONGEST:
                    for block in group:
                        self._keep(block, self._text([block]))
                else:
                    self._keep(first, text)

    def _text(self, group: Sequence[Block]) -> str:
        """The lines of a group; of a bullet without its marker and margin, of a quote without its signs."""
        first = group[0]
        lines = self.lines[first.start : group[-1].end]
        if first.kind is Kind.BULLET:
            inner = re.compile(rf"\A(?:\t| {{1,{first.margin}}})")
            head = _CHECKBOX.sub("", lines[0][first.margin :])
            lines = [head, *(inner.sub("", line) for line in lines[1:])]
        text = "\n".join(line.rstrip() for line in lines)
        if first.kind is Kind.PARAGRAPH and text.lstrip().startswith(">"):
            text = _QUOTE.sub("", text)
        return text.strip()

    def _keep(self, block: Block, text: str) -> None:
        titles = [_plain(above.title) for above in self._headings if above is not self._title]
        path = [title for title in (*titles, _plain(self._lead)) if title]
        reason = _unfit(text, path)
        if reason:
            self._leave(block, reason)
            return
        head = " > ".join(path)
        border = ("" if head.endswith("?") else ":") + ("\n\n" if _BEGINS_BLOCK.match(text) else " ")
        self.statements.append(Statement(f"{head}{border}{text}" if head else text, block.start + 1, _namespace(path)))

    def _leave(self, block: Block, reason: str) -> None:
        self.left_out.append(LeftOut(block.start + 1, reason))


def _groups(found: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks that make one statement."""
    group: list[Block] = []
    for block in found:
        if group and not _belongs(block, group):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _belongs(block: Block, group: Sequence[Block]) -> bool:
    first, last = group[0].kind, group[-1].kind
    if block.kind is Kind.CODE:
        return first in {Kind.PARAGRAPH, Kind.BULLET, Kind.NUMBERED}
    return block.kind is Kind.NUMBERED and first is Kind.NUMBERED and last in {Kind.NUMBERED, Kind.CODE}


def _is_lead(block: Block, text: str) -> bool:
    return block.kind is Kind.PARAGRAPH and text.rstrip("*_").endswith(":") and len(text) <= _LONGEST_TITLE


def _plain(title: str) -> str:
    """A heading as part of a line."""
    shown = _LINK.sub(r"\1", _IMAGE.sub("", _TAG.sub("", title)))
    line = " ".join(shown.replace("*", "").split()).strip(": ")
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"


def _unfit(text: str, path: Sequence[str]) -> str:
    """Why a text is no statement; empty if it is one."""
    rest = _MARKER.sub("", _ADDRESS.sub("", _LINK.sub("", _IMAGE.sub("", text))))
    if not _WORD.search(rest):
        return "links or images" if _WORD.search(text) else "no words"
    if _LICENCE.match(text) or (path and _LICENCE_TITLE.fullmatch(path[-1])):
        return "a licence"
    if len(text) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    if len(_WORD.findall(text)) + len(path) < 2:
        return "one word"
    return ""


def _namespace(path: Sequence[str]) -> str:
    """By the lowest heading that says one."""
    for title in reversed(path):
        for namespace, words in _NAMESPACES:
            if words.search(title):
                return namespace
    return namespaces.CONVENTIONS
