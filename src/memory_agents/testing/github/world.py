"""What the fake GitHub knows: people, tokens, repositories and the rate limit."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from memory_agents.testing.github.bare_git import BareGit
from memory_agents.testing.github.happenings import Clock
from memory_agents.testing.github.messages import JsonObject, Problem
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import ALL_PERMISSIONS, Token, User

RATE_LIMIT = 5000
"""requests an hour"""
ACTIONS_BOT = "github-actions[bot]"


def utc_now() -> datetime:
    """The real time, without the fractions of a second that GitHub does not keep."""
    return datetime.now(UTC).replace(microsecond=0)


class World:
    """The state behind the server. Every login exists unless `unknown_logins` names it."""

    def __init__(self, *, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.repositories: dict[str, FakeRepository] = {}
        self.unknown_logins: set[str] = set()
        self.lock = threading.RLock()
        """held by whoever answers a request: one at a time, as GitHub's database would"""
        self.rate_limit_remaining = RATE_LIMIT
        """set it to let the limit end soon"""
        self._users: dict[str, User] = {}
        self._tokens: dict[str, Token] = {}
        self._ids = itertools.count(1001)
        self._root: Path | None = None

    @property
    def root(self) -> Path:
        """The folder of the bare repositories, as git http-backend wants them."""
        if self._root is None:
            raise RuntimeError("The fake is not running. Fix: with FakeGitHub() as fake: …")
        return self._root

    def add_repository(
        self,
        full_name: str = "octocat/hello",
        *,
        private: bool = False,
        files: Mapping[str, str | bytes | None] | None = None,
        permissions: Mapping[str, str] | None = None,
    ) -> FakeRepository:
        """A repository with a first commit of `files` on `main`, empty without any.

        `permissions` is login → admin, maintain, write, triage or read; the owner is admin.
        """
        owner, _, name = full_name.partition("/")
        git = BareGit(self.root / f"{full_name}.git")
        repository = FakeRepository(
            owner=owner, name=name, id=next(self._ids), private=private, git=git, ids=self._ids, clock=self.clock
        )
        git.init(repository.default_branch)
        repository.permissions |= dict(permissions or {})
        if files:
            repository.commit_files(files)
        self.repositories[full_name] = repository
        return repository

    def add_token(
        self,
        login: str = ACTIONS_BOT,
        *,
        permissions: Mapping[str, str] = ALL_PERMISSIONS,
        repositories: Iterable[str] | None = None,
    ) -> str:
        """A new token: whom it acts as, what it may do (`contents`, `issues`, `pull_requests`), and where (all)."""
        value = f"fake_{token_hex(16)}"
        only = None if repositories is None else frozenset(repositories)
        self._tokens[value] = Token(login=login, permissions=dict(permissions), repositories=only)
        return value

    def add_user(self, login: str, *, type: str = "User", id: int | None = None) -> User:  # noqa: A002 - GitHub's words
        """Somebody with a certain id or type; others get theirs when first seen."""
        self._users[login] = User(login, id or next(self._ids), type)
        return self._users[login]

    def find_user(self, login: str) -> User:
        """The user of that login."""
        return self._users.get(login) or self.add_user(login, type="Bot" if login.endswith("[bot]") else "User")

    def has_user(self, login: str) -> bool:
        """Whether there is an account of that login."""
        return login not in self.unknown_logins

    def find_token(self, value: str | None) -> Token | None:
        """Who a token acts as; None without one, and 401 for one that GitHub never gave."""
        if value is None:
            return None
        if value not in self._tokens:
            raise Problem(401, "Bad credentials")
        return self._tokens[value]

    def spend_request(self) -> None:
        """Count one request, or refuse it when none is left."""
        if self.rate_limit_remaining <= 0:
            raise Problem(403, "API rate limit exceeded for installation.")
        self.rate_limit_remaining -= 1

    def rate_limit(self) -> JsonObject:
        """A `rate-limit`; it resets an hour from now."""
        remaining = self.rate_limit_remaining
        return {
            "limit": max(RATE_LIMIT, remaining),
            "remaining": remaining,
            "used": max(RATE_LIMIT - remaining, 0),
            "reset": int(self.reset_at().timestamp()),
        }

    def reset_at(self) -> datetime:
        """When the rate limit ends: an hour from now."""
        return self.clock() + timedelta(hours=1)

    def rate_headers(self, resource: str) -> dict[str, str]:
        """What GitHub says of the rate limit with every answer."""
        rate = self.rate_limit()
        limits = {f"x-ratelimit-{name}": str(rate[name]) for name in ("limit", "remaining", "used", "reset")}
        return limits | {"x-ratelimit-resource": resource, "x-github-media-type": "github.v3; format=json"}
