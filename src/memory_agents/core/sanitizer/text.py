"""The text as detectors read it: what a person would copy, with a way back to the original offsets.

A zero-width space inside a key, full-width letters, an HTML entity or a Markdown escape must not hide
it. So detectors read a *shadow*: invisible characters dropped, the rest in NFKC, character by
character; what is redacted already stands as one BARRIER that no pattern matches.

There is a second shadow, `as_shown`: besides, what a page joins is joined (comments and inline tags
are dropped), escapes of addresses and of JSON are undone, and letters are what they look like. It may
hide what the first one shows, such as a secret in a comment, so detectors read both.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from memory_agents.core.page.characters import is_invisible

BARRIER = "\0"
"""stands for what is redacted; as an invisible character it is nowhere else in a shadow"""

_MARKER = r"\[REDACTED:[a-z-]{1,32}\]"
_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lowbar|UnderBar|period|colon|equals|sol);"
_BREAKERS = rf"{_ENTITY}|\\(?=[_\-.])|<wbr ?/?>"
# no pattern crosses a `<`, so each character is read once
_JOINERS = (
    rf"<!--(?:(?!-->|{_MARKER})[^<]){{0,1000}}-->"
    r"|</?(?:a|b|i|u|s|em|strong|span|font|code|kbd|tt|sub|sup|small|mark|ins|del|wbr)(?:\s[^<>\[]{0,200})?/?>"
    r"|&(?:#\d{1,12}|#[xX][0-9a-fA-F]{1,12}|[A-Za-z]{2,31});"
    r"|%(?:2[DdEe]|3\d|[46][1-9A-Fa-f]|5[\dAaFf]|7[\dAaEe])"  # what no address has to escape: RFC 3986, 2.3
    r"|\\{1,4}(?:u[0-9a-fA-F]{4}|x[2-7][0-9a-fA-F])"
)
# of the letters and signs of the vendors' prefixes (Unicode's confusables.txt)
_LOOK_ALIKES: dict[int, int] = str.maketrans(
    "аеорсухіѕјһԁкАВЕКМНОРСТХІЅЈορνικαΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡɑӏ\u2010\u2013\u2212",
    "aeopcyxisjhdkABEKMHOPCTXISJopvikaABEZHIKMNOPTYXigal---",
)

_SHOWN_OTHERWISE = re.compile(rf"{_JOINERS}|[{''.join(map(chr, _LOOK_ALIKES))}]")


@dataclass(frozen=True, slots=True)
class Redaction:
    """One replaced span: offsets of the original text, end excluded.

    `kind` holds only `a-z` and `-`, at most 32: no secret fits there, so `[REDACTED:kind]` in a text is
    taken for a redaction.
    """

    start: int
    end: int
    kind: str


class Text:
    """A text and its shadow."""

    __slots__ = ("_lower", "_originals", "_shadows", "original", "shadow")

    def __init__(self, original: str, redacted: Sequence[Redaction] = (), *, as_shown: bool = False) -> None:
        """`redacted`: sorted spans of `original`, not overlapping, to hide from the detectors."""
        self.original = original
        out: list[str] = []
        self._shadows = [0]  # where each run of the shadow begins ...
        self._originals: list[tuple[int, int]] = [(0, 0)]  # ... and its original: (start, end); end 0 for 1 to 1
        shadow = done = 0
        for start, end, instead in _replacements(original, redacted, as_shown=as_shown):
            out.append(original[done:start])
            out.append(instead)
            shadow += start - done
            if instead:
                self._run(shadow, start, end)
                shadow += len(instead)
            self._run(shadow, end, 0)
            done = end
        out.append(original[done:])
        self.shadow = "".join(out)
        self._lower = self.shadow.lower()

    def _run(self, shadow: int, start: int, end: int) -> None:
        if self._shadows[-1] == shadow:
            self._originals[-1] = (start, end)
        else:
            self._shadows.append(shadow)
            self._originals.append((start, end))

    def finditer(self, pattern: re.Pattern[str], *hints: str) -> Iterator[re.Match[str]]:
        """Matches in the shadow, if one of the lower-case hints stands in it: a plain search is much faster."""
        if any(hint in self._lower for hint in hints):
            yield from pattern.finditer(self.shadow)

    def redaction(self, start: int, end: int, kind: str) -> Redaction:
        """The Redaction of the non-empty span of the shadow."""
        return Redaction(self._span(start)[0], self._span(end - 1)[1], kind)

    def _span(self, index: int) -> tuple[int, int]:
        """What one character of the shadow stands for in the original."""
        run = bisect_right(self._shadows, index) - 1
        start, end = self._originals[run]
        if end:
            return start, end
        offset = start + index - self._shadows[run]
        return offset, offset + 1


def is_shown_otherwise(text: str) -> bool:
    """Whether the shadow of `text` as it is shown differs from the plain one."""
    return _SHOWN_OTHERWISE.search(text) is not None


def _replacements(original: str, redacted: Sequence[Redaction], *, as_shown: bool) -> Iterator[tuple[int, int, str]]:
    """(start, end, what stands instead) for all that differs in the shadow, in order."""
    seen = _as_it_looks if as_shown else _normal
    odd = [char for char in set(original) if (char > "~" or char < " ") and seen(char) != char]
    parts = [_MARKER, _BREAKERS, _JOINERS] if as_shown else [_MARKER, _BREAKERS]
    if odd:
        parts.append("[" + "".join(map(re.escape, odd)) + "]")
    pattern = re.compile("|".join(parts))
    done = 0
    for span in redacted:
        for match in pattern.finditer(original, done, span.start):
            yield match.start(), match.end(), _instead(match.group(), seen)
        yield span.start, span.end, BARRIER
        done = span.end
    for match in pattern.finditer(original, done):
        yield match.start(), match.end(), _instead(match.group(), seen)


def _instead(piece: str, seen: Callable[[str], str]) -> str:
    if len(piece) == 1:
        return "" if piece == "\\" else seen(piece)
    match piece[0]:
        case "[":
            return BARRIER
        case "&":
            return "".join(map(seen, html.unescape(piece)))
        case "%":
            return chr(int(piece[1:], 16))
        case "\\":
            return seen(chr(int(piece.lstrip("\\")[1:], 16)))
        case _:
            return ""


def _normal(char: str) -> str:
    if is_invisible(char) and char != "\r":
        return ""
    return unicodedata.normalize("NFKC", char)


def _as_it_looks(char: str) -> str:
    return _normal(char).translate(_LOOK_ALIKES)
