"""What may stand in the repository's files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SOURCE, tracked_files

# Assembled from parts: these tests read this file too.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("test", "pypi", "org"),
    ]
)
MACHINE_PATHS = tuple("/" + name + "/" for name in ("root", "work/main", "Users", "opt/pypi"))
HOME_PATH = re.compile("/" + r"home/(?!runner\b)[a-z]\w*/")

MAX_LINES = 300


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("needle", [*REGISTRY_HOSTS, *MACHINE_PATHS])
def test_no_tracked_file_names_a_registry_or_a_machine(needle: str) -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked_files() if needle in text_of(path)] == []


def test_no_tracked_file_names_somebodys_home() -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked_files() if HOME_PATH.search(text_of(path))] == []


def test_every_source_file_fits_in_a_head() -> None:
    lengths = {str(path.relative_to(ROOT)): text_of(path).count("\n") for path in SOURCE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_source_file_is_a_drawer_for_everything() -> None:
    assert [path.name for path in SOURCE.rglob("*.py") if path.stem in {"utils", "util", "helpers", "common"}] == []
