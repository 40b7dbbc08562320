"""The past is searched by meaning: what has a vector, who makes it, and when."""

from __future__ import annotations

import shutil

import pytest

from memory_agents.core import namespaces
from memory_agents.core.records import Query
from memory_agents.memory.embedding import Embedder, open_embedder
from memory_agents.memory.history import reader as reading
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.operations import history
from memory_agents.operations.progress import Counted
from tests.memory.history.project import Project

PARAPHRASE = "Login fails when the password contains an umlaut"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder()


@pytest.fixture
def project(project: Project, embedder: Embedder) -> Project:
    """With three issues, one of which says in other words what PARAPHRASE does."""
    project.embedder = embedder
    project.add_issue("Sign-in is refused for non-ASCII credentials", body="")
    project.add_issue("Dark theme for the settings page", body="")
    project.add_issue("Add a changelog", body="")
    return project


async def found(project: Project, *, is_asking: bool = False) -> list[int | None]:
    """The numbers of the issues that a recall finds, best first."""
    async with project.reader(is_asking=is_asking) as reader:
        query = Query(title=PARAPHRASE, now=project.clock.tick())
        matches = await reader.search_records(query, namespaces=(namespaces.ISSUES,), top_k=5)
    return [match.record.source.number for match in matches]


def without_vectors(project: Project) -> list[str]:
    files = HistoryFiles(project.folder, project.name, project.embedder)
    try:
        return sorted(files.ask(lambda index: index.unembedded(1_000)).values())
    finally:
        files.close()


async def test_an_issue_that_shares_no_word_is_found_by_its_meaning(project: Project) -> None:
    done = await project.index()
    assert done.embedded == 3
    assert (await found(project))[0] == 1
    project.embedder = None
    assert 1 not in await found(project)


async def test_an_index_run_embeds_all_once_and_tells_how_far_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_EMBEDDED_AT_ONCE", 2)
    done = await project.index()
    assert [told.expected for told in project.embeddings] == [done.embedded] * 2
    assert project.embeddings[-1] == Counted("embedding", done.embedded, done.embedded)
    assert without_vectors(project) == []
    again = await project.index()
    assert (again.embedded, len(project.embeddings), again.is_worth_saving) == (0, 2, False)


async def test_a_run_whose_time_is_over_says_what_has_no_vector_and_the_next_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_EMBEDDED_AT_ONCE", 1)
    times = iter([True, False])
    monkeypatch.setattr(history._Patient, "has_time", lambda self, seconds=0: not project.told or next(times, True))
    monkeypatch.setattr(history, "LISTS", history.LISTS[:1])
    first = await project.index()
    assert "have no vector yet, and time is over" in first.stopped
    assert first.is_worth_saving
    second = await project.index()
    assert (second.stopped, without_vectors(project)) == ("", [])
    assert second.embedded > 0


async def test_vectors_outlive_an_index_that_is_thrown_away(project: Project) -> None:
    await project.index()
    (project.folder / "index.sqlite3").write_bytes(b"")
    (project.folder / "rows.sqlite3").unlink()
    done = await project.index(whole=True)
    assert (done.indexed, done.embedded) == (3, 0)


async def test_a_run_that_reads_nothing_drops_no_vectors(project: Project) -> None:
    await project.index()
    for name in ("rows.sqlite3", "index.sqlite3"):
        (project.folder / name).unlink()
    project.fake.faults.add("GET /repos", status=403, times=None)
    assert not (await project.index()).is_complete
    project.fake.faults.clear()
    done = await project.index()
    assert (done.records, done.embedded) == (3, 0)


async def test_a_recall_embeds_the_newest_alone(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "NEWEST_EMBEDDED", 2)
    await found(project, is_asking=True)
    assert without_vectors(project) == ["Sign-in is refused for non-ASCII credentials"]


async def test_a_store_of_vectors_that_is_damaged_is_made_anew_and_noticed(project: Project) -> None:
    await project.index()
    (project.folder / "vectors.sqlite3").write_bytes(b"no database at all" * 300)
    done = await project.index()
    assert done.embedded == 3
    assert "The store of vectors was built anew" in str(done.notices[0])
    assert (await found(project))[0] == 1


async def test_without_the_model_nothing_is_embedded_and_no_file_is_made(project: Project) -> None:
    project.embedder = None
    shutil.rmtree(project.folder, ignore_errors=True)
    done = await project.index()
    assert (done.embedded, project.embeddings) == (0, [])
    assert not (project.folder / "vectors.sqlite3").exists()
