"""Which characters a person cannot see.

Source: Unicode's general categories and `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt),
plus the blanks that fonts draw as nothing.
"""

from __future__ import annotations

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


@lru_cache(maxsize=4096)
def is_invisible(char: str) -> bool:
    """Whether a person sees nothing where `char` stands; newline and tab are seen as layout."""
    if char in "\n\t":
        return False
    if unicodedata.category(char) in _INVISIBLE_CATEGORIES:
        return True
    code = ord(char)
    return any(first <= code <= last for first, last in _INVISIBLE_RANGES)


def cut(text: str, limit: int) -> str:
    """The first characters of `text`, at most `limit`, without half an emoji or half a letter with its accents."""
    if len(text) <= limit:
        return text
    end = max(limit, 0)
    for border in range(end, max(end - 32, 0), -1):  # a longer sequence is nobody's word: cut it anywhere
        if not _joins(text[border - 1], text[border]):
            return text[:border]
    return text[:end]


def _joins(before: str, after: str) -> bool:
    """Whether both characters may belong to one sign on the screen."""
    return (
        unicodedata.category(after) in COMBINING_CATEGORIES
        or ZERO_WIDTH_JOINER in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")  # flags
    )
