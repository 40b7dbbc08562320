"""Documents of rules → facts: what is new in them is kept, what they say no longer is removed.

An id comes from the file's path and the text, so that a statement which only moved stays what it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from memory_agents.core import document, namespaces
from memory_agents.core.document import LeftOut
from memory_agents.core.outcomes import Outcome, Remembered
from memory_agents.core.records import Record, Source
from memory_agents.core.sanitizer import redact
from memory_agents.errors import UsageError
from memory_agents.memory.provider import MemoryReader
from memory_agents.memory.writer import MemoryWriter
from memory_agents.operations.documents import DocumentFile
from memory_agents.operations.writing import BY_HAND

MOST = 500
"""statements that are new, of one import: each is compared with what is known, and looked at by a person"""
_ALL = 1_000_000
_NUMBERS = re.compile(r"(?P<first>[0-9]{1,6})(?:-(?P<last>[0-9]{1,6}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A fact that would be kept, or removed."""

    number: int
    """by which a person chooses it, from 1"""
    fact: Record
    shown: Record
    """as it would be stored: redacted"""
    is_new: bool
    redacted: tuple[str, ...] = ()
    """kinds of secrets in it"""


@dataclass(frozen=True, slots=True)
class FileReading:
    """What was found in one file: how many statements are new, unchanged and gone."""

    path: str
    new: int
    unchanged: int
    gone: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import would do."""

    readings: tuple[FileReading, ...]
    changes: tuple[Change, ...]
    passed_over: tuple[tuple[Record, Outcome], ...] = field(default=())
    """statements that are not kept, and why"""

    def only(self, numbers: str) -> Plan:
        """The same with some of the changes, such as `1,3-5`. Raises UsageError."""
        chosen = _numbers(numbers)
        unknown = chosen - {change.number for change in self.changes}
        if unknown:
            raise UsageError(f"There is no number {min(unknown)} in the list.", fix="choose numbers that are shown")
        return replace(self, changes=tuple(change for change in self.changes if change.number in chosen))


async def plan(
    reader: MemoryReader, writer: MemoryWriter, files: Sequence[DocumentFile], *, namespace: str, now: datetime
) -> Plan:
    """What an import of the files would do.

    `writer`: one that writes nothing. `namespace`: for all, if not empty. Raises UsageError for too many at once.
    """
    prefixes = {_prefix(file.path) for file in files}
    kept = [
        record
        for record in await reader.list_records(namespaces=namespaces.FACTS, limit=_ALL)
        if record.id.partition("-")[0] in prefixes
    ]
    known = {record.id for record in kept}
    read = {file: document.read(file.text) for file in files}
    facts = [
        _fact(file, statement, namespace=namespace, now=now)
        for file, found in read.items()
        for statement in found.statements
    ]
    ids = {fact.id for fact in facts}
    new = [fact for fact in facts if fact.id not in known]
    if len(new) > MOST:
        raise UsageError(f"There are {len(new):,} new statements.", fix=f"import at most {MOST} at once: fewer files")
    gone = [record for record in kept if record.id not in ids]
    outcomes = await writer.remember(new, approval=BY_HAND, removing=[record.id for record in gone])
    changes = [
        Change(number=0, fact=fact, shown=outcome.record, is_new=True, redacted=outcome.redacted)
        for fact, outcome in zip(new, outcomes, strict=True)
        if isinstance(outcome, Remembered)
    ]
    changes += [Change(number=0, fact=record, shown=record, is_new=False) for record in gone]
    return Plan(
        readings=tuple(_reading(file, found, changes, known) for file, found in read.items()),
        changes=tuple(replace(change, number=number) for number, change in enumerate(changes, start=1)),
        passed_over=tuple(
            (fact, outcome) for fact, outcome in zip(new, outcomes, strict=True) if not isinstance(outcome, Remembered)
        ),
    )


async def carry_out(writer: MemoryWriter, planned: Plan) -> tuple[Outcome, ...]:
    """Keep and remove, all in one stroke; an Outcome for each fact that was to be kept.

    What a document says again comes back, unless somebody forgot it.
    """
    new = [change.fact for change in planned.changes if change.is_new]
    return await writer.remember(
        new,
        approval=BY_HAND,
        update=[fact.id for fact in new],
        removing=[change.fact.id for change in planned.changes if not change.is_new],
    )


def _reading(file: DocumentFile, found: document.Document, changes: Sequence[Change], known: set[str]) -> FileReading:
    own = [change.is_new for change in changes if change.fact.id.startswith(_prefix(file.path))]
    unchanged = sum(_id(file.path, statement.text) in known for statement in found.statements)
    return FileReading(file.path, sum(own), unchanged, len(own) - sum(own), found.left_out)


def _fact(file: DocumentFile, statement: document.Statement, *, namespace: str, now: datetime) -> Record:
    return Record(
        id=_id(file.path, statement.text),
        namespace=namespace or statement.namespace,
        text=statement.text,
        created_at=now,
        source=Source(url=file.link(statement.line)),
        cites=(f"{file.path}:{statement.line}",),
    )


def _id(path: str, text: str) -> str:
    """The id of a statement, however it is wrapped; nothing in it comes from a secret."""
    return f"{_prefix(path)}-{_digest(' '.join(redact(text).text.split()), 12)}"


def _prefix(path: str) -> str:
    """Begins the ids of all that comes from one file."""
    return f"d{_digest(path, 8)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:length]


def _numbers(text: str) -> set[int]:
    chosen: set[int] = set()
    for part in text.replace(" ", "").split(","):
        found = _NUMBERS.fullmatch(part)
        if found is None:
            raise UsageError(f"{text[:50]!r} is no choice of numbers.", fix="write them like 1,3-5")
        first = int(found["first"])
        chosen.update(range(first, int(found["last"] or first) + 1))
    return chosen
