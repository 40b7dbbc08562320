"""One authorized REST call, as the handlers of the routes see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from memory_agents.testing.github import pagination
from memory_agents.testing.github.messages import Json, JsonObject, Problem, Reply, Request, Unsupported, not_found
from memory_agents.testing.github.render.basics import View
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Token

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a call needs of the whole of the fake beside a repository."""

    view: View
    token: Token | None
    rate_limit: Callable[[], JsonObject]
    has_user: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call on a repository; the contract has checked its form before."""

    request: Request
    parameters: Mapping[str, str]
    """the values in the path, decoded"""
    account: Account
    repository: FakeRepository

    @property
    def view(self) -> View:
        """How the caller sees addresses and people."""
        return self.account.view

    @property
    def query(self) -> Mapping[str, str]:
        """The query's values."""
        return self.request.query

    @property
    def actor(self) -> str:
        """The login that the token acts as. Authorization let no write through without a token."""
        if self.account.token is None:
            raise Problem(401, "Requires authentication")
        return self.account.token.login

    def number(self, name: str) -> int:
        """A number in the path; GitHub answers 404 to anything else."""
        text = self.parameters[name]
        if not text.isdigit():
            raise not_found()
        return int(text)

    def body(self) -> Json:
        """The request's JSON."""
        try:
            return json.loads(self.request.body or b"{}")
        except ValueError:
            raise Problem(400, "Problems parsing JSON") from None

    def fields(self) -> JsonObject:
        """The request's JSON object."""
        body = self.body()
        if not isinstance(body, dict):
            raise Problem(400, "Body should be a JSON object")
        return body

    def page(self, rows: list[Row], render: Callable[[View, FakeRepository, Row], Json]) -> Reply:
        """One page of rows, each rendered."""
        url = self.request.api_url + self.request.path
        return pagination.page(rows, self.query, url, lambda row: render(self.view, self.repository, row))

    def cursor_page(
        self,
        rows: list[Row],
        keys: Mapping[str, Callable[[Row], float]],
        id_of: Callable[[Row], int],
        render: Callable[[View, FakeRepository, Row], Json],
    ) -> Reply:
        """One page of the rows by the query's `sort` and `direction`, newest first unless it says otherwise."""
        url = self.request.api_url + self.request.path
        return pagination.cursor_page(
            rows,
            self.query,
            url,
            keys=keys,
            id_of=id_of,
            render=lambda row: render(self.view, self.repository, row),
        )

    def only(self, *names: str) -> None:
        """Refuse the parameters that this fake would silently ignore, lest a test trust the answer."""
        if ignored := sorted(set(self.query) - {*names, "page", "per_page"}):
            raise Unsupported(f"the fake does not filter by {', '.join(ignored)}")


Handler = Callable[[Call], Reply]
Routes = dict[tuple[str, str], Handler]
"""(method, path template of GitHub's description) → handler"""

REPO = "/repos/{owner}/{repo}"
