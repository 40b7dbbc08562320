"""A memory for the bots and agents of a repository, owned by its maintainers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory_agents.app import create_provider
    from memory_agents.core.sanitizer import redact
    from memory_agents.memory.integration import MemoryIntegration

__version__ = "0.1.0"
__all__ = ["MemoryIntegration", "__version__", "create_provider", "redact"]

# Imported when first asked for: the action decides what to install with the standard library alone.
_HOMES = {
    "MemoryIntegration": "memory_agents.memory.integration",
    "create_provider": "memory_agents.app",
    "redact": "memory_agents.core.sanitizer",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
