"""One connection to GitHub's REST and GraphQL APIs through PyGithub, imported when the first request is made.

Requests do not wait and do not retry by themselves: a recall must never be slow because of them, and
whoever may wait does so on purpose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from memory_agents.errors import GitHubFailure

if TYPE_CHECKING:
    from github import Github
    from github.GithubException import GithubException

_T = TypeVar("_T")

READS_CONTENTS = "contents: read"
READS_ISSUES = "issues: read"
READS_METADATA = "metadata: read"
READS_PULLS = "pull-requests: read"
WRITES_ISSUES = "issues: write"
WRITES_PULLS = "pull-requests: write"


@dataclass(frozen=True, slots=True)
class Answer:
    """JSON, and the headers that came with it, their names in lower case."""

    body: object
    headers: Mapping[str, str]


class GitHubApi:
    """What every part that asks GitHub shares: one connection, one request at a time, one kind of failure."""

    def __init__(self, *, api_url: str, token: str, timeout: float = 10) -> None:
        """`timeout`: seconds for one request."""
        self._api_url = api_url
        self._token = token
        self._timeout = timeout
        self._client: Github | None = None
        self.viewer_id: int | None = None
        """of whom the token acts as, once `permissions.viewer_id` asked"""
        self._one_at_a_time = asyncio.Lock()  # PyGithub keeps the request under way in its connection

    async def ask(self, what: str, request: Callable[[Github], _T], *, needs: str = READS_CONTENTS) -> _T:
        """Make a request in a thread. `needs`: the permission that it takes, for the error. Raises GitHubFailure."""
        async with self._one_at_a_time:
            try:
                return await asyncio.to_thread(self._ask_now, what, request, needs)
            except asyncio.CancelledError:
                self._client = None  # a thread is still at work with it
                raise

    async def send(
        self,
        what: str,
        method: str,
        url: str,
        *,
        needs: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        """Make one plain REST request; `url` is a path, or an address that an answer named."""

        def request(client: Github) -> Answer:
            parameters = dict(query) if query else None
            headers, found = client.requester.requestJsonAndCheck(method, url, parameters, input=body)
            return Answer(found, headers)

        return await self.ask(what, request, needs=needs)

    async def graphql(
        self, what: str, query: str, variables: Mapping[str, object], *, needs: str
    ) -> Mapping[str, object]:
        """The answer to a GraphQL query, `data` and `errors` as they come.

        https://docs.github.com/graphql/guides/forming-calls-with-graphql
        """

        def request(client: Github) -> object:
            asked = {"query": query, "variables": dict(variables)}
            return client.requester.requestJsonAndCheck("POST", client.requester.graphql_url, input=asked)[1]

        found = await self.ask(what, request, needs=needs)
        return cast("Mapping[str, object]", found) if isinstance(found, Mapping) else {}

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def _ask_now(self, what: str, request: Callable[[Github], _T], needs: str) -> _T:
        from github import GithubException
        from requests import RequestException

        try:
            return request(self._connected())
        except GithubException as error:
            raise failure(error, what, needs) from None
        except RequestException as error:
            raise GitHubFailure(
                f"GitHub could not be reached to {what}: {type(error).__name__}.",
                fix="check GITHUB_API_URL and the runner's network",
                is_passing=True,
            ) from None
        # PyGithub raises a bare RuntimeError where it is led to another server; a RecursionError is one, too.
        except (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise GitHubFailure(
                f"GitHub's answer when asked to {what} cannot be read: {type(error).__name__}.",
                fix="check GITHUB_API_URL, and what stands between it and the runner",
            ) from None

    def _connected(self) -> Github:
        from github import Auth, Github

        if self._client is None:
            self._client = Github(
                auth=Auth.Token(self._token) if self._token else None,
                base_url=self._api_url,
                timeout=max(1, round(self._timeout)),
                lazy=True,  # no request for the repository itself
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
        return self._client


def failure(error: GithubException, what: str, needs: str) -> GitHubFailure:
    """What GitHub's answer means, with the fix. `needs`: the permission that the request takes."""
    headers = error.headers or {}
    told = error.data.get("message", "") if isinstance(error.data, dict) else ""
    message = f"GitHub answered {error.status} when asked to {what}{': ' + str(told)[:200] if told else ''}."
    is_primary = headers.get("x-ratelimit-remaining") == "0"
    is_limit = is_primary or "retry-after" in headers or "rate limit" in str(told).lower()
    if error.status == 429 or (error.status == 403 and is_limit):
        return GitHubFailure(
            message,
            fix="run again when the rate limit is over",
            status=error.status,
            is_passing=not is_primary,
            limit="primary" if is_primary else "secondary",
            retry_after=_seconds(headers),
        )
    if error.status == 401:
        return GitHubFailure(message, fix="pass a `github-token` that is valid", status=error.status)
    if error.status in {403, 404}:
        fix = f"add `permissions: {needs}` to the job and pass its `github-token`"
        return GitHubFailure(message, fix=fix, status=error.status)
    return GitHubFailure(message, fix="run again later", status=error.status, is_passing=error.status >= 500)


def _seconds(headers: Mapping[str, str]) -> float | None:
    """How long GitHub asks to wait; None where it does not say.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None
