"""A memory in one file: written whole or not at all, and believed only where it is as it was written."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import itertools
import os
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from memory_agents.core import backup
from memory_agents.core.backup import BackupFault, Entry, Header
from memory_agents.core.records import Notice, Record
from memory_agents.errors import UsageError
from memory_agents.memory.provider import MemoryProvider
from memory_agents.operations.copying import AT_ONCE, everything
from memory_agents.operations.patience import Patience

LONGEST_LINE = 4 * 1024 * 1024
"""bytes of one entry: more is no backup of ours, and would not be held in memory"""
_COMPRESSED = b"\x1f\x8b"
"""with which a file of gzip begins"""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made."""

    header: Header
    notices: tuple[Notice, ...]
    """what was wrong with the memory and got around; `partial` where some of it is missing"""


async def take(provider: MemoryProvider, body: BinaryIO, *, now: datetime, patience: Patience | None = None) -> Taken:
    """Write every entry into `body`, and say what stands there. Raises MemoryFailure."""
    patience = patience or Patience()
    counts: Counter[type] = Counter({Record: 0, str: 0, tuple: 0})
    checksum = hashlib.sha256()
    expected = (await patience.until_done(provider.get_info)).records or 0
    async for entries in everything(provider, patience):
        for entry in entries:
            line = backup.line_of(entry)
            body.write(line)
            checksum.update(line)
            counts[type(entry)] += 1
        patience.reached(counts[Record], expected)
    info = await patience.until_done(provider.get_info)
    header = Header(
        provider=info.provider,
        location=info.location,
        created_at=now,
        records=counts[Record],
        forgotten=counts[str],
        apart=counts[tuple],
        sha256=checksum.hexdigest(),
    )
    return Taken(header, info.notices)


@contextlib.contextmanager
def body_for(output: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file without a name where `output` will be, for `take`: nothing of it is left by a process that dies.

    Raises UsageError where no file may be put there, also where that shows only when it is written.
    """
    if output.exists() and not output.is_file():
        raise UsageError(f"{output} is no file.", fix="name a file, or - for the standard output")
    if output.exists() and not force:
        raise UsageError(f"{output} is there already.", fix="name another file, or add --force")
    with _telling(output, "written"), tempfile.TemporaryFile(dir=output.resolve().parent) as body:
        yield cast("BinaryIO", body)


def write(header: Header, body: BinaryIO, out: BinaryIO) -> None:
    """The whole backup, on `out`."""
    out.write(header.line())
    body.seek(0)
    shutil.copyfileobj(body, out)


def put(header: Header, body: BinaryIO, output: Path) -> int:
    """Make `output` the whole backup at once, for its owner alone; its size in bytes. `.gz` at its end compresses."""
    whole = output.resolve()
    made = whole.with_name(f".{whole.name[:80]}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            if whole.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
                    write(header, body, cast("BinaryIO", compressed))
            else:
                write(header, body, file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        made.replace(whole)
    finally:
        made.unlink(missing_ok=True)
    _settle(whole.parent)
    return size


def _settle(folder: Path) -> None:
    """Have the new name of a file survive a power cut, where the system can do that for a folder."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was checked: it is as it was made, and each of its lines is an entry."""

    header: Header
    file: BinaryIO
    name: str
    """for a person"""

    async def entries(self) -> AsyncIterator[Sequence[Entry]]:
        """All entries, some at a time. Raises UsageError where the file is not any more what was checked."""
        self.file.seek(0)
        lines = iter(lambda: self.file.readline(LONGEST_LINE), b"")
        _header(next(lines, b""), self.name)
        while some := list(itertools.islice(lines, AT_ONCE)):
            try:
                entries = [backup.entry_of(line) for line in some]
            except BackupFault:
                raise _changed(self.name) from None
            yield entries


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open and check the file at `path`, compressed or not. Raises UsageError, which says what to do."""
    with contextlib.ExitStack() as stack:
        with _telling(path, "read"):
            if path.exists() and not path.is_file():
                raise UsageError(f"{path} is no file.", fix="name the file of a backup, or - for the standard input")
            found = _found(stack.enter_context(path.open("rb")), str(path))
        yield found


@contextlib.contextmanager
def received(stream: BinaryIO, name: str) -> Iterator[Backup]:
    """The same for what can be read once only, such as the standard input; `name` is for a person."""
    with tempfile.TemporaryFile() as raw:
        with _telling(name, "read"):
            shutil.copyfileobj(stream, raw)
            found = _found(cast("BinaryIO", raw), name)
        yield found


def _found(raw: BinaryIO, name: str) -> Backup:
    raw.seek(0)
    is_compressed = raw.read(2) == _COMPRESSED
    raw.seek(0)
    file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_compressed else raw
    return Backup(_checked(file, name), file, name)


def _checked(file: BinaryIO, name: str) -> Header:
    """The Header of a backup, all of which is as it was made. Raises UsageError."""
    checksum, counts = hashlib.sha256(), Counter[type]()
    fault = ""
    try:
        lines = iter(lambda: file.readline(LONGEST_LINE), b"")
        header = _header(next(lines, b""), name)
        for number, line in enumerate(lines, start=2):
            checksum.update(line)
            try:
                counts[type(backup.entry_of(line))] += 1
            except BackupFault as error:
                fault = fault or f"{name}:{number}: {error.problem}."
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _changed(name) from None
    if checksum.hexdigest() != header.sha256:
        raise _changed(name)
    if fault:
        raise UsageError(fault, fix="make the backup anew; nothing was restored")
    if (counts[Record], counts[str], counts[tuple]) != (header.records, header.forgotten, header.apart):
        raise _changed(name)
    return header


def _header(line: bytes, name: str) -> Header:
    try:
        return backup.header_of(line)
    except BackupFault as error:
        raise UsageError(f"{name}:1: {error.problem}.", fix="name a file that `memory-agents backup` made") from None


def _changed(name: str) -> UsageError:
    return UsageError(
        f"{name} is cut short or was changed since it was made.", fix="take another copy of it, or an earlier backup"
    )


@contextlib.contextmanager
def _telling(place: Path | str, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fix = "make room, or name a file elsewhere" if error.errno in _FULL else "correct its name or permissions"
        raise UsageError(f"{place} cannot be {what}: {error.strerror}.", fix=fix) from None
