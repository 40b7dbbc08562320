"""Links, images, their definitions, and footnotes: what of them a page shows."""

from __future__ import annotations

import re
from functools import cached_property

from memory_agents.core.page.elements import removed
from memory_agents.core.page.lines import Lines
from memory_agents.core.page.reading import Reading

LABEL = r"\[(?:[^\[\]\\\n]|\\.|\n(?![ \t>]*\n)){1,999}\]"
_LABELS = re.compile(rf"(?P<label>{LABEL})(?P<colon>:)?")
_TITLE = r"(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\))"
_GAP = r"[ \t]*+(?:\n[ \t>]*+)?"
_ANGLED = r"<(?:[^<>\n\\]|\\[^\n])*+>"
_DEFINED = re.compile(
    rf"{_GAP}(?P<to>{_ANGLED}|[^\s<]\S*+)(?:{_GAP}(?<=[\s>]){_TITLE}(?=[ \t]*+(?:\n|\Z)))?[ \t]*+(?=\n|\Z)", re.DOTALL
)
_ANGLED_ADDRESS = re.compile(rf"{_GAP}(?P<to>{_ANGLED})")
_WORD = re.compile(rf"{_GAP}[^\s<]\S*+")
_LONGEST_ADDRESS = 2000
_TITLED = re.compile(rf"{_GAP}(?<=\s){_TITLE}{_GAP}\)", re.DOTALL)
_BRACKETS = re.compile(r"\\.|[()]")
_ALT = re.compile(r"!\[(?P<alt>[^\[\]\\`<]*+)\](?P<to>[(\[])?")
_FOOTNOTE = re.compile(
    r"(?:(?!\n[ \t>]*(?:\n|\Z)).)*+"  # to the next blank line, and the indented paragraphs that follow
    r"(?:(?:\n[ \t>]*+(?=\n))++\n(?: {4}| {0,3}\t)[^\n]*+(?:\n(?![ \t>]*+(?:\n|\Z))[^\n]*+)*+)*+",
    re.DOTALL,
)


class LinkReading(Reading):
    """Reads links."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._definitions_end = 0
        self._used: set[str] = set()
        self._defined: set[str] = set()
        self._word_end = 0
        self._title: re.Match[str] | None = None

    @cached_property
    def _labels(self) -> tuple[set[str], set[str]]:
        """Labels that may be defined, and labels that may be used."""
        labels: tuple[set[str], set[str]] = (set(), set())
        lines = Lines(self._text)
        for label in _LABELS.finditer(self._text):
            is_definition = label["colon"] and lines.at(label.start()).content >= label.start()
            labels[0 if is_definition else 1].add(_normal(label["label"]))
        return labels

    def _reference(self, start: int, end: int) -> int:
        label = self._text[start:end]
        if not self._is_in_html(start) and not self._is_unsure(start) and self._text[end : end + 1] != "(":
            self._used.add(_normal(label))
        return self._keep(start, start + 1)

    def _definition(self, start: int, end: int) -> int:
        text, label = self._text, self._text[start : end - 1]
        if self._is_in_html(start):
            return self._keep(start, start + 1)
        if label.startswith("[^"):
            return self._footnote(start, end, label)
        defined = _DEFINED.match(text, end, self._lines.end_of_paragraph(end))
        if not defined or not _is_balanced(defined["to"]):
            return self._keep(start, start + 1)
        line = self._lines.at(start)
        is_alone = line.begins_block or self._definitions_end == line.start - 1
        self._definitions_end = defined.end()
        if not is_alone or (is_shown := self._is_shown(start, label)) is None:
            return self._mark(start)
        if is_shown:
            return self._replace(start, defined.end(), f"{label}: {self._shown_address(defined['to'])}")
        return self._drop(start, defined.end(), "link definition", defined.group())

    def _footnote(self, start: int, end: int, label: str) -> int:
        is_shown = self._is_shown(start, label)
        line = self._lines.at(start)
        if is_shown is None or not (line.start == start or line.begins_block):
            return self._mark(start)
        if is_shown:
            return self._keep(start, end)
        footnote = _FOOTNOTE.match(self._text, end)
        return self._drop(start, footnote.end(), "footnote", footnote.group()) if footnote else self._mark(start)

    def _is_shown(self, start: int, label: str) -> bool | None:
        """Whether the page uses the definition of the label, the first one; None if that is not certain."""
        name = _normal(label)
        is_first, is_used = name not in self._defined, name in self._used
        self._defined.add(name)
        if self._is_unsure(start) or (is_first and not is_used and name in self._labels[1]):
            return None
        return is_first and is_used

    def _shown_address(self, address: str) -> str:
        return removed("address", address) if re.search(r"\s", address) else address

    def _image(self, start: int, end: int) -> int:
        text = self._text
        if self._is_unsure(start) or self._is_in_html(start):
            return self._keep(start, start + 1) if self._is_in_html(start) else self._mark(start)
        image = _ALT.match(text, start, self._lines.end_of_paragraph(start))
        if image and image["to"]:
            return self._replace(start, image.end("alt"), "[image")
        if image:
            if _normal(f"[{image['alt']}]") in self._labels[0]:
                return self._replace(start, image.end(), "[image]")
            return self._keep(start, start + 1)
        border = self._lines.end_of_paragraph(start)
        if self._labels[0] or 0 <= self._find("](", start) < border or 0 <= self._find("][", start) < border:
            return self._mark(start)
        return self._keep(start, end)

    def _empty(self, start: int, end: int) -> int:
        self._replace(start, start, "[hidden link")
        return end - 2

    def _link(self, start: int, end: int) -> int:
        """The address and the title of what may be a link."""
        text, border = self._text, self._lines.end_of_paragraph(start)
        if self._is_in_html(start):
            return self._keep(start, end)
        if angled := _ANGLED_ADDRESS.match(text, end, border):
            after, title = angled.end(), _TITLED.match(text, angled.end(), border)
        else:
            if end >= self._word_end:
                word = _WORD.match(text, end, border)
                self._word_end = word.end() if word else end
                self._title = _TITLED.match(text, self._word_end, border) if word else None
            after, title = self._word_end, self._title
        is_torn = 0 <= self._find("`", end) < after  # ticks in an address open no code
        if is_torn:
            self._doubt(border)
        is_whole = angled is not None and text[after : after + 1] == ")"
        if not title and not (is_whole and re.search(r"\s", text[end:after].strip())):
            return self._keep(start, end)
        if self._is_unsure(start) or is_torn or after - end > _LONGEST_ADDRESS:
            return self._mark(start)
        address = text[end:after].strip(" \t\n>") if not angled else angled["to"]
        if not _is_balanced(address):
            return self._keep(start, end)
        return self._replace(start, title.end() if title else after + 1, f"]({self._shown_address(address)})")


def _normal(label: str) -> str:
    return " ".join(label.casefold().split())


def _is_balanced(address: str) -> bool:
    depth = 0
    for bracket in _BRACKETS.findall(address):
        depth += {"(": 1, ")": -1}.get(bracket, 0)
        if depth < 0:
            break
    return depth == 0 or address.startswith("<")
