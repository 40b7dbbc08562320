"""The lines of a comment and what each is part of: Markdown's quotes, lists, code, HTML and paragraphs.

One pass in linear time, by the block rules of CommonMark 0.31 and of GitHub's footnotes: which containers a line
goes on with, which it opens, and whether it lazily goes on with a paragraph. The inline rules are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from memory_agents.core.page.elements import is_block

_QUOTE = 0  # a container; any other is a list item or a footnote: the columns by which its lines are indented
_FOOTNOTE_WIDTH = 4
_MOST_CONTAINERS = 100  # within each other; GitHub, too, opens no more. It bounds the work on a line

_INDENT = re.compile(" *")
_ITEM = re.compile(r"(?P<marker>[-+*]|(?P<number>\d{1,9})[.)])(?P<gap> +(?=[^ ])| *$)")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,999}\]:")
_FENCE = re.compile(r"`{3,}(?=[^`]*$)|~{3,}")
_LINE_OF_ITS_OWN = re.compile(r"#{1,6}(?: |$)|(?:(?:\* *+){3,}+|(?:- *+){3,}+|(?:_ *+){3,}+)$")  # a heading or a rule
_UNDERLINE = re.compile(r"(?:=+|-+) *$")

_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*+)(?=[ >]|/>|$)")
_TAG = re.compile(
    r"(?:<[A-Za-z][A-Za-z0-9-]*+(?: ++[A-Za-z_:][\w.:-]*+(?: *+= *+(?:[^ \"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?+)*+ *+/?>"
    r"|</[A-Za-z][A-Za-z0-9-]*+ *+>) *+$",
    re.ASCII,
)
_RAW = tuple(
    (re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE))
    for opening, closing in (
        (r"<(?:pre|script|style|textarea)(?=[ >]|$)", "</(?:pre|script|style|textarea)>"),
        ("<!--", "-->"),
        (r"<\?", r"\?>"),
        (r"<!\[CDATA\[", r"\]\]>"),
        ("<![A-Z]", ">"),
    )
)


class Kind(Enum):
    """What a line is."""

    BLANK = auto()
    TEXT = auto()
    """of a paragraph, a heading or a rule"""
    CODE = auto()
    HTML = auto()
    """in which a blank line would be the end"""
    RAW_HTML = auto()
    """of a comment, `<pre>`, `<script>` and the like"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end."""

    start: int
    end: int
    kind: Kind
    begins_block: bool
    """no paragraph and no HTML goes on with it"""
    begins_item: bool
    """of a list that stands in nothing else"""
    is_nested: bool
    """in a quote, a list item or a footnote, lazily too"""
    is_quoted: bool
    is_at_margin: bool
    """nothing but up to three spaces before it: in no container, or lazily going on with a paragraph in one"""


def lines(text: str) -> Iterator[Line]:
    """The lines of `text`, whose newlines are LF."""
    page = _Page()
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        yield page.read(line.expandtabs(4), start, end)
        start = end + 1


