"""Writes that wait on disk, in order, and those that were given up. Every call blocks; use one thread.

A write is here once `put` has returned, whatever happens to the process then. The spool is a SQLite file that one
process holds at a time; what was given up stands beside it as JSON Lines, for people and for other processes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from memory_agents.core.record_values import record_of, values_of
from memory_agents.core.records import Approval, MemoryEvent, Notice, Record
from memory_agents.errors import MemoryFailure, MemoryThrottled, MemoryUnreachable

_TABLES = "CREATE TABLE IF NOT EXISTS writes (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, write TEXT NOT NULL)"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRecords:
    """See MemoryProvider.store_records. Their texts have passed the MemoryWriter: they lie on disk as they are."""

    records: tuple[Record, ...]
    approval: Approval
    update: tuple[str, ...] = ()
    removing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRecords:
    """See MemoryProvider.delete_records."""

    ids: tuple[str, ...]
    approval: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEvent:
    """See MemoryProvider.store_event."""

    event: MemoryEvent


Write = StoreRecords | DeleteRecords | StoreEvent


@dataclass(frozen=True, slots=True)
class Waiting:
    """A write that is on disk."""

    number: int
    id: str
    """of its own, also among those of a spool that was thrown away"""
    write: Write


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A write that was given up: trying again would not help."""

    id: str
    at: str
    """when, in ISO 8601"""
    problem: str
    fix: str
    write: Write


class Spool:
    """The writes in one folder. Every method may raise MemoryUnreachable."""

    def __init__(self, folder: Path, *, size: int) -> None:
        """`size`: how many writes may wait. `folder` is made by `open`."""
        self._folder = folder
        self._size = size
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Hold the folder for this process."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise MemoryUnreachable(
                f"{self._folder} cannot be written: {error.strerror}.", fix="set MEMORY_AGENTS_STATE to another folder"
            ) from None
        self._connection = sqlite3.connect(self._file, timeout=0, isolation_level=None)
        self._execute("PRAGMA locking_mode = EXCLUSIVE")
        self._execute("PRAGMA synchronous = EXTRA")
        self._execute("BEGIN EXCLUSIVE")  # the lock that it takes is held until the file is closed
        self._execute(_TABLES)
        self._execute("COMMIT")

    def close(self) -> None:
        """Let go of the folder."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def put(self, write: Write) -> None:
        """Keep a write behind all others. Raises MemoryThrottled where too many wait."""
        if self._count() >= self._size:
            raise MemoryThrottled(
                f"{self._size:,} writes to memory wait already.", fix="see `memory-agents status`, and try again later"
            )
        self._execute("INSERT INTO writes (id, write) VALUES (?, ?)", uuid.uuid4().hex, _text(write))

    def first(self) -> Waiting | None:
        """The write that has waited longest."""
        rows = self._execute("SELECT number, id, write FROM writes ORDER BY number LIMIT 1")
        return Waiting(rows[0][0], rows[0][1], _write(json.loads(rows[0][2]))) if rows else None

    def done(self, write: Waiting) -> None:
        """Take a write away."""
        self._execute("DELETE FROM writes WHERE number = ?", write.number)

    def give_up(self, write: Waiting, error: MemoryFailure, at: datetime) -> None:
        """Put a write among the dead letters, on a line of its own: a process may have died in the last one."""
        letter = {"id": write.id, "at": at.isoformat(), "problem": error.message, "fix": error.fix}
        line = json.dumps({**letter, "write": _values(write.write)}).encode() + b"\n"
        try:
            opened = os.open(dead_letters_file(self._folder), os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
            with os.fdopen(opened, "ab") as file:
                size = file.tell()
                is_torn = size > 0 and os.pread(opened, 1, size - 1) != b"\n"
                file.write(b"\n" + line if is_torn else line)
                file.flush()
                os.fsync(opened)
        except OSError as problem:
            raise MemoryUnreachable(
                f"{self._folder} cannot be written: {problem.strerror}.", fix="make room, or correct its permissions"
            ) from None
        self.done(write)

    @property
    def _file(self) -> Path:
        return self._folder / "writes.sqlite3"

    def _count(self) -> int:
        return int(self._execute("SELECT count(*) FROM writes")[0][0])

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        if self._connection is None:
            raise MemoryUnreachable("The queue of writes is closed.", fix="open it first")
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                fix = "end that process, or set MEMORY_AGENTS_STATE to another folder"
                raise MemoryUnreachable(f"Another process writes from {self._folder}.", fix=fix) from None
            raise MemoryUnreachable(f"{self._file} cannot be used: {error}.", fix="put that file aside") from None


def dead_letters_file(folder: Path) -> Path:
    """Where the writes of a folder stand that were given up."""
    return folder / "dead-letters.jsonl"


def dead_letters(folder: Path) -> tuple[DeadLetter, ...]:
    """The writes that were given up, oldest first, without the lines that cannot be read. Raises MemoryUnreachable."""
    return _letters(folder)[0]


def notices(folder: Path) -> tuple[Notice, ...]:
    """What a person should know of the writes of a folder that were given up; none of their texts."""
    try:
        letters, unreadable = _letters(folder)
    except MemoryUnreachable as error:
        return (Notice(text=error.message, fix=error.fix),)
    texts = []
    if letters:
        count = len(letters)
        texts.append(f"{count:,} writes could not be made and were given up." if count > 1 else "A write was given up.")
    if unreadable:
        texts.append(f"Lines that say what was given up and cannot be read: {unreadable:,}.")
    fix = f"see {dead_letters_file(folder)}, write again what is missed, and delete the file"
    return tuple(Notice(text=text, fix=fix) for text in texts)


def _letters(folder: Path) -> tuple[tuple[DeadLetter, ...], int]:
    """The writes that were given up, and how many lines cannot be read. Raises MemoryUnreachable."""
    file = dead_letters_file(folder)
    try:
        lines = file.read_bytes().split(b"\n")[:-1]  # a line without its end was being written when the process died
    except FileNotFoundError:
        return (), 0
    except OSError as error:
        raise MemoryUnreachable(f"{file} cannot be read: {error.strerror}.", fix="correct its permissions") from None
    letters: dict[str, DeadLetter] = {}  # by id: a process may have died behind writing one, and it stands there again
    unreadable = 0
    for line in lines:
        try:
            values = json.loads(line)
            letters[values["id"]] = DeadLetter(**{**values, "write": _write(values["write"])})
        except (AttributeError, KeyError, TypeError, ValueError):
            unreadable += 1
    return tuple(letters.values()), unreadable


def _text(write: Write) -> str:
    return json.dumps(_values(write))


def _values(write: Write) -> dict[str, Any]:
    match write:
        case StoreRecords():
            return {
                "records": [values_of(record) for record in write.records],
                "approval": asdict(write.approval),
                "update": write.update,
                "removing": write.removing,
            }
        case DeleteRecords():
            return {"ids": write.ids, "approval": asdict(write.approval)}
        case StoreEvent():
            return {"event": {**asdict(write.event), "created_at": write.event.created_at.isoformat()}}


def _write(values: dict[str, Any]) -> Write:
    if "event" in values:
        event = values["event"]
        return StoreEvent(event=MemoryEvent(**{**event, "created_at": datetime.fromisoformat(event["created_at"])}))
    approval = Approval(**values["approval"])
    if "ids" in values:
        return DeleteRecords(ids=tuple(values["ids"]), approval=approval)
    return StoreRecords(
        records=tuple(map(record_of, values["records"])),
        approval=approval,
        update=tuple(values["update"]),
        removing=tuple(values["removing"]),
    )
