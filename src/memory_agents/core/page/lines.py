"""The lines of a Markdown text: where paragraphs, code and tables end, as far as one look at lines can tell."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

MAYBE_DROPPED = "[hidden cells, if GitHub drops them] "

CONTAINER = r"(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])"
_PREFIX = re.compile(rf"(?:{CONTAINER}|\[\^[^\[\]\s]++\]:)*+")
_INDENTED = re.compile(r"\t| {4}")
_BLANK_LINE = re.compile(r"\n[ \t>]*+(?=\n|\Z)")
_END_OF_HTML = re.compile(r"\n[ \t]*+(?=\n|\Z)")
_TICKS = re.compile(r"`+")
_DELIMITERS = re.compile(
    rf"^{CONTAINER}*+(?=[^\n]*[|:])(?P<row>\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+)$",
    re.MULTILINE,
)
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it starts, where its text starts behind quotes and list markers, where it ends."""

    start: int
    content: int
    end: int
    is_indented: bool
    """by four columns or more, which may be code"""
    is_nested: bool
    """in a quote or a list that begins here"""
    begins_block: bool
    """nothing stands in the line before"""


class Lines:
    """The lines of a text, asked for in the text's order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = self._see(0)
        self._paragraph_end = 0
        self._html_end = 0
        self._ticks: dict[int, list[int]] | None = None

    def at(self, place: int) -> Line:
        """The line that holds `place`."""
        if not self._line.start <= place <= self._line.end:
            self._line = self._see(place)
            self._ticks = None
        return self._line

    def _see(self, place: int) -> Line:
        text = self._text
        start = text.rfind("\n", 0, place) + 1
        newline = text.find("\n", place)
        end = newline if newline >= 0 else len(text)
        prefix = _PREFIX.match(text, start, end)
        content = prefix.end() if prefix else start
        before = text[text.rfind("\n", 0, start - 1) + 1 : start - 1] if start else ""
        return Line(
            start=start,
            content=content,
            end=end,
            is_indented=_INDENTED.search(text, start, content) is not None,
            is_nested=bool(text[start:content].strip()),
            begins_block=not before.strip(" \t>"),
        )

    def end_of_paragraph(self, at: int) -> int:
        """Where the next blank line is."""
        if at >= self._paragraph_end:
            blank = _BLANK_LINE.search(self._text, at)
            self._paragraph_end = blank.start() if blank else len(self._text)
        return self._paragraph_end

    def end_of_html(self, at: int) -> int:
        """Where the next line is that is blank even for a quote."""
        if at >= self._html_end:
            blank = _END_OF_HTML.search(self._text, at)
            self._html_end = blank.start() if blank else len(self._text)
        return self._html_end

    def end_of_line(self, at: int) -> int:
        """Where the line that holds `at` ends."""
        newline = self._text.find("\n", at)
        return newline if newline >= 0 else len(self._text)

    def closing_ticks(self, start: int, size: int) -> int:
        """Where the code that begins with `size` ticks ends on the same line; 0 if it does not."""
        line = self.at(start)
        if self._ticks is None:
            self._ticks = {}
            for ticks in _TICKS.finditer(self._text, line.start, line.end):
                self._ticks.setdefault(len(ticks.group()), []).append(ticks.start())
        places = self._ticks.get(size, [])
        following = bisect_right(places, start)
        return places[following] + size if following < len(places) else 0


def end_of_code(text: str, line: int, fence: int, mark: str) -> int:
    """Where the code ends whose fence `mark` stands at `fence` in the line that starts at `line`; 0 if not certain.

    At the margin nothing but a closing fence ends it. Indented, it may be part of a list and end with that,
    unless all its lines are indented as it is.
    """
    indent = text[line:fence]
    closing = rf"{re.escape(mark[0])}{{{len(mark)},}}[ \t]*+(?=\n|\Z)"
    if not indent:
        close = re.compile(rf"\n {{0,3}}{closing}").search(text, fence)
        return close.end() if close else len(text)
    if indent.strip(" ") or len(indent) > 3:
        return 0
    whole = re.compile(rf"[^\n]*+(?:\n(?:[ \t]*+(?=\n)|{indent}(?! {{0,3}}{closing})[^\n]*+))*+\n{indent}{closing}")
    close = whole.match(text, fence)
    return close.end() if close else 0


class Tables:
    """Where tables may stand in a text."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]

    def hold(self, at: int) -> bool:
        """Whether `at` may be in a table."""
        before = bisect_right(self._starts, at) - 1
        return before >= 0 and at < self._ends[before]


def tables(text: str) -> Tables:
    """The tables of `text`, each from the line of its header to the next blank line."""
    lines = Lines(text)
    spans: list[tuple[int, int]] = []
    for row in _DELIMITERS.finditer(text):
        header = text.rfind("\n", 0, max(row.start() - 1, 0)) + 1
        spans.append((header, lines.end_of_paragraph(row.end())))
    return Tables(spans)


def with_marked_cells(text: str) -> str:
    """`text` with a mark in front of the cells that a table has no column for: its page drops them."""
    out: list[str] = []
    done = 0
    lines = Lines(text)
    for delimiters in _DELIMITERS.finditer(text):
        if delimiters.end() <= done:
            continue
        columns = len(re.findall("-+", delimiters["row"]))
        end = lines.end_of_paragraph(delimiters.end())
        out.append(text[done : delimiters.end()])
        out.extend(_marked(row, columns) for row in re.findall(r"\n[^\n]*+", text[delimiters.end() : end]))
        done = end
    out.append(text[done:])
    return "".join(out)


def _marked(row: str, columns: int) -> str:
    prefix = _PREFIX.match(row, 1)
    first = prefix.end() if prefix else 1
    pipes = [pipe.end() for pipe in _PIPE.finditer(row, first)]
    place = columns if pipes and pipes[0] == first + 1 else columns - 1
    if len(pipes) <= place:
        return row
    cut = pipes[place]
    excess = row[cut:]
    is_there = excess.strip(" \t|") and not excess.lstrip().startswith(MAYBE_DROPPED)
    return f"{row[:cut]} {MAYBE_DROPPED}{excess.lstrip(' ')}" if is_there else row
