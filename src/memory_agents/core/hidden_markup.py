"""Removing what GitHub does not show of a Markdown text: comments, hidden elements, titles, definitions.

A person approves what the page shows, a language model reads the source. So what only the source
holds is taken away and, where it may have said something, named: `[hidden HTML comment removed, 83
characters]`. Inside code everything is shown, so there everything stays; where it is not certain
that a text is code, it is taken for none.

One pass in linear time: each pattern ends at the latest where the next of its kind begins.
Sources: CommonMark 0.31, the GitHub Flavored Markdown spec, the HTML standard's tokenizer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from memory_agents.core.hidden_elements import end_of_element, hides, is_never_shown, is_void, removed, shown_tag

_CONTAINER = r"(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])"
_LABEL = r"\[(?:[^\[\]\\\n]|\\.|\n(?![ \t>]*\n)){1,999}\]"
_FENCE = r"(?:`{3,}(?![^\n]*`)|~{3,})"
_TOKEN = re.compile(
    rf"^{_CONTAINER}{{0,32}}(?:(?P<fence>{_FENCE})|(?P<definition>{_LABEL}:))"
    r"|(?P<ticks>`+)|(?P<image>!\[)|(?P<link>\]\()|(?P<markup><[A-Za-z/!?])",
    re.MULTILINE,
)
_NESTED_FENCE = re.compile(rf"^{_CONTAINER}{{1,32}}{_FENCE}", re.MULTILINE)
_LINE_START = re.compile(rf"{_CONTAINER}*+")
_BLANK_LINE = re.compile(r"\n[ \t>]*+(?=\n|\Z)")
_END_OF_HTML = re.compile(r"\n[ \t]*+(?=\n|\Z)")
_LOOK_BACK = 400  # characters in which a line's containers are looked for
_TICKS = re.compile(r"`+")
_LABELS = re.compile(rf"{_LABEL}(?P<colon>:)?")

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)(?=[\s/>])(?P<rest>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
)
# in a block of HTML a browser's rules hold: quotes count behind `=` only, `<` may stand anywhere
_TAG_IN_HTML = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)(?P<rest>(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])))*+)>"
)
_RAW = re.compile(r"<(?:pre|script|style|textarea)(?=[\s>]|\Z)", re.IGNORECASE)
_HTML_BLOCK = re.compile(r"<(?:[!?]|/?[A-Za-z][A-Za-z0-9-]*+(?=[\s/>]|\Z))")
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+|[\w.+-]{1,64}@[\w.-]{1,253})>")
_LANGUAGE = re.compile(r"[ \t]*+([\w+#.-]{1,20})?[^\n]*+")
_SECTIONS = (("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))

_TITLE = r"(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\))"
_GAP = r"[ \t]*+(?:\n[ \t>]*+)?"
_DEFINED = re.compile(
    rf"{_GAP}(?P<to><[^<>\n]*+>|\S++)(?:{_GAP}(?<=[\s>]){_TITLE}(?=[ \t]*+(?:\n|\Z)))?[ \t]*+(?=\n|\Z)"
)
_NESTED = r"\[(?:[^\[\]\\]|\\.|\[(?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+\])*+\]"
_ALT = re.compile(rf"!\[(?P<alt>(?:[^\[\]\\]|\\.|{_NESTED})*+)\](?P<to>[(\[])?")
_LINKED = re.compile(
    rf"\]\({_GAP}(?P<to><[^<>\n]*+>|[^\s<>()]++(?:\([^\s()]*+\)[^\s<>()]*+)*+){_GAP}(?<=\s){_TITLE}{_GAP}\)"
)


def without_hidden_markup(text: str) -> str:
    """`text` as its page shows it; newlines are LF."""
    return _Page(text).read()


class _Page:
    """One pass over a text. A method for each kind of token takes its borders and returns where to go on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        # A fence inside a list or a quote ends where that ends, which one pass does not know.
        self._knows_fences = not _NESTED_FENCE.search(text)
        self._no_code_before = 0
        self._html_before = 0
        self._paragraph_end = 0
        self._line_end = 0
        self._ticks_of_line: dict[int, list[int]] = {}
        self._never_closed: set[str] = set()

    def read(self) -> str:
        read = {
            "fence": self._fence,
            "ticks": self._ticks,
            "markup": self._markup,
            "definition": self._definition,
            "image": self._image,
            "link": self._link,
        }
        at = 0
        while match := _TOKEN.search(self._text, at):
            kind = match.lastgroup or ""
            self._out.append(self._text[at : match.start(kind)])
            at = read[kind](match.start(kind), match.end())
        self._out.append(self._text[at:])
        return "".join(self._out)

    def _keep(self, start: int, end: int) -> int:
        self._out.append(self._text[start:end])
        return end

    def _replace(self, start: int, end: int, instead: str) -> int:
        gone = self._text[start:end]
        if "\n" in gone and ("```" in gone or "~~~" in gone):  # a block of code may begin or end in there
            self._knows_fences = False
        self._out.append(instead)
        return end

    def _drop(self, start: int, end: int, what: str, content: str) -> int:
        return self._replace(start, end, self._apart(start) + removed(what, content))

    def _apart(self, start: int) -> str:
        """A space where a bracket put in at `start` would become part of a link or an image."""
        return " " if self._text[start - 1 : start] in {"!", "]"} else ""

    def _end_of_paragraph(self, at: int) -> int:
        if at >= self._paragraph_end:
            blank = _BLANK_LINE.search(self._text, at)
            self._paragraph_end = blank.start() if blank else len(self._text)
        return self._paragraph_end

    def _is_line_start(self, at: int) -> bool:
        before = self._text[max(0, at - _LOOK_BACK) : at]
        _, newline, line = before.rpartition("\n")
        return (newline != "" or len(before) < _LOOK_BACK) and _LINE_START.fullmatch(line) is not None

    # code: what stands in it stays

    def _fence(self, start: int, end: int) -> int:
        if start < self._no_code_before:
            self._knows_fences = False
        text, mark = self._text, self._text[start:end]
        line = _LANGUAGE.match(text, end)
        first_line = line.end() if line else end  # more than the language is not shown
        self._out.append(f"{mark}{(line and line[1]) or ''}")
        if not self._knows_fences:
            self._no_code_before = max(self._no_code_before, self._end_of_paragraph(first_line))
            return first_line
        closing = re.compile(rf"^ {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
        close = closing.search(text, first_line)
        return self._keep(first_line, close.end() if close else len(text))

    def _ticks(self, start: int, end: int) -> int:
        if start < self._no_code_before:
            return self._keep(start, end)
        close = self._closing_ticks(start, end - start)
        if close and self._text[start - 1 : start] != "\\":
            return self._keep(start, close)
        # The span may go on in the next line, and then all further ticks pair in another way.
        self._no_code_before = self._end_of_paragraph(end)
        return self._keep(start, end)

    def _closing_ticks(self, start: int, size: int) -> int:
        """Where the code that begins with `size` ticks ends on the same line; 0 if it does not."""
        if start >= self._line_end:
            newline = self._text.find("\n", start)
            self._line_end = newline if newline >= 0 else len(self._text)
            self._ticks_of_line = {}
            for ticks in _TICKS.finditer(self._text, start, self._line_end):
                self._ticks_of_line.setdefault(len(ticks.group()), []).append(ticks.start())
        places = self._ticks_of_line.get(size, [])
        following = bisect_right(places, start)
        return places[following] + size if following < len(places) else 0

    # HTML

    def _markup(self, start: int, end: int) -> int:
        text = self._text
        in_html = self._is_in_html(start)
        if text.startswith("<!--", start):
            return self._comment(start)
        if not in_html and (link := _AUTOLINK.match(text, start)):
            return self._keep(start, link.end())
        if (
            tag := _TAG_IN_HTML.match(text, start)
            if in_html
            else _TAG.match(text, start, self._end_of_paragraph(start))
        ):
            if in_html:
                self._go_on_in_html(tag.end())
            return self._tag(tag)
        closing = next((close for opening, close in _SECTIONS if text.startswith(opening, start)), "")
        if closing and (close := self._find(closing, start)) >= 0:
            return self._drop(start, close + len(closing), "HTML", text[start:close])
        if in_html:  # it is never closed, so all that follows is part of it
            return self._drop(start, len(text), "HTML", text[start:])
        return self._keep(start, end)

    def _is_in_html(self, start: int) -> bool:
        """Whether HTML holds at `start`: from where a line begins with it to the next blank line."""
        text = self._text
        if _HTML_BLOCK.match(text, start) and self._is_line_start(start):
            if _RAW.match(text, start):  # perhaps up to the end
                self._html_before = len(text)
            self._go_on_in_html(start)
        return start < self._html_before

    def _go_on_in_html(self, at: int) -> None:
        if at >= self._html_before:
            blank = _END_OF_HTML.search(self._text, at)
            self._html_before = blank.start() if blank else len(self._text)
        self._no_code_before = max(self._no_code_before, self._html_before)

    def _comment(self, start: int) -> int:
        text, content = self._text, start + len("<!--")
        end = self._find("-->", content)
        if end >= 0:
            return self._drop(start, end + len("-->"), "HTML comment", text[content:end])
        for empty in ("<!-->", "<!--->"):
            if text.startswith(empty, start):
                return self._drop(start, start + len(empty), "HTML comment", "")
        return self._drop(start, len(text), "HTML comment", text[content:])

    def _tag(self, tag: re.Match[str]) -> int:
        start, end, name = tag.start(), tag.end(), tag["name"].lower()
        if not tag["end"] and hides(tag["rest"]):
            if is_void(name):
                return self._drop(start, end, "HTML", tag["rest"])
            inside, after = end_of_element(self._text, name, end) or (len(self._text), len(self._text))
            return self._drop(start, after, "text", self._text[end:inside])
        if not tag["end"] and is_never_shown(name) and (close := self._find(f"</{name}", end)) >= 0:
            after = self._text.find(">", close) + 1
            return self._drop(start, after or len(self._text), "HTML", self._text[end:close])
        return self._replace(start, end, shown_tag(tag["name"], tag["rest"], closes=tag["end"] != ""))

    def _find(self, what: str, start: int) -> int:
        """Where `what` stands next, or -1; what is found nowhere is not looked for again."""
        if what in self._never_closed:
            return -1
        found = self._text.find(what, start)
        if found < 0:
            self._never_closed.add(what)
        return found

    # links, images and definitions

    @cached_property
    def _labels(self) -> tuple[set[str], set[str]]:
        """Labels that are defined, and labels that are used."""
        labels: tuple[set[str], set[str]] = (set(), set())
        for label in _LABELS.finditer(self._text):
            is_definition = label["colon"] and self._is_line_start(label.start())
            labels[0 if is_definition else 1].add(label.group().removesuffix(":").casefold())
        return labels

    def _definition(self, start: int, end: int) -> int:
        label = self._text[start : end - 1]
        is_used = label.casefold() in self._labels[1]
        border = self._end_of_paragraph(end)
        if label.startswith("[^"):
            return self._keep(start, end) if is_used else self._drop(start, border, "footnote", self._text[end:border])
        defined = _DEFINED.match(self._text, end, border)
        if not defined:
            return self._keep(start, end)
        if is_used:
            return self._replace(start, defined.end(), f"{label}: {defined['to']}")
        return self._drop(start, defined.end(), "link definition", defined.group())

    def _image(self, start: int, end: int) -> int:
        image = _ALT.match(self._text, start, self._end_of_paragraph(start))
        if image and image["to"]:
            return self._replace(start, image.end("alt"), f"{self._apart(start)}[image")
        if image and f"[{image['alt']}]".casefold() in self._labels[0]:
            return self._replace(start, image.end(), f"{self._apart(start)}(image)")
        return self._keep(start, end)

    def _link(self, start: int, end: int) -> int:
        link = _LINKED.match(self._text, start, self._end_of_paragraph(start))
        return self._replace(start, link.end(), f"]({link['to']})") if link else self._keep(start, end)
