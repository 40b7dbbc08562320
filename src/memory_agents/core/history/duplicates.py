"""Which issues of a repository were duplicates of earlier ones: what people said when they closed them.

One closed issue says of another that they are the same, in the words of a person. Such issues form clusters; each
but the first of a cluster is one that should have found the earlier ones. What a program said is no evidence: it
may be ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from memory_agents.core.github_events import OWN_MARKER
from memory_agents.core.history.rows import Item, Remark

Pair = tuple[int, int]
"""numbers of two issues, the smaller one first"""

_LARGEST = 12
"""members of a cluster who are all taken for the same; in a larger one only who was named"""
_AT_ONCE = timedelta(minutes=10)
"""between a closing and the words that explain it"""
_SOON = timedelta(days=2)
"""until the issue is closed, after which a guess has come true"""

_REFERENCE = r"[\[(]?(?<![\w/#-])#(\d{1,9})\b"
_SAYINGS = tuple(
    re.compile(saying.replace("REF", _REFERENCE), re.IGNORECASE)
    for saying in (
        r"\b(?:dup|dupe|duplicate)s?(?: of)?(?: (?:issue|bug))?:? REF",
        r"\bsame (?:issue|bug|problem) as (?:in )?REF",
        r"\bclos(?:ing|ed)(?: this)?(?: issue)? in favou?r of REF",
        r"REF\]? is (?:an? )?(?:exact )?(?:dup|dupe|duplicate) of this\b",
    )
)
_ANY = re.compile(_REFERENCE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_QUOTED = re.compile(
    r"^[ \t]*>[^\n]*|^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)|<!--.*?(?:-->|\Z)|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\2(?!`)",
    re.MULTILINE | re.DOTALL,
)
_LEFT_OUT = " … "
"""stands for what is quoted: the words around it belong to different sayings"""
_EMPHASIS = re.compile(r"\*+|(?<![^\W_])_+|_+(?![^\W_])")
_DENIED = re.compile(
    r"\b(?:not|no|never|nor|unlike|almost|similar|partial|partially|semi)\b|n['\u2019]t\b", re.IGNORECASE
)
_UNREAL = re.compile(r"\b(?:if|unless|would|instead of|rather than|wrongly|used to)\b", re.IGNORECASE)
_TAKEN_BACK = re.compile(
    r"\b(?:(?:is|was|seems?|were) (?:\w+ )?(?:wrong|incorrect|mistaken|mistake)|(?:partly|partially|in part)"
    r"|but (?:\S+ ){0,3}?(?:re-?open\w*|differ\w*|not))\b",
    re.IGNORECASE,
)
_GUESSED = re.compile(
    r"\b(?:think|guess|believe|suspect|looks?|seems?|sounds?|might|may|could|maybe|perhaps|possibl[ey]"
    r"|potential(?:ly)?|probabl[ey]|likely)\b",
    re.IGNORECASE,
)
_BEFORE = 60
"""characters before such words in which they may be denied"""
_BEHIND = 40
"""characters after them in which they may be taken back"""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An issue, and the earlier ones that are the same."""

    issue: Item
    earlier: frozenset[int]


def called_same(repository: str, issues: Mapping[int, Item], remarks: Iterable[Remark]) -> frozenset[Pair]:
    """Pairs of issues of which somebody said that they are the same.

    `issues`: all of `repository` (`owner/name`), by number; pull requests among them do not count. `remarks`: in any
    conversation.
    """
    issues = {number: item for number, item in issues.items() if not item.is_pull_request}
    said = _said(Numbered(repository), issues, remarks)
    return frozenset(_pair(one, other) for one, others in said for other in others & issues.keys() if one != other)


def duplicates(
    repository: str, issues: Mapping[int, Item], pairs: frozenset[Pair], apart: frozenset[Pair]
) -> list[Duplicate]:
    """Those that were found to be, oldest first. One whose own text names an earlier one is none: it needs no search.

    `pairs`: of `called_same`. `apart`: pairs that people said are not the same.
    """
    named = Numbered(repository)
    found = []
    for number, same in _same(pairs - apart).items():
        item = issues[number]
        earlier = frozenset(one for one in same if _is_before(issues[one], item) and _pair(number, one) not in apart)
        if earlier and not earlier & named.in_text(f"{item.title}\n{item.body}"):
            found.append(Duplicate(item, earlier))
    return sorted(found, key=lambda one: (one.issue.created_at, one.issue.number))


