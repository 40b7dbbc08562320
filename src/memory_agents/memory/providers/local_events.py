"""Events of sessions in a SQLite file of this machine, for a provider whose backend is no place for them.

Several processes may use the file at once. It is no copy of anything: what is wrong with it is told, never thrown away.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from memory_agents.core.ranking import microseconds
from memory_agents.core.records import MemoryEvent
from memory_agents.errors import MemoryTimeout, MemoryUnreachable
from memory_agents.memory.provider import EVENTS_KEPT, EVENTS_LIVE

_T = TypeVar("_T")
_WAIT_SECONDS = 10
"""for another process that writes"""
_TABLES = """
    -- session: the names of actor and session, which may hold anything, as a JSON list; created: microseconds.
    CREATE TABLE IF NOT EXISTS events (
        session TEXT, id TEXT, created INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (session, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS events_newest_first ON events (session, created DESC, id);
    CREATE INDEX IF NOT EXISTS events_by_age ON events (created);
"""


class LocalEvents:
    """MemoryEvents in `file`: see MemoryProvider for what becomes of them. No call blocks the event loop."""

    def __init__(self, file: Path, *, clock: Callable[[], datetime]) -> None:
        """`file` is made when needed. `clock`: the time at which events expire."""
        self._file = file
        self._clock = clock
        self._lock = asyncio.Lock()
        self._at_work = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    async def store(self, event: MemoryEvent) -> None:
        """Keep an event, and drop those that have expired or are too many."""
        session = _session(event.actor_id, event.session_id)
        row = (session, event.id, microseconds(event.created_at), _text(event))

        def work(file: sqlite3.Connection, oldest: int) -> None:
            file.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", row)
            file.execute("DELETE FROM events WHERE created <= ?", (oldest,))
            newest = "SELECT id FROM events WHERE session = ?1 ORDER BY created DESC, id LIMIT -1 OFFSET ?2"
            file.execute(f"DELETE FROM events WHERE session = ?1 AND id IN ({newest})", (session, EVENTS_KEPT))  # noqa: S608

        await self._done(work)

    async def list(self, actor_id: str, session_id: str, *, limit: int = 100) -> Sequence[MemoryEvent]:
        """Up to `limit` events of a session, newest first."""
        select = "SELECT event FROM events WHERE session = ? AND created > ? ORDER BY created DESC, id LIMIT ?"

        def work(file: sqlite3.Connection, oldest: int) -> Sequence[MemoryEvent]:
            rows = file.execute(select, (_session(actor_id, session_id), oldest, limit))
            return [_event(row[0]) for row in rows]

        return await self._done(work)

    async def delete(self, actor_id: str, session_id: str) -> int:
        """Forget a session; how many events it had."""

        def work(file: sqlite3.Connection, oldest: int) -> int:
            file.execute("DELETE FROM events WHERE created <= ?", (oldest,))
            return file.execute("DELETE FROM events WHERE session = ?", (_session(actor_id, session_id),)).rowcount

        return await self._done(work)

    async def close(self) -> None:
        """Let go of the file."""
        async with self._lock:
            if self._connection is not None:
                await asyncio.to_thread(self._close)

    async def _done(self, work: Callable[[sqlite3.Connection, int], _T]) -> _T:
        """What `work` gives for the file and the time, in microseconds, of the newest event that has expired."""
        oldest = microseconds(self._clock() - EVENTS_LIVE)
        async with self._lock:  # so that one thread at most waits for its turn
            return await asyncio.to_thread(self._transaction, work, oldest)

    def _transaction(self, work: Callable[[sqlite3.Connection, int], _T], oldest: int) -> _T:
        try:
            # The thread of a call that was cancelled may still be at work.
            with self._at_work, self._opened() as file:
                file.execute("BEGIN IMMEDIATE")
                return work(file, oldest)
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                told = f"Other processes write {self._file} all the time."
                raise MemoryTimeout(told, fix="run it again in a moment") from None
            raise self._unusable(error, "free space, or set MEMORY_AGENTS_STATE to another folder") from None
        except OSError as error:
            raise self._unusable(error, "set MEMORY_AGENTS_STATE to another folder") from None
        except (sqlite3.DatabaseError, LookupError, TypeError, ValueError) as error:
            raise self._unusable(
                error, "delete that file: it holds the events of the last days and nothing else"
            ) from None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and not self._file.exists():  # thrown away: nobody would find what is put there
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            file = sqlite3.connect(self._file, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                _use_wal(file)
                file.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last events, never the file
                file.executescript(_TABLES)
            except BaseException:
                file.close()
                raise
            self._connection = file
        return self._connection

    def _close(self) -> None:
        with self._at_work:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _unusable(self, error: Exception, fix: str) -> MemoryUnreachable:
        return MemoryUnreachable(f"Events are kept in {self._file}, which cannot be used: {error}.", fix=fix)


def _use_wal(file: sqlite3.Connection) -> None:
    """Write ahead, so that a write waits for no disk. SQLite waits for nobody here: so this does."""
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            file.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _is_busy(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _session(actor_id: str, session_id: str) -> str:
    return json.dumps([actor_id, session_id])


def _text(event: MemoryEvent) -> str:
    return json.dumps({**asdict(event), "created_at": event.created_at.isoformat()})


def _event(text: str) -> MemoryEvent:
    values = json.loads(text)
    return MemoryEvent(**{**values, "created_at": datetime.fromisoformat(values["created_at"])})
