"""How well past items are found in a corpus, by the very code that recall runs.

Each document becomes a Record as an issue of GitHub does, each repository gets an index of its own, and a query is
the event that it would be: what is older than it is ranked, itself left out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from memory_agents.core import evaluation, namespaces
from memory_agents.core.github_events import (
    GHOST,
    Branches,
    ChangedPaths,
    Comment,
    IssueEvent,
    Item,
    ItemEvent,
    Origin,
    PullRequestEvent,
    Repository,
    ReviewCommentEvent,
)
from memory_agents.core.history import Item as ItemRow
from memory_agents.core.history import Person, item_id, item_record
from memory_agents.core.history.rows import LONGEST_BODY
from memory_agents.core.queries import query_of
from memory_agents.core.records import Query, Record
from memory_agents.memory.history.files import BATCH
from memory_agents.memory.index import LocalIndex
from memory_agents.operations.corpus import Corpus, Document, Id, Question

if TYPE_CHECKING:
    from memory_agents.memory.embedding import Embedder
    from memory_agents.memory.index.dense import Dense

EMBEDDED_AT_ONCE = 256
_ORIGIN = Origin(name="", repository=Repository(full_name=""), actor=GHOST)
_BRANCHES = Branches(head="", head_sha="", head_repository="", base="", base_repository="")
_NUMBER = re.compile(r"(?:^|#)(\d{1,15})$", re.ASCII)

Tell = Callable[[str, int, int], None]
"""what is being done, how many are done, of how many: 0 where that is not known"""


@dataclass(slots=True, kw_only=True)
class Evaluated:
    """What an evaluation found and what it took."""

    documents: int
    model: str
    """whose vectors helped; empty: words alone"""
    ranked: dict[str, tuple[Id, ...]] = field(default_factory=dict)
    """query → ids of documents, best first"""
    measures: Mapping[str, evaluation.Estimate] = field(default_factory=dict)
    index_seconds: float = 0.0
    """with the embedding"""
    embed_seconds: float = 0.0
    query_seconds: list[float] = field(default_factory=list)


def evaluate(corpus: Corpus, folder: Path, *, embedder: Embedder | None, tell: Tell) -> Evaluated:
    """Index the documents in `folder`, ask all queries and judge the answers. None embeds nothing."""
    done = Evaluated(documents=len(corpus.documents), model=embedder.model if embedder else "")
    with ExitStack() as stack:
        dense = _dense(stack, folder, embedder) if embedder else None
        for number, tracker in enumerate(trackers(corpus)):
            with LocalIndex.open(folder / f"index-{number}.sqlite3", dense) as index:
                _fill(tracker, index, done, tell)
                _answer(tracker, index, done, tell)
    done.ranked = {key: done.ranked.get(key, ()) for key in corpus.questions}
    judged = [evaluation.judge(list(map(str, ids)), corpus.relevant[key]) for key, ids in done.ranked.items()]
    done.measures = evaluation.means(judged)
    return done


def _dense(stack: ExitStack, folder: Path, embedder: Embedder) -> Dense:
    from memory_agents.memory.index.dense import Dense
    from memory_agents.memory.index.vectors import VectorStore

    return Dense(stack.enter_context(closing(VectorStore.open(folder / "vectors.sqlite3", embedder.model))), embedder)


def trackers(corpus: Corpus) -> Iterator[Tracker]:
    """Those of a corpus, one for each repository."""
    for name, documents in _by_repository(corpus).items():
        asked = [question for question in corpus.questions.values() if question.repo == name]
        yield Tracker(name, documents, _numbers(documents), asked)


def _by_repository(corpus: Corpus) -> dict[str, dict[str, Document]]:
    found: dict[str, dict[str, Document]] = {}
    for key, document in corpus.documents.items():
        found.setdefault(document.repo, {})[key] = document
    return found


def _numbers(keys: Collection[str]) -> dict[str, int]:
    """id → number: the one that the id ends in, where each ends in its own; else they are counted."""
    found = {key: int(number[1]) for key in keys if (number := _NUMBER.search(key))}
    counted = {key: count for count, key in enumerate(keys, start=1)}
    return found if len(set(found.values())) == len(counted) else counted


@dataclass(frozen=True, slots=True)
class Tracker:
    """The documents of one repository, and what is asked of them."""

    name: str
    documents: Mapping[str, Document]
    numbers: Mapping[str, int]
    """id → number, as that of an issue"""
    questions: Sequence[Question]

    def records(self) -> dict[int, Record]:
        """number → the document as a past issue."""
        return {number: _record(self.name, number, self.documents[key]) for key, number in self.numbers.items()}

    def ids(self) -> dict[str, Id]:
        """id of a Record → that of its document."""
        return {_record_id(number): self.documents[key].id for key, number in self.numbers.items()}

    def query(self, question: Question) -> Query:
        """What is asked of memory: the question as the event that it would be."""
        changed = ChangedPaths(paths=(question.path,) if question.path else ())
        query = query_of(self._event(question), question.created_at, changed)
        return replace(query, exclude=frozenset(map(_record_id, self._own(question))))

    def _own(self, question: Question) -> Iterator[int]:
        """The documents that are no answer: the query itself, what it stands in. An id of a query names none."""
        its = (str(one) for one in (question.self_id, question.pr) if one is not None)
        return (self.numbers[key] for key in its if key in self.numbers)

    def _event(self, question: Question) -> ItemEvent:
        """What would happen on GitHub. A new issue has no labels yet, whatever it has today."""
        number = next(self._own(question), 0)
        item = Item(number=number, title=question.title, body=question.body, author=GHOST, url="")
        if not question.is_review_comment and question.is_pull_request:
            return PullRequestEvent(origin=_ORIGIN, pull_request=item, branches=_BRANCHES)
        if not question.is_review_comment:
            return IssueEvent(origin=_ORIGIN, issue=item)
        around = self.documents.get(str(question.pr), question)
        return ReviewCommentEvent(
            origin=_ORIGIN,
            pull_request=Item(number=number, title=around.title, body="", author=GHOST, url=""),
            branches=_BRANCHES,
            comment=Comment(
                id=0, body=question.body, author=GHOST, url="", path=question.path, diff_hunk=question.diff_hunk
            ),
        )


def _fill(tracker: Tracker, index: LocalIndex, done: Evaluated, tell: Tell) -> None:
    """Index and embed."""
    began = time.perf_counter()
    records = {f"item/{number}": record for number, record in tracker.records().items()}
    keys = list(records)
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        index.update({key: records[key] for key in some}, version="1")
        tell("indexed", start + len(some), len(keys))
    indexed = time.perf_counter()
    embedded = 0
    while made := index.embed(EMBEDDED_AT_ONCE):
        embedded += made
        tell("texts embedded", embedded, 0)
    ended = time.perf_counter()
    done.embed_seconds += ended - indexed
    done.index_seconds += ended - began


def _answer(tracker: Tracker, index: LocalIndex, done: Evaluated, tell: Tell) -> None:
    """Rank the documents for each query."""
    ids = tracker.ids()
    for count, question in enumerate(tracker.questions, start=1):
        query = tracker.query(question)
        began = time.perf_counter()
        matches = index.search(query, namespaces=(namespaces.ISSUES,), top_k=evaluation.DEPTH)
        done.query_seconds.append(time.perf_counter() - began)
        done.ranked[str(question.id)] = tuple(ids[match.record.id] for match in matches)
        tell("queries asked", count, len(tracker.questions))


def _record_id(number: int) -> str:
    return item_id(number, is_pull_request=False)


def _record(repository: str, number: int, document: Document) -> Record:
    row = ItemRow(
        number=number,
        node_id="",
        title=document.title[:500],
        body=document.body[:LONGEST_BODY],
        author=Person(login=GHOST.login, id=GHOST.id),
        url="",
        state="open",
        state_reason="",
        labels=document.labels,
        created_at=document.created_at,
        closed_at=None,
        merged_at=None,
        is_pull_request=False,
    )
    return item_record(repository, row, closing=None, words=None, merged=())
