"""The index under damage, death and company: it is thrown away and made anew, and never lies."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from memory_agents.core.records import Query, Record
from memory_agents.memory.index import IndexCorrupt, LocalIndex, database

HELD = {f"{i}.md": Record(id=f"record-{i:03}", namespace="codebase/x", text=f"Parser rule {i}") for i in range(50)}
ENTRIES = dict.fromkeys(HELD, "1")
QUERY = Query(title="rule 7", body="parser")


def fill(index: LocalIndex) -> None:
    index.sync(ENTRIES, lambda keys: ((key, HELD[key]) for key in keys), version="full")


def use(index: LocalIndex) -> list[str]:
    """All that one can ask of it; the ids found."""
    index.list()
    index.get("record-007")
    index.entries()
    return [match.record.id for match in index.search(QUERY, namespaces=("*",), top_k=3)]


def use_or_restore(path: Path) -> list[str]:
    """What a caller does: on corruption reset, sync and ask once more."""
    with LocalIndex.open(path) as index:
        try:
            fill(index)
            return use(index)
        except IndexCorrupt as error:
            index.reset(error.reason)
            fill(index)
            return use(index)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "index.db"
    with LocalIndex.open(path) as index:
        fill(index)
    return path


def foreign(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()


def older(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("UPDATE meta SET value = '0'")
    other.commit()
    other.close()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"\0" * 5000),
        lambda path: path.write_bytes(random.Random(1).randbytes(9000)),  # noqa: S311 - just bytes
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        foreign,
        older,
    ],
    ids=["zeros", "random", "header only", "foreign", "older"],
)
def test_a_file_that_is_not_our_index_is_replaced_and_the_reason_told(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    with LocalIndex.open(path) as index:
        assert index.rebuilt.startswith("The local index was built anew: ")
        assert len(index) == 0
        fill(index)
        assert use(index)[0] == "record-007"
    with LocalIndex.open(path) as index:
        assert index.rebuilt == ""


def test_a_directory_in_the_way_is_left_alone_and_the_index_is_kept_in_memory(tmp_path: Path) -> None:
    in_the_way = tmp_path / "index.db"
    (in_the_way / "precious").mkdir(parents=True)
    with LocalIndex.open(in_the_way) as index:
        assert "kept in memory" in index.rebuilt
        fill(index)
        assert use(index)[0] == "record-007"
    assert list(tmp_path.iterdir()) == [in_the_way]
    assert (in_the_way / "precious").is_dir()


def test_where_nothing_can_be_written_the_index_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where a folder would have to be")
    with LocalIndex.open(tmp_path / "file" / "index.db") as index:
        assert "kept in memory" in index.rebuilt
        fill(index)
        assert len(index) == 50


def test_damage_anywhere_in_the_file_ends_in_the_right_answer(path: Path) -> None:
    sound, right = path.read_bytes(), use_or_restore(path)
    rng = random.Random(20)  # noqa: S311 - the same damage each time
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(rng.choice((1, 20, 400))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged[: rng.choice((len(damaged), rng.randrange(len(damaged))))])
        assert len(use_or_restore(path)) == len(right)


def test_a_damaged_list_of_postings_is_noticed_not_believed(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("UPDATE postings SET postings = zeroblob(length(postings))")
    other.commit()
    other.close()
    with LocalIndex.open(path) as index, pytest.raises(IndexCorrupt, match="damaged"):
        use(index)


def test_a_journal_left_beside_an_unreadable_file_does_not_spoil_the_new_one(path: Path) -> None:
    path.write_bytes(b"not a database")
    path.with_name("index.db-journal").write_bytes(random.Random(2).randbytes(4096))  # noqa: S311 - just bytes
    assert use_or_restore(path)[0] == "record-007"


_CHILD = """
import sys
from pathlib import Path
from memory_agents.core.records import Record
from memory_agents.memory.index import LocalIndex

path, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def load(keys):
    print("loading", flush=True)
    return ((key, Record(id=f"other-{key}", namespace="codebase/y", text="Parser rule " * 50)) for key in keys)

with LocalIndex.open(path) as index:
    for step in range(first, first + count):
        index.sync({**index.entries(), **{f"{step}-{i}": "1" for i in range(40)}}, load, version=str(step))
        print(len(index), flush=True)
"""


def start(path: Path, first: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _CHILD, str(path), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_process_killed_while_it_syncs_leaves_the_old_or_the_new_index(path: Path) -> None:
    for lines in (1, 2, 3):
        with start(path, lines * 1000, 500) as child:
            assert child.stdout is not None
            for _ in range(lines):
                child.stdout.readline()
            child.kill()
        with LocalIndex.open(path) as index:
            assert index.rebuilt == ""
            assert (len(index) - 50) % 40 == 0
            assert use(index)


def test_two_processes_that_sync_at_once_both_succeed(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with start(path, 0, 5) as one, start(path, 100, 5) as two:
        one.communicate()
        two.communicate()
    assert (one.returncode, two.returncode) == (0, 0)
    with LocalIndex.open(path) as index:
        assert index.rebuilt == ""
        assert index.version in {"4", "104"}
        assert index.list()


def test_a_writer_that_does_not_end_is_told_apart_from_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with LocalIndex.open(path) as index, pytest.raises(Exception, match="Another process"):
        use(index)
    other.execute("ROLLBACK")
    other.close()
    with LocalIndex.open(path) as index:
        assert use(index)[0] == "record-007"


def test_an_empty_file_is_an_index_that_was_never_filled(path: Path) -> None:
    path.write_bytes(b"")
    assert use_or_restore(path)[0] == "record-007"


def test_of_two_that_reset_a_damaged_index_the_second_keeps_what_the_first_made(path: Path) -> None:
    with LocalIndex.open(path) as first, LocalIndex.open(path) as second:
        first.reset("a part of it is damaged")
        fill(first)
        second.reset("a part of it is damaged")
        assert len(second) == 50
        assert use(first) == use(second)
