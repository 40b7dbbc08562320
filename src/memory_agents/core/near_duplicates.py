"""Whether two facts say the same. Only what cannot change the meaning may differ.

Case, white space, emphasis, the signs at the ends of words, English endings, and the words of _EMPTY. The order
counts, and so does every `not`, number, operator and name: a fact that is taken for another would be lost.
"""

from __future__ import annotations

import unicodedata

from memory_agents.core.text import stems

_EMPTY_WORDS = "a an the please also just always should must shall we our you your this that these those is are be been"
_EMPTY = frozenset(_EMPTY_WORDS.split())
_ENDS = "*_~\"'`.,;:!?()[]“”‘’«»…–—"  # noqa: RUF001 -- these are the signs
_BULLETS = frozenset("-*+")


def essence(text: str) -> tuple[str, ...]:
    """The words of `text` that carry its meaning, in order. Two facts with the same say the same."""
    found = []
    for word in unicodedata.normalize("NFKC", text).split():
        bare = word.rstrip(_ENDS + "-").lstrip(_ENDS)
        if not any(char.isalnum() for char in word):
            found += [word] if word not in _BULLETS and word.strip(_ENDS) else []
        elif "`" in word:
            found.append(bare)  # code: its case counts
        elif (folded := bare.casefold()) not in _EMPTY:
            found.append(folded)
    return tuple(stems(found))
