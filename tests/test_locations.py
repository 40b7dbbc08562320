"""Which repository a clone is of, and whose token opens its memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from memory_agents.errors import SettingsError
from memory_agents.locations import backend, is_own_memory, memory_remote, repository_name
from memory_agents.memory.providers.registry import AgentCoreBackend, ChromaBackend
from memory_agents.settings import Environment, Settings

TOKEN = "t0ken"


def clone_of(origin: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", origin], check=True)
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://github.com/octo/hello.git", "octo/hello"),
        ("https://github.com/octo/hello/", "octo/hello"),
        ("git@github.com:octo/hello.git", "octo/hello"),
        ("ssh://git@github.com:22/octo/hello", "octo/hello"),
        ("https://notgithub.com/octo/hello", ""),
        ("https://gitlab.example/github.com/octo/hello", ""),
        ("https://github.com.evil.example/octo/hello", ""),
        ("/srv/github.com/octo/hello", ""),
    ],
)
def test_a_clone_is_of_a_repository_on_this_server_or_of_none(
    origin: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone_of(origin, tmp_path, monkeypatch)
    assert repository_name(Environment()) == name


@pytest.mark.parametrize(
    ("origin", "remote", "is_sent"),
    [
        ("https://github.com/octo/hello.git", "", True),
        ("https://github.com/octo/hello", "https://github.com/Octo/hello.git", True),
        ("https://github.com/octo/hello", "https://github.com/octo/other", False),
        ("https://elsewhere.example/octo/hello", "", False),
        ("https://elsewhere.example/octo/hello", "https://github.com/octo/hello", False),
    ],
)
def test_in_a_clone_the_token_opens_that_very_repository_and_no_other(
    origin: str, remote: str, is_sent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone_of(origin, tmp_path, monkeypatch)
    settings = Settings.build({"github-token": TOKEN, "memory-remote": remote})
    assert (memory_remote(settings, Environment()).token == TOKEN) is is_sent


MEMORY = "hello_memory-0123456789"


def where(inputs: dict[str, str], variables: dict[str, str]) -> object:
    return backend(Settings.build(inputs), Environment.read(variables))


def test_an_input_beats_the_variable_that_stands_in_for_it() -> None:
    variables = {"AGENTCORE_MEMORY_ID": "other-0123456789", "AWS_REGION": "us-east-1"}
    inputs = {"provider": "agentcore", "agentcore-memory-id": MEMORY, "aws-region": "eu-west-1"}
    assert where(inputs, variables) == AgentCoreBackend(memory_id=MEMORY, region="eu-west-1")
    assert where({"provider": "agentcore"}, variables) == AgentCoreBackend(
        memory_id="other-0123456789", region="us-east-1"
    )
    inputs = {"provider": "chromadb", "chroma-url": "https://one.example", "chroma-token": TOKEN}
    variables = {"CHROMADB_HOST": "two.example", "CHROMADB_TOKEN": "other"}
    assert where(inputs, variables) == ChromaBackend(url="https://one.example", token=TOKEN)


def test_what_has_no_input_is_told_by_variables() -> None:
    variables = {
        "AGENTCORE_MEMORY_ID": MEMORY,
        "AWS_REGION": "eu-west-1",
        "AGENTCORE_DATA_PLANE_ENDPOINT": "https://vpce.example/",
        "AGENTCORE_EVENTS_PER_SECOND": "5",
        "CHROMADB_PATH": "/srv/chroma",
        "CHROMADB_TENANT": "t",
        "CHROMADB_DATABASE": "d",
        "CHROMADB_COLLECTION": "facts",
    }
    assert where({"provider": "agentcore"}, variables) == AgentCoreBackend(
        memory_id=MEMORY, region="eu-west-1", endpoint="https://vpce.example", events_per_second=5
    )
    assert where({"provider": "chromadb"}, variables) == ChromaBackend(
        path=Path("/srv/chroma"), tenant="t", database="d", collection="facts"
    )


@pytest.mark.parametrize(
    ("inputs", "variables", "told"),
    [
        ({"provider": "agentcore", "aws-region": "eu-west-1"}, {}, "`agentcore-memory-id` or AGENTCORE_MEMORY_ID"),
        ({"provider": "agentcore", "agentcore-memory-id": MEMORY}, {}, "`aws-region` or AWS_REGION"),
        ({"provider": "chromadb"}, {}, "`chroma-url` or CHROMADB_HOST"),
        ({"provider": "chromadb"}, {"CHROMADB_TOKEN": TOKEN}, "`chroma-url` or CHROMADB_HOST"),
        ({"provider": "chromadb", "chroma-url": "http://localhost"}, {"CHROMADB_PATH": "/c"}, "unset CHROMADB_PATH"),
        ({"provider": "chromadb"}, {"CHROMADB_HOST": "localhost", "CHROMADB_PATH": "/c"}, "unset CHROMADB_PATH"),
        ({"provider": "chromadb", "chroma-url": "http://c.example"}, {"CHROMADB_TOKEN": TOKEN}, "as an https URL"),
        ({"provider": "chromadb", "chroma-token": TOKEN}, {"CHROMADB_HOST": "c.example"}, "CHROMADB_SSL to true"),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_named_by_input_and_variable(
    inputs: dict[str, str], variables: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        where(inputs, variables)
    assert told in refused.value.fix
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_a_token_may_go_to_this_machine_without_https(url: str) -> None:
    found = where({"provider": "chromadb", "chroma-url": url, "chroma-token": TOKEN}, {})
    assert found == ChromaBackend(url=url, token=TOKEN)


@pytest.mark.parametrize(("provider", "is_own"), [("git", True), ("chromadb", False), ("agentcore", False)])
def test_only_on_a_branch_of_the_repository_is_memory_its_own(provider: str, is_own: bool) -> None:
    environment = Environment.read({"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/hello"})
    assert is_own_memory(Settings.build({"provider": provider}), environment) is is_own


@pytest.mark.parametrize("provider", ["chromadb", "agentcore"])
def test_memory_that_is_elsewhere_asks_for_no_origin(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no clone
    variables = {"CHROMADB_HOST": "localhost", "AGENTCORE_MEMORY_ID": MEMORY, "AWS_REGION": "eu-west-1"}
    assert where({"provider": provider}, variables)
