"""What the cassettes hold, and how they are recorded: `.venv/bin/python -m tests.edges.recording`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vcr  # type: ignore[import-untyped]

from memory_agents.edges.github import GitHubApi, GitHubFiles
from memory_agents.testing.github import FakeGitHub

CASSETTES = Path(__file__).parent / "cassettes"
API = "https://api.github.com"
REPOSITORY = "octo/hello"
CONFIG = ".github/memory-agents.yml"
PROMPTS = ".github/memory-agents/prompts"


@dataclass(frozen=True)
class Scenario:
    """What a repository holds, and what reading it gives."""

    files: Mapping[str, str]
    config: str | None
    templates: Mapping[str, str]
    requests: int
    """as few as that"""


SCENARIOS = {
    "no-folder": Scenario({"README.md": "# Hello\n"}, None, {}, 1),
    "folder-of-others": Scenario({".github/dependabot.yml": "version: 2\n"}, None, {}, 1),
    "config": Scenario({CONFIG: "top-k: 7\n"}, "top-k: 7\n", {}, 2),
    "config-template-partial": Scenario(
        {
            CONFIG: "\ufefftop-k: 7\n",
            f"{PROMPTS}/issue.md.j2": "Grüße {{ issue.number }}\n",
            f"{PROMPTS}/_partials/rules.md.j2": "Be kind.\n",
            f"{PROMPTS}/README.txt": "not wanted",
        },
        "top-k: 7\n",
        {"issue.md.j2": "Grüße {{ issue.number }}\n", "_partials/rules.md.j2": "Be kind.\n"},
        6,
    ),
}


async def read_all(files: GitHubFiles) -> tuple[str | None, Mapping[str, str]]:
    """What a run reads: the configuration, then the templates."""
    return await files.read(CONFIG), await files.folder(PROMPTS, lambda name: name.endswith(".j2"))


async def read_from(api_url: str, token: str) -> None:
    """The same from a server."""
    api = GitHubApi(api_url=api_url, token=token)
    await read_all(GitHubFiles(api, REPOSITORY))
    await api.close()


def record(name: str, scenario: Scenario) -> None:
    """Record one cassette from the fake GitHub, as if it were api.github.com; without the token."""
    with FakeGitHub() as fake:

        def as_public(request: Any) -> Any:
            request.uri = request.uri.replace(fake.api_url, API)
            request.headers = {}
            return request

        def told_publicly(response: dict[str, Any]) -> dict[str, Any]:
            body = response["body"]["string"].replace(fake.api_url.encode(), API.encode())
            kept = {"content-type": response["headers"].get("Content-Type", ["application/json"])}
            return response | {"body": {"string": body}, "headers": kept | {"content-length": [str(len(body))]}}

        fake.add_repository(REPOSITORY, files=dict(scenario.files))
        token = fake.add_token(permissions={"contents": "read"}, repositories=[REPOSITORY])
        (CASSETTES / f"{name}.yaml").unlink(missing_ok=True)
        recorder = vcr.VCR(
            before_record_request=as_public,
            before_record_response=told_publicly,
            decode_compressed_response=True,
            record_mode=vcr.mode.ALL,
        )
        with recorder.use_cassette(str(CASSETTES / f"{name}.yaml")):
            asyncio.run(read_from(fake.api_url, token))


if __name__ == "__main__":
    for title, each in SCENARIOS.items():
        record(title, each)
