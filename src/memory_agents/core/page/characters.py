"""Which characters a person sees, and where a text may be cut.

Source: Unicode's general categories and `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt),
plus the blanks that fonts draw as nothing.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache

ZERO_WIDTH_JOINER = "\u200d"
EMOJI_PRESENTATION = "\ufe0f"
"""VARIATION SELECTOR-16, which asks for the coloured form of the character before it"""
COMBINING_CATEGORIES = frozenset({"Mn", "Me", "Mc"})

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_INVISIBLE_RANGES = (
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2800, 0x2800),  # Braille blank
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
    (0xE0000, 0xE0FFF),  # tags and the variation selectors supplement
)
_NEWLINE = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LINE_END = re.compile("\r\n|\r")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_EMOJI_CATEGORIES = frozenset({"So", "Sk"})  # pictures, and the skin tones behind them
_LONGEST_SEQUENCE = 32  # characters; nobody writes a longer emoji or pile of accents


@lru_cache(maxsize=4096)
def is_invisible(char: str) -> bool:
    """Whether a person sees nothing where `char` stands; newline and tab are seen as layout."""
    if char in "\n\t":
        return False
    if unicodedata.category(char) in _INVISIBLE_CATEGORIES:
        return True
    code = ord(char)
    return any(first <= code <= last for first, last in _INVISIBLE_RANGES)


def with_plain_newlines(text: str) -> str:
    """`text` with what Markdown takes for the end of a line as LF."""
    return _LINE_END.sub("\n", text)


def without_invisible(text: str) -> str:
    """`text` without what a person does not see, newlines as LF; always valid UTF-8. Twice is as once.

    Joiners and emoji selectors stay only inside an emoji.
    """
    text = _LONE_SURROGATE.sub("\ufffd", _NEWLINE.sub("\n", text))
    unseen = [char for char in set(text) if is_invisible(char)]
    if not unseen:
        return text
    kept: list[str] = []
    last = ""
    done = 0
    for match in re.finditer("[" + "".join(map(re.escape, unseen)) + "]", text):
        at = match.start()
        if at > done:
            kept.append(text[done:at])
            last = text[at - 1]
        done = at + 1
        if _is_in_emoji(last, match.group(), text[at + 1 : at + 2]):
            last = match.group()
            kept.append(last)
    kept.append(text[done:])
    return "".join(kept)


def _is_in_emoji(before: str, char: str, after: str) -> bool:
    """Whether `char` shapes the emoji between `before` and `after`; either is empty at a border of the text."""
    is_behind_picture = before != "" and unicodedata.category(before) in _EMOJI_CATEGORIES
    if char == EMOJI_PRESENTATION:
        return is_behind_picture
    is_joined = is_behind_picture or before == EMOJI_PRESENTATION
    return char == ZERO_WIDTH_JOINER and is_joined and after != "" and unicodedata.category(after) == "So"


def cut(text: str, limit: int) -> str:
    """The first characters of `text`, at most `limit`, without half an emoji or half a letter with its accents."""
    if len(text) <= limit:
        return text
    end = max(limit, 0)
    for border in range(end, max(end - _LONGEST_SEQUENCE, 0), -1):
        if not _joins(text, border):
            return text[:border]
    return text[:end]


def _joins(text: str, border: int) -> bool:
    """Whether the characters on both sides of `border` are one sign on the screen."""
    before, after = text[border - 1], text[border]
    if _is_flag_letter(before) and _is_flag_letter(after):
        letters = itertools.takewhile(_is_flag_letter, (text[at] for at in range(border - 1, -1, -1)))
        return sum(1 for _ in letters) % 2 == 1  # two letters are a flag
    return (
        unicodedata.category(after) in COMBINING_CATEGORIES
        or ZERO_WIDTH_JOINER in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
    )


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
