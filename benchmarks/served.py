"""A GitHub with a long past and a memory, in a process of its own, and the index that was made of that past.

python -m benchmarks.served COUNT STATE: makes COUNT past issues, puts their rows and index where a run with
MEMORY_AGENTS_STATE=STATE looks for them, as a restored cache would, prints where it listens and the seconds
that rows and index took as JSON, and serves until its input ends.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks import corpus
from benchmarks.measuring import on_core
from memory_agents.core.history import Listed, Stream, listed
from memory_agents.locations import history_folder
from memory_agents.memory.history.codec import Place
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.settings import Environment
from memory_agents.testing.github import FakeGitHub, FakeRepository
from memory_agents.testing.github.render.basics import View
from memory_agents.testing.github.render.issues import issue_json

REPOSITORY = "octo/hello"
_ROWS_AT_ONCE = 100
"""as many as a page of GitHub's list holds"""


def main() -> int:
    """Serve."""
    count, state = int(sys.argv[1]), Path(sys.argv[2])
    with FakeGitHub() as github:
        repository = github.add_repository(REPOSITORY, files={"README.md": "# Hello\n"})
        _remember(repository)
        for number, (title, body, created_at) in enumerate(corpus.issues(count)):
            ending = ("open", None) if number % 3 == 0 else ("closed", "completed")
            repository.add_issue(
                title,
                body,
                author=f"user-{number % 300}",
                created_at=created_at,
                state=ending[0],
                state_reason=ending[1],
            )
        view = View(github.api_url, github.server_url, github.find_user)
        entries = [listed(Stream.ISSUES, issue_json(view, repository, one)) for one in repository.issues.values()]
        where = {
            "GITHUB_API_URL": github.api_url,
            "GITHUB_SERVER_URL": github.server_url,
            "INPUT_GITHUB_TOKEN": github.add_token(),
            "MEMORY_AGENTS_STATE": str(state),
        }
        folder = history_folder(Environment.read(where), REPOSITORY)
        print(json.dumps({"variables": where, "seconds": _index(entries, folder)}), flush=True)
        with on_core(-1):
            sys.stdin.read()
    return 0


def _remember(repository: FakeRepository) -> None:
    rooms = ("codebase/conventions", "codebase/patterns", "codebase/architecture", "testing/patterns")
    files: dict[str, str | bytes | None] = {
        f"{rooms[number % len(rooms)]}/fact-{number:08}.md": f"---\nid: fact-{number:08}\n---\n\n{text}\n"
        for number, text in enumerate(corpus.facts())
    }
    repository.commit_files(files, branch="memory")


def _index(entries: list[Listed], folder: Path) -> float:
    """Keep the rows and index them; seconds."""
    started = time.perf_counter()
    files = HistoryFiles(folder, REPOSITORY)
    known = max(entry.at for entry in entries)
    place = Place(upto=known, known=known, reading=1, began=datetime.now(UTC), is_whole=False)
    pages = iter(entries)
    while page := list(islice(pages, _ROWS_AT_ONCE)):
        files.store.take(Stream.ISSUES, page, place)
    for stream in (Stream.REVIEWS, Stream.COMMENTS, Stream.EVENTS):
        files.store.take(stream, [], place)
    files.ask(len)  # indexes what is not indexed yet
    files.close()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
