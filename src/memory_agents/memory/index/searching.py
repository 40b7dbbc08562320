"""A search in the index: what is read of the file, and what ranking is given of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import namespaces as names
from memory_agents.core import ranking
from memory_agents.core.ranking.dense import Cosines
from memory_agents.core.ranking.lexical import Candidates, QueryTerms
from memory_agents.core.ranking.paths import Touched
from memory_agents.memory.index import segments, syncing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from memory_agents.core.records import Match, Query
    from memory_agents.memory.index.dense import Dense

    Columns = Mapping[str, NDArray[Any]]

_ON_PAGE = "url = ?1 OR (url > CAST(?1 || '#' AS BLOB) AND url < CAST(?1 || '$' AS BLOB))"
"""a page, or what stands on it: `$` follows `#`"""
_SPARE = 20
"""Records that are read beyond those asked for: a shared label may lift one of them"""


def search(
    connection: sqlite3.Connection,
    every: Columns,
    dense: Dense | None,
    query: Query,
    *,
    namespaces: tuple[str, ...],
    top_k: int,
) -> list[Match]:
    """The best `top_k` recallable Records of the namespaces (globs), best first, in a transaction of the caller.

    `every`: the columns of all documents.
    """
    terms = QueryTerms.of(query)
    now = ranking.microseconds(query.now)
    is_past = _among(every["namespace"], namespaces_of(connection, (f"{names.HISTORY_PREFIX}*",)))
    wanted = _among(every["namespace"], namespaces_of(connection, namespaces))
    if now > 0:  # as of a time: what came later is no answer
        wanted &= ~(is_past & (every["created"] > now))
    places = np.flatnonzero(wanted)
    near, cosines = _meaning(dense, query, every, places)
    candidates = _candidates(connection, every, places, query, terms, is_past=is_past)
    found = ranking.strengths(query, terms, candidates, near, cosines)
    documents, created = every["document"][places], every["created"][places]
    allowed = (every["approved"][places] == 1) & (every["expires"][places] > now)
    for where, values in (("id = ?1", query.exclude), (_ON_PAGE, query.exclude_urls)):
        if values:
            excluded = _numbers(connection, f"SELECT document FROM records WHERE {where}", values)  # noqa: S608
            allowed &= ~np.isin(documents, excluded)
    # Only labels can change the order of the scores, and few queries have any.
    count = top_k + _SPARE * bool(query.labels)
    best = _best(connection, documents, created, found.score * allowed, count).tolist()
    chosen = ((place, syncing.content(connection, int(documents[place]))) for place in best)
    return ranking.select(query, terms, found, chosen, top_k)


def namespaces_of(connection: sqlite3.Connection, globs: tuple[str, ...]) -> dict[int, str]:
    """number → name of the namespaces that the globs cover."""
    rows = connection.execute("SELECT number, name FROM namespaces")
    return {number: str(name) for number, name in rows if names.matches(str(name), globs)}


def _among(numbers: NDArray[Any], chosen: Iterable[int]) -> NDArray[np.bool_]:
    """[numbers] whether each is among the chosen, all of them small."""
    table = np.zeros(int(numbers.max(initial=0)) + 1, dtype=bool)
    table[[number for number in chosen if number < len(table)]] = True
    found: NDArray[np.bool_] = table[numbers]
    return found


def _meaning(
    dense: Dense | None, query: Query, every: Columns, places: NDArray[np.int64]
) -> tuple[NDArray[np.float64] | None, Callable[[NDArray[np.int64]], Cosines]]:
    """[places] the cosine of title and text, NaN without a vector; and what tells all cosines of some of them.

    All documents have their place in what is multiplied, wanted or not, so that it is gathered once.
    """
    if dense is None or not (asked := dense.asked(query)).any():
        return None, lambda numbers: ranking.none(len(numbers))
    vectors = dense.vectors(every["text_key"])
    known = ((every["text_key"] != ranking.NO_TEXT) & ~dense.missing(every["text_key"]))[places]
    near = (vectors @ asked[1])[places].astype(np.float64)

    def cosines(numbers: NDArray[np.int64]) -> Cosines:
        rows = places[numbers]
        titles = dense.vectors(every["title_key"])[rows]
        return Cosines(
            text_text=near[numbers],
            title_text=(vectors[rows] @ asked[0]).astype(np.float64),
            title_title=(titles @ asked[0]).astype(np.float64),
            text_title=(titles @ asked[1]).astype(np.float64),
            known=known[numbers],
        )

    return np.where(known, near, np.nan), cosines


def _candidates(
    connection: sqlite3.Connection,
    every: Columns,
    places: NDArray[np.int64],
    query: Query,
    terms: QueryTerms,
    *,
    is_past: NDArray[np.bool_],
) -> Candidates:
    postings, term = segments.postings(connection, terms.terms)
    highest = max(int(found["document"].max(initial=0)) for found in (every, postings))
    place = np.full(highest + 1, -1, dtype=np.int32)
    place[every["document"][places]] = np.arange(len(places), dtype=np.int32)
    position = place[postings["document"]]
    there = position >= 0
    # Only what is searched counts: not what is gone, later or elsewhere.
    frequency = np.bincount(term[there], minlength=len(terms.terms))
    asked = terms.worth_asking(frequency)
    is_ignored = ranking.ignored(frequency, asked)
    there &= ~is_ignored[term]
    return Candidates(
        title_length=every["title"][places].astype(np.float64),
        body_length=every["body"][places].astype(np.float64),
        error_length=every["error"][places].astype(np.float64),
        created_us=every["created"][places],
        history=is_past[places],
        nearness=_nearness(connection, every["path"][places], place, query),
        ignored=is_ignored,
        document=position[there],
        title=postings["title"][there],
        body=postings["body"][there],
        error=postings["error"][there],
        term=term[there],
    )


def _nearness(
    connection: sqlite3.Connection, paths: NDArray[np.uint32], place: NDArray[np.int32], query: Query
) -> NDArray[np.float64]:
    """[paths] the bonus for the path of each document; `place` says where a document stands among them."""
    nearness = np.zeros(len(paths))
    if not query.paths:
        return nearness
    touched = Touched.of(query.paths)
    for condition, values, bonus in (
        ("folder = ?", touched.folders, ranking.FOLDER_BONUS),
        ("path = ?", touched.files, ranking.PATH_BONUS),  # last, for it is the better one of both
    ):
        numbers = _numbers(connection, f"SELECT number FROM paths WHERE {condition}", values)  # noqa: S608
        nearness[np.isin(paths, numbers)] = bonus
    for (number,) in connection.execute("SELECT document FROM records WHERE scoped").fetchall():
        if number < len(place) and place[number] >= 0:
            record = syncing.content(connection, number)
            nearness[place[number]] = ranking.nearness(touched, record)
    return nearness


def _numbers(connection: sqlite3.Connection, question: str, values: Iterable[str]) -> NDArray[np.int64]:
    """What SQL finds for each of the values."""
    rows = (row for value in values for row in connection.execute(question, (syncing.blob(value),)))
    return np.array([number for (number,) in rows], dtype=np.int64)


def _best(
    connection: sqlite3.Connection,
    documents: NDArray[np.uint32],
    created: NDArray[np.int64],
    score: NDArray[np.float64],
    count: int,
) -> NDArray[np.int64]:
    """Where the best stand, `count` at most: of equal scores the newest, of those the smallest ids."""
    found = np.flatnonzero(score)
    if len(found) <= count:
        return found
    found = found[score[found] >= np.partition(score[found], -count)[-count]]
    found = found[np.lexsort((-created[found], -score[found]))]
    last = found[count - 1]
    tied = found[(score[found] == score[last]) & (created[found] == created[last])]
    sure = found[: np.flatnonzero(found == tied[0])[0]]
    if len(sure) + len(tied) > count:
        ids = [syncing.record_id(connection, number) for number in documents[tied].tolist()]
        tied = tied[sorted(range(len(tied)), key=ids.__getitem__)]
    return np.concatenate([sure, tied])[:count]
