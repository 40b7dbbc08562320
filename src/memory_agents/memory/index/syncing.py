"""Bringing the index in step with what it is derived from, in one transaction."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_agents.core import ranking
from memory_agents.core.ranking.paths import folder, is_past
from memory_agents.core.ranking.postings import fields, invert
from memory_agents.core.records import Record
from memory_agents.errors import MemoryTimeout
from memory_agents.memory.index import codec, segments
from memory_agents.memory.index.corrupt import IndexCorrupt
from memory_agents.memory.index.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_RECORDS_AT_ONCE = 2_000
"""that are taken apart into words at once, which takes more memory than they do"""

_CUT_OFF = "cut-off "
"""what its key begins with, before the name of the model"""

Load = Callable[[Sequence[str]], Iterable[tuple[str, Record | None]]]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, and what it found wrong in all that the index holds."""

    added: int
    changed: int
    removed: int
    unreadable: tuple[str, ...] = ()
    """keys of what cannot be read"""
    duplicates: tuple[str, ...] = ()
    """keys of Records that cannot be found, because a smaller key has a Record of the same id"""


def entries(connection: sqlite3.Connection) -> dict[str, str]:
    """key → version of all rows, in a transaction of the caller."""
    return {_text(key): _text(version) for key, version in connection.execute("SELECT key, version FROM records")}


def version(connection: sqlite3.Connection) -> str:
    """What it was last synced with, '' at first, in a transaction of the caller."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return str(row[0]) if row else ""


def cut_off(connection: sqlite3.Connection, model: str) -> float | None:
    """The score below which nothing is shown, where it was measured, in a transaction of the caller.

    `model`: whose vectors help to rank, which makes the scores; '' for words alone.
    """
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_CUT_OFF + model,)).fetchone()
    if row is None:
        return None
    try:
        value = float(row[0])
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        reason = "its cut-off is damaged"
        raise IndexCorrupt(reason)
    return value


def set_cut_off(connection: sqlite3.Connection, model: str, value: float | None) -> None:
    """Keep it for that model, or forget it, in a transaction of the caller."""
    connection.execute("DELETE FROM meta WHERE key = ?", (_CUT_OFF + model,))
    if value is not None:
        connection.execute("INSERT INTO meta VALUES (?, ?)", (_CUT_OFF + model, repr(value)))


def keys(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """id → keys, ascending, of the ids that there are, in a transaction of the caller."""
    question = "SELECT key FROM records WHERE id = ? ORDER BY key"
    found = ((its, connection.execute(question, (blob(its),)).fetchall()) for its in ids)
    return {its: tuple(_text(row[0]) for row in rows) for its, rows in found if rows}


def sync(
    connection: sqlite3.Connection,
    wanted: Mapping[str, str],
    load: Load,
    *,
    version: str,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> SyncReport:
    """Make the index hold exactly `wanted`; MemoryTimeout soon after `is_cancelled`."""
    loaded: dict[str, Record | None] = {}
    while True:
        with transaction(connection, "IMMEDIATE"):
            known = entries(connection)
            stale = sorted(key for key, its in wanted.items() if known.get(key) != its)
            missing = [key for key in stale if key not in loaded]
            if not missing:
                return _apply(
                    connection,
                    known,
                    {key: (wanted[key], loaded[key]) for key in stale},
                    known.keys() - wanted.keys(),
                    version=version,
                    is_cancelled=is_cancelled,
                )
        # Loading may take long and so is done without the lock. Whatever another process changed
        # meanwhile is seen in the next round.
        loaded.update(dict.fromkeys(missing))
        loaded.update(load(missing))


def update(
    connection: sqlite3.Connection,
    changes: Mapping[str, Record | None],
    *,
    version: str,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Put the Records and remove the keys without one; the rest stays, unread."""
    with transaction(connection, "IMMEDIATE"):
        put = {key: ("", record) for key, record in sorted(changes.items()) if record is not None}
        _change(connection, put, changes.keys(), version=version, is_cancelled=is_cancelled)


def blob(text: str) -> bytes:
    """Text as it is kept where it is compared: a path may hold what UTF-8 cannot."""
    return text.encode("utf-8", "surrogatepass")


def _text(data: object) -> str:
    if not isinstance(data, bytes):
        reason = "a key of it is damaged"
        raise IndexCorrupt(reason)
    return data.decode("utf-8", "surrogatepass")


def _apply(
    connection: sqlite3.Connection,
    known: Mapping[str, str],
    stale: Mapping[str, tuple[str, Record | None]],
    gone: set[str],
    *,
    version: str,
    is_cancelled: Callable[[], bool],
) -> SyncReport:
    _change(connection, stale, gone | stale.keys(), version=version, is_cancelled=is_cancelled)
    rows = connection.execute("SELECT key, shadowed FROM records WHERE id IS NULL OR shadowed ORDER BY key").fetchall()
    return SyncReport(
        added=len(stale.keys() - known.keys()),
        changed=len(stale.keys() & known.keys()),
        removed=len(gone),
        unreadable=tuple(_text(key) for key, shadowed in rows if not shadowed),
        duplicates=tuple(_text(key) for key, shadowed in rows if shadowed),
    )


def _change(
    connection: sqlite3.Connection,
    put: Mapping[str, tuple[str, Record | None]],
    gone: Iterable[str],
    *,
    version: str,
    is_cancelled: Callable[[], bool],
) -> None:
    """Forget the keys that are `gone`, known or not, and then put key → (version, Record)."""
    touched = _forget(connection, gone)
    added = {_insert(connection, key, its, record): record for key, (its, record) in put.items()}
    found = {document: record for document, record in added.items() if record is not None}
    _index(connection, found, is_cancelled)
    _settle_duplicates(connection, touched | {blob(record.id) for record in found.values()})
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", (version,))


