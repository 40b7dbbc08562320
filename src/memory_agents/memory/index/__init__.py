"""The local search index: derived, in one file, thrown away whenever in doubt."""

from memory_agents.memory.index.corrupt import IndexCorrupt
from memory_agents.memory.index.local import LocalIndex
from memory_agents.memory.index.syncing import SyncReport

__all__ = ["IndexCorrupt", "LocalIndex", "SyncReport"]
