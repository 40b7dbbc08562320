"""SQLite files that are derived: opening them, throwing them away; and the tables of the index.

Whoever finds the file unreadable, damaged or of another format puts a new one in its place: all of
it is derived. Where no file can be written, the index lives in memory for this run.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_agents.errors import MemoryTimeout, MemoryUnreachable
from memory_agents.memory.index.corrupt import IndexCorrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 3
"""of the tables, the blobs and the analysis of text: count it up when any of them changes"""
WAIT_SECONDS = 15.0
"""for another process that is writing"""

_CACHE_KIB = 32 * 1024
"""of the file, kept in memory at most: questions that follow read the same pages"""

# A damaged name in the schema makes an error whose own message cannot be decoded.
_DAMAGE = (sqlite3.Error, UnicodeDecodeError)

_OF_THE_MACHINE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
)
"""result codes that say nothing against the file: it is kept"""
_NO_FILE = (0, 0)

_TABLES = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE namespaces (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE paths (number INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, folder BLOB NOT NULL);
    CREATE INDEX paths_by_folder ON paths (folder);
    -- One row for each key: without an id if what it names cannot be read, shadowed if a smaller key
    -- has a Record of the same id, scoped if it has globs. The Records stand apart: so this stays small.
    CREATE TABLE records (
        document INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, version BLOB NOT NULL, id BLOB,
        url BLOB, namespace INTEGER, created INTEGER, scoped INTEGER NOT NULL DEFAULT 0,
        shadowed INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE contents (document INTEGER PRIMARY KEY, record BLOB NOT NULL);
    CREATE INDEX records_by_id ON records (id, shadowed, key) WHERE id IS NOT NULL;
    CREATE INDEX records_by_url ON records (url) WHERE url IS NOT NULL;
    CREATE INDEX records_scoped ON records (document) WHERE scoped;
    CREATE TABLE segments (segment INTEGER PRIMARY KEY AUTOINCREMENT, documents BLOB NOT NULL);
    -- A segment is written, read and dropped as one stretch of the file, its terms in order.
    CREATE TABLE postings (
        segment INTEGER NOT NULL, term TEXT NOT NULL, postings BLOB NOT NULL, PRIMARY KEY (segment, term)
    ) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a derived file holds. Its tables must have `meta`, where its format is kept."""

    name: str
    """for a person: `local index`"""
    tables: str
    format: Callable[[], str]
    """another format than a file's own makes the file useless"""
    seconds: float = WAIT_SECONDS
    """to wait for another process that writes"""

    def made(self) -> frozenset[str]:
        """What SQLite keeps of the tables and indexes: nothing else may be in the file, such as a view or a trigger."""
        statements = (
            statement[at:].strip() for statement in self.statements() if (at := statement.find("CREATE ")) >= 0
        )
        return frozenset(statements)

    def statements(self) -> list[str]:
        """What makes the tables."""
        return [statement for part in self.tables.split(";\n") if (statement := part.strip())]


def format_label() -> str:
    """The format of this program's index; another stemmer makes other terms."""
    import Stemmer  # native code that only a search needs

    return f"{FORMAT} {Stemmer.version()}"


INDEX = Schema("local index", _TABLES, format_label)


def connect(path: Path, schema: Schema = INDEX) -> tuple[sqlite3.Connection, str]:
    """A connection to the file at `path`, and why it had to be made anew ('' if it had not).

    A file that is not there yet is made without a word.
    """
    found = identity(path)
    try:
        return _open(path, schema), ""
    except IndexCorrupt as error:
        return renew(path, error.reason, found, schema)


def renew(path: Path, reason: str, bad: tuple[int, int], schema: Schema = INDEX) -> tuple[sqlite3.Connection, str]:
    """A connection to an empty file instead of the file `bad` (see `identity`) at `path`, and a sentence why.

    If another process has put a new file there meanwhile, that one is used.
    """
    try:
        if identity(path) == bad != _NO_FILE:
            # The journal goes first: beside a new file it would be taken for that one's.
            for suffix in ("-journal", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        return _open(path, schema), f"The {schema.name} was built anew: {reason}."
    except (OSError, IndexCorrupt) as error:
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        _make_tables(memory, schema)
        cause = error.reason if isinstance(error, IndexCorrupt) else error.strerror
        return memory, f"The {schema.name} is kept in memory for this run: {path} cannot be used ({cause})."


def identity(path: Path) -> tuple[int, int]:
    """Which file is at `path` now: one that is put in its place later has another identity."""
    try:
        found = path.stat()
    except OSError:
        return _NO_FILE
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "DEFERRED") -> Iterator[None]:
    """All of it or nothing; an error of SQLite becomes IndexCorrupt, or MemoryTimeout if others write all the time.

    Reading inside another transaction is a part of that one.
    """
    try:
        if kind == "DEFERRED" and connection.in_transaction:
            yield
            return
        connection.execute(f"BEGIN {kind}")
        try:
            yield
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.ProgrammingError as error:  # whoever was in a hurry closed it: nothing is wrong with the file
        message = "The local index was closed meanwhile."
        raise MemoryTimeout(message, fix="raise `timeout-seconds`") from error
    except _DAMAGE as error:
        if _is_busy(error):
            message = "Another process is writing the local index."
            raise MemoryTimeout(message, fix="run it again") from error
        if _code(error) in _OF_THE_MACHINE:
            message = f"The local index cannot be written or read: {error}."
            raise MemoryUnreachable(message, fix="free space, or set MEMORY_AGENTS_STATE to another folder") from error
        raise IndexCorrupt(str(error)) from error


def _is_busy(error: Exception) -> bool:
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _code(error: Exception) -> int:
    """SQLite's primary result code; 0 where the error has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _open(path: Path, schema: Schema) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=schema.seconds, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise IndexCorrupt(str(error)) from error
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        fault = _fault(path, connection, schema)
    except _DAMAGE as error:
        # A file that others are writing is in use, not damaged.
        fault = "" if _is_busy(error) else str(error)
    if fault:
        connection.close()
        raise IndexCorrupt(fault)
    return connection


def _fault(path: Path, connection: sqlite3.Connection, schema: Schema) -> str:
    """Why the file cannot be used, or ''; an empty file gets its tables."""
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return "it is read-only"
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        _make_tables(connection, schema)
    if _made(connection) != schema.made():
        return "it has other tables"
    row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    return "" if row == (schema.format(),) else "it has another format"


def _made(connection: sqlite3.Connection) -> frozenset[str]:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'sqlite_sequence'")
    return frozenset(row[0] for row in rows)


def _make_tables(connection: sqlite3.Connection, schema: Schema) -> None:
    with transaction(connection, "IMMEDIATE"):
        # Another process may have made them while this one waited.
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for statement in schema.statements():
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('format', ?)", (schema.format(),))