def _forget(connection: sqlite3.Connection, keys: Iterable[str]) -> set[bytes]:
    """Remove the rows of the keys; the ids of their Records."""
    rows = [
        row
        for key in keys
        for row in connection.execute("DELETE FROM records WHERE key = ? RETURNING document, id", (blob(key),))
    ]
    connection.executemany("DELETE FROM contents WHERE document = ?", ((document,) for document, _ in rows))
    if rows:
        segments.remove(connection, {document for document, _ in rows})
    return {record_id for _, record_id in rows if record_id is not None}


def _insert(connection: sqlite3.Connection, key: str, version: str, record: Record | None) -> int:
    """Store one row and return its document number."""
    described: tuple[object, ...] = (None, None, None, None, False)
    if record is not None:
        described = (
            blob(record.id),
            blob(record.source.url) if record.source.url else None,
            _namespace(connection, record.namespace),
            ranking.microseconds(record.created_at),
            bool(record.paths) and not _is_placed(record),
        )
    number = connection.execute(
        "INSERT INTO records (key, version, id, url, namespace, created, scoped) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (blob(key), blob(version), *described),
    ).lastrowid
    if record is not None:
        connection.execute("INSERT INTO contents VALUES (?, ?)", (number, codec.seal(codec.encode(record))))
    return number or 0


def content(connection: sqlite3.Connection, document: int) -> Record:
    """The Record of that number, or raise IndexCorrupt."""
    row = connection.execute("SELECT record FROM contents WHERE document = ?", (document,)).fetchone()
    return codec.decode(codec.unseal(row and row[0]))


def record_id(connection: sqlite3.Connection, document: int) -> bytes:
    """The id of the Record of that number, in a form that sorts as ids do; empty if it is not there."""
    row = connection.execute("SELECT id FROM records WHERE document = ?", (document,)).fetchone()
    return bytes(row[0]) if row else b""


def _namespace(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO namespaces (name) VALUES (?)", (name,))
    return int(connection.execute("SELECT number FROM namespaces WHERE name = ?", (name,)).fetchone()[0])


def _is_placed(record: Record) -> bool:
    """Whether it stands on one file, whose number then stands in its DOCUMENT, so that it need not be read."""
    return is_past(record) and len(record.paths) == 1


def _path(connection: sqlite3.Connection, path: str) -> int:
    connection.execute("INSERT OR IGNORE INTO paths (path, folder) VALUES (?, ?)", (blob(path), blob(folder(path))))
    return int(connection.execute("SELECT number FROM paths WHERE path = ?", (blob(path),)).fetchone()[0])


def _index(
    connection: sqlite3.Connection, added: Mapping[int, Record], is_cancelled: Callable[[], bool] = lambda: False
) -> None:
    """Make the Records, by document number ascending, findable."""
    rows = iter(added.items())
    while some := dict(itertools.islice(rows, _RECORDS_AT_ONCE)):
        inverted = invert((document, *fields(record)) for document, record in _until(is_cancelled, some))
        described = np.zeros(len(some), dtype=segments.DOCUMENT)
        for name in inverted.lengths.dtype.names or ():
            described[name] = inverted.lengths[name]
        described["namespace"] = [_namespace(connection, record.namespace) for record in some.values()]
        described["path"] = [
            _path(connection, record.paths[0]) if _is_placed(record) else 0 for record in some.values()
        ]
        described["approved"] = [record.approved for record in some.values()]
        described["created"] = [ranking.microseconds(record.created_at) for record in some.values()]
        described["expires"] = [
            ranking.microseconds(record.expires_at) if record.expires_at else segments.NEVER for record in some.values()
        ]
        keys = [[ranking.text_key(text) for text in ranking.embedded_texts(record)] for record in some.values()]
        described["title_key"], described["text_key"] = np.array(keys, dtype=np.uint64).T
        segments.add(connection, inverted, described)


def _until(is_cancelled: Callable[[], bool], added: Mapping[int, Record]) -> Iterator[tuple[int, Record]]:
    for entry in added.items():
        if is_cancelled():
            raise MemoryTimeout("The local index was not made in time.", fix="raise `timeout-seconds`")
        yield entry


def _settle_duplicates(connection: sqlite3.Connection, ids: Iterable[bytes]) -> None:
    """Of Records with one of these ids let the one with the smallest key be found, and no other."""
    hidden, shown = set(), set()
    for record_id in ids:
        rows = connection.execute("SELECT document, shadowed FROM records WHERE id = ? ORDER BY key", (record_id,))
        for place, (document, shadowed) in enumerate(rows.fetchall()):
            if place and not shadowed:
                hidden.add(document)
            if shadowed and not place:
                shown.add(document)
    if hidden:
        connection.executemany("UPDATE records SET shadowed = 1 WHERE document = ?", [(n,) for n in hidden])
        segments.remove(connection, hidden)
    # What comes back gets a new number: its postings may have been merged away.
    revived = {}
    for document in sorted(shown):
        record = content(connection, document)
        connection.execute("DELETE FROM contents WHERE document = ?", (document,))
        key, version = connection.execute(
            "DELETE FROM records WHERE document = ? RETURNING key, version", (document,)
        ).fetchone()
        revived[_insert(connection, _text(key), _text(version), record)] = record
    _index(connection, revived)
