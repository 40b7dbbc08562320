"""core/ computes: its arguments alone decide what it returns.

import-linter holds what it imports; these tests, what it calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SOURCE

IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "breakpoint"}
IMPURE_METHODS = {"now", "utcnow", "today", "read_text", "write_text", "read_bytes", "write_bytes"}


def impure_calls(source: str) -> Iterator[str]:
    """The calls in `source` that read a clock, a file or the terminal."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in IMPURE_NAMES:
                yield f"{name} (line {node.lineno})"
            case ast.Call(func=ast.Attribute(attr=name)) if name in IMPURE_METHODS:
                yield f".{name} (line {node.lineno})"


@pytest.mark.parametrize(
    "path", sorted((SOURCE / "core").rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_the_core_calls_nothing_that_reads_the_world(path: Path) -> None:
    assert list(impure_calls(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("source", ["open('x')", "datetime.now(UTC)", "Path('x').read_text()"])
def test_the_check_sees_an_impure_call(source: str) -> None:
    assert list(impure_calls(source))


def test_there_is_a_core_to_check() -> None:
    assert (ROOT / "src" / "memory_agents" / "core" / "records.py").is_file()
