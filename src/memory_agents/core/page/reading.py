"""One pass over a text: what every reader of it needs, and code, in which all that stands stays."""

from __future__ import annotations

import re

from memory_agents.core.page.elements import removed
from memory_agents.core.page.lines import Lines, end_of_code, tables

MAYBE_HIDDEN = "[hidden from here, if GitHub hides it] "
_DRAWN = frozenset({"geojson", "math", "mermaid", "stl", "topojson"})
_INFO = re.compile(
    r"[ \t]*+(?P<language>[\w+#.]{1,16}(?:-[\w+#.]{1,12})?(?![^\s]))?+[ \t]*+(?P<rest>[^\n]*+)", re.ASCII
)


class Reading:
    """A text, what is made of it so far, and what is not known of it.

    A method for each kind of token takes its borders and returns where to go on.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        self._lines = Lines(text)
        self._tables = tables(text)
        self._unsure_before = 0  # whether code stands before this place is not known
        self._html_before = 0
        self._marked_line = -1
        self._next: dict[str, int] = {}

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
