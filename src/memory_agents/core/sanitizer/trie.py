"""One pattern for any of many words: read once, where as many searches would read the text as often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


def trie(words: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest of the words that stands at a place."""
    return re.compile(_pattern(sorted(set(words))))


def _pattern(words: list[str]) -> str:
    tails: dict[str, list[str]] = {}
    for word in words:
        if word:
            tails.setdefault(word[0], []).append(word[1:])
    branches = [re.escape(head) + _pattern(rest) for head, rest in tails.items()]
    if not branches:
        return ""
    whole = branches[0] if len(branches) == 1 and "" not in words else f"(?:{'|'.join(branches)})"
    return whole + ("?" if "" in words else "")


def places(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Every place where a word stands, also inside of another one."""
    match = pattern.search(text)
    while match:
        yield match
        match = pattern.search(text, match.start() + 1)
