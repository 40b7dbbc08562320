"""What people wrote and which labels they set since some time, for catch-up: bulk lists, never a request for each.

GitHub is the queue: these lists are read anew from the time of the last run. No list tells what was deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from memory_agents.core.github_events import Account
from memory_agents.core.pending import Labelled, Written
from memory_agents.core.records import EPOCH
from memory_agents.edges.github import written as rows
from memory_agents.edges.github.answers import PAGE, UNREADABLE, WHO, links, refused, stamp, time, unreadable
from memory_agents.edges.github.api import READS_ISSUES, READS_PULLS, Answer, GitHubApi
from memory_agents.edges.github.written import Json
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
_EDITORS = (
    """
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Comment {
      lastEditedAt
      includesCreatedEdit
      author { ...who }
      editor { ...who }
      userContentEdits(first: 100) { totalCount nodes { editor { ...who } } }
    }
  }
}
"""
    + WHO
)


class GitHubQueue:
    """The lists of one repository. Each may raise GitHubFailure."""

    def __init__(self, api: GitHubApi, repository: str, repository_id: int) -> None:
        """`repository`: `owner/name`."""
        self._api = api
        self._repository = repository
        self._repository_id = repository_id
        self._listed: dict[str, datetime] = {}
        """node id → when what was listed had been updated"""

    async def written(self, since: datetime) -> Sequence[Written]:
        """Comments, review comments and reviews that were made or edited at or after `since`.

        https://docs.github.com/rest/issues/comments#list-issue-comments-for-a-repository,
        https://docs.github.com/rest/pulls/comments#list-review-comments-in-a-repository
        """
        found = [
            *await self._updated("issues/comments", since, rows.comment, READS_ISSUES),
            *await self._updated("pulls/comments", since, rows.review_comment, READS_PULLS),
            *await self._reviews(since),
        ]
        self._listed |= {one.node_id: one.updated_at for one in found}
        return found

    async def editors(self, node_ids: Sequence[str]) -> Mapping[str, tuple[Account, ...]]:
        """All who ever edited what was listed, by node id, each once and the last first; empty where nobody did.

        Left out is what is gone, or was edited after it was listed: the text is then not these editors'. So is what
        GitHub does not name all editors of: one whose account is gone, or more edits than it gives at once.
        https://docs.github.com/graphql/reference/interfaces#comment
        """
        what = "say who edited comments"
        found: dict[str, tuple[Account, ...]] = {}
        for start in range(0, len(node_ids), PAGE):
            ids = node_ids[start : start + PAGE]
            answer: Json = await self._api.graphql(what, _EDITORS, {"ids": list(ids)}, needs=_NEEDS)
            if any(error.get("type") != "NOT_FOUND" for error in answer.get("errors") or ()):
                raise refused(answer, what, _NEEDS)
            try:
                for node_id, node in zip(ids, answer["data"]["nodes"], strict=True):
                    editors = rows.editors(node, self._listed.get(node_id, EPOCH)) if node else None
                    if editors is not None:
                        found[node_id] = editors
            except UNREADABLE as error:
                raise unreadable(what, error) from None
        return found

    async def labelled(self, since: datetime) -> Sequence[Labelled]:
        """Labels that were set, and items that were closed, at or after `since`, oldest first.

        https://docs.github.com/rest/issues/events#list-issue-events-for-a-repository lists the newest first, and has
        no `since`.
        """
        what = "list events"
        url, query = f"/repos/{self._repository}/issues/events", {"per_page": str(PAGE)}
        found: dict[int, Labelled] = {}
        while url:
            try:
                answer = await self._api.send(what, "GET", url, needs=READS_ISSUES, query=query)
            except GitHubFailure as failure:
                if not query and failure.status == _TOO_DEEP:  # older events can not be had
                    break
                raise
            events = _read(answer, what, _event)
            found |= {key: row for key, at, row in events if row is not None and at >= since}
            is_last = any(at < since for _, at, _ in events)
            url, query = "" if is_last else links(answer.headers).get("next", ""), {}
        return sorted(found.values(), key=lambda row: row.at)

    async def _updated(
        self, path: str, since: datetime, read: Callable[[Json, int], Written], needs: str
    ) -> Sequence[Written]:
        """A list by the time of the last update, each page from where the last one ended.

        So it may change while it is read and nothing is missed; and GitHub refuses page numbers beyond 10,000 rows.
        """
        what, first = f"list {path}", f"/repos/{self._repository}/{path}"
        found: dict[int, Written] = {}
        url, query = first, _since(since)
        while url:
            answer = await self._api.send(what, "GET", url, needs=needs, query=query)
            page = _read(answer, what, lambda entry: read(entry, self._repository_id))
            found |= {row.place.origin.key: row for row in page}
            last = max((row.updated_at for row in page), default=since)
            following = links(answer.headers).get("next", "")
            if following and last > since:
                since, url, query = last, first, _since(last)
            else:  # the end, or more rows of one second than a page holds
                url, query = following, {}
        return list(found.values())

    async def _reviews(self, since: datetime) -> Sequence[Written]:
        """The texts of reviews, of the last 100 of each pull request: REST has no list of them.

        https://docs.github.com/graphql/reference/objects#pullrequestreview
        """
        what = "list reviews"
        owner, _, name = self._repository.partition("/")
        found: dict[int, Written] = {}
        after: str | None = None
        while True:
            variables = {"owner": owner, "name": name, "pulls": _PULLS, "after": after}
            answer: Json = await self._api.graphql(what, _REVIEWS, variables, needs=READS_PULLS)
            if answer.get("errors"):
                raise refused(answer, what, READS_PULLS)
            try:
                pulls = answer["data"]["repository"]["pullRequests"]
                found |= {one.place.origin.key: one for one in self._texts(pulls) if one.updated_at >= since}
                is_last = any(time(pull["updatedAt"]) < since for pull in pulls["nodes"])
                after = pulls["pageInfo"]["endCursor"] if pulls["pageInfo"]["hasNextPage"] else None
            except UNREADABLE as error:
                raise unreadable(what, error) from None
            if is_last or after is None:
                return list(found.values())

    def _texts(self, pulls: Json) -> Iterator[Written]:
        for pull in pulls["nodes"]:
            for node in pull["reviews"]["nodes"]:
                review = rows.review(node, pull, self._repository_id)
                if review is not None:
                    yield review


def _read(answer: Answer, what: str, read: Callable[[Json], T]) -> list[T]:
    """The rows of a page; what is not as GitHub sends it is left out, unless all is so."""
    if not isinstance(answer.body, list):
        raise GitHubFailure(f"GitHub's answer when asked to {what} is no list.", fix="run again later")
    found: list[T] = []
    problem: Exception | None = None
    for entry in answer.body:
        try:
            found.append(read(entry))
        except UNREADABLE as error:
            problem = error
    if problem is not None and not found:
        raise unreadable(what, problem)
    return found


def _event(entry: Json) -> tuple[int, datetime, Labelled | None]:
    return int(entry["id"]), time(entry["created_at"]), rows.labelled(entry)


def _since(at: datetime) -> dict[str, str]:
    return {"per_page": str(PAGE), "sort": "updated", "direction": "asc", "since": stamp(at)}
