"""VectorStore: what was embedded once is found again, whatever happens to the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory_agents.memory.index.vectors import VectorStore

SIZE = 384
KEYS = st.lists(st.integers(1, 2**64 - 1), max_size=40)


def keyed(*numbers: int) -> NDArray[np.uint64]:
    return np.array(numbers, dtype=np.uint64)


def made(keys: NDArray[np.uint64]) -> NDArray[np.float16]:
    """[keys, size] another vector for each key, as an Embedder rounds them."""
    rows = [np.random.default_rng(key).integers(-400, 400, SIZE) for key in keys.tolist()]
    return (np.array(rows).reshape(len(keys), SIZE) / 4096).astype(np.float16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vectors.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[VectorStore]:
    store = VectorStore.open(path, "a")
    yield store
    store.close()


def fill(store: VectorStore, *numbers: int) -> None:
    store.add(keyed(*numbers), made(keyed(*numbers)))


def holds(store: VectorStore, *numbers: int) -> bool:
    keys = keyed(*numbers)
    return not store.missing(keys).any() and np.array_equal(store.vectors(keys), made(keys).astype(np.float32))


def test_vectors_come_back_exactly_in_the_order_asked(store: VectorStore) -> None:
    fill(store, 3, 1, 2**64 - 1)
    assert holds(store, 2**64 - 1, 3, 1)
    assert holds(store, 1, 1, 3, 1)


def test_what_is_not_there_is_missing_and_has_zeros(store: VectorStore) -> None:
    fill(store, 1)
    assert store.missing(keyed(2, 1)).tolist() == [True, False]
    assert not store.vectors(keyed(2)).any()
    assert store.vectors(keyed()).shape == (0, SIZE)


def test_a_key_keeps_the_vector_that_it_has(store: VectorStore) -> None:
    fill(store, 1)
    store.add(keyed(1, 2, 2), made(keyed(7, 2, 8)))
    assert holds(store, 1, 2)


@given(adding=st.lists(KEYS, max_size=4), asking=KEYS)
def test_it_holds_what_was_added_and_nothing_else(adding: list[list[int]], asking: list[int]) -> None:
    store = VectorStore.open(Path("/dev/null/no/such/folder"), "a")  # so: in memory
    for numbers in adding:
        fill(store, *numbers)
    added = {number for numbers in adding for number in numbers}
    assert store.missing(keyed(*asking)).tolist() == [number not in added for number in asking]
    found = store.vectors(keyed(*asking))
    expected = [made(keyed(number))[0] if number in added else np.zeros(SIZE) for number in asking]
    assert np.array_equal(found, np.array(expected, dtype=np.float32).reshape(len(asking), SIZE))
    store.close()


def test_more_than_one_page_is_held_over_many_small_additions(path: Path) -> None:
    store = VectorStore.open(path, "a")
    for start in range(1, 1500, 130):
        fill(store, *range(start, start + 130))
    store.close()
    again = VectorStore.open(path, "a")
    assert holds(again, *range(1, 1500))
    assert again.rebuilt == ""
    again.close()


def test_asking_again_is_answered_from_memory_until_something_is_added(store: VectorStore) -> None:
    fill(store, 1)
    asked = keyed(1, 2)
    first = store.vectors(asked)
    assert store.vectors(asked.copy()) is first
    fill(store, 2)
    assert holds(store, 1, 2)


def test_an_answer_cannot_be_spoilt_for_the_next(store: VectorStore) -> None:
    fill(store, 1)
    with pytest.raises(ValueError, match="read-only"):
        store.vectors(keyed(1))[0, 0] = 9


def test_what_another_process_adds_is_seen(store: VectorStore, path: Path) -> None:
    fill(store, 1)
    assert not store.vectors(keyed(2)).any()
    program = (
        "import sys, pathlib, numpy as np; from memory_agents.memory.index.vectors import VectorStore;"
        "VectorStore.open(pathlib.Path(sys.argv[1]), 'a')"
        ".add(np.array([2], np.uint64), np.full((1, 384), 0.25, np.float16))"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, timeout=30)
    assert store.vectors(keyed(2))[0, 0] == 0.25
    assert holds(store, 1)


def test_the_vectors_of_another_model_are_thrown_away(path: Path) -> None:
    store = VectorStore.open(path, "a")
    fill(store, 1)
    store.close()
    other = VectorStore.open(path, "b")
    assert other.missing(keyed(1)).all()
    assert other.rebuilt == "The store of vectors was built anew: it has another format."
    other.close()


def test_others_are_dropped_once_they_are_more_than_those_that_are_kept(store: VectorStore) -> None:
    fill(store, *range(1, 1201))
    store.keep(keyed(*range(1, 601)))
    assert holds(store, *range(1, 1201))
    store.keep(keyed(*range(1, 600), 5000))
    assert holds(store, *range(1, 600))
    assert store.missing(keyed(600, 1200, 5000)).all()
    store.keep(keyed())
    assert store.missing(keyed(1)).all()


def changed(statement: str, blob: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(statement, (blob,))
        connection.commit()
        connection.close()

    return damage


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 300)


DAMAGES = {
    "keys that fail their checksum": changed("UPDATE pages SET keys = ?", b"12345678abcd"),
    "vectors that fail their checksum": changed("UPDATE pages SET vectors = ?", b"12345678abcd"),
    "vectors of another length": changed("UPDATE pages SET vectors = ?", b"\0\0\0\0"),
    "a file that is no database": garbage,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_empties_it_and_says_so_and_it_goes_on(path: Path, damage: Callable[[Path], None]) -> None:
    store = VectorStore.open(path, "a")
    fill(store, 1)
    store.close()
    damage(path)
    store = VectorStore.open(path, "a")
    assert not store.vectors(keyed(1)).any()
    assert "was built anew" in store.rebuilt
    fill(store, 1)
    assert holds(store, 1)
    store.close()
