"""A backup is a file that is written whole, and believed only where it is as it was written."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import itertools
import json
import resource
import stat
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory_agents.core.records import Record
from memory_agents.errors import MemoryUnreachable, UsageError
from memory_agents.operations import backup, copying
from memory_agents.operations.backup import Backup, Taken
from memory_agents.testing.conformance.samples import PAST, WHOLE, fact, facts
from memory_agents.testing.in_memory import InMemoryProvider, InMemoryStore
from tests.memories import KINDS, held, memory, writer

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def kept(provider: InMemoryProvider, file: Path, *, force: bool = False) -> Taken:
    with backup.body_for(file, force=force) as body:
        taken = asyncio.run(backup.take(provider, body, now=NOW))
        assert backup.put(taken.header, body, file) == file.stat().st_size
    return taken


def full() -> InMemoryProvider:
    records = {record.id: record for record in (WHOLE, PAST, *facts(2))}
    return InMemoryProvider(InMemoryStore(records, forgotten={fact(3).id}, apart={(3, 7)}))


def restored(file: Path) -> InMemoryProvider:
    """A memory that had nothing before."""
    provider = InMemoryProvider()
    with backup.opened(file) as found:
        asyncio.run(copying.copy(found.entries(), provider, writer(provider)))
    return provider


@pytest.mark.parametrize("name", ["memory.jsonl", "memory.jsonl.gz"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_memory_comes_back_from_its_backup(tmp_path: Path, kind: str, name: str) -> None:
    async with memory(kind, tmp_path) as provider:
        before = full()
        await copying.copy(copying.everything(before), provider, writer(provider))
        with backup.body_for(tmp_path / name, force=False) as body:
            taken = await backup.take(provider, body, now=NOW)
            backup.put(taken.header, body, tmp_path / name)
    after = InMemoryProvider()
    with backup.opened(tmp_path / name) as found:
        assert found.header == taken.header
        done = await copying.copy(found.entries(), after, writer(after))
    assert (done.stored, done.forgotten, done.apart) == (4, 1, 1)
    assert await held(after) == await held(before)


def test_the_first_line_says_where_it_is_from_what_is_in_it_and_the_checksum_of_the_rest(tmp_path: Path) -> None:
    kept(full(), tmp_path / "m")
    first, rest = (tmp_path / "m").read_bytes().split(b"\n", 1)
    assert json.loads(first) == {
        "format": "memory-agents backup",
        "version": 1,
        "provider": "in-memory",
        "location": "this process",
        "created_at": "2026-03-01T00:00:00+00:00",
        "records": 4,
        "forgotten": 1,
        "apart": 1,
        "sha256": hashlib.sha256(rest).hexdigest(),
    }
    assert [next(iter(json.loads(line))) for line in rest.splitlines()] == ["record"] * 4 + ["forgotten", "apart"]


def test_a_memory_without_anything_has_a_backup_too(tmp_path: Path) -> None:
    kept(InMemoryProvider(), tmp_path / "m")
    assert restored(tmp_path / "m").store == InMemoryStore()


def test_only_its_owner_may_read_it_and_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "m"
    file.write_text("An older one.")
    file.chmod(0o644)
    kept(full(), file, force=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_there_is_written_over_only_where_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "m"
    file.write_text("Mine.")
    with pytest.raises(UsageError, match=r"is there already.*--force"):
        kept(full(), file)
    assert file.read_text() == "Mine."


@pytest.mark.parametrize(
    ("place", "problem"), [("", "is no file"), ("none/m", "cannot be written"), ("file/m", "cannot be written")]
)
def test_where_no_file_can_be_is_told_before_anything_is_read(tmp_path: Path, place: str, problem: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=problem):
        kept(full(), tmp_path / place, force=True)


class Broken(InMemoryProvider):
    """Its connection ends in the middle of a scan."""

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        yield [fact(1)]
        raise MemoryUnreachable("The connection ended.", fix="try again")


def test_a_backup_that_fails_in_the_middle_leaves_the_earlier_one_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "m"
    kept(full(), file)
    before = file.read_bytes()
    with pytest.raises(MemoryUnreachable):
        kept(Broken(), file, force=True)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("spare", [-10_000, 0])
def test_a_disk_that_is_full_is_told_with_the_file_and_the_earlier_one_stays(tmp_path: Path, spare: int) -> None:
    """Full while memory is read, and when all of it was: then the first line finds no room."""
    file = tmp_path / "m"
    kept(full(), file)
    before = file.read_bytes()
    long = InMemoryProvider(InMemoryStore({record.id: record for record in facts(500)}))
    kept(long, tmp_path / "size")
    body = len((tmp_path / "size").read_bytes().partition(b"\n")[2])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (body + spare, limits[1]))
    try:
        with pytest.raises(UsageError) as error:
            kept(long, file, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.message == f"{file} cannot be written: File too large."
    assert "make room" in error.value.fix
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "size"]


def refused(file: Path) -> str:
    with pytest.raises(UsageError) as error, backup.opened(file):
        pass
    assert error.value.fix
    return error.value.message


@pytest.fixture
def file(tmp_path: Path) -> Path:
    kept(full(), tmp_path / "m")
    return tmp_path / "m"


def test_a_file_that_was_cut_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    first = whole.index(b"\n")
    for end in range(first + 1, len(whole), 7):
        file.write_bytes(whole[:end])
        assert "cut short or was changed" in refused(file)
    for end in (0, 1, first - 5):
        file.write_bytes(whole[:end])
        assert "no backup" in refused(file)


def test_a_compressed_file_that_was_cut_anywhere_or_damaged_is_refused(file: Path) -> None:
    whole = gzip.compress(file.read_bytes(), mtime=0)
    for end in range(0, len(whole), 7):
        file.write_bytes(whole[:end])
        refused(file)
    for at in range(0, len(whole), 7):
        if at not in range(4, 10):  # time, kind and system: of no account
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
            refused(file)


CHANGES: list[Callable[[bytes], bytes]] = [
    lambda whole: whole.replace(b"Rule 1", b"Rule 9", 1),
    lambda whole: whole + b'{"apart": [1, 2]}\n',
    lambda whole: b"\n".join(line for line in whole.split(b"\n") if b"forgotten" not in line[:14]),
    lambda whole: whole.replace(b'"records": 4', b'"records": 5', 1),
    lambda whole: whole.replace(b"\n", b"\r\n"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_changed_is_refused(file: Path, change: Callable[[bytes], bytes]) -> None:
    before = file.read_bytes()
    file.write_bytes(change(before))
    assert file.read_bytes() != before
    assert "cut short or was changed" in refused(file)


def test_a_line_that_is_wrong_in_itself_is_named_by_its_number(file: Path) -> None:
    first, _, rest = file.read_bytes().partition(b"\n")
    rest = rest.replace(b"2026-03-01T12:31:15.123456+00:00", b"2026-03-01T12:31:15.123456", 1)
    sums = hashlib.sha256(rest).hexdigest()
    file.write_bytes(json.dumps({**json.loads(first), "sha256": sums}).encode() + b"\n" + rest)
    number = next(n for n, line in enumerate(rest.splitlines(), 2) if b'123456"' in line)
    assert refused(file) == f"{file}:{number}: `created_at` is no time with its zone."


def test_a_backup_of_a_later_version_and_what_is_none_are_told_apart(file: Path, tmp_path: Path) -> None:
    for version in (b"true", b"1.0"):
        other = tmp_path / "other"
        other.write_bytes(file.read_bytes().replace(b'"version": 1', b'"version": ' + version, 1))
        with pytest.raises(UsageError, match="it is a backup of version"), backup.opened(other):
            pass
    file.write_bytes(file.read_bytes().replace(b'"version": 1', b'"version": 2', 1))
    assert refused(file) == f"{file}:1: it is a backup of version 2, and this program reads version 1."
    file.write_text("# Notes\n")
    assert refused(file) == f"{file}:1: it is no backup of memory-agents."
    assert refused(tmp_path / "none").endswith("cannot be read: No such file or directory.")
    assert refused(tmp_path).endswith("is no file.")


def test_a_line_without_an_end_is_not_held_in_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "LONGEST_LINE", 10_000)
    file.write_bytes(b"x" * 1_000_000)
    assert "no backup" in refused(file)


async def read_again(found: Backup) -> int:
    return sum([len(some) async for some in found.entries()])


def test_a_file_that_changes_after_it_was_checked_is_not_believed(file: Path) -> None:
    with backup.opened(file) as found:
        whole = file.read_bytes()
        file.write_bytes(whole.replace(b'"id": "f', b'"ID": "f'))
        with pytest.raises(UsageError, match="changed"):
            asyncio.run(read_again(found))


class Long(InMemoryProvider):
    """Has as many long Records as it is told, and none of them in memory."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        records = (fact(number, f"{number} {'x' * 10_000}") for number in range(1, self.count + 1))
        while some := list(itertools.islice(records, 100)):
            yield some


def most_memory(count: int, folder: Path) -> int:
    """Bytes that a backup of `count` Records, and reading it again, takes."""
    file = folder / f"m-{count}.gz"
    tracemalloc.start()
    try:
        kept(Long(count), file)
        with backup.opened(file) as found:
            assert asyncio.run(read_again(found)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_that_a_backup_takes_does_not_grow_with_the_records(tmp_path: Path) -> None:
    few = most_memory(500, tmp_path)
    many = most_memory(2_500, tmp_path)
    assert many - few < 1_000_000, "the texts alone would take 20 MB more"
