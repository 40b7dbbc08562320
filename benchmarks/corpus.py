"""A tracker that never was: issues and facts of random words that are as frequent as words are, one over their rank.

The same seed makes the same texts in every process.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from memory_agents.core.text import FUNCTION_WORDS

FACTS = 300
WORDS_OF_AN_ISSUE = 150
"""about: between a third and three times of it"""
LAST = datetime(2026, 6, 1, tzinfo=UTC)
"""when the newest issue was opened; an hour lies between two"""
_VOCABULARY = 40_000
_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwz", "aeiou"


class Writer:
    """Writes texts. Two writers with the same seed write the same."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        words = [*sorted(FUNCTION_WORDS), *(_word(number) for number in range(_VOCABULARY))]
        self._words = np.array(words)
        share = 1 / np.arange(1, len(words) + 1)
        self._up_to = np.cumsum(share / share.sum())

    def text(self, words: int) -> str:
        """Sentences of that many words in all."""
        chosen = self._words[np.searchsorted(self._up_to, self._random.random(words)).clip(max=len(self._words) - 1)]
        return ". ".join(" ".join(chosen[start : start + 12]) for start in range(0, words, 12))

    def issue(self) -> tuple[str, str]:
        """Title and body."""
        length = WORDS_OF_AN_ISSUE * float(np.clip(self._random.lognormal(-0.15, 0.55), 0.3, 3))
        return self.text(int(self._random.integers(5, 12))), self.text(round(length))


def issues(count: int) -> Iterator[tuple[str, str, datetime]]:
    """Title, body and time of the past issues, oldest first."""
    writer = Writer(seed=1)
    for number in range(count):
        yield *writer.issue(), LAST - timedelta(hours=count - number)


def facts() -> list[str]:
    """What maintainers remembered."""
    writer = Writer(seed=2)
    return [writer.text(25) for _ in range(FACTS)]


def question() -> tuple[str, str]:
    """Title and body of the issue that is recalled for."""
    return Writer(seed=3).issue()


def _word(number: int) -> str:
    """A word of its own for each number."""
    word = ""
    while number or len(word) < 4:
        number, consonant = divmod(number, len(_CONSONANTS))
        number, vowel = divmod(number, len(_VOWELS))
        word += _CONSONANTS[consonant] + _VOWELS[vowel]
    return word
