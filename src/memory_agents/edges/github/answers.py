"""Parts of GitHub's answers that several readers share: who, when, which page follows, and why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from memory_agents.core.github_events import GHOST, Account
from memory_agents.errors import GitHubFailure

PAGE = 100
"""the most rows that GitHub gives at once"""
UNREADABLE = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""raised by whoever reads an answer that is not what GitHub sends"""

WHO = """
fragment who on Actor {
  __typename
  login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Organization { databaseId }
}
"""
"""an account, as `actor` reads it: https://docs.github.com/graphql/reference/interfaces#actor"""

_LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')


def actor(node: Mapping[str, Any] | None) -> Account:
    """An account in GraphQL. A bot has the login that REST gives it; an account that is gone has a stand-in."""
    if node is None:
        return GHOST
    is_bot = node["__typename"] == "Bot"
    login = str(node["login"])
    return Account(login=f"{login}[bot]" if is_bot else login, id=int(node.get("databaseId") or 0), is_bot=is_bot)


def user(row: Mapping[str, Any] | None) -> Account:
    """An account in REST."""
    if row is None:
        return GHOST
    login = str(row["login"])
    return Account(login=login, id=int(row["id"]), is_bot=row.get("type") == "Bot" or login.endswith("[bot]"))


def time(value: object) -> datetime:
    """A time; raises TypeError or ValueError where it is none."""
    if not isinstance(value, str):
        raise TypeError
    return datetime.fromisoformat(value).astimezone(UTC)


def stamp(at: datetime) -> str:
    """A time as GitHub takes it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def links(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Relation → address of the other pages of a list.

    https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    return {relation: address for address, relation in _LINK.findall(headers.get("link", ""))}


def is_whole(answer: Mapping[str, Any]) -> bool:
    """Whether GraphQL gave all that it was asked for, but for what the token may not see."""
    return all(error.get("type") == "FORBIDDEN" for error in answer.get("errors") or ())


def refused(answer: Mapping[str, Any], what: str, needs: str) -> GitHubFailure:
    """Why GraphQL did not give what it was asked for. `needs`: the permission that the query takes."""
    problem: Mapping[str, Any] = next(iter(answer.get("errors") or ()), {})
    kind = problem.get("type")
    message = f"GitHub refused to {what}: {str(problem.get('message', 'no reason given'))[:200]}."
    if kind == "RATE_LIMITED":
        return GitHubFailure(message, fix="run again when the rate limit is over", limit="primary")
    fix = f"add `permissions: {needs}` to the job and pass its `github-token`"
    return GitHubFailure(message, fix=fix, status={"NOT_FOUND": 404, "FORBIDDEN": 403}.get(str(kind), 0))


def unreadable(what: str, error: Exception) -> GitHubFailure:
    """An answer that is not what GitHub sends."""
    return GitHubFailure(
        f"GitHub's answer when asked to {what} cannot be read: {type(error).__name__}.", fix="run again later"
    )
