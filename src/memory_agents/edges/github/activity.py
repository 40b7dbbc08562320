"""What people said and which labels they set since some time, for catch-up: bulk lists, never a request for each.

GitHub is the queue: these lists are read anew from the time of the last run. No list tells what was deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from memory_agents.core.digest import Labelling
from memory_agents.edges.github import said
from memory_agents.edges.github.answers import PAGE, UNREADABLE, WHO, links, refused, time, unreadable
from memory_agents.edges.github.api import READS_ISSUES, READS_PULLS, Answer, GitHubApi
from memory_agents.edges.github.said import Json, Said, Standing
from memory_agents.errors import GitHubFailure

T = TypeVar("T")

_PULLS = 25
"""pull requests of one query, each with its last reviews"""
_TOO_DEEP = 422
_NEEDS = f"{READS_ISSUES}` and `{READS_PULLS}"

_REVIEWS = (
    """
query($owner: String!, $name: String!, $pulls: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: $pulls, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number
        updatedAt
        reviews(last: 100) { nodes { id fullDatabaseId url body submittedAt updatedAt author { ...who } } }
      }
    }
  }
}
"""
    + WHO
)
_NOW = (
    """
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Comment { body lastEditedAt author { ...who } editor { ...who } }
    ... on Minimizable { isMinimized }
  }
}
"""
    + WHO
)


class GitHubActivity:
    """The lists of one repository. Each may raise GitHubFailure, after any row: those before stand."""

    def __init__(self, api: GitHubApi, repository: str) -> None:
        """`repository`: `owner/name`."""
        self._api = api
        self._repository = repository

    def comments(self, since: datetime) -> AsyncIterator[Said]:
        """The conversations' comments that were made or edited since then, the last updated last.

        https://docs.github.com/rest/issues/comments#list-issue-comments-for-a-repository
        """
        return self._updated("issues/comments", since, said.comment, READS_ISSUES)

    def review_comments(self, since: datetime) -> AsyncIterator[Said]:
        """The same of the comments on lines of pull requests.

        https://docs.github.com/rest/pulls/comments#list-review-comments-in-a-repository
        """
        return self._updated("pulls/comments", since, said.review_comment, READS_PULLS)

    async def reviews(self, since: datetime) -> AsyncIterator[Said]:
        """The texts of reviews that were made or edited since then, of the last 100 of each pull request.

        REST has no list of them: https://docs.github.com/graphql/reference/objects#pullrequestreview
        """
        what = "list reviews"
        owner, _, name = self._repository.partition("/")
        after: str | None = None
        while True:
            variables = {"owner": owner, "name": name, "pulls": _PULLS, "after": after}
            answer: Json = await self._api.graphql(what, _REVIEWS, variables, needs=READS_PULLS)
            if answer.get("errors"):
                raise refused(answer, what, READS_PULLS)
            try:
                pulls = answer["data"]["repository"]["pullRequests"]
                found = [said.review(review, pull) for pull in pulls["nodes"] for review in pull["reviews"]["nodes"]]
                is_last = any(time(pull["updatedAt"]) < since for pull in pulls["nodes"])
                after = pulls["pageInfo"]["endCursor"] if pulls["pageInfo"]["hasNextPage"] else None
            except UNREADABLE as error:
                raise unreadable(what, error) from None
            for review in found:
                if review is not None and review.updated_at >= since:
                    yield review
            if is_last or after is None:
                return

    async def labellings(self, since: datetime) -> AsyncIterator[Labelling]:
        """The labels that were set since then, the last first; one of them may have been taken away again.

        https://docs.github.com/rest/issues/events#list-issue-events-for-a-repository has no `since`.
        """
        query: Mapping[str, str] | None = {"per_page": str(PAGE)}
        url = f"/repos/{self._repository}/issues/events"
        seen: set[int] = set()
        while url:
            try:
                answer = await self._api.send("list events", "GET", url, needs=READS_ISSUES, query=query)
            except GitHubFailure as failure:
                if query is None and failure.status == _TOO_DEEP:  # older events can not be had
                    return
                raise
            for key, at, row in _read(answer, "list events", _event):
                if at < since:
                    return
                if row is not None and key not in seen:  # what happens meanwhile moves the others to later pages
                    seen.add(key)
                    yield row
            url, query = links(answer.headers).get("next", ""), None

    async def standing(self, node_ids: Sequence[str]) -> Mapping[str, Standing]:
        """How they stand now, by node id: what is said, and whose permission counts for it. What is gone is left out.

        https://docs.github.com/graphql/reference/interfaces#comment
        """
        what = "look at comments again"
        found: dict[str, Standing] = {}
        for start in range(0, len(node_ids), PAGE):
            ids = node_ids[start : start + PAGE]
            answer: Json = await self._api.graphql(what, _NOW, {"ids": list(ids)}, needs=_NEEDS)
            errors = answer.get("errors") or ()
            if any(error.get("type") != "NOT_FOUND" for error in errors):
                raise refused(answer, what, _NEEDS)
            try:
                nodes = answer["data"]["nodes"]
                found |= {key: said.standing(node) for key, node in zip(ids, nodes, strict=True) if node}
            except UNREADABLE as error:
                raise unreadable(what, error) from None
        return found

    async def _updated(
        self, path: str, since: datetime, read: Callable[[Json], Said], needs: str
    ) -> AsyncIterator[Said]:
        """A list by the time of the last update, each page from where the last one ended.

        So it may change while it is read and nothing is missed; and GitHub refuses page numbers beyond 10,000 rows.
        """
        what, first = f"list {path}", f"/repos/{self._repository}/{path}"
        seen: set[tuple[int, datetime]] = set()
        url = first
        query: dict[str, str] | None = _since(since)
        while url:
            answer = await self._api.send(what, "GET", url, needs=needs, query=query)
            last = since
            for row in _read(answer, what, read):
                last = max(last, row.updated_at)
                if (row.id, row.updated_at) not in seen:
                    seen.add((row.id, row.updated_at))
                    yield row
            following = links(answer.headers).get("next", "")
            if following and last > since:
                since, url, query = last, first, _since(last)
            else:  # the end, or more rows of one second than a page holds
                url, query = following, None


def _read(answer: Answer, what: str, read: Callable[[Json], T]) -> list[T]:
    """The rows of a page; what is not as GitHub sends it is left out, unless all is so."""
    if not isinstance(answer.body, list):
        raise GitHubFailure(f"GitHub's answer when asked to {what} is no list.", fix="run again later")
    rows: list[T] = []
    problem: Exception | None = None
    for entry in answer.body:
        try:
            rows.append(read(entry))
        except UNREADABLE as error:
            problem = error
    if problem is not None and not rows:
        raise unreadable(what, problem)
    return rows


def _event(entry: Json) -> tuple[int, datetime, Labelling | None]:
    return int(entry["id"]), time(entry["created_at"]), said.labelling(entry)


def _since(at: datetime) -> dict[str, str]:
    since = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"per_page": str(PAGE), "sort": "updated", "direction": "asc", "since": since}
