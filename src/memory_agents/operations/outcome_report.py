"""What became of a wish to remember or forget: for a person in a terminal, and for a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory_agents.core.fences import clean, one_line
from memory_agents.core.outcomes import AlreadyKnown, Failed, Forgotten, Outcome, Refused, Remembered, TakenBack
from memory_agents.core.records import Record
from memory_agents.operations.reading import Answer, record_value

Where = Callable[[Record], str]
"""Where a fact is kept, for a person: a path on the branch, or empty"""


def answer(outcomes: Sequence[Outcome], *, where: Where, location: str, dry_run: bool) -> Answer:
    """For the command line: exit code 2 where something cannot be done as it was asked, 1 where memory failed.

    `location`: of the memory, for a person.
    """
    lines: list[str] = []
    problems: list[str] = []
    for outcome in outcomes:
        (problems if _code(outcome) else lines).append(told(outcome, where=where, dry_run=dry_run))
    if dry_run:
        lines.append("Dry run: nothing was changed.")
    elif any(map(is_written, outcomes)):
        lines.append(f"Written to {location}")
    value = {
        "dry_run": dry_run,
        "location": location,
        "outcomes": [outcome_value(outcome, where=where) for outcome in outcomes],
    }
    return Answer(value, "\n".join(lines), problems=tuple(problems), code=max(map(_code, outcomes), default=0))


def is_written(outcome: Outcome) -> bool:
    """Whether it changed what memory holds, or would in a dry run."""
    match outcome:
        case Remembered(how=how):
            return how != "unchanged"
        case Forgotten(how=how):
            return how == "forgotten"
        case _:
            return False


def told(outcome: Outcome, *, where: Where, dry_run: bool = False) -> str:
    """What became of it, in a few lines."""
    would = "Would have remembered" if dry_run else "Remembered"
    match outcome:
        case Remembered(record=record, how="unchanged"):
            return f"{record.id} is remembered already, in {record.namespace}."
        case Remembered(record=record):
            place = where(record)
            lines = [f"{would} {record.id} in {record.namespace}: {one_line(record.text, 100)}"]
            lines += [f"  file: {place}"] if place else []
            lines += [f"  redacted: {', '.join(outcome.redacted)}"] if outcome.redacted else []
            lines += [f"  instead of: {outcome.replaced}"] if outcome.replaced else []
            lines += [f"  see also: {_line(match.record)}" for match in outcome.related]
            return "\n".join(lines)
        case AlreadyKnown(record=record):
            return f"This is remembered already: {_line(record)}"
        case TakenBack(id=name):
            return f"{name} was taken back before. It is not kept again."
        case Forgotten(id=name, how="unknown"):
            return f"There is no fact {one_line(name, 100)!r}. Fix: see the ids with `memory-agents list`"
        case Forgotten(id=name, namespace=namespace):
            return f"{'Would have forgotten' if dry_run else 'Forgot'} {name} in {namespace}."
        case Refused(problem=problem, fix=fix) | Failed(problem=problem, fix=fix):
            return f"{problem} Fix: {fix}" if fix else problem
        case _:
            raise TypeError(outcome)


def outcome_value(outcome: Outcome, *, where: Where) -> dict[str, object]:
    """The same for a program."""
    match outcome:
        case Remembered(record=record, how=how):
            return {
                "outcome": how,
                "record": record_value(record),
                "file": where(record),
                "redacted": list(outcome.redacted),
                "replaced": outcome.replaced,
                "related": [{"id": match.record.id, "score": round(match.score, 3)} for match in outcome.related],
            }
        case AlreadyKnown(record=record):
            return {"outcome": "known", "record": record_value(record)}
        case TakenBack(id=name):
            return {"outcome": "taken-back", "id": name}
        case Forgotten(id=name, how=how, namespace=namespace):
            return {"outcome": how, "id": clean(name), "namespace": namespace}
        case Refused(problem=problem, fix=fix):
            return {"outcome": "refused", "problem": clean(problem), "fix": fix}
        case Failed(problem=problem, fix=fix):
            return {"outcome": "failed", "problem": clean(problem), "fix": fix}
        case _:
            raise TypeError(outcome)


def _code(outcome: Outcome) -> int:
    match outcome:
        case Refused() | Forgotten(how="unknown"):
            return 2
        case Failed():
            return 1
        case _:
            return 0


def _line(record: Record) -> str:
    return f"{record.id}  {record.namespace}  {one_line(record.text, 100)}"
