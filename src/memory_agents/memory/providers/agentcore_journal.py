"""Journal: what this machine wrote a short time ago, and what it may have written.

The service shows a record that was created, changed or deleted about a minute later. Until then what was written here
is laid over what the service says. A batch that got no answer is kept with its token: sent again as it was, the
service makes it once. Both outlive the process, in a small file that may be lost: a write by a process that was killed
may then be made twice, which is mended at the next write. A file that cannot be used is done without.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory_agents.errors import MemoryFailure
from memory_agents.memory.index import IndexCorrupt
from memory_agents.memory.index.database import Schema, connect, identity, renew, transaction
from memory_agents.memory.providers.agentcore_records import Held, held_of

LIVES = timedelta(minutes=15)
"""what is older is visible, and a token is not known any more"""
UNSHOWN = timedelta(minutes=3)
"""what the service does not show after that, somebody has deleted"""
_WAIT_SECONDS = 2.0
"""for another process that has the file"""

_TABLES = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- Batches without an answer: the entries as they were sent.
    CREATE TABLE sent (token TEXT PRIMARY KEY, at TEXT NOT NULL, entries TEXT NOT NULL) WITHOUT ROWID;
    -- What was written under an id of the service; without an entry it was deleted.
    CREATE TABLE written (service_id TEXT PRIMARY KEY, at TEXT NOT NULL, entry TEXT) WITHOUT ROWID;
    -- Sessions that were deleted, with a name for what follows: the same events may be stored again.
    CREATE TABLE deleted (session TEXT PRIMARY KEY, at TEXT NOT NULL, generation TEXT NOT NULL) WITHOUT ROWID;
"""
_KEEP = "INSERT OR REPLACE INTO written VALUES (?, ?, ?)"
_SCHEMA = Schema("journal of writes", _TABLES, lambda: "2", seconds=_WAIT_SECONDS)

Entry = dict[str, Any]
"""of a request to create records"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch that was sent and perhaps not received."""

    token: str
    at: datetime
    entries: Sequence[Entry]
    held: Sequence[Held]
    """what the entries say"""


