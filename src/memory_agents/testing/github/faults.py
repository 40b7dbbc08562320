"""Faults on demand: latency, refusals, rate limits and cut connections, for REST and for git."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from memory_agents.testing.github.messages import DOCUMENTATION, Reply, Request

GIT = "git"
"""matches git's smart HTTP, whatever the repository"""

Limit = Literal["", "primary", "secondary"]

MESSAGES = {
    400: "Problems parsing JSON",
    401: "Bad credentials",
    403: "Resource not accessible by integration",
    404: "Not Found",
    409: "Git Repository is empty.",
    410: "This issue was deleted",
    422: "Validation Failed",
    429: "Too many requests",
    500: "Server Error",
    502: "Server Error",
    503: "Service unavailable",
}
LIMIT_MESSAGES: dict[Limit, str] = {
    "primary": "API rate limit exceeded for installation.",
    "secondary": (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
        "If you reach out to GitHub Support for help, please include the request ID."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with the requests that it matches."""

    match: str
    latency: float = 0.0
    """seconds before anything else happens"""
    status: int | None = None
    """answered in place of doing the work"""
    limit: Limit = ""
    """which rate limit the refusal speaks of"""
    retry_after: int | None = None
    """seconds in the `Retry-After` header"""
    cut: bool = False
    """the work is done, then the connection ends in the middle of the response"""
    call: Callable[[], None] | None = None
    """called between the work, or the refusal in its place, and the response: to kill who waits for it"""

    def matches(self, request: Request, *, is_git: bool) -> bool:
        """Whether it concerns this request: `match` is `git`, `METHOD`, `/path`, `METHOD /path` or empty."""
        if self.match == GIT:
            return is_git
        method, slash, path = self.match.partition("/")
        return method.strip() in {"", request.method} and request.decoded_path.startswith(slash + path)

    def reply(self, reset: int) -> Reply | None:
        """The refusal as GitHub words it, or None; `reset` is when the limit ends, in epoch seconds."""
        if self.status is None:
            return None
        headers: dict[str, str] = {}
        message = LIMIT_MESSAGES[self.limit] if self.limit else MESSAGES.get(self.status, "Server Error")
        if self.limit == "primary":
            headers |= {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(self.status)}
        return Reply(status=self.status, body=body, headers=headers)


class Faults:
    """The faults waiting to happen. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, Callable[[], bool]]] = []

    def add(
        self,
        match: str = "",
        *,
        times: int | None = 1,
        latency: float = 0.0,
        status: int | None = None,
        limit: Limit = "",
        retry_after: int | None = None,
        cut: bool = False,
        call: Callable[[], None] | None = None,
        skip: int = 0,
    ) -> None:
        """Let the next `times` matching requests (None: all) go wrong, after the first `skip` of them.

        `match` is `git` for git's smart HTTP, or a method, a path prefix or both: `POST /repos/o/r/issues`.
        `status` answers in place of doing the work: 429 as the secondary rate limit with `Retry-After: 60`,
        403 as a missing permission unless `limit` says `primary` or `secondary`.
        """
        if status == 429 and not limit:
            limit = "secondary"
        if limit == "secondary" and retry_after is None:
            retry_after = 60
        fault = Fault(
            match=match, latency=latency, status=status, limit=limit, retry_after=retry_after, cut=cut, call=call
        )
        left, before = times, skip

        def take() -> bool:
            nonlocal left, before
            if before > 0:
                before -= 1
                return False
            if left is None:
                return True
            left -= 1
            return left >= 0

        with self._lock:
            self._waiting.append((fault, take))

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._waiting.clear()

    def take(self, request: Request, *, is_git: bool) -> Fault | None:
        """The first fault that this request meets, counted down."""
        with self._lock:
            for fault, take in self._waiting:
                if fault.matches(request, is_git=is_git) and take():
                    return fault
        return None
