"""What a repository needs: what somebody else made meanwhile is theirs."""

from __future__ import annotations

from pathlib import Path

from memory_agents.edges.github import GitHubApi
from memory_agents.operations import initial
from memory_agents.operations.initial import State


async def test_a_file_that_was_made_since_it_was_shown_is_left(tmp_path: Path) -> None:
    parts = tuple(initial.files(tmp_path, action="octo/memory-agents@v1"))
    assert {part.state for part in parts} == {State.MISSING}
    (tmp_path / ".github").mkdir()
    (tmp_path / parts[0].name).write_text("mine")
    nowhere = GitHubApi(api_url="http://127.0.0.1:9", token="")
    made = await initial.carry_out(parts, top=tmp_path, github=nowhere, repository="", provider=None)
    assert [part.state for part in made] == [State.THERE, State.MADE, State.MADE]
    assert (tmp_path / parts[0].name).read_text() == "mine"


def test_documents_that_are_there_are_named_each_once(tmp_path: Path) -> None:
    for name in ("CLAUDE.md", "CONTRIBUTING.md", "README.md"):
        (tmp_path / name).write_text("- A rule.\n")
    (tmp_path / "AGENTS.md").symlink_to("CLAUDE.md")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "copilot-instructions.md").mkdir()
    assert initial.documents(tmp_path) == ("AGENTS.md", "CONTRIBUTING.md")
