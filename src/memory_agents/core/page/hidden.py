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

from memory_agents.core.page.html import HtmlReading
from memory_agents.core.page.lines import CONTAINER, with_marked_cells
from memory_agents.core.page.links import LABEL, LinkReading

_FENCE = r"(?:`{3,}(?![^\n]*`)|~{3,})"
_TOKEN = re.compile(
    rf"^{CONTAINER}*+(?:(?P<fence>{_FENCE})|(?P<definition>{LABEL}:))"
    rf"|(?P<ticks>`+)|(?P<image>!\[)|(?P<empty>\[\s*+\]\()|(?P<reference>{LABEL})|(?P<link>\]\()"
    r"|(?P<markup><[A-Za-z/!?])",
    re.MULTILINE,
)


def without_hidden_markup(text: str) -> str:
    """`text` as its page shows it; newlines are LF."""
    return _Page(with_marked_cells(text)).read()


class _Page(HtmlReading, LinkReading):
    """A whole text."""

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
