"""The exception tree: every error a person can meet, each with the fix.

MemoryAgentsError
├── UsageError              wrong use: a command line, an input, a variable (exit 2)
│   ├── SettingsError       an input, a variable or the configuration file
│   └── EventError          a webhook payload that GitHub would not send
├── TemplateError           a template that cannot be rendered
├── UnreadableFile          a file of the maintainers that is there and cannot be read
├── MissingExtra            a part that is not installed
├── SanitizerFailed         a scanner of secrets failed; what it was to scan must not be stored
├── GitHubFailure           GitHub's API did not give what was asked for
└── MemoryFailure           a part of memory did not answer; recall goes on without it
    ├── MemoryUnreachable   no connection, or a server's error
    ├── MemoryTimeout       slower than the deadline
    ├── MemoryDenied        the credentials do not allow it
    ├── MemoryMissing       there is no such memory
    ├── MemoryThrottled     asked to wait
    ├── MemoryRefused       what was to be written cannot be kept there
    └── MemoryIncomplete    a write was made in part
"""

from __future__ import annotations

from typing import Literal


def sentence(text: str) -> str:
    """What somebody else said, such as a service, with a full stop unless it ends with a mark of its own."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


class MemoryAgentsError(Exception):
    """An error with a message for a person and, where there is one, the fix."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} Fix: {self.fix}" if self.fix else self.message


class UsageError(MemoryAgentsError):
    """The command line, an input or a variable is wrong."""


class SettingsError(UsageError):
    """An input, an environment variable or the configuration file is invalid."""


class EventError(UsageError):
    """A webhook payload lacks what GitHub always sends."""


class TemplateError(MemoryAgentsError):
    """A template cannot be loaded or rendered."""


class MissingExtra(MemoryAgentsError):
    """A part is asked for whose packages are not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed.", fix=f"pip install 'memory-agents[{extra}]'")
        self.extra = extra


class UnreadableFile(MemoryAgentsError):
    """A file of the maintainers that is there and cannot be read."""


class SanitizerFailed(MemoryAgentsError):
    """A scanner of secrets failed: what it was to scan must not be stored."""


class GitHubFailure(MemoryAgentsError):
    """GitHub's API refused, failed or could not be reached."""

    def __init__(
        self,
        message: str,
        *,
        fix: str = "",
        status: int = 0,
        is_passing: bool = False,
        limit: Literal["", "primary", "secondary"] = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, fix=fix)
        self.status = status
        self.is_passing = is_passing
        """whether the same request may succeed in a moment"""
        self.limit = limit
        """the rate limit that refused it: `primary` until the hour is over, `secondary` for some minutes"""
        self.retry_after = retry_after
        """seconds that GitHub asked to wait"""


class MemoryFailure(MemoryAgentsError):
    """A part of memory did not answer; whoever recalls goes on without it."""


class MemoryUnreachable(MemoryFailure):
    """No connection, no such remote, or the server failed."""


class MemoryTimeout(MemoryFailure):
    """No answer within the deadline."""


class MemoryDenied(MemoryFailure):
    """The credentials are missing or do not allow it."""


class MemoryThrottled(MemoryFailure):
    """The service asked to wait."""


class MemoryMissing(MemoryFailure):
    """The service answers, but has no such memory."""


class MemoryRefused(MemoryFailure):
    """What was to be written cannot be kept there, such as a text that is too long: trying again does not help."""


class MemoryIncomplete(MemoryFailure):
    """A write was made in part. Writing all of it again is safe: what is stored is not stored twice."""

    def __init__(self, message: str, *, fix: str, stored: tuple[str, ...], failed: tuple[str, ...]) -> None:
        super().__init__(message, fix=fix)
        self.stored = stored
        """ids of what was written"""
        self.failed = failed
        """ids of what was not"""
