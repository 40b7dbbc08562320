"""The PullRequest monitor over a real repository: from the event to the prompt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from memory_agents.configuration import SECTIONS
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths
from memory_agents.memory.git import Remote
from memory_agents.memory.integration import MemoryIntegration, Status
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.monitors import base
from memory_agents.monitors.base import FAMILIES, Recalled
from memory_agents.monitors.pull_request import PullRequestFamily, PullRequestMonitor
from memory_agents.rendering import Templates
from memory_agents.settings import Settings
from tests.builders import (
    comment,
    issue_comment_event,
    pull_request,
    pull_request_event,
    review_comment_event,
    review_event,
)
from tests.repositories import BareRepository, fact

NOW = datetime(2026, 1, 31, tzinfo=UTC)
PAGE = "https://github.com/octo/hello/pull/7"
CHANGED = ChangedPaths(paths=("src/read.py", "README.md"), total=2)
PROPOSED = pull_request(title="Close the file", body="It was left open.", labels=("bug",))
IN_CONVERSATION = issue_comment_event(on=PROPOSED, said=comment(body="Does it close the file?"))
THREAD = replace(comment(body="Use with", path="src/read.py", diff_hunk="@@ -1 +1 @@\n+open(path)"), url=f"{PAGE}#d1")


def test_every_family_shows_sections_that_the_settings_feed_and_those_about_code_show_reviews() -> None:
    assert {section for sections in FAMILIES.values() for section in sections} == set(SECTIONS)
    assert [name for name, sections in FAMILIES.items() if "reviews" not in sections] == ["issue"]


def test_the_cut_off_that_was_measured_counts_for_similar_issues_unless_the_maintainers_set_one() -> None:
    names = FAMILIES["pull_request"]
    default, explicit = (base.sections(Settings.build(given), names) for given in ({}, {"min-score": "0.3"}))
    assert [one.name for one in default if one.is_calibrated] == ["similar_issues"]
    assert [(one.min_score, one.is_calibrated) for one in explicit] == [(0.3, False)] * len(names)


FILES = {
    "codebase/conventions/files.md": "---\nid: scoped01\npaths: [src/**]\n---\nA file is opened by `with`.\n",
    "codebase/conventions/docs.md": "---\nid: scoped02\npaths: [docs/**]\n---\nA file is opened by `with`.\n",
    "codebase/patterns/readers.md": fact("Whoever opens a file closes it.", "f2a2c3d4"),
    "reviews/issues/9.md": "---\nid: i0000009\ntitle: A file is left open\nnumber: 9\n---\nClose the file.\n",
    "reviews/pr/8.md": (
        "---\nid: r0000008\nnumber: 8\npaths: [src/read.py]\n---\nPlease close the file: use `with` here.\n"
    ),
    "reviews/pr/7.md": f"---\nid: r0000007\nnumber: 7\nsource: {PAGE}\n---\nClose the file.\n",
}
OTHERS = {f"codebase/dependencies/d{n}.md": fact(f"Package number {n} is pinned.") for n in range(20)}
"""what makes the words of the event tell something"""


async def recalled(tmp_path: Path, event: PullRequestFamily, **inputs: str) -> Recalled:
    remote = BareRepository(tmp_path / "remote.git")
    remote.commit(FILES | OTHERS)
    numbers = count(1)
    async with MemoryIntegration(
        lambda: GitBranchProvider(Remote(str(remote.path)), "memory", state=tmp_path / "state"), deadline=20
    ) as memory:
        monitor = PullRequestMonitor(
            memory, Templates({}, folder="ours"), Settings.build(inputs), Fencer(lambda: f"{next(numbers):032x}")
        )
        return await monitor.recall(event, lambda: NOW, CHANGED)


@pytest.mark.parametrize(
    ("event", "asks"),
    [
        (pull_request_event("synchronize", proposed=PROPOSED), "where a review should look first"),
        (review_event(proposed=PROPOSED, said=comment(body="Close the file, use with.")), "List what the review asks"),
        (review_comment_event(proposed=PROPOSED, said=THREAD), "what the comment asks for"),
        (IN_CONVERSATION, "Answer the comment."),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.origin.name,
)
async def test_a_pull_request_and_what_is_said_about_it_get_a_prompt_with_what_bears_on_them(
    event: PullRequestFamily, asks: str, tmp_path: Path
) -> None:
    result = await recalled(tmp_path, event)
    assert result.recollection.status is Status.OK
    shown = {section.name: [m.id for m in section.memories] for section in result.prompt.context.sections}
    assert list(shown) == ["conventions", "patterns", "reviews", "similar_issues"]
    assert shown["conventions"][0] == "scoped01", "what is scoped to the changed files comes first"
    assert shown["reviews"] == ["r0000008"], "a pull request is no answer to itself"
    assert "Past review comment in #8:" in result.prompt.text
    assert asks in result.prompt.text
    assert "> README.md" in result.prompt.text


async def test_the_review_template_serves_an_agent_that_reviews(tmp_path: Path) -> None:
    result = await recalled(tmp_path, pull_request_event(proposed=PROPOSED), template="review")
    assert result.prompt.text.startswith("You are reviewing pull request #7 of the repository octo/hello")


async def test_a_template_of_issues_gives_way_to_that_of_pull_requests(tmp_path: Path) -> None:
    result = await recalled(tmp_path, pull_request_event(proposed=PROPOSED), template="issue")
    assert "# The pull request" in result.prompt.text
