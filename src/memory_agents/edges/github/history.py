"""A repository's past from GitHub: bulk lists, never a request for each item; and one look at what is shown.

https://docs.github.com/rest/issues/issues#list-repository-issues, /rest/issues/comments, /rest/issues/events,
/rest/pulls/comments; https://docs.github.com/graphql/reference/queries#nodes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from memory_agents.core.history import Page, Seen, Stream, listed
from memory_agents.core.records import FULL_NAME
from memory_agents.edges.github.answers import UNREADABLE, links, refused, stamp, unreadable
from memory_agents.edges.github.api import READS_CONTENTS, READS_ISSUES, READS_PULLS, GitHubApi
from memory_agents.errors import GitHubFailure

_PER_PAGE = 100
_PATHS: Mapping[Stream, str] = {
    Stream.ISSUES: "issues",
    Stream.REVIEWS: "pulls/comments",
    Stream.COMMENTS: "issues/comments",
    Stream.EVENTS: "issues/events",
}
_DIGITS = 12
_NEEDS = f"{READS_ISSUES}` and `{READS_PULLS}"
_LOOK = "look at past items again"

_LOOK_AGAIN = """
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Issue { title body state stateReason(enableDuplicate: true) closedAt labels(first: 100) { nodes { name } } }
    ... on PullRequest { title body pullState: state closedAt mergedAt labels(first: 100) { nodes { name } } }
    ... on PullRequestReviewComment { body isMinimized }
    ... on IssueComment { body isMinimized }
  }
}
"""


class GitHubHistory:
    """HistorySource: one repository's lists."""

    def __init__(self, api: GitHubApi, repository: str, *, may_be_renamed: bool = False) -> None:
        """`repository`: `owner/name`, which somebody may know by an older name than GitHub does."""
        self._api = api
        self._repository = repository
        self._is_sure = not may_be_renamed

    async def first(
        self, stream: Stream, *, since: datetime | None = None, newest_first: bool = False, page: int = 1
    ) -> Page:
        """See HistorySource."""
        query = {"per_page": str(_PER_PAGE)}
        if page > 1:
            query["page"] = str(page)
        if stream is not Stream.EVENTS:
            query |= {"sort": "updated", "direction": "desc" if newest_first else "asc"}
        if stream is Stream.ISSUES:
            query["state"] = "all"
        if since is not None:
            query["since"] = stamp(since)
        await self._make_sure()
        return await self._page(stream, f"/repos/{self._repository}/{_PATHS[stream]}", query)

    async def following(self, stream: Stream, place: str) -> Page:
        """See HistorySource."""
        return await self._page(stream, place, None)

    async def look_again(self, node_ids: Sequence[str]) -> Mapping[str, Seen | None]:
        """See HistorySource."""
        what = _LOOK
        answer = await self._api.graphql(what, _LOOK_AGAIN, {"ids": list(node_ids)}, needs=_NEEDS)
        try:
            return _seen(node_ids, answer)
        except UNREADABLE as error:
            raise unreadable(what, error) from None

    async def _make_sure(self) -> None:
        """Ask for the repository's name of now: a list that is asked for by an older one forgets what was asked."""
        if self._is_sure:
            return
        what = f"find {self._repository}"
        answer = await self._api.send(what, "GET", f"/repos/{self._repository}", needs=READS_CONTENTS)
        name = answer.body.get("full_name") if isinstance(answer.body, dict) else None
        if not (isinstance(name, str) and FULL_NAME.fullmatch(name)):
            raise GitHubFailure(f"GitHub's answer when asked to {what} cannot be read.", fix="run again later")
        self._repository, self._is_sure = name, True

    async def _page(self, stream: Stream, url: str, query: Mapping[str, str] | None) -> Page:
        needs = READS_PULLS if stream is Stream.REVIEWS else READS_ISSUES
        answer = await self._api.send(f"list {stream}", "GET", url, needs=needs, query=query)
        if not isinstance(answer.body, list):
            raise GitHubFailure(f"GitHub's answer when asked to list {stream} is no list.", fix="run again later")
        entries = []
        broken = 0
        for entry in answer.body:
            try:
                entries.append(listed(stream, entry))
            except UNREADABLE:
                broken += 1
        if broken and not entries:
            raise GitHubFailure(
                f"GitHub's answer when asked to list {stream} cannot be read.",
                fix="check GITHUB_API_URL, and what stands between it and the runner",
            )
        others = links(answer.headers)
        return Page(
            entries=tuple(entries),
            following=others.get("next", ""),
            pages_left=_pages_left(others),
            unreadable=broken,
            requests_left=_number(answer.headers.get("x-ratelimit-remaining", "")),
        )


def _seen(node_ids: Sequence[str], answer: Mapping[str, Any]) -> dict[str, Seen | None]:
    """What `nodes` told: null is gone where the error of that place says NOT_FOUND, otherwise not told."""
    found: dict[str, Seen | None] = {}
    gone = {
        error["path"][1]
        for error in answer.get("errors") or ()
        if error.get("type") == "NOT_FOUND" and len(error.get("path") or ()) == 2
    }
    for place, (node_id, node) in enumerate(zip(node_ids, (answer.get("data") or {}).get("nodes") or (), strict=False)):
        if node is not None:
            found[node_id] = _node(node)
        elif place in gone:
            found[node_id] = None
    if node_ids and not found:
        raise refused(answer, _LOOK, _NEEDS)
    return found


def _node(node: Mapping[str, Any]) -> Seen:
    """One node; GraphQL's enumerations are in capitals."""
    state = str(node.get("state") or node.get("pullState") or "").lower()
    return Seen(
        title=str(node.get("title") or ""),
        body=str(node.get("body") or ""),
        state="closed" if state == "merged" else state,
        state_reason=str(node.get("stateReason") or "").lower(),
        labels=tuple(str(label["name"]) for label in (node.get("labels") or {}).get("nodes") or ()),
        closed_at=_time(node.get("closedAt")),
        merged_at=_time(node.get("mergedAt")),
        is_hidden=node.get("isMinimized") is True,
    )


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)).astimezone(UTC) if value else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _page_number(address: str) -> int:
    return _number(parse_qs(urlsplit(address).query).get("page", [""])[0]) or 0


def _pages_left(links: Mapping[str, str]) -> int:
    """This page, the next one, and those up to the last."""
    if not {"next", "last"} <= links.keys():
        return 0
    return _page_number(links["last"]) - _page_number(links["next"]) + 2
