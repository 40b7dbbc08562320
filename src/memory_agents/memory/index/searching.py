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
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from memory_agents.core.records import Match, Query
    from memory_agents.memory.index.dense import Dense

_ON_PAGE = "url = ?1 OR (url > CAST(?1 || '#' AS BLOB) AND url < CAST(?1 || '$' AS BLOB))"
"""a page, or what stands on it: `$` follows `#`"""
_SPARE = 20
"""Records that are read beyond those asked for: a shared label may lift one of them"""


def search(
    connection: sqlite3.Connection, dense: Dense | None, query: Query, namespaces: tuple[str, ...], top_k: int
) -> list[Match]:
    """The best `top_k` recallable Records of the namespaces (globs), best first, in a transaction of the caller."""
    terms = QueryTerms.of(query)
    every = segments.documents(connection)
    past = _past(connection)
    now = ranking.microseconds(query.now)
    wanted = np.isin(every["namespace"], list(namespaces_of(connection, namespaces)))
    if now > 0:  # as of a time: what came later is no answer
        wanted &= ~(np.isin(every["namespace"], past) & (every["created"] > now))
    documents = every[wanted]
    near, cosines = _meaning(dense, query, every, wanted)
    found = ranking.strengths(query, terms, _candidates(connection, documents, query, terms, past), near, cosines)
    allowed = (documents["approved"] == 1) & (documents["expires"] > now)
    for where, values in (("id = ?1", query.exclude), (_ON_PAGE, query.exclude_urls)):
        excluded = _numbers(connection, f"SELECT document FROM records WHERE {where}", values)  # noqa: S608
        allowed &= ~np.isin(documents["document"], excluded)
    # Only labels can change the order of the scores, and few queries have any.
    best = _best(connection, documents, found.score * allowed, top_k + _SPARE * bool(query.labels)).tolist()
    chosen = ((place, syncing.content(connection, int(documents["document"][place]))) for place in best)
    return ranking.select(query, terms, found, chosen, top_k)


def namespaces_of(connection: sqlite3.Connection, globs: tuple[str, ...]) -> dict[int, str]:
    """number → name of the namespaces that the globs cover."""
    rows = connection.execute("SELECT number, name FROM namespaces")
    return {number: str(name) for number, name in rows if names.matches(str(name), globs)}


def _past(connection: sqlite3.Connection) -> NDArray[np.int64]:
    """The numbers of the namespaces of past items."""
    return np.array([*namespaces_of(connection, (f"{names.HISTORY_PREFIX}*",))], dtype=np.int64)


def _meaning(
    dense: Dense | None, query: Query, every: NDArray[np.void], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.float64] | None, Callable[[NDArray[np.int64]], Cosines]]:
    """[wanted documents] the cosine of title and text, NaN without a vector; and what tells all cosines of some.

    All documents have their place in what is multiplied, wanted or not, so that it is gathered once.
    """
    if dense is None or not (asked := dense.asked(query)).any():
        return None, lambda numbers: ranking.none(len(numbers))
    its = (dense.vectors(every["text_key"]) @ asked.T).astype(np.float64)[wanted]
    keys, places = every["text_key"][wanted], np.flatnonzero(wanted)
    known = (keys != ranking.NO_TEXT) & ~dense.missing(keys)

    def cosines(numbers: NDArray[np.int64]) -> Cosines:
        of_titles = (dense.vectors(every["title_key"])[places[numbers]] @ asked.T).astype(np.float64)
        return Cosines(
            text_text=its[numbers, 1],
            title_text=its[numbers, 0],
            title_title=of_titles[:, 0],
            text_title=of_titles[:, 1],
            known=known[numbers],
        )

    return np.where(known, its[:, 1], np.nan), cosines


def _candidates(
    connection: sqlite3.Connection,
    documents: NDArray[np.void],
    query: Query,
    terms: QueryTerms,
    past: NDArray[np.int64],
) -> Candidates:
    asked = terms.worth_asking(segments.frequencies(connection, terms.terms))
    postings, term = segments.postings(connection, [terms.terms[number] for number in asked.tolist()])
    highest = max((int(found["document"].max()) for found in (documents, postings) if len(found)), default=0)
    place = np.full(highest + 1, -1, dtype=np.int32)
    place[documents["document"]] = np.arange(len(documents), dtype=np.int32)
    position = place[postings["document"]]
    there = position >= 0
    return Candidates(
        title_length=documents["title"].astype(np.float64),
        body_length=documents["body"].astype(np.float64),
        error_length=documents["error"].astype(np.float64),
        created_us=documents["created"],
        history=np.isin(documents["namespace"], past),
        nearness=_nearness(connection, documents, place, query),
        document=position[there],
        title=postings["title"][there],
        body=postings["body"][there],
        error=postings["error"][there],
        term=asked[term[there]],
    )


def _nearness(
    connection: sqlite3.Connection, documents: NDArray[np.void], place: NDArray[np.int32], query: Query
) -> NDArray[np.float64]:
    """[documents] the bonus for their paths; `place` says where a document stands among them."""
    touched = Touched.of(query.paths)
    nearness = np.zeros(len(documents))
    for condition, values, bonus in (
        ("folder = ?", touched.folders, ranking.FOLDER_BONUS),
        ("path = ?", touched.files, ranking.PATH_BONUS),  # last, for it is the better one of both
    ):
        numbers = _numbers(connection, f"SELECT number FROM paths WHERE {condition}", values)  # noqa: S608
        nearness[np.isin(documents["path"], numbers)] = bonus
    if query.paths:
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
    connection: sqlite3.Connection, documents: NDArray[np.void], score: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Where the best stand, `count` at most: of equal scores the newest, of those the smallest ids."""
    found = np.flatnonzero(score)
    if len(found) <= count:
        return found
    found = found[score[found] >= np.partition(score[found], -count)[-count]]
    created = documents["created"]
    found = found[np.lexsort((-created[found], -score[found]))]
    last = found[count - 1]
    tied = found[(score[found] == score[last]) & (created[found] == created[last])]
    sure = found[: np.flatnonzero(found == tied[0])[0]]
    if len(sure) + len(tied) > count:
        ids = [syncing.record_id(connection, number) for number in documents["document"][tied].tolist()]
        tied = tied[sorted(range(len(tied)), key=ids.__getitem__)]
    return np.concatenate([sure, tied])[:count]
