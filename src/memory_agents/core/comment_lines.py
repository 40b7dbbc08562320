"""Which lines of a comment its writer says, in plain text that the page shows.

Not in a quote, a list item, code, an HTML comment or an element that quotes, hides or shows code, and not in what an
e-mail program adds. Where GitHub's page and the eye differ, the stricter reading counts: an HTML comment that is not
closed hides all that follows, and so does an element.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from memory_agents.core import email_replies
from memory_agents.core.comment_blocks import Kind, lines
from memory_agents.core.page import without_hidden_markup

_TAG = (
    r"<!--(?P<is_empty>-?>)?|(?P<end>-->)"
    r"|<(?P<closes>/?)(?P<name>blockquote|code|details|pre|script|style|textarea)(?=[\s/>]|\Z)"
)
_IN_HTML = re.compile(_TAG, re.IGNORECASE)
_IN_TEXT = re.compile(rf"\\[\\`<]|(?P<ticks>`+)|{_TAG}", re.IGNORECASE)
_TICKS = re.compile("`+")
_COMMENT = "<!--"
_SIGN = "\ue000"  # for private use: it has no meaning to Markdown


@dataclass(frozen=True, slots=True)
class Said:
    """A line that was looked for, and the text that it begins."""

    line: re.Match[str]
    """what was found at the start of the line"""
    end: int
    """where the next such line begins, or what an e-mail program added, or the comment ends"""


def said(text: str, wanted: re.Pattern[str]) -> list[Said]:
    """The plain lines of `text` (newlines are LF) that `wanted` matches at their start, in order."""
    if not any(map(wanted.match, text.split("\n"))):
        return []
    blocks: list[_Block] = []
    found: dict[int, re.Match[str]] = {}
    parts: list[tuple[int, email_replies.Part]] = []
    for line in lines(text):
        if line.is_quoted or line.kind in {Kind.BLANK, Kind.CODE}:
            continue
        is_html = line.kind is not Kind.TEXT
        if line.begins_block or not blocks:
            blocks.append(_Block(line.start, line.end, is_html=is_html))
        else:
            blocks[-1].end = line.end
        if not line.is_at_margin or line.kind is Kind.RAW_HTML:
            continue
        if match := wanted.match(text, line.start, line.end):
            found[line.start] = match
        elif part := email_replies.begins(text, line.start):
            parts.append((line.start, part))
    concealed = _Concealed(text, blocks)
    parts = [(at, part) for at, part in parts if not concealed.hold(at)]
    end = next((at for at, part in parts if part is email_replies.Part.REST), len(text))
    starts = _shown(text, [at for at in found if at < end and not concealed.hold(at)])
    borders = sorted({*starts, *(at for at, _ in parts), end})
    return [Said(found[at], borders[bisect_right(borders, at)]) for at in starts]


@dataclass(slots=True)
class _Block:
    """A paragraph, a heading or a stretch of HTML."""

    start: int
    end: int
    is_html: bool


class _Concealed:
    """Where code within paragraphs, HTML comments and the elements stand that quote, hide or show code."""

    def __init__(self, text: str, blocks: Iterable[_Block]) -> None:
        self._text = text
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._inside = ""  # the name of the element that is open, or _COMMENT
        self._depth = 0  # of elements of that name
        for block in blocks:
            self._read(block)

    def hold(self, at: int) -> bool:
        """Whether `at` stands in one of them."""
        before = bisect_right(self._starts, at) - 1
        return before >= 0 and at < self._ends[before]

    def _read(self, block: _Block) -> None:
        pattern = _IN_HTML if block.is_html else _IN_TEXT
        ticks = {} if block.is_html else _by_length(self._text, block)
        at = block.start
        while token := pattern.search(self._text, at, block.end):
            at = token.end()
            if token.groupdict().get("ticks"):
                if self._inside != _COMMENT and (close := _closing(ticks, token)):
                    self._begin(token.start())
                    self._finish(close)
                    at = close
            elif token["name"]:
                self._tag(token["name"].lower(), token, closes=bool(token["closes"]))
            elif token["end"]:
                if self._inside == _COMMENT:
                    self._inside = ""
                    self._finish(token.end())
            elif token.group().startswith(_COMMENT) and not self._inside and not token["is_empty"]:
                self._begin(token.start())
                self._inside = _COMMENT

    def _tag(self, name: str, token: re.Match[str], *, closes: bool) -> None:
        if not self._inside and not closes:
            self._begin(token.start())
            self._inside, self._depth = name, 1
        elif self._inside == name:
            self._depth += -1 if closes else 1
            if not self._depth:
                self._inside = ""
                self._finish(token.end())

    def _begin(self, at: int) -> None:
        if not self._inside:
            self._starts.append(at)
            self._ends.append(len(self._text))

    def _finish(self, at: int) -> None:
        if not self._inside:
            self._ends[-1] = at


def _by_length(text: str, block: _Block) -> dict[int, list[int]]:
    """The runs of ticks by their length: where they begin."""
    runs: dict[int, list[int]] = {}
    for run in _TICKS.finditer(text, block.start, block.end):
        runs.setdefault(len(run.group()), []).append(run.start())
    return runs


def _closing(runs: dict[int, list[int]], opening: re.Match[str]) -> int:
    """Where the code ends that the run `opening` begins; 0 if no run of its length follows."""
    length = len(opening.group())
    places = runs.get(length, [])
    following = bisect_right(places, opening.start())
    return places[following] + length if following < len(places) else 0


def _shown(text: str, places: list[int]) -> list[int]:
    """Those of the places that the page of the text shows: not the title of a link, the attribute of a tag."""
    if not places:
        return []
    marked: list[str] = []
    done = 0
    for number, place in enumerate(places):
        marked += (text[done:place].replace(_SIGN, " "), f"{_SIGN}{number}{_SIGN}")
        done = place
    marked.append(text[done:].replace(_SIGN, " "))
    shown = without_hidden_markup("".join(marked))
    return [places[int(number)] for number in re.findall(f"{_SIGN}([0-9]+){_SIGN}", shown)]