class Journal:
    """The writes of the last minutes. Its methods that write do so in a thread."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        """Nothing is opened before `open`."""
        self._path = path
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._sent: dict[str, Sent] = {}
        self._written: dict[str, tuple[datetime, Held | None]] = {}
        """service's id → when and what; None: deleted"""
        self._generations: dict[str, str] = {}
        """session → name"""
        self._seen: set[str] = set()
        """ids of the service that it shows as they were written"""
        self.notice = ""
        """that the file cannot be used, or had to be made anew"""

    def open(self) -> None:
        """Read what is kept; blocks."""
        if self._connection is not None:
            return
        try:
            self._connection, self.notice = connect(self._path, _SCHEMA)
            # A process may be killed at any time; the machine itself seldom is within the minutes that count.
            self._connection.execute("PRAGMA synchronous = OFF")
            try:
                self._load(self._connection)
            except (AttributeError, IndexCorrupt, KeyError, TypeError, ValueError) as error:
                self._connection.close()
                self._connection, self.notice = renew(self._path, str(error), identity(self._path), _SCHEMA)
        except (MemoryFailure, OSError, sqlite3.Error) as error:
            self._give_up(error)

    def _load(self, connection: sqlite3.Connection) -> None:
        ended = ((self._clock() - LIVES).isoformat(),)
        with transaction(connection, "IMMEDIATE"):
            for table in ("sent", "written", "deleted"):
                connection.execute(f"DELETE FROM {table} WHERE at < ?", ended)  # noqa: S608
            sent = connection.execute("SELECT token, at, entries FROM sent").fetchall()
            written = connection.execute("SELECT service_id, at, entry FROM written").fetchall()
            self._generations = dict(connection.execute("SELECT session, generation FROM deleted").fetchall())
        for token, at, text in sent:
            entries = [_read(entry) for entry in json.loads(text)]
            held = [_held(entry) for entry in entries]
            self._sent[token] = Sent(token=token, at=_time(at), entries=entries, held=held)
        for service_id, at, text in written:
            held_now = _held(_read(json.loads(text))).as_of(service_id) if text else None
            self._written[service_id] = (_time(at), held_now)

    def _give_up(self, error: Exception) -> None:
        """Go on without the file."""
        self.close()
        why = error.message if isinstance(error, MemoryFailure) else error
        self.notice = f"The {_SCHEMA.name} is given up for this run: {self._path} cannot be used ({why})."

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def pending(self, keys: Collection[str]) -> list[Sent]:
        """Batches without an answer that are about one of the keys."""
        start = self._clock() - LIVES
        self._sent = {token: sent for token, sent in self._sent.items() if sent.at >= start}
        return [sent for sent in self._sent.values() if not {held.key for held in sent.held}.isdisjoint(keys)]

    async def sending(self, sent: Sent) -> None:
        """Keep what is about to be sent."""
        self._sent[sent.token] = sent
        at = sent.at.isoformat()
        await self._execute(
            "INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", lambda: [(sent.token, at, _json(sent.entries))]
        )

    async def answered(self, token: str, written: Sequence[tuple[Held, Entry]]) -> None:
        """Keep what a batch made. It is pending no more."""
        self._sent.pop(token, None)
        await self.updated(written)
        await self._execute("DELETE FROM sent WHERE token = ?", lambda: [(token,)])

    async def updated(self, written: Sequence[tuple[Held, Entry]]) -> None:
        """Keep what is held under ids of the service, and the entries that said it."""
        now = self._clock()
        for held, _ in written:
            self._written[held.service_id] = (now, held)
            self._seen.discard(held.service_id)
        at = now.isoformat()
        rows = [(held.service_id, at, entry) for held, entry in written]
        await self._execute(_KEEP, lambda: [(its, at, _json(entry)) for its, at, entry in rows])

    async def deleted(self, service_ids: Collection[str]) -> None:
        """Keep what is gone."""
        now = self._clock()
        self._written |= dict.fromkeys(service_ids, (now, None))
        await self._execute(_KEEP, lambda: [(its, now.isoformat(), None) for its in service_ids])

    def generation(self, session: str) -> str:
        """What tells events of a session that was deleted from those before; '' if it was not."""
        return self._generations.get(session, "")

    async def begin(self, session: str, generation: str) -> None:
        """Keep that a session was deleted."""
        self._generations[session] = generation
        row = (session, self._clock().isoformat(), generation)
        await self._execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", lambda: [row])

    @property
    def size(self) -> int:
        """Writes that the service has not been seen to show."""
        return len(self._written)

    def over(self, shown: Sequence[Held], wanted: Callable[[Held], bool]) -> list[Held]:
        """What the service shows with what was written here over it, of what is wanted."""
        if not self._written:
            return [held for held in shown if wanted(held)]
        ids = {held.service_id for held in shown}
        return [held for held in (*self.now(shown), *self.unshown(ids)) if wanted(held)]

    def now(self, shown: Iterable[Held]) -> list[Held]:
        """What the service shows, as it was written here last.

        What the service shows as it was written here, or as somebody wrote it later, is its own from then on.
        """
        start = self._clock() - LIVES
        self._written = {its: row for its, row in self._written.items() if row[0] >= start}
        found = []
        for held in shown:
            _, mine = self._written.get(held.service_id, (start, held))
            if mine is None:
                continue
            if held.at > mine.at or (held.key, held.record) == (mine.key, mine.record):
                mine = held
                if self._written.pop(held.service_id, None):
                    self._seen.add(held.service_id)
            found.append(mine)
        return found

    def unshown(self, ids: Collection[str]) -> list[Held]:
        """What was written here a short time ago and is not among the service's ids that it shows."""
        start = self._clock() - UNSHOWN
        return [held for its, (at, held) in self._written.items() if held and at >= start and its not in ids]

    async def _execute(self, statement: str, rows: Callable[[], list[tuple[Any, ...]]]) -> None:
        """Run a statement for each row, in a thread: another process may have the file.

        A file that cannot be written is given up: what it says of this process is known without it.
        """
        connection = self._connection
        if connection is None:
            return
        seen, self._seen = [(its,) for its in self._seen], set()

        def run() -> None:
            with self._lock, transaction(connection, "IMMEDIATE"):
                connection.executemany("DELETE FROM written WHERE service_id = ?", seen)
                connection.executemany(statement, rows())

        try:
            await asyncio.to_thread(run)
        except (IndexCorrupt, MemoryFailure, sqlite3.Error) as error:
            self._give_up(error)


def _held(entry: Entry) -> Held:
    held = held_of({**entry, "memoryRecordId": ""})
    if held is None:
        raise IndexCorrupt("the journal of writes is damaged")
    return held


def _json(entry: Entry | Sequence[Entry]) -> str:
    """Entries with their times as text."""
    return json.dumps(entry, default=datetime.isoformat)


def _read(entry: Entry) -> Entry:
    return {**entry, "timestamp": _time(entry["timestamp"])}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
