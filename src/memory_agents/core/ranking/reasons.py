"""Why a Record answers a Query, in short phrases for a person.

The phrases quote words of the query and of the Record, both untrusted: only letters, digits and
`_ . - * /` get through, and not many, so that a phrase cannot carry markup.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from memory_agents.core import text
from memory_agents.core.ranking.paths import is_past
from memory_agents.core.ranking.postings import fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_agents.core.ranking.paths import Touched
    from memory_agents.core.records import Query, Record

MOST_WORDS = 4
LONGEST = 40
LONGEST_PATH = 80
RECENT = timedelta(days=30)

SEMANTIC = 0.4
"""the cosine from which a text is said to mean much the same"""
BY_WORDS_ALONE = "by words alone"
"""where one of both has no vector"""

_FILE = re.compile(r"(?<![\w.:/-])(?:[\w.-]{1,60}/){1,8}(?=[\w.-]*\w)")
"""the folder of a path in a text, not that of a URL"""
_UNSAFE = re.compile(r"[^\w.-]+")
_UNSAFE_IN_PATH = re.compile(r"[^\w.*/-]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known of a Query's words, and of a Record beside it."""

    words: Mapping[str, str]
    """term → the word as the query has it"""
    rarity: Mapping[str, float]
    """term → how informative it is"""
    cosine: float
    """of Query and Record; NaN where one has no vector"""


def reasons(query: Query, touched: Touched, record: Record, its: Meaning) -> tuple[str, ...]:
    """The phrases, such as `title: parser, timeout`; words are the rarest that both share, as the query has them."""
    in_title, in_body = (set(text.tokens(field)) & its.words.keys() for field in fields(record))
    found = []
    for name, shared in (("title", in_title), ("text", in_body - in_title)):
        if shown := _rarest(shared, its.words, its.rarity):
            found.append(f"{name}: {', '.join(shown)}")
    if its.cosine >= SEMANTIC:
        found.append(f"semantic: {its.cosine:.2f}")
    if component := _component(query, record):
        found.append(f"same component: {_UNSAFE_IN_PATH.sub('-', component)[:LONGEST_PATH]}")
    if labels := shared_labels(record, query):
        found.append(f"label: {', '.join(_UNSAFE.sub('-', label)[:LONGEST] for label in labels[:MOST_WORDS])}")
    if path := touched.path_of(record):
        found.append(f"path: {_UNSAFE_IN_PATH.sub('-', path)[:LONGEST_PATH]}")
    elif folder := touched.folder_of(record):
        found.append(f"same folder: {_UNSAFE_IN_PATH.sub('-', folder)[:LONGEST_PATH]}")
    if is_past(record) and query.now - record.created_at <= RECENT:
        found.append("recent")
    if math.isnan(its.cosine):
        found.append(BY_WORDS_ALONE)
    return tuple(found)


def shared_labels(record: Record, query: Query) -> tuple[str, ...]:
    """The labels of `record` that `query` has too, whatever their case, sorted."""
    asked = {label.casefold() for label in query.labels}
    return tuple(sorted(label for label in record.labels if label.casefold() in asked))


def _component(query: Query, record: Record) -> str:
    """The longest folder of a path that both texts name, or ''."""
    if not is_past(record):
        return ""
    of_query, of_record = (set(_FILE.findall(body[: text.READ])) for body in (query.body, record.text))
    return max(of_query & of_record, key=lambda folder: (len(folder), folder), default="")


def _rarest(shared: set[str], words: Mapping[str, str], rarity: Mapping[str, float]) -> list[str]:
    shown: list[str] = []
    for term in sorted(shared & rarity.keys(), key=lambda term: (-rarity[term], -len(words[term]), term)):
        word = _UNSAFE.sub("", words[term])[:LONGEST]
        if len(word) == 1 and word.isascii():
            continue
        # `parseexpr` says what `parse` and `expr` would say again.
        if word and not any(word in other or other in word for other in shown):
            shown.append(word)
        if len(shown) == MOST_WORDS:
            break
    return shown
