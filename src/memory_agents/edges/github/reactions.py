"""Reactions: the sign at a comment, an issue or a pull request that something was seen, done or went wrong.

They are decoration. Anybody can add one, so that none proves anything, and a failure to add one stops nothing.

https://docs.github.com/rest/reactions/reactions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from memory_agents.core.requests import ISSUE_COMMENT, ITEM, REVIEW_COMMENT
from memory_agents.edges.github.api import WRITES_ISSUES, WRITES_PULLS, GitHubApi
from memory_agents.edges.github.permissions import viewer_id
from memory_agents.errors import GitHubFailure

Content = Literal["eyes", "rocket", "confused"]

_PATHS: Mapping[str, str] = {ITEM: "issues", ISSUE_COMMENT: "issues/comments", REVIEW_COMMENT: "pulls/comments"}
"""what takes reactions, a review does not; a pull request takes them as an issue"""
_NEEDS = f"{WRITES_ISSUES}` and `{WRITES_PULLS}"


class GitHubReactions:
    """Reacts in one repository: at an item by its number, at a comment by its id. May raise GitHubFailure."""

    def __init__(self, api: GitHubApi, repository: str) -> None:
        """`repository`: `owner/name`."""
        self._api = api
        self._repository = repository

    async def add(self, content: Content, kind: str, key: int) -> None:
        """React; GitHub keeps one of a kind from each account, so that a second time changes nothing."""
        await self._api.send(
            f"react with {content}", "POST", self._url(kind, key), needs=_NEEDS, body={"content": content}
        )

    async def remove(self, content: Content, kind: str, key: int) -> None:
        """Take back what the token's own account added; others' stay."""
        url = self._url(kind, key)
        own_id = await viewer_id(self._api)
        query = {"content": content, "per_page": "100"}
        answer = await self._api.send(f"list reactions with {content}", "GET", url, needs=_NEEDS, query=query)
        for row in answer.body if isinstance(answer.body, list) else []:
            match row:
                case {"id": int(own), "user": {"id": int(author_id)}} if author_id == own_id:
                    await self._delete(content, f"{url}/{own}")

    async def _delete(self, content: Content, url: str) -> None:
        try:
            await self._api.send(f"take back the reaction with {content}", "DELETE", url, needs=_NEEDS)
        except GitHubFailure as failure:
            if failure.status != 404:  # another run was faster
                raise

    def _url(self, kind: str, key: int) -> str:
        return f"/repos/{self._repository}/{_PATHS[kind]}/{key}/reactions"
