"""The file in which the runner keeps the webhook payload. Standard library only."""

from __future__ import annotations

import json
from pathlib import Path

from memory_agents.core import payloads
from memory_agents.core.github_events import GitHubEvent
from memory_agents.errors import EventError, UsageError


def read(name: str, path: Path | None, repository: str) -> GitHubEvent:
    """Read the event `name` from `path`; raises UsageError or EventError.

    `repository`: GITHUB_REPOSITORY, for payloads that hold none.
    """
    if not name or path is None:
        raise UsageError(
            "There is no event: GITHUB_EVENT_NAME or GITHUB_EVENT_PATH is not set.",
            fix="run inside GitHub Actions, or set both: a name such as issues, and a file with the webhook payload",
        )
    try:
        payload: object = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"The event file {path} cannot be read: {error.strerror}.", fix="correct GITHUB_EVENT_PATH"
        ) from None
    except (ValueError, RecursionError) as error:
        problem = str(error).partition("\n")[0]
        raise EventError(
            f"The event file {path} is not JSON: {problem}.", fix="correct the file that GITHUB_EVENT_PATH names"
        ) from None
    return payloads.parse(name, payload, repository=repository)
