"""Configuration and templates from a working tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_agents.edges.worktree import WorkingTree
from memory_agents.errors import UnreadableFile


def put(root: Path, files: dict[str, bytes]) -> WorkingTree:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return WorkingTree(root)


async def test_a_file_is_read_as_text_without_a_byte_order_mark(tmp_path: Path) -> None:
    assert await put(tmp_path, {".github/a.yml": b"\xef\xbb\xbftop-k: 5"}).read(".github/a.yml") == "top-k: 5"


async def test_a_file_that_is_not_there_or_a_folder_is_none(tmp_path: Path) -> None:
    tree = put(tmp_path, {"a/b": b""})
    assert await tree.read("a") is None
    assert await tree.read("none/at/all") is None


async def test_a_folder_gives_the_wanted_files_at_any_depth(tmp_path: Path) -> None:
    tree = put(tmp_path, {"p/a.md": b"A", "p/_partials/b.md": b"B", "p/c.txt": b"C", "q/d.md": b"D"})
    assert await tree.folder("p", lambda name: name.endswith(".md")) == {"a.md": "A", "_partials/b.md": "B"}
    assert await tree.folder("none", lambda name: True) == {}


async def test_what_is_not_wanted_is_not_even_read(tmp_path: Path) -> None:
    assert await put(tmp_path, {"p/bad.png": b"\xff"}).folder("p", lambda name: name.endswith(".md")) == {}


async def test_a_file_that_is_not_utf8_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"a\.yml is not valid UTF-8. Fix: save it as UTF-8 text"):
        await put(tmp_path, {"a.yml": b"\xff"}).read("a.yml")
