"""The composition root: builds what a run needs, wires it, and hands the result to the edges."""

from memory_agents.app.calibrating import calibrate_history
from memory_agents.app.indexing import index_history
from memory_agents.app.meaning import Meaning, search_by_meaning
from memory_agents.app.providing import create_provider, github_api, maintainers_files, open_memory, open_writer
from memory_agents.app.redacting import redact_fully
from memory_agents.app.running import run

__all__ = [
    "Meaning",
    "calibrate_history",
    "create_provider",
    "github_api",
    "index_history",
    "maintainers_files",
    "open_memory",
    "open_writer",
    "redact_fully",
    "run",
    "search_by_meaning",
]