class _Page:
    """What is open behind the lines that were read."""

    def __init__(self) -> None:
        self._containers: list[int] = []
        self._matched = 0  # of them, by the line that is read
        self._kind = Kind.BLANK  # of the block that may go on
        self._empty_item = 0  # how deep the item stands that began with the last line and has nothing yet
        self._fence = ""
        self._closing: re.Pattern[str] | None = None

    def read(self, line: str, start: int, end: int) -> Line:
        """Take in a line, its tabs as spaces."""
        at = self._continue(line)
        is_top = self._matched == 0
        kind, begins_block = self._block(line, at)
        is_lazy = self._matched < len(self._containers)
        return Line(
            start=start,
            end=end,
            kind=kind,
            begins_block=begins_block,
            begins_item=is_top and not is_lazy and bool(self._containers) and _begins_item(line),
            is_nested=bool(self._containers),
            is_quoted=_QUOTE in self._containers,
            is_at_margin=not self._containers or (is_lazy and is_top),
        )

    def _continue(self, line: str) -> int:
        """See which containers go on; where the line's own text begins."""
        self._matched = at = 0
        is_blank = not line.strip(" ")
        if is_blank:
            self._matched = self._containers.index(_QUOTE) if _QUOTE in self._containers else len(self._containers)
            return len(line)
        for container in self._containers:
            indent = _indent(line, at)
            if container == _QUOTE and indent < 4 and line[at + indent : at + indent + 1] == ">":
                at += indent + 1
                at += line[at : at + 1] == " "
            elif container != _QUOTE and (indent >= container or at + indent == len(line)):
                at = min(at + container, len(line))
            else:
                break
            self._matched += 1
        return at

    def _block(self, line: str, at: int) -> tuple[Kind, bool]:
        """What the text of the line is, and whether it certainly begins a block."""
        is_blank = not line[at:].strip(" ")
        if self._matched < len(self._containers) and (is_blank or self._kind is not Kind.TEXT):
            self._leave()
        if self._kind is Kind.CODE:
            if self._ends_code(line, at):
                self._kind = Kind.BLANK
            return Kind.CODE, False
        if self._kind is Kind.RAW_HTML or (self._kind is Kind.HTML and not is_blank):
            return self._html(line, at, self._kind), False
        if is_blank:
            self._kind = Kind.BLANK
            if self._empty_item and self._empty_item == self._matched:
                self._containers.pop()  # an item cannot begin with two blank lines
            self._empty_item = 0
            return Kind.BLANK, False
        self._empty_item = 0
        while self._matched < _MOST_CONTAINERS and (width := self._opens(line, at)):
            at = min(at + width, len(line))
        return self._leaf(line, at)

    def _opens(self, line: str, at: int) -> int:
        """Open the container that begins at `at`, and return its width; 0 if none does."""
        indent = _indent(line, at)
        place = at + indent
        if indent >= 4 or place == len(line):
            return 0
        if line[place] == ">":
            self._enter(_QUOTE)
            return indent + 1 + (line[place + 1 : place + 2] == " ")
        if footnote := _FOOTNOTE.match(line, place):
            self._enter(_FOOTNOTE_WIDTH)
            return footnote.end() - at
        item = _ITEM.match(line, place)
        if not item or _LINE_OF_ITS_OWN.match(line, place):
            return 0
        is_empty = item.end() == len(line)
        if self._is_in_paragraph() and (is_empty or (item["number"] and int(item["number"]) != 1)):
            return 0
        gap = 1 if is_empty or len(item["gap"]) > 4 else len(item["gap"])
        width = indent + len(item["marker"]) + gap
        self._enter(width)
        return width

    def _leaf(self, line: str, at: int) -> tuple[Kind, bool]:
        """What the text at `at`, in the containers that are open, is."""
        indent = _indent(line, at)
        place = at + indent
        if place == len(line):  # behind a marker
            self._leave()
            self._empty_item = len(self._containers) if self._containers[-1] != _QUOTE else 0
            return Kind.BLANK, True
        if indent >= 4 and self._kind is not Kind.TEXT:
            self._leave()
            return Kind.CODE, True
        if indent < 4:
            if fence := _FENCE.match(line, place):
                self._leave()
                self._kind, self._fence = Kind.CODE, fence.group()
                return Kind.CODE, True
            if html := self._begins_html(line, place):
                self._leave()
                return self._html(line, place, html), True
            if self._is_in_paragraph() and _UNDERLINE.match(line, place):
                self._kind = Kind.BLANK
                return Kind.TEXT, False
            if _LINE_OF_ITS_OWN.match(line, place):
                self._leave()
                return Kind.TEXT, True
        if self._kind is Kind.TEXT:
            return Kind.TEXT, False
        self._leave()
        self._kind = Kind.TEXT
        return Kind.TEXT, True

    def _begins_html(self, line: str, place: int) -> Kind | None:
        for opening, closing in _RAW:
            if opening.match(line, place):
                self._closing = closing
                return Kind.RAW_HTML
        name = _NAME.match(line, place)
        is_html = (name and is_block(name[1])) or (self._kind is not Kind.TEXT and _TAG.match(line, place))
        return Kind.HTML if is_html else None

    def _html(self, line: str, at: int, kind: Kind) -> Kind:
        """Take in a line of HTML."""
        is_over = kind is Kind.RAW_HTML and self._closing is not None and self._closing.search(line, at)
        self._kind = Kind.BLANK if is_over else kind
        return kind

    def _ends_code(self, line: str, at: int) -> bool:
        """Whether the line closes the fence."""
        indent = _indent(line, at)
        mark = line[at + indent :].rstrip(" ")
        return indent < 4 and len(mark) >= len(self._fence) and not mark.strip(self._fence[0])

    def _is_in_paragraph(self) -> bool:
        """Whether the line could go on with a paragraph of the containers that it is in."""
        return self._kind is Kind.TEXT and self._matched == len(self._containers)

    def _enter(self, container: int) -> None:
        self._leave()
        self._containers.append(container)
        self._matched += 1

    def _leave(self) -> None:
        """Close what the line is not part of."""
        del self._containers[self._matched :]
        self._kind = Kind.BLANK


def _indent(line: str, at: int) -> int:
    found = _INDENT.match(line, at)
    return len(found.group()) if found else 0


def _begins_item(line: str) -> bool:
    return _ITEM.match(line, _indent(line, 0)) is not None
