"""Whether two facts say the same. Only what cannot change the meaning may differ.

White space, the case of plain words, emphasis, the full stop at the end of a word, and the words of _EMPTY. All that
stands in code, each sign, number and name, and the order count: a fact that is taken for another would be lost.
"""

from __future__ import annotations

import re
import unicodedata

from memory_agents.core.records import Record

_EMPTY = frozenset({"a", "an", "the", "please", "also", "just", "always", "we"})
_PIECE = re.compile(r"(?P<code>(`+)(?!`).*?(?<!`)\2(?!`))|(?P<word>[^\s`]+|`+)", re.DOTALL)
_EMPHASIS = re.compile(r"(\*\*|__|\*|_)(?=\w)(.+)(?<=\w|[.,;:!?])\1", re.DOTALL)
_BULLET = re.compile(r"\A\s*[-*+] ")


def same(one: Record, other: Record) -> bool:
    """Whether `other` says what `one` says, in the same place, of the same files, with no less trust, as long."""
    return (
        (one.namespace, one.paths, one.trust) == (other.namespace, other.paths, other.trust)
        and (other.expires_at is None or (one.expires_at is not None and one.expires_at <= other.expires_at))
        and (essence(one.title), essence(one.text)) == (essence(other.title), essence(other.text))
    )


def essence(text: str) -> tuple[str, ...]:
    """The words of `text` that carry its meaning, in order. Two texts with the same say the same."""
    found = []
    for piece in _PIECE.finditer(_BULLET.sub("", unicodedata.normalize("NFC", text), count=1)):
        if piece["code"]:
            found.append(piece["code"])
            continue
        word = _plain(piece["word"])
        if word not in _EMPTY:
            found.append(word)
    return tuple(found)


def _plain(word: str) -> str:
    emphasised = _EMPHASIS.fullmatch(word.rstrip(".,;:!?"))
    bare = emphasised[2] if emphasised else word
    stripped = bare.rstrip(".,;:!?")
    if not stripped or not stripped[-1].isalnum():
        return word  # signs alone, or a sign that is part of a name
    return stripped.casefold() if stripped.isalpha() else stripped
