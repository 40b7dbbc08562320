"""What an import would do, or did: for a person, and for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from memory_agents.core.fences import clean, one_line
from memory_agents.core.outcomes import AlreadyKnown, Outcome, Refused, Remembered, TakenBack
from memory_agents.core.records import Record
from memory_agents.operations.importing import Change, FileReading, Plan
from memory_agents.operations.outcome_report import Where, outcome_value
from memory_agents.operations.reading import Answer, record_value


def preview(planned: Plan, *, where: Where, dry_run: bool) -> Answer:
    """What would be done, each change with its number."""
    parts = [
        "\n".join(_told(reading) for reading in planned.readings),
        "\n".join(_drawn(change) for change in planned.changes),
        "\n".join(_why_not(fact, outcome) for fact, outcome in planned.passed_over),
        "" if planned.changes else "There is nothing to change.",
    ]
    return Answer({"dry_run": dry_run, **_value(planned, where)}, "\n\n".join(part for part in parts if part))


def done(planned: Plan, outcomes: Sequence[Outcome], *, where: Where, location: str) -> Answer:
    """What was done with the changes of the plan."""
    facts = [change.fact for change in planned.changes if change.is_new]
    kept = sum(isinstance(outcome, Remembered) for outcome in outcomes)
    removed = sum(not change.is_new for change in planned.changes)
    lines = [f"Remembered {_facts(kept)}{f', removed {_facts(removed)}' if removed else ''}."]
    lines += [
        _why_not(fact, outcome)
        for fact, outcome in zip(facts, outcomes, strict=True)
        if not isinstance(outcome, Remembered)
    ]
    if kept or removed:
        lines.append(f"Written to {location}")
    value = {
        "dry_run": False,
        "location": location,
        **_value(planned, where),
        "outcomes": [outcome_value(outcome, where=where) for outcome in outcomes],
        "removed": [change.fact.id for change in planned.changes if not change.is_new],
    }
    return Answer(value, "\n".join(lines))


def _told(reading: FileReading) -> str:
    """Such as `AGENTS.md: 3 new, 8 unchanged, 1 gone. Left out: 2 links or images.`, on one line."""
    counts = {"new": reading.new, "unchanged": reading.unchanged, "gone": reading.gone}
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"
    reasons = Counter(left.reason for left in reading.left_out)
    left_out = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    return f"{one_line(reading.path)}: {said}.{f' Left out: {left_out}.' if left_out else ''}"


def _drawn(change: Change) -> str:
    """A change as a person chooses it: the whole text, for it may be put into prompts."""
    record = change.shown
    redacted = f"  redacted: {', '.join(change.redacted)}" if change.redacted else ""
    head = f"{change.number:4} {'+' if change.is_new else '-'} {record.namespace}  {_place(record)}{redacted}"
    return "\n".join((head, *(f"       {line}".rstrip() for line in clean(record.text).split("\n"))))


def _why_not(fact: Record, outcome: Outcome) -> str:
    place = _place(fact)
    match outcome:
        case AlreadyKnown(record=record):
            return f"{place} says what is remembered already: {record.id}"
        case TakenBack(id=name):
            return f"{place} was taken back before and stays away: {name}"
        case Refused(problem=problem, fix=fix):
            return f"{place} is not kept. {problem}{f' Fix: {fix}' if fix else ''}"
        case _:
            raise TypeError(outcome)


def _place(record: Record) -> str:
    return one_line(", ".join(record.cites)) or record.id


def _facts(count: int) -> str:
    return f"{count} fact{'' if count == 1 else 's'}"


def _value(planned: Plan, where: Where) -> dict[str, object]:
    return {
        "files": [
            {
                "path": clean(reading.path),
                "new": reading.new,
                "unchanged": reading.unchanged,
                "gone": reading.gone,
                "left_out": [{"line": left.line, "reason": left.reason} for left in reading.left_out],
            }
            for reading in planned.readings
        ],
        "changes": [
            {
                "number": change.number,
                "change": "new" if change.is_new else "gone",
                "record": record_value(change.shown),
                "redacted": list(change.redacted),
            }
            for change in planned.changes
        ],
        "passed_over": [
            {"cites": [clean(cite) for cite in fact.cites], **outcome_value(outcome, where=where)}
            for fact, outcome in planned.passed_over
        ],
    }
