"""The search by meaning on the command line: used where it is installed, and its absence is no failure."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_agents.app import meaning
from tests.command_line import Clone

FACT = "---\nid: f1a2c3d4\n---\nCredentials may contain any character.\n"
OTHER = "---\nid: f1a2c3d5\n---\nThe changelog is sorted by date.\n"
PARAPHRASE = "umlauts in passwords"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    clone = Clone(tmp_path, monkeypatch, capsys)
    clone.remote.commit({"codebase/conventions/one.md": FACT, "codebase/conventions/two.md": OTHER})
    return clone


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The packages of the extra are not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else find(name))
    meaning._embedder.cache_clear()
    yield
    meaning._embedder.cache_clear()


def recalled(clone: Clone, *options: str) -> tuple[list[str], list[str]]:
    """ids and notices."""
    code, out, err = clone("recall", PARAPHRASE, "--json", *options)
    assert (code, err) == (0, "")
    value = json.loads(out)
    return [match["id"] for match in value["matches"]], value["notices"]


def test_recall_finds_a_fact_that_shares_no_word_with_the_question(clone: Clone) -> None:
    ids, notices = recalled(clone)
    assert (ids[0], notices) == ("f1a2c3d4", [])


def test_no_dense_searches_by_words_alone_and_nothing_is_noticed(clone: Clone) -> None:
    assert recalled(clone, "--no-dense") == ([], [])


@pytest.mark.usefixtures("missing")
def test_where_it_is_not_installed_the_words_are_searched_and_the_note_has_the_command(clone: Clone) -> None:
    ids, notices = recalled(clone)
    told = "The search by meaning is not installed. Memory is searched by words alone."
    assert (ids, notices) == ([], [f"{told} Fix: pip install 'memory-agents[dense]'"])
    code, out, _ = clone("status")
    assert code == 0
    assert told in out
    assert recalled(clone, "--no-dense") == ([], [])


@pytest.mark.usefixtures("missing")
def test_what_lists_and_shows_says_nothing_of_a_search(clone: Clone) -> None:
    assert clone("list")[2] == clone("show", "f1a2c3d4")[2] == ""
