"""How well past issues are found in this repository, by its own duplicates; and the score that is worth showing.

The older part of the duplicates chooses the cut-off, the newest part, which had no say in it, tells what it is
worth. Each is asked as on the day it was opened, by the code that recall runs.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from memory_agents.core import evaluation, namespaces
from memory_agents.core.evaluation import CutOff, Estimate, Suggestion
from memory_agents.core.github_events import GHOST, IssueEvent, Item, Origin, Repository
from memory_agents.core.history import Duplicate, called_same, duplicates
from memory_agents.core.queries import query_of
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.memory.index import LocalIndex
from memory_agents.operations.evaluating import Tell

LEAST = 30
"""duplicates: fewer do not tell"""
MOST = 400
"""duplicates that are asked, the newest: an index run should end"""
OLDER = 0.7
"""the part of them that chooses the cut-off"""
SHOWN = 5
"""suggestions of one issue that a person is shown"""
PRECISION = 0.5
"""share of the suggestions shown that should be right"""

_ORIGIN = Origin(name="", repository=Repository(full_name=""), actor=GHOST)

Pairs = frozenset[tuple[int, int]]
"""of issues that are no duplicates of each other, the smaller number first"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A cut-off and what it is worth."""

    older: int
    """duplicates that chose it"""
    newer: int
    """duplicates that it was held against"""
    chosen: CutOff
    """as it was on the older part"""
    measures: Mapping[str, Estimate]
    """of the newer part, without a cut-off"""
    precision: Estimate
    """of the newer part at the cut-off, as the next"""
    recall: Estimate
    curve: tuple[CutOff, ...]
    """of the newer part"""

    @property
    def is_precise(self) -> bool:
        """Whether it has the wanted precision where it was chosen."""
        return self.chosen.precision >= PRECISION


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the repository's own duplicates say."""

    repository: str
    known: int
    """issues that are a duplicate of an earlier one"""
    measured: Measured | None
    """None where they are too few to tell"""

    @property
    def cut_off(self) -> float | None:
        """The score below which nothing should be shown; None is the default."""
        return self.measured.chosen.value if self.measured else None


async def calibrate(
    files: HistoryFiles,
    ask_apart: Callable[[], Awaitable[Pairs]],
    *,
    tell: Tell,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Calibration | None:
    """Choose the cut-off and keep it in the index; None where `may_go_on` ended it before anything was changed.

    Where there are too few duplicates the index keeps none, and the default counts. `ask_apart` is called only where
    there may be enough. May raise IndexCorrupt.
    """
    issues = files.store.issues()
    pairs = called_same(files.repository, issues, files.store.remarks())
    apart = await ask_apart() if len(pairs) >= LEAST else frozenset()
    found = duplicates(files.repository, issues, pairs, apart)
    asked = found[-MOST:] if len(found) >= LEAST else []
    answers: list[_Answer] = []
    for count, duplicate in enumerate(asked, start=1):
        if not may_go_on():
            return None
        answers.append(files.ask(functools.partial(_answer, duplicate, apart)))
        tell("duplicates asked", count, len(asked))
    done = Calibration(files.repository, len(found), _measured(answers))
    files.ask(lambda index: index.set_cut_off(done.cut_off))
    return done


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one duplicate would have been answered on the day it was opened."""

    measures: Mapping[str, float]
    shown: tuple[Suggestion, ...]


def _answer(duplicate: Duplicate, apart: Pairs, index: LocalIndex) -> _Answer:
    number, opened = duplicate.issue.number, duplicate.issue.created_at
    # A new issue has no labels yet, whatever it has today.
    item = Item(number=number, title=duplicate.issue.title, body=duplicate.issue.body, author=GHOST, url="")
    query = query_of(IssueEvent(origin=_ORIGIN, issue=item), opened)
    matches = index.search(query, namespaces=(namespaces.ISSUES,), top_k=evaluation.DEPTH)
    scored = [(match.record.source.number or 0, match.score) for match in matches]
    scored = [(one, score) for one, score in scored if (min(one, number), max(one, number)) not in apart]
    return _Answer(
        measures=evaluation.judge([one for one, _ in scored], duplicate.earlier),
        shown=tuple(Suggestion(score, one in duplicate.earlier) for one, score in scored[:SHOWN]),
    )


def _measured(answers: Sequence[_Answer]) -> Measured | None:
    older = answers[: int(OLDER * len(answers))]
    newer = answers[len(older) :]
    chosen = evaluation.choose_cut_off([one.shown for one in older], precision=PRECISION)
    if chosen is None:
        return None
    shown = [one.shown for one in newer]
    precision, recall = evaluation.estimates(shown, chosen.value)
    return Measured(
        older=len(older),
        newer=len(newer),
        chosen=chosen,
        measures=evaluation.means([one.measures for one in newer]),
        precision=precision,
        recall=recall,
        curve=tuple(evaluation.curve(shown)),
    )
