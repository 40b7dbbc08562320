"""GitHub's lists and the second look, as answers that are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest

from memory_agents.core.history import Stream
from memory_agents.edges.github.api import GitHubApi
from memory_agents.edges.github.history import GitHubHistory
from memory_agents.edges.github.pulls import changed_paths
from memory_agents.errors import GitHubFailure
from memory_agents.testing.github.state import Issue
from tests.memory.history.project import Project, project_in
from tests.memory.web import Web, serving


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[tuple[Project, GitHubHistory]]:
    with project_in(tmp_path) as project:
        async with project.source() as source:
            yield project, source


async def test_pages_left_counts_from_the_page_that_is_read(asked: tuple[Project, GitHubHistory]) -> None:
    project, source = asked
    for _ in range(250):
        project.comment(1) if project.repository.issues else project.add_issue()
    left = []
    page = await source.first(Stream.COMMENTS)
    while page.following:
        left.append(page.pages_left)
        page = await source.following(Stream.COMMENTS, page.following)
    assert (left, page.pages_left) == ([3, 2], 0)


async def test_an_entry_that_cannot_be_read_is_counted_and_left_out(asked: tuple[Project, GitHubHistory]) -> None:
    project, source = asked
    project.fake.raise_on_violation = False
    project.add_issue("Sound")
    broken: Issue = project.add_issue("Broken")
    broken.body = 5  # type: ignore[assignment]
    page = await source.first(Stream.ISSUES)
    assert ([entry.id for entry in page.entries if entry.row], page.unreadable) == ([page.entries[0].id], 1)


async def test_what_is_gone_is_told_apart_from_what_is_not_told(asked: tuple[Project, GitHubHistory]) -> None:
    project, source = asked
    issue, gone = project.add_issue("Stays"), project.add_issue("Goes")
    page = await source.first(Stream.ISSUES)
    ids = {entry.row.number: entry.row.node_id for entry in page.entries if entry.row and hasattr(entry.row, "node_id")}
    project.repository.delete_issue(gone)
    seen = await source.look_again([ids[issue.number], ids[gone.number]])
    assert seen[ids[gone.number]] is None
    stays = seen[ids[issue.number]]
    assert stays is not None
    assert (stays.title, stays.state, stays.is_hidden) == ("Stays", "open", False)


async def test_a_refusal_to_look_again_names_the_fix(tmp_path: Path) -> None:
    with project_in(tmp_path, private=True) as project:
        project.add_issue()
        async with project.source() as source:
            page = await source.first(Stream.ISSUES)
        row = page.entries[0].row
        assert row is not None
        token = project.fake.add_token(permissions={"contents": "read"})
        api = GitHubApi(api_url=project.fake.api_url, token=token)
        with pytest.raises(GitHubFailure, match="issues: read"):
            await GitHubHistory(api, project.name).look_again([getattr(row, "node_id", "")])
        await api.close()


async def test_the_changed_paths_of_a_pull_request_are_listed(asked: tuple[Project, GitHubHistory]) -> None:
    project, _ = asked
    files: dict[str, str | bytes | None] = {f"src/{at:03}.py": "x = 1\n" for at in range(130)}
    project.repository.commit_files(files, branch="feature", parent="main")
    pull = project.add_pull()
    api = GitHubApi(api_url=project.fake.api_url, token="")
    changed = await changed_paths(api, project.name, pull.number)
    await api.close()
    assert (sorted(changed.paths), changed.total) == (sorted(files), 130)


class Renamed(Web):
    """A GitHub that knows `octo/old` as `octo/new`."""

    paths: ClassVar[list[str]] = []

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self.paths.append(path)
        return 200, {"Content-Type": "application/json"}, b"[]" if "/issues" in path else b'{"full_name": "octo/new"}'


async def test_a_repository_that_was_renamed_is_asked_for_by_its_name_of_now() -> None:
    with serving(Renamed()) as renamed:
        renamed.may_answer.set()
        api = GitHubApi(api_url=renamed.url, token="")
        source = GitHubHistory(api, "octo/old", may_be_renamed=True)
        for _ in range(2):
            await source.first(Stream.ISSUES)
        await api.close()
    name, *lists = Renamed.paths
    assert (name, len(lists)) == ("/repos/octo/old", 2)
    assert all(path.startswith("/repos/octo/new/issues?") and "state=all" in path for path in lists)
