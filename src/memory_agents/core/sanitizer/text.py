"""The text as detectors read it: what a person would copy, with a way back to the original offsets.

A zero-width space inside a key, full-width letters, an HTML entity or a Markdown escape must not hide
it. So detectors read a *shadow*: invisible characters dropped, the rest in NFKC, character by
character; what is redacted already stands as one BARRIER that no pattern matches.

There are two more Looks, each of which joins more: what a page joins and unescapes, and what a person
would put together again, such as strings that code adds up. A Look may hide what the one before shows, such
as a secret in a comment, so detectors read each that differs.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from memory_agents.core.page.characters import is_invisible

BARRIER = "\0"
"""stands for what is redacted; as an invisible character it is nowhere else in a shadow"""

_MARKER = r"\[REDACTED:[a-z-]{1,32}\]"
_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lowbar|UnderBar|period|colon|equals|sol);"
_DEFANGED = r"[\[({](?:[.:@_/-]|dot|at|dash|underscore|hyphen|colon|slash)[\])}]"
_NAMED_SIGNS = {"dot": ".", "at": "@", "dash": "-", "hyphen": "-", "underscore": "_", "colon": ":", "slash": "/"}
_BREAKERS = rf"{_ENTITY}|\\(?=[_\-.])|<wbr ?/?>"
# no pattern crosses a `<`, so each character is read once
_SHOWN = (
    rf"<!--(?:(?!-->|{_MARKER})[^<]){{0,1000}}-->"
    r"|</?(?:a|b|i|u|s|em|strong|span|font|code|kbd|tt|sub|sup|small|mark|ins|del|wbr)(?:\s[^<>\[]{0,200})?/?>"
    r"|&(?:#\d{1,12}|#[xX][0-9a-fA-F]{1,12}|[A-Za-z]{2,31});"
    # what no address has to escape (RFC 3986, 2.3), and what stands around a password; also escaped twice
    r"|%(?:25){0,2}(?:2[1-9A-Fa-f]|3[\dAaDd]|[46][\da-fA-F]|5[\dAaFf]|7[\dAaEe])"
    r"|\\{1,4}(?:u[0-9a-fA-F]{4}|x[2-7][0-9a-fA-F])"
    rf"|{_DEFANGED}"
)
_SPACE = r"[ \t]{0,40}+"
_LEAD = rf"{_SPACE}(?:[>+|#*][ \t]{{1,2}}){{0,3}}+"  # of a line that is quoted, added or commented
_NEWLINE = rf"{_SPACE}\r?\n{_LEAD}"
_APART = " .|·•*-"
_ADDED = (
    rf"[\"'`]{_SPACE}(?:(?:[+&~]|\.\.?|\|\||<>){_SPACE}(?:{_NEWLINE})?|\\?{_NEWLINE}(?:[+&~.]{_SPACE})?)[bfruBFRU]?[\"'`]"
    rf"|\\{_NEWLINE}"
)
_LONG = r"[A-Za-z0-9_+/=.-]{12}"  # of a token that reaches the end of its line
_WRAPPED = rf"(?:\n(?<={_LONG}\n)|\r\n(?<={_LONG}\r\n)){_LEAD}"
_MARKED = r"(?:\*\*|~~)(?<=[\w-]..)|`(?<=[\w-].)`{0,2}"
REST = re.compile(
    rf"(?:(?P<wrapped>{_WRAPPED})|{_ADDED}|{_MARKED})(?P<piece>[\w+/=.-]{{1,512}}+)"
    r"(?(wrapped)(?=[\"'`]|[)\]};,]{0,3}[ \t]*(?:\r?\n|\Z))|(?![\w(:=]))"
)
"""what follows a piece of a secret behind the sign that divides them"""
_STRUNG = (  # what code or a page would put together again
    rf"{_ADDED}|{_WRAPPED}(?=[A-Za-z0-9_+/.-]{{4,512}}+={{0,2}}(?![\w=:(\[]))"
    r"|[\"'],(?<=[\"'][\w+/=.-]..) ?[\"'](?=[\w+/=.-][\"'])"
    rf"|(?:{_MARKED})(?=[\w-])"
)
# what stands in groups of as many characters, which may be single ones
_GROUPS = "|".join(
    rf"(?:[\w.-]{{{size}}}[{_APART}]){{{least},60}}+[\w.-]{{1,{size}}}(?![\w-])"
    for size, least in ((1, 12), (4, 4), (5, 4))
)
# of the letters and signs of the vendors' prefixes (Unicode's confusables.txt)
_LOOK_ALIKES: dict[int, int] = str.maketrans(
    "аеорсухіѕјһԁкАВЕКМНОРСТХІЅЈορνικαΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡɑӏ\u2010\u2013\u2212",
    "aeopcyxisjhdkABEKMHOPCTXISJopvikaABEZHIKMNOPTYXigal---",
)


class Look(Enum):
    """How much is joined in a shadow."""

    PLAIN = "as it stands"
    SHOWN = "as a page shows it"
    """comments and inline tags dropped, escapes undone, letters are what they look like"""
    JOINED = "as a person would join it"
    """besides: strings that are added up, wrapped lines, characters that stand apart"""


_PARTS = {
    Look.PLAIN: [_MARKER, _BREAKERS],
    Look.SHOWN: [_MARKER, _BREAKERS, _SHOWN],
    Look.JOINED: [_MARKER, _BREAKERS, _STRUNG, rf"(?<![\w-])(?:{_GROUPS})", _SHOWN],
}
_SHOWN_OTHERWISE = re.compile(rf"{_SHOWN}|[{''.join(map(chr, _LOOK_ALIKES))}]")
_DIGIT = re.compile(r"\d")
_NEAR = 24  # characters
_STRUNG_OTHERWISE = re.compile(_STRUNG)
_GROUPED_OTHERWISE = re.compile(rf"[\s\"'`(=:>](?:{_GROUPS})")  # begins with a character that is found fast


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

    __slots__ = ("_originals", "_shadows", "look", "lower", "original", "shadow")

    def __init__(self, original: str, redacted: Sequence[Redaction] = (), look: Look = Look.PLAIN) -> None:
        """`redacted`: sorted spans of `original`, not overlapping, to hide from the detectors."""
        self.original = original
        self.look = look
        out: list[str] = []
        self._shadows = [0]  # where each run of the shadow begins ...
        self._originals: list[tuple[int, int]] = [(0, 0)]  # ... and its original: (start, end); end 0 for 1 to 1
        shadow = done = 0
        for start, end, instead in _replacements(original, redacted, look):
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
        self.lower = _lower(self.shadow)
        """the shadow in lower case, as long as it"""

    def _run(self, shadow: int, start: int, end: int) -> None:
        if self._shadows[-1] == shadow:
            self._originals[-1] = (start, end)
        else:
            self._shadows.append(shadow)
            self._originals.append((start, end))

    def finditer(self, pattern: re.Pattern[str], *hints: str) -> Iterator[re.Match[str]]:
        """Matches in the shadow, if one of the lower-case hints stands in it: a plain search is much faster."""
        for hint in hints:
            if hint in self.lower:
                yield from pattern.finditer(self.shadow)
                return

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


def looks(text: str) -> tuple[Look, ...]:
    """The Looks under which `text` differs, the plain one first."""
    shown = [Look.SHOWN] if _SHOWN_OTHERWISE.search(text) else []
    joined = [Look.JOINED] if _is_strung(text) or _is_grouped(text) else []
    return (Look.PLAIN, *shown, *joined)


def _is_grouped(text: str) -> bool:
    """Whether groups of as many characters hold a digit: prose has none."""
    return any(_DIGIT.search(match.group()) for match in _GROUPED_OTHERWISE.finditer(f"\n{text}"))


def _is_strung(text: str) -> bool:
    """Whether there is something to join beside a digit: hardly a secret has none."""
    at = -_NEAR
    for match in _STRUNG_OTHERWISE.finditer(text):
        if match.start() >= at:  # else the same characters were looked at already
            if _DIGIT.search(text, max(0, match.start() - _NEAR), match.end() + _NEAR):
                return True
            at = match.end()
    return False


def _replacements(original: str, redacted: Sequence[Redaction], look: Look) -> Iterator[tuple[int, int, str]]:
    """(start, end, what stands instead) for all that differs in the shadow, in order."""
    seen = _normal if look is Look.PLAIN else _as_it_looks
    odd = [char for char in set(original) if (char > "~" or char < " ") and seen(char) != char]
    parts = _PARTS[look]
    if odd:
        parts = [*parts, "[" + "".join(map(re.escape, odd)) + "]"]
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
    if len(piece) == 1 and not (piece.isspace() or piece in ".|·•*`"):
        return "" if piece == "\\" else seen(piece)
    if piece.startswith("[REDACTED"):
        return BARRIER
    match piece[0]:
        case "&":
            return "".join(map(seen, html.unescape(piece))) if piece[-1] == ";" else ""
        case "%":
            return chr(int(piece[-2:], 16))
        case "\\" if piece[-1].isalnum():
            return seen(chr(int(piece.lstrip("\\")[1:], 16)))
        case "[" | "(" | "{":
            return _NAMED_SIGNS.get(piece[1:-1], piece[1:-1])
        case char if len(piece) > 2 and (char.isalnum() or char in "_-"):
            size = next(at for at in range(1, len(piece)) if piece[at] in _APART)
            return "".join(seen(char) for at, char in enumerate(piece) if at % (size + 1) != size)
        case _:
            return ""


def _lower(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(char.lower()[0] for char in text)


def _normal(char: str) -> str:
    if is_invisible(char) and char != "\r":
        return ""
    return unicodedata.normalize("NFKC", char)


def _as_it_looks(char: str) -> str:
    return _normal(char).translate(_LOOK_ALIKES)
