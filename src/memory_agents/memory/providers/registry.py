"""Where memory is kept → the provider of it, whose packages are imported when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from memory_agents.errors import MissingExtra
from memory_agents.memory.embedding import EMBEDDING, Embedder, open_embedder
from memory_agents.memory.git import Remote
from memory_agents.memory.provider import MemoryProvider


@dataclass(frozen=True, slots=True)
class GitBackend:
    """A branch of a repository."""

    remote: Remote
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaBackend:
    """A collection of Chroma: in a folder, or on a server."""

    path: Path | None = None
    """a folder of this machine; None where `url` says which server"""
    url: str = ""
    token: str = field(default="", repr=False)
    tenant: str = ""
    """empty is Chroma's own default; `database` too"""
    database: str = ""
    collection: str = "memory-agents"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCoreBackend:
    """A memory of AWS Bedrock AgentCore."""

    memory_id: str
    region: str
    endpoint: str = ""
    """empty is the region's own"""
    events_per_second: float = 0.25
    """of one session of one actor"""


Backend: TypeAlias = GitBackend | ChromaBackend | AgentCoreBackend


def create(backend: Backend, *, state: Path, embedder: Embedder | None, seconds: float) -> MemoryProvider:
    """Make the provider; no I/O. Raises MissingExtra, with the install command.

    `state`: a folder for what is derived. `embedder`: None searches by words alone, but Chroma keeps vectors in any
    case. `seconds`: how long one call to a service may take.
    """
    match backend:
        case GitBackend():
            from memory_agents.memory.providers.git_branch import GitBranchProvider

            return GitBranchProvider(backend.remote, backend.branch, state=state, embedder=embedder)
        case ChromaBackend():
            _need("chromadb", "chromadb", *EMBEDDING)
            from memory_agents.memory.providers.chroma import ChromaProvider

            return ChromaProvider(
                path=backend.path,
                url=backend.url,
                token=backend.token,
                tenant=backend.tenant,
                database=backend.database,
                collection=backend.collection,
                embedder=embedder or open_embedder(),
                seconds=seconds,
            )
        case AgentCoreBackend():
            _need("agentcore", "aiobotocore")
            from memory_agents.memory.providers.agentcore import AgentCoreProvider

            return AgentCoreProvider(
                backend.memory_id,
                region=backend.region,
                endpoint=backend.endpoint,
                state=state,
                events_per_second=backend.events_per_second,
                seconds=seconds,
                embedder=embedder,
            )


def _need(provider: str, *packages: str) -> None:
    """Raise MissingExtra where one of the packages that the provider's extra brings is not installed."""
    if not all(map(find_spec, packages)):
        raise MissingExtra(f"`provider: {provider}`", provider)
