"""The Issue monitor over a real repository: from the event to the prompt."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import IssueCommentEvent, IssueEvent
from memory_agents.memory.git import Remote
from memory_agents.memory.integration import MemoryIntegration, Status
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.monitors.base import Recalled
from memory_agents.monitors.issue import IssueMonitor
from memory_agents.rendering import Templates
from memory_agents.settings import Settings
from tests.builders import comment, issue_comment_event, issue_event
from tests.repositories import BareRepository, fact

NOW = datetime(2026, 1, 31, tzinfo=UTC)
ITSELF = "https://github.com/octo/hello/issues/12"
FILES = {
    "codebase/conventions/readme.md": fact("Fix a typo in README by `make readme`.", "f1a2c3d4"),
    "codebase/patterns/old.md": "---\nid: expired1\nexpires_at: 2026-01-30\n---\nA typo in README is fixed by hand.\n",
    "codebase/patterns/proposed.md": "---\nid: proposed\napproved: false\n---\nA typo in README is nothing.\n",
    "reviews/issues/12.md": f"---\nid: i0000012\ntitle: Typo in README\nnumber: 12\nsource: {ITSELF}\n---\nCommitt.\n",
    "reviews/issues/9.md": "---\nid: i0000009\ntitle: Typo in README\nnumber: 9\n---\nIt says recieve.\n",
}
OTHERS = {f"codebase/dependencies/d{n}.md": fact(f"Package number {n} is pinned.") for n in range(20)}
"""what makes the words of the issue tell something"""


async def recalled(tmp_path: Path, event: IssueEvent | IssueCommentEvent, **inputs: str) -> Recalled:
    remote = BareRepository(tmp_path / "remote.git")
    remote.commit(FILES | OTHERS)
    numbers = count(1)
    async with MemoryIntegration(
        lambda: GitBranchProvider(Remote(str(remote.path)), "memory", state=tmp_path / "state"), deadline=20
    ) as memory:
        monitor = IssueMonitor(
            memory,
            Templates({}, folder="prompts-of-ours"),
            Settings.build({name.replace("_", "-"): value for name, value in inputs.items()}),
            Fencer(lambda: f"{next(numbers):032x}"),
        )
        return await monitor.recall(event, lambda: NOW)


EVENT = issue_event(title="Typo in README", body="It says committ, a typo.")


async def test_an_issue_gets_a_prompt_with_what_bears_on_it(tmp_path: Path) -> None:
    result = await recalled(tmp_path, EVENT)
    assert result.recollection.status is Status.OK
    shown = {s.name: [m.id for m in s.memories] for s in result.prompt.context.sections}
    assert shown["conventions"] == ["f1a2c3d4"]
    assert "i0000009" in shown["similar_issues"]
    assert "make readme" in result.prompt.text


async def test_the_issue_itself_what_expired_and_what_nobody_approved_are_not_recalled(tmp_path: Path) -> None:
    result = await recalled(tmp_path, EVENT, min_score="0")
    ids = {memory.id for memory in result.prompt.context.memories()}
    assert not ids & {"i0000012", "expired1", "proposed"}


async def test_the_score_that_is_asked_for_holds(tmp_path: Path) -> None:
    result = await recalled(tmp_path, EVENT, min_score="1")
    assert all(memory.score == 1 for memory in result.prompt.context.memories())


async def test_each_section_holds_as_many_as_are_asked_for(tmp_path: Path) -> None:
    result = await recalled(tmp_path, EVENT, top_k="1", min_score="0")
    assert all(len(section.memories) <= 1 for section in result.prompt.context.sections)


async def test_the_prompt_keeps_to_its_size(tmp_path: Path) -> None:
    result = await recalled(tmp_path, issue_event(body="word " * 9_000), max_prompt_bytes="9000")
    assert len(result.prompt.text.encode()) <= 9_000


@pytest.mark.parametrize(
    ("title", "body"), [("", ""), ("\ud83d", "\x00"), ("🎉" * 300, "`" * 9_000), ("the of", "a an")]
)
async def test_an_issue_of_any_words_gets_a_prompt(title: str, body: str, tmp_path: Path) -> None:
    result = await recalled(tmp_path, issue_event(title=title, body=body))
    assert result.recollection.status in {Status.OK, Status.EMPTY}
    result.prompt.text.encode()


async def test_a_comment_gets_a_prompt_with_what_bears_on_it_and_its_issue(tmp_path: Path) -> None:
    event = issue_comment_event(on=EVENT.issue, said=comment(body="Is there a typo in README too?"))
    result = await recalled(tmp_path, event)
    assert result.recollection.status is Status.OK
    assert "f1a2c3d4" in result.prompt.text
    assert "Answer the comment" in result.prompt.text
    assert "> Is there a typo in README too?" in result.prompt.text
