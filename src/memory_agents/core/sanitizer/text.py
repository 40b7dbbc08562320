"""The text as detectors read it: what a person would copy, with a way back to the original offsets.

A zero-width space inside a key, full-width letters, an HTML entity or a Markdown escape must not hide
it. So detectors read a *shadow*: invisible characters dropped, the rest in NFKC, character by
character; what is redacted already stands as one BARRIER that no pattern matches.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from memory_agents.core.characters import is_invisible

BARRIER = "\0"
"""stands for what is redacted; as an invisible character it is nowhere else in a shadow"""

_MARKER = r"\[REDACTED:[a-z-]{1,32}\]"
_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lowbar|UnderBar|period|colon|equals|sol);"
_BREAKERS = rf"{_ENTITY}|\\(?=[_\-.])|<!--[^<>]{{0,16}}-->|<wbr ?/?>"


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

    def __init__(self, original: str, redacted: Sequence[Redaction] = ()) -> None:
        """`redacted`: sorted spans of `original`, not overlapping, to hide from the detectors."""
        self.original = original
        out: list[str] = []
        self._shadows = [0]  # where each run of the shadow begins ...
        self._originals: list[tuple[int, int]] = [(0, 0)]  # ... and its original: (start, end); end 0 for 1 to 1
        shadow = done = 0
        for start, end, instead in _replacements(original, redacted):
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


def _replacements(original: str, redacted: Sequence[Redaction]) -> Iterator[tuple[int, int, str]]:
    """(start, end, what stands instead) for all that differs in the shadow, in order."""
    odd = [char for char in set(original) if (char > "~" or char < " ") and _normal(char) != char]
    parts = [_MARKER, _BREAKERS]
    if odd:
        parts.append("[" + "".join(map(re.escape, odd)) + "]")
    spans = iter(redacted)
    span = next(spans, None)
    done = 0
    for match in re.finditer("|".join(parts), original):
        while span and span.start <= match.start():
            yield span.start, span.end, BARRIER
            done, span = span.end, next(spans, None)
        if match.start() >= done:
            yield match.start(), match.end(), _instead(match.group())
    while span:
        yield span.start, span.end, BARRIER
        span = next(spans, None)


def _instead(piece: str) -> str:
    if piece.startswith("["):
        return BARRIER
    if piece.startswith("&"):
        return "".join(map(_normal, html.unescape(piece)))
    return _normal(piece) if len(piece) == 1 and piece != "\\" else ""


def _normal(char: str) -> str:
    if is_invisible(char) and char != "\r":
        return ""
    return unicodedata.normalize("NFKC", char)
