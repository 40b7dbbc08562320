"""What the command line tells besides its answer: writes that were given up, and how long memory took."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory_agents.core.records import Approval
from memory_agents.errors import MemoryRefused
from memory_agents.memory.spool import DeleteRecords, Spool
from tests.command_line import Clone


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    return Clone(tmp_path, monkeypatch, capsys)


def given_up(folder: Path) -> None:
    """A write that an earlier process could not make."""
    spool = Spool(folder, size=1)
    spool.open()
    spool.put(DeleteRecords(ids=("a-secret-id",), approval=Approval()))
    waiting = spool.first()
    assert waiting is not None
    spool.give_up(waiting, MemoryRefused("No."), datetime(2026, 3, 1, tzinfo=UTC))
    spool.close()


def test_status_names_the_writes_that_were_given_up_and_where_they_stand(clone: Clone, tmp_path: Path) -> None:
    assert "given up" not in clone("status")[1]
    given_up(tmp_path / "state" / "writes")
    code, out, _ = clone("status")
    assert code == 0
    assert "A write was given up. Fix: see " in out
    assert str(tmp_path / "state" / "writes" / "dead-letters.jsonl") in out
    assert "a-secret-id" not in out
    told = json.loads(clone("status", "--json")[1])["notices"]
    assert any("given up" in notice["text"] for notice in told)


def test_whoever_asks_for_details_is_told_how_long_each_call_of_memory_took(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone("remember", "Times are stored as UTC.")
    assert "::debug::" not in clone("list")[2]
    monkeypatch.setenv("RUNNER_DEBUG", "1")
    code, out, err = clone("list")
    assert (code, "Times are stored" in out) == (0, True)
    assert re.search(r"^::debug::memory: list_records ok in \d+\.\d ms$", err, re.MULTILINE)


def test_the_branch_is_made_for_whoever_asks_for_details_too(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_DEBUG", "1")
    code, _, _ = clone("init", "--yes")
    assert code == 0
    assert clone.has_branch()
