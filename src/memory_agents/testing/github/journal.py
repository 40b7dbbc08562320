"""What the fake saw: requests, tokens, and violations of GitHub's contract. No token is kept in a request."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request that was answered, or whose connection was cut."""

    method: str
    path: str
    """decoded, without `/api/v3`"""
    query: Mapping[str, str]
    status: int
    with_token: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A request or response that GitHub's description does not allow, or that the fake does not support."""

    method: str
    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.problem}"


class ContractViolated(AssertionError):
    """A client or the fake broke GitHub's contract."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        listed = "\n".join(f"  {violation}" for violation in violations)
        super().__init__(
            f"GitHub's API description was violated:\n{listed}\n"
            "Fix: send what the description allows, or pass raise_on_violation=False and look at .violations."
        )


class Journal:
    """Collects from all of the server's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []
        self._violations: list[Violation] = []
        self._tokens: set[str] = set()

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Every request so far, REST and git, in the order of their answers."""
        with self._lock:
            return tuple(self._requests)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every violation so far."""
        with self._lock:
            return tuple(self._violations)

    @property
    def tokens_seen(self) -> frozenset[str]:
        """Every token that was sent here, so that a test can tell that another was not."""
        with self._lock:
            return frozenset(self._tokens)

    def note_token(self, token: str) -> None:
        """Remember that this token was sent."""
        with self._lock:
            self._tokens.add(token)

    def note_request(self, request: LoggedRequest) -> None:
        """Remember a request."""
        with self._lock:
            self._requests.append(request)

    def note_violations(self, method: str, path: str, problems: Iterable[str]) -> None:
        """Remember what was wrong."""
        with self._lock:
            self._violations += [Violation(method=method, path=path, problem=problem) for problem in problems]
