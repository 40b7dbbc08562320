"""What a maintainer asks on the command line: the same answer for a person and for a program."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory_agents.errors import UsageError
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.git_branch import GitBranchProvider
from memory_agents.operations import reading
from tests.repositories import BareRepository, fact

NOW = datetime(2026, 1, 31, tzinfo=UTC)
TOKEN = "ghp_" + "aB3dE5fG7h" * 4
FILES = {
    "codebase/conventions/tabs.md": fact("Indent with tabs.", "aaaaaaaa"),
    "testing/patterns/tests.md": fact("Tests are written with pytest.", "bbbbbbbb"),
    "codebase/patterns/secret.md": f"---\nid: cccccccc\ntitle: The key\nsource: https://x.example/{TOKEN}\n"
    f"paths: [{TOKEN}]\nlabels: [{TOKEN}]\n---\nThe key is {TOKEN}.\n",
    "codebase/patterns/bad.md": "---\nid: [\n---\n",
}


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[GitBranchProvider]:
    remote = BareRepository(tmp_path / "remote.git")
    remote.commit(FILES)
    provider = GitBranchProvider(Remote(str(remote.path)), "memory", state=tmp_path / "state")
    yield provider
    await provider.close()


async def recall(reader: GitBranchProvider, words: str, namespace: str = "*", min_score: float = 0) -> reading.Answer:
    return await reading.recall(reader, words, namespace=namespace, top_k=5, min_score=min_score, now=NOW)


async def test_recall_answers_with_the_best_match_and_why(reader: GitBranchProvider) -> None:
    answer = await recall(reader, "tabs")
    assert "aaaaaaaa  codebase/conventions  Indent with tabs." in answer.text
    value = json.loads(json.dumps(answer.value))
    assert value["matches"][0]["id"] == "aaaaaaaa"
    assert 0 < value["matches"][0]["score"] <= 1
    assert value["matches"][0]["reasons"]


async def test_what_scores_too_low_is_left_out_and_nothing_is_said_to_match(reader: GitBranchProvider) -> None:
    assert (await recall(reader, "tabs", min_score=1.1)).text == "Nothing that is remembered matches."


@pytest.mark.parametrize("words", ["", " \n"])
async def test_recall_of_nothing_is_refused_with_the_fix(words: str, reader: GitBranchProvider) -> None:
    with pytest.raises(UsageError, match="QUERY"):
        await recall(reader, words)


async def test_recall_keeps_to_its_namespace(reader: GitBranchProvider) -> None:
    answer = await recall(reader, "tabs", "testing/*")
    assert "aaaaaaaa" not in answer.text
    with pytest.raises(UsageError, match="glob"):
        await recall(reader, "tabs", "Not A Glob")


async def test_a_list_has_one_line_for_each_record(reader: GitBranchProvider) -> None:
    answer = await reading.list_records(reader, namespace="*", limit=100, now=NOW)
    assert sorted(line.split()[0] for line in answer.text.splitlines()) == ["aaaaaaaa", "bbbbbbbb", "cccccccc"]
    assert len((await reading.list_records(reader, namespace="*", limit=1, now=NOW)).text.splitlines()) == 1


async def test_a_record_is_shown_whole(reader: GitBranchProvider) -> None:
    answer = await reading.show(reader, "aaaaaaaa")
    assert answer.text.startswith("id: aaaaaaaa\nnamespace: codebase/conventions\n")
    assert answer.text.endswith("\n\nIndent with tabs.")


@pytest.mark.parametrize("record_id", ["zzzzzzzz", "", "../../etc/passwd", "'; drop table", "a" * 200])
async def test_a_record_that_is_not_there_is_answered_with_where_the_ids_are(
    record_id: str, reader: GitBranchProvider
) -> None:
    with pytest.raises(UsageError, match="memory-agents list"):
        await reading.show(reader, record_id)


async def test_no_answer_shows_a_secret(reader: GitBranchProvider) -> None:
    answers = [
        await recall(reader, f"the key {TOKEN}"),
        await reading.list_records(reader, namespace="*", limit=9, now=NOW),
        await reading.show(reader, "cccccccc"),
        await reading.status(reader, provider="git"),
    ]
    assert [answer for answer in answers if TOKEN in f"{answer.text} {json.dumps(answer.value)}"] == []


async def test_a_file_that_was_skipped_is_told_to_both(reader: GitBranchProvider) -> None:
    for answer in (await recall(reader, "tabs"), await reading.list_records(reader, namespace="*", limit=9, now=NOW)):
        assert "codebase/patterns/bad.md" in str(answer.notices[0])
        assert "codebase/patterns/bad.md" in json.dumps(answer.value)


async def test_the_status_says_what_memory_holds(reader: GitBranchProvider) -> None:
    answer = await reading.status(reader, provider="git")
    assert answer.code == 0
    assert "git: branch memory of" in answer.text
    assert "3 records" in answer.text
    assert json.loads(json.dumps(answer.value))["records"] == 3


async def test_the_status_of_memory_that_cannot_be_read_is_not_ok_and_names_the_fix(tmp_path: Path) -> None:
    provider = GitBranchProvider(Remote(str(tmp_path / "none")), "memory", state=tmp_path / "state")
    answer = await reading.status(provider, provider="git")
    assert answer.code == 1
    assert "Fix: correct the input `memory-remote`" in answer.text
    json.dumps(answer.value)
