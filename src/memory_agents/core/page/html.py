"""HTML in a Markdown text: comments, tags, and elements that no page shows."""

from __future__ import annotations

import re

from memory_agents.core.page.elements import (
    end_of_element,
    hides,
    is_block,
    is_known,
    is_never_shown,
    is_void,
    shown_tag,
)
from memory_agents.core.page.reading import Reading

_NAME = r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)"
_TAG = re.compile(rf"{_NAME}(?=[\s/>])(?P<rest>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>", re.ASCII)
# in a block of HTML a browser's rules hold: quotes count behind `=` only, `<` may stand anywhere
_TAG_IN_HTML = re.compile(rf"{_NAME}(?P<rest>(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])))*+)>", re.ASCII)
_QUOTE = re.compile(r"\n[ \t]*+>")
_BARE_TAG = re.compile(rf"{_NAME}>")
_OPENING = re.compile(rf"{_NAME}(?=[\s/>]|\Z)", re.ASCII)
_REST_OF_LINE = re.compile(r"[ \t]*+(?=\n|\Z)")
_RAW = re.compile(r"<(?:pre|script|style|textarea)(?=[\s>]|\Z)", re.IGNORECASE | re.ASCII)
_END_OF_RAW = re.compile(r"</(?:pre|script|style|textarea)>[^\n]*+", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+|[\w.+-]{1,64}@[\w.-]{1,253})>")
_NOTHING_LINKED = re.compile(r"\s*+</a", re.IGNORECASE)
_OPEN = re.compile(r"(?:^|\s)open(?=[\s=]|$)", re.IGNORECASE)
_SECTIONS = (
    (re.compile("<!--"), "-->"),
    (re.compile(r"<\?"), "?>"),
    (re.compile(r"<!\[CDATA\["), "]]>"),
    (re.compile("<!(?=[A-Za-z])"), ">"),
)
_EMPTY_COMMENT = re.compile(r"<!---?>")


class HtmlReading(Reading):
    """Reads HTML."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._open_details = 0
        self._never_closed: set[str] = set()

    def _markup(self, start: int, _end: int) -> int:
        text, is_unsure = self._text, self._is_unsure(start)
        if not self._is_in_html(start):
            if link := _AUTOLINK.match(text, start):
                return self._keep(start, link.end())
            self._begin_html(start)
        if is_unsure:
            bare = _BARE_TAG.match(text, start)
            is_plain = bare and is_known(bare["name"]) and not is_never_shown(bare["name"])
            return self._keep(start, start + 1) if is_plain else self._mark(start)
        for opening, closing in _SECTIONS:
            if found := opening.match(text, start):
                return self._section(found, closing)
        if not self._is_in_html(start):
            tag = _TAG.match(text, start, self._lines.end_of_paragraph(start))
            if tag and _QUOTE.search(tag.group()):  # a quote begins before the tag ends
                return self._mark(start)
            return self._tag(tag) if tag else self._keep(start, start + 1)
        tag = _TAG_IN_HTML.match(text, start)
        if tag and tag.end() <= self._html_before:
            return self._tag(tag)
        self._doubt(len(text))  # it goes on in the paragraphs that follow, up to a tag of theirs
        return self._mark(start)

    def _begin_html(self, start: int) -> None:
        """See whether a line begins a block of HTML, which lasts to the next blank line."""
        text, line = self._text, self._lines.at(start)
        if start > line.content:
            return
        opening = _OPENING.match(text, start)
        tag = _TAG.match(text, start, line.end)
        is_alone = tag is not None and ":" not in tag["name"] and _REST_OF_LINE.match(text, tag.end()) is not None
        closing = next((closing for begin, closing in _SECTIONS if begin.match(text, start)), "")
        if closing:
            found = self._find(closing, start + 2)
            end = self._lines.end_of_line(found) if found >= 0 else len(text)
        elif _RAW.match(text, start):
            close = _END_OF_RAW.search(text, start)
            end = close.end() if close else len(text)
        elif is_alone or (opening and is_block(opening["name"])):
            end = self._lines.end_of_html(start)
        else:
            return
        is_sure = closing or (opening and is_block(opening["name"])) or line.begins_block
        if self._is_unsure(start) or line.is_nested or not is_sure:
            self._doubt(end)
        else:
            self._html_before = max(self._html_before, end)

    def _section(self, opening: re.Match[str], closing: str) -> int:
        """A comment, a processing instruction, a declaration."""
        text, start, content = self._text, opening.start(), opening.end()
        what = "HTML comment" if opening.group() == "<!--" else "HTML"
        found = self._find(closing, content)
        in_html = self._is_in_html(start)
        if found >= 0 and (in_html or found <= self._lines.at(start).end):
            return self._drop(start, found + len(closing), what, text[content:found])
        if empty := _EMPTY_COMMENT.match(text, start):
            return self._drop(start, empty.end(), what, "")
        if in_html:
            return self._drop(start, len(text), what, text[content:])
        return self._mark(start) if found >= 0 else self._keep(start, start + 1)

    def _tag(self, tag: re.Match[str]) -> int:
        start, end, name = tag.start(), tag.end(), tag["name"].lower()
        if not tag["end"] and hides(tag["rest"]):
            if is_void(name):
                return self._drop(start, end, "HTML", tag["rest"])
            inside, after = end_of_element(self._text, name, end) or (len(self._text), len(self._text))
            return self._drop(start, after, "text", self._text[end:inside])
        if not tag["end"] and is_never_shown(name):
            element = end_of_element(self._text, name, end) if name not in self._never_closed else None
            if element:
                return self._drop(start, element[1], "HTML", self._text[end : element[0]])
            self._never_closed.add(name)
            return self._mark(start)
        shown = shown_tag(tag["name"], tag["rest"], closes=tag["end"] != "")
        if name == "details" and tag["end"]:
            shown += "]" if self._open_details else ""
            self._open_details = max(self._open_details - 1, 0)
        elif name == "details" and not _OPEN.search(tag["rest"]):
            self._open_details += 1
            shown = f"[hidden until opened: {shown}"
        if name == "a" and not tag["end"] and _NOTHING_LINKED.match(self._text, end):
            shown = f"[hidden link] {shown}"
        return self._replace(start, end, shown)
