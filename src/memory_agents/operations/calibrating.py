"""How well past issues are found in this repository, by its own duplicates; and the score that is worth showing.

The older part of the duplicates chooses the cut-off, the newest part, which had no say in it, tells what it is
worth. Each is asked as on the day it was opened, by the code that recall runs.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from memory_agents.configuration import MIN_SCORES
from memory_agents.core import evaluation, namespaces
from memory_agents.core.evaluation import CutOff, Estimate, Suggestion
from memory_agents.core.github_events import GHOST, IssueEvent, Item, Origin, Repository
from memory_agents.core.history import Duplicate, Numbered, called_same, duplicates, item_id
from memory_agents.core.history import Item as Row
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
OTHERS = 100
"""other issues that are asked, to see how often something is shown for those"""
SHOWN = 5
"""suggestions of one issue that a person is shown"""
PRECISION = 0.5
"""share of the suggestions shown that should be right"""

LEAST_SCORE = MIN_SCORES["similar_issues"]
"""the smallest cut-off: duplicates all have an earlier one, so less may do for them than for any issue"""

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
    others: Estimate
    """share of other issues of the same time, of which nobody said so, for which something is shown"""
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
    found, given_away = _unknowing(found, files.ask(functools.partial(_named_by, Numbered(files.repository), found)))
    asked = found[-MOST:] if len(found) >= LEAST else []
    older, newer = asked[: int(OLDER * len(asked))], asked[int(OLDER * len(asked)) :]
    others = _others(issues, {number for pair in pairs for number in pair}, newer)
    queried = [*(one.issue for one in asked), *others]
    answers: list[_Answer] = []
    for count, issue in enumerate(queried, start=1):
        if not may_go_on():
            return None
        answers.append(files.ask(functools.partial(_answer, issue, apart | given_away)))
        tell("issues asked", count, len(queried))
        await asyncio.sleep(0)  # else a person who stops it would wait for the last one
    done = Calibration(files.repository, len(found), _measured(older, newer, answers))
    files.ask(lambda index: index.set_cut_off(done.cut_off))
    return done


_Answer = Sequence[tuple[int, float]]
"""what one issue would have been answered on the day it was opened: numbers and scores, best first"""


def _named_by(numbered: Numbered, found: Sequence[Duplicate], index: LocalIndex) -> dict[int, frozenset[int]]:
    """Earlier issue → the issues that what is searched of it names: it is searched with today's text."""
    numbers = {number for one in found for number in one.earlier}
    records = ((number, index.get(item_id(number, is_pull_request=False))) for number in sorted(numbers))
    return {number: numbered.in_text(f"{its.title}\n{its.text}") for number, its in records if its is not None}


def _unknowing(found: Sequence[Duplicate], named_by: Mapping[int, Collection[int]]) -> tuple[list[Duplicate], Pairs]:
    """The duplicates without the earlier ones that name them, which are neither right nor wrong; and those pairs."""
    left, given_away = [], set()
    for one in found:
        number = one.issue.number
        named = frozenset(earlier for earlier in one.earlier if number in named_by.get(earlier, ()))
        given_away |= {(min(number, earlier), max(number, earlier)) for earlier in named}
        if unnamed := one.earlier - named:
            left.append(replace(one, earlier=unnamed))
    return left, frozenset(given_away)


def _others(issues: Mapping[int, Row], called: Collection[int], newer: Sequence[Duplicate]) -> list[Row]:
    """Some of the issues of the same time of which nobody said that they are the same as another."""
    since = newer[0].issue.created_at if newer else None
    alone = [
        one
        for number, one in sorted(issues.items())
        if since and one.created_at >= since and number not in called and not one.is_pull_request
    ]
    return alone[:: max(1, -(-len(alone) // OTHERS))]


def _answer(issue: Row, left_out: Pairs, index: LocalIndex) -> _Answer:
    number = issue.number
    # A new issue has no labels yet, whatever it has today.
    item = Item(number=number, title=issue.title, body=issue.body, author=GHOST, url="")
    query = query_of(IssueEvent(origin=_ORIGIN, issue=item), issue.created_at)
    matches = index.search(query, namespaces=(namespaces.ISSUES,), top_k=evaluation.DEPTH)
    scored = [(match.record.source.number or 0, match.score) for match in matches]
    return [(one, score) for one, score in scored if (min(one, number), max(one, number)) not in left_out]


def _measured(older: Sequence[Duplicate], newer: Sequence[Duplicate], answers: Sequence[_Answer]) -> Measured | None:
    """`answers`: of the older, of the newer, of others."""
    shown = [_shown(one, answer) for one, answer in zip([*older, *newer], answers, strict=False)]
    chosen = evaluation.choose_cut_off(shown[: len(older)], precision=PRECISION, least=LEAST_SCORE)
    if chosen is None:
        return None
    held, alone = answers[len(older) : len(shown)], answers[len(shown) :]
    precision, recall = evaluation.estimates(shown[len(older) :], chosen.value)
    return Measured(
        older=len(older),
        newer=len(newer),
        chosen=chosen,
        measures=evaluation.means(
            [
                evaluation.judge([number for number, _ in answer], one.earlier)
                for one, answer in zip(newer, held, strict=True)
            ]
        ),
        precision=precision,
        recall=recall,
        others=evaluation.share([(any(score >= chosen.value for _, score in answer), 1) for answer in alone]),
        curve=tuple(evaluation.curve(shown[len(older) :])),
    )


def _shown(duplicate: Duplicate, answer: _Answer) -> evaluation.Shown:
    return [Suggestion(score, number in duplicate.earlier) for number, score in answer[:SHOWN]]
