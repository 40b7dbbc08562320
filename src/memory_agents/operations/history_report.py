"""What an index run did: for a person, for a step's summary, for a program."""

from __future__ import annotations

from memory_agents.core.summary import literal
from memory_agents.memory.integration import Status
from memory_agents.operations import calibration_report
from memory_agents.operations.calibrating import LEAST, Calibration
from memory_agents.operations.history import LISTS, Reading
from memory_agents.operations.reading import Answer


def told(done: Reading) -> str:
    """What a run did, in a few lines for a person."""
    read = ", ".join(_counted(count, stream) for stream, count in done.read.items()) or "nothing"
    left = "" if done.requests_left is None else f"; {done.requests_left:,} of this hour are left"
    held = _counted(done.records, "past items")
    lines = [
        f"The index holds {held} of {done.repository}; {done.indexed:,} are new or changed.",
        f"Read: {read}, with {_counted(done.requests, 'requests')}{left}.",
    ]
    if done.embedded:
        lines.append(f"Embedded, to be searched by meaning: {_counted(done.embedded, 'texts')}.")
    if done.unreadable:
        lines.append(f"{_counted(done.unreadable, 'entries')} could not be read and were left out.")
    if done.stopped:
        lines.append(f"Not complete yet: {done.stopped}. The next run goes on from here.")
    return "\n".join(lines)


def _calibrated(done: Reading) -> Calibration | None:
    """What its duplicates say, where there are enough of them: a small repository need not hear of it each day."""
    return done.calibration if done.calibration is not None and done.calibration.known >= LEAST else None


def _counted(count: int, what: str) -> str:
    """`1 issue`, `1,200 issues`."""
    singular = what.removesuffix("ies") + "y" if what.endswith("ies") else what.removesuffix("s")
    return f"{count:,} {singular if count == 1 else what}"


def summary(done: Reading) -> str:
    """The same as the summary of a step, in GitHub-flavoured Markdown."""
    rows = [
        f"| {stream} | {done.read[stream]:,} | {'yes' if stream in done.finished else 'not yet'} |"
        for stream in LISTS
        if stream in done.read
    ]
    table = ["| List | Read | Complete |", "| --- | ---: | --- |", *rows] if rows else []
    calibration = _calibrated(done)
    notices = [f"- ⚠️ {literal(str(notice), 600)}" for notice in done.notices]
    parts = (
        f"### memory-agents: {done.status}",
        "\n\n".join(literal(line, 300) for line in told(done).splitlines()),
        "\n".join(table),
        calibration_report.summary(calibration) if calibration else "",
        "\n".join(notices),
    )
    return "\n\n".join(part for part in parts if part)


def answer(done: Reading) -> Answer:
    """For the command line."""
    value = {
        "repository": done.repository,
        "status": done.status.value,
        "requests": done.requests,
        "requests_left": done.requests_left,
        "read": {stream.value: count for stream, count in done.read.items()},
        "finished": sorted(stream.value for stream in done.finished),
        "unreadable": done.unreadable,
        "changed": done.changed,
        "indexed": done.indexed,
        "embedded": done.embedded,
        "records": done.records,
        "stopped": done.stopped,
        "calibration": calibration_report.value(done.calibration) if done.calibration else None,
        "notices": [str(notice) for notice in done.notices],
    }
    calibration = _calibrated(done)
    text = told(done) + (f"\n{calibration_report.told(calibration)}" if calibration else "")
    return Answer(value, text, tuple(done.notices), code=int(done.status is Status.UNAVAILABLE))
