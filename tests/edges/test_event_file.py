"""The payload's file: read, or the variable that is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memory_agents.core.github_events import IssueEvent
from memory_agents.edges import event_file
from memory_agents.errors import EventError, UsageError
from tests import webhooks


def test_the_runners_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(webhooks.examples("issues")[-1]), encoding="utf-8")
    assert isinstance(event_file.read("issues", path, "octo/hello"), IssueEvent)


@pytest.mark.parametrize(("name", "path"), [("", Path("x")), ("issues", None), ("", None)])
def test_without_an_event_the_variables_are_named(name: str, path: Path | None) -> None:
    with pytest.raises(UsageError, match="GITHUB_EVENT_NAME or GITHUB_EVENT_PATH") as refused:
        event_file.read(name, path, "")
    assert "issues" in refused.value.fix


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file") as refused:
        event_file.read("issues", tmp_path / "none.json", "")
    assert "GITHUB_EVENT_PATH" in refused.value.fix


def test_a_folder_is_no_event(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        event_file.read("issues", tmp_path, "")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"not json", b'{"a": ' * 100_000, b"[" * 100_000, b"9" * 10_000, b'{"action": "\\ud8"}'],
    ids=["empty", "cut", "binary", "words", "deep", "deeper", "number", "escape"],
)
def test_a_file_that_is_not_json_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    with pytest.raises(EventError, match="is not JSON") as refused:
        event_file.read("issues", path, "")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["[]", "null", "5", '"text"', "{}", "NaN"])
def test_json_that_is_no_payload_is_refused_with_its_place(content: str, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EventError, match="The payload's `issues"):
        event_file.read("issues", path, "")
