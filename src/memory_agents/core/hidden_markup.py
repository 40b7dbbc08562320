"""Removing what GitHub does not show of a Markdown text: comments, hidden elements, titles, definitions.

A person approves what the page shows, a language model reads the source. So

- what is certainly code stays,
- what the page certainly hides is taken away and named: `[hidden HTML comment removed, 83 characters]`,
- what may be hidden or not stays behind a mark: `[hidden from here, if GitHub hides it]`, once a line.

One pass in linear time: each pattern ends at the latest where the next of its kind begins, and after
what is not certain the pass goes on with the next character, so that nothing hides in it.
Sources: CommonMark 0.31, the GitHub Flavored Markdown spec, the HTML standard's tokenizer.
"""

from __future__ import annotations

import re
from functools import cached_property

from memory_agents.core.hidden_elements import (
    end_of_element,
    hides,
    is_block,
    is_known,
    is_never_shown,
    is_void,
    removed,
    shown_tag,
)
from memory_agents.core.markdown_lines import CONTAINER, Lines, end_of_code, tables, with_marked_cells

MAYBE_HIDDEN = "[hidden from here, if GitHub hides it] "
_DRAWN = frozenset({"geojson", "math", "mermaid", "stl", "topojson"})

_LABEL = r"\[(?:[^\[\]\\\n]|\\.|\n(?![ \t>]*\n)){1,999}\]"
_FENCE = r"(?:`{3,}(?![^\n]*`)|~{3,})"
_TOKEN = re.compile(
    rf"^{CONTAINER}*+(?:(?P<fence>{_FENCE})|(?P<definition>{_LABEL}:))"
    rf"|(?P<ticks>`+)|(?P<image>!\[)|(?P<empty>\[\s*+\]\()|(?P<reference>{_LABEL})|(?P<link>\]\()"
    r"|(?P<markup><[A-Za-z/!?])",
    re.MULTILINE,
)
_LABELS = re.compile(rf"(?P<label>{_LABEL})(?P<colon>:)?")
_INFO = re.compile(
    r"[ \t]*+(?P<language>[\w+#.]{1,16}(?:-[\w+#.]{1,12})?(?![^\s]))?+[ \t]*+(?P<rest>[^\n]*+)", re.ASCII
)

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


def without_hidden_markup(text: str) -> str:
    """`text` as its page shows it; newlines are LF."""
    return _Page(with_marked_cells(text)).read()


def _normal(label: str) -> str:
    return " ".join(label.casefold().split())


def _is_balanced(address: str) -> bool:
    depth = 0
    for bracket in _BRACKETS.findall(address):
        depth += {"(": 1, ")": -1}.get(bracket, 0)
        if depth < 0:
            break
    return depth == 0 or address.startswith("<")


class _Page:
    """One pass over a text. A method for each kind of token takes its borders and returns where to go on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        self._lines = Lines(text)
        self._tables = tables(text)
        self._unsure_before = 0  # whether code stands before this place is not known
        self._html_before = 0
        self._marked_line = -1
        self._definitions_end = 0
        self._used: set[str] = set()
        self._defined: set[str] = set()
        self._open_details = 0
        self._next: dict[str, int] = {}
        self._never_closed: set[str] = set()
        self._word_end = 0
        self._title: re.Match[str] | None = None

    def read(self) -> str:
        read = {
            "fence": self._fence,
            "definition": self._definition,
            "ticks": self._ticks,
            "image": self._image,
            "empty": self._empty,
            "reference": self._reference,
            "link": self._link,
            "markup": self._markup,
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
            self._doubt(len(self._text))
            instead += MAYBE_HIDDEN
        # a bracket would become part of a link or an image
        self._out.append(" " if instead[:1] == "[" and self._text[start - 1 : start] in {"!", "]"} else "")
        self._out.append(instead)
        return end

    def _drop(self, start: int, end: int, what: str, content: str) -> int:
        return self._replace(start, end, removed(what, content))

    def _note(self, start: int) -> None:
        """Mark what follows as perhaps hidden, once a line."""
        line = self._lines.at(start).start
        if self._marked_line != line:
            self._marked_line = line
            if not self._text.endswith(MAYBE_HIDDEN, line, start):
                self._replace(start, start, MAYBE_HIDDEN)

    def _mark(self, start: int) -> int:
        """Keep one character of what may be hidden or not."""
        self._note(start)
        return self._keep(start, start + 1)

    def _is_in_html(self, at: int) -> bool:
        return at < self._html_before

    def _is_unsure(self, at: int) -> bool:
        if at < self._unsure_before:
            return True
        return not self._is_in_html(at) and (self._lines.at(at).is_indented or self._text[at - 1 : at] == "\\")

    def _doubt(self, end: int) -> None:
        self._unsure_before = max(self._unsure_before, end)

    def _find(self, what: str, start: int) -> int:
        """Where `what` stands next, or -1; what is found once is not looked for again."""
        found = self._next.get(what, 0)
        if 0 <= found < start or what not in self._next:
            found = self._next[what] = self._text.find(what, start)
        return found

    # code: what stands in it stays

    def _fence(self, start: int, end: int) -> int:
        if self._is_in_html(start):
            return self._keep(start, end)
        text, mark = self._text, self._text[start:end]
        info = _INFO.match(text, end)
        language, rest = (info["language"] or "", info["rest"]) if info else ("", "")
        is_noted = not rest.strip() or rest.startswith("[hidden")
        close = 0 if self._is_unsure(start) else end_of_code(text, self._lines.at(start).start, start, mark)
        if not close:
            self._doubt(len(text))
            self._keep(start, end)
            if not is_noted:
                self._note(end)
            return end
        drawn = "[hidden source: the page draws it]" if language.lower() in _DRAWN else ""
        notes = (language, rest if is_noted else removed("text", rest), "" if is_noted and rest else drawn)
        self._out.append(mark + " ".join(note for note in notes if note))
        return self._keep(info.end() if info else end, close)

    def _ticks(self, start: int, end: int) -> int:
        text = self._text
        if self._is_in_html(start) or start < self._unsure_before:
            return self._keep(start, end)
        close = self._lines.closing_ticks(start, end - start)
        is_torn = close and "|" in text[start:close] and self._tables.hold(start)
        if close and not is_torn and text[start - 1 : start] != "\\":
            return self._keep(start, close)
        # The span may go on in the next line, and then all further ticks pair in another way.
        self._doubt(self._lines.end_of_paragraph(end))
        return self._keep(start, end)

    # HTML

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

    # links, images and definitions

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
