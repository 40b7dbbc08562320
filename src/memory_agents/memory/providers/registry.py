"""Provider name → its class, imported when it is asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from memory_agents.errors import MissingExtra, SettingsError
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.git import Remote
from memory_agents.memory.provider import MemoryProvider

_EXTRAS = {"chromadb": "chromadb", "agentcore": "aiobotocore"}
"""provider, also the name of its extra → the package that the extra must bring"""


def create(
    provider: str, *, remote: Remote, branch: str, state: Path, embedder: Embedder | None = None
) -> MemoryProvider:
    """Make the provider; no I/O. Raises MissingExtra or SettingsError. `embedder`: None searches by words alone."""
    if provider == "git":
        from memory_agents.memory.providers.git_branch import GitBranchProvider

        return GitBranchProvider(remote, branch, state=state, embedder=embedder)
    package = _EXTRAS.get(provider)
    if package is not None and find_spec(package) is None:
        raise MissingExtra(f"`provider: {provider}`", provider)
    raise SettingsError(f"`provider: {provider}` is not part of this version.", fix="set `provider: git`")