class Numbered:
    """Texts of one repository, in which every reference to an issue of it is `#N`."""

    def __init__(self, repository: str) -> None:
        """`repository`: `owner/name`."""
        name = re.escape(repository)
        self._own = re.compile(
            rf"https?://[\w.:-]+/{name}/(?:issues|pull)/(\d{{1,9}})\b(?:#[\w-]*)?|(?<![\w/-]){name}#(\d{{1,9}})\b"
            r"|(?<![\w/-])GH-(\d{1,9})\b",
            re.IGNORECASE,
        )

    def __call__(self, text: str) -> str:
        """The text with short references."""
        return self._own.sub(lambda found: f"#{found[found.lastindex or 0]}", text)

    def in_text(self, text: str) -> frozenset[int]:
        """The issues that a text names."""
        return frozenset(map(int, _ANY.findall(self(text))))


def _said(
    named: Numbered, issues: Mapping[int, Item], remarks: Iterable[Remark]
) -> Iterator[tuple[int, frozenset[int]]]:
    """A closed issue, and those that somebody called the same as it."""
    for item in issues.values():
        if item.state == "closed" and not item.author.is_bot and not item.body.startswith(OWN_MARKER):
            yield item.number, _named_same(named(item.body), may_guess=False)
    for remark in remarks:
        about = issues.get(remark.number)
        if about is None or about.closed_at is None or remark.author.is_bot or remark.body.startswith(OWN_MARKER):
            continue
        text = named(remark.body)
        until_closed = about.closed_at - remark.created_at
        called = _named_same(text, may_guess=-_AT_ONCE <= until_closed <= _SOON)
        if not called and about.state_reason == "duplicate" and abs(until_closed) <= _AT_ONCE:
            only = frozenset(map(int, _ANY.findall(_QUOTED.sub(_LEFT_OUT, text))))
            called = only if len(only) == 1 else called
        yield remark.number, called


def _named_same(text: str, *, may_guess: bool) -> frozenset[int]:
    """The numbers that a text calls the same, unless it denies it, asks or only guesses."""
    found = set()
    for sentence in _SENTENCE.split(_QUOTED.sub(_LEFT_OUT, text)):
        plain = " ".join(_EMPHASIS.sub("", sentence).split())
        if "?" in plain or (not may_guess and _GUESSED.search(plain)):
            continue
        for saying in _SAYINGS:
            for match in saying.finditer(plain):
                if not _is_denied(plain, match):
                    found.add(int(match[1]))
    return frozenset(found)


def _is_denied(sentence: str, saying: re.Match[str]) -> bool:
    """Whether what stands around it takes back what it says, or makes it a condition."""
    before, behind = sentence[: saying.start()], sentence[saying.end() : saying.end() + _BEHIND]
    return bool(_DENIED.search(before[-_BEFORE:]) or _UNREAL.search(before) or _TAKEN_BACK.search(behind))


def _same(pairs: Iterable[Pair]) -> dict[int, frozenset[int]]:
    """number → all others that are the same, by what was said of them."""
    named: dict[int, set[int]] = {}
    for one, other in pairs:
        named.setdefault(one, set()).add(other)
        named.setdefault(other, set()).add(one)
    same: dict[int, frozenset[int]] = {}
    for start in named:
        if start in same:
            continue
        cluster, waiting = {start}, [start]
        while waiting:
            new = named[waiting.pop()] - cluster
            cluster |= new
            waiting += new
        for member in cluster:
            same[member] = frozenset(cluster if len(cluster) <= _LARGEST else named[member]) - {member}
    return same


def _pair(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)


def _is_before(one: Item, other: Item) -> bool:
    return (one.created_at, one.number) < (other.created_at, other.number)
