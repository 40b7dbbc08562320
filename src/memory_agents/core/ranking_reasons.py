"""Why a Record answers a Query, in short phrases for a person.

The phrases quote words of the query and of the Record, both untrusted: only letters, digits and
`_ . - * /` get through, and not many, so that a phrase cannot carry markup.
"""

from __future__ import annotations

import re
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from memory_agents.core import namespaces, text
from memory_agents.core.ranking_postings import fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_agents.core.records import Query, Record

MOST_WORDS = 4
LONGEST = 40
RECENT = timedelta(days=30)

_UNSAFE = re.compile(r"[^\w.-]+")
_UNSAFE_IN_PATH = re.compile(r"[^\w.*/-]+")


def reasons(query: Query, record: Record, words: Mapping[str, str], rarity: Mapping[str, float]) -> tuple[str, ...]:
    """The phrases, such as `title: parser, timeout`; words are the rarest that both share, as the query has them."""
    in_title, in_body = (set(text.tokens(field)) & words.keys() for field in fields(record))
    found = []
    for name, shared in (("title", in_title), ("text", in_body - in_title)):
        if shown := _rarest(shared, words, rarity):
            found.append(f"{name}: {', '.join(shown)}")
    if labels := shared_labels(record, query):
        found.append(f"label: {', '.join(_UNSAFE.sub('-', label)[:LONGEST] for label in labels[:MOST_WORDS])}")
    if glob := scoped_path(record, query):
        found.append(f"path: {_UNSAFE_IN_PATH.sub('-', glob)[:LONGEST]}")
    if record.namespace.startswith(namespaces.HISTORY_PREFIX) and query.now - record.created_at <= RECENT:
        found.append("recent")
    return tuple(found)


def shared_labels(record: Record, query: Query) -> tuple[str, ...]:
    """The labels of `record` that `query` has too, whatever their case, sorted."""
    asked = {label.casefold() for label in query.labels}
    return tuple(sorted(label for label in record.labels if label.casefold() in asked))


def scoped_path(record: Record, query: Query) -> str:
    """The first glob of `record` that one of the query's paths matches, or ''."""
    return next((glob for glob in record.paths if any(path_matches(path, glob) for path in query.paths)), "")


def path_matches(path: str, glob: str) -> bool:
    """Whether `glob` covers `path`: `*` stays within a folder, `**` crosses folders.

    A glob without `/` is a file name at any depth, and one that ends in `/` is everything below.
    """
    if "/" not in glob:
        return fnmatchcase(path.rpartition("/")[2], glob)
    pattern = (glob + "**" if glob.endswith("/") else glob).strip("/").split("/")
    return _segments_match(path.strip("/").split("/"), pattern)


def _segments_match(segments: Sequence[str], pattern: Sequence[str]) -> bool:
    """Match as one matches wildcards: on a miss the last `**` takes one segment more; never exponential."""
    at = wanted = 0
    retry_at, retry_wanted = 0, -1
    while at < len(segments):
        if wanted < len(pattern) and pattern[wanted] == "**":
            retry_at, retry_wanted = at, wanted
            wanted += 1
        elif wanted < len(pattern) and fnmatchcase(segments[at], pattern[wanted]):
            at += 1
            wanted += 1
        elif retry_wanted >= 0:
            retry_at += 1
            at, wanted = retry_at, retry_wanted + 1
        else:
            return False
    return all(segment == "**" for segment in pattern[wanted:])


def _rarest(shared: set[str], words: Mapping[str, str], rarity: Mapping[str, float]) -> list[str]:
    shown: list[str] = []
    for term in sorted(shared, key=lambda term: (-rarity.get(term, 0.0), -len(words[term]), term)):
        word = _UNSAFE.sub("", words[term])[:LONGEST]
        # `parseexpr` says what `parse` and `expr` would say again.
        if word and not any(word in other or other in word for other in shown):
            shown.append(word)
        if len(shown) == MOST_WORDS:
            break
    return shown
