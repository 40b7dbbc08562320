"""The one comment of ours that is kept up to date: found by a hidden marker and its author.

It stands in the conversation of an issue or pull request, or answers in the thread of a review comment.

**Whose it is.** Anybody can post a comment that begins with the marker, and a token with `issues: write` could
edit it. So a comment is ours only if its author's numeric id is that of whom the token acts as.

**Runs that race** on one conversation end with exactly one comment, however their requests interleave. GitHub
numbers comments in the order in which they are made. A run removes a comment only where it has seen one of ours
with a lower id, so the lowest is never removed; and a run that posts lists once more, sees the lowest beside its own,
and removes its own if nobody has. What is left takes the text of the one with the highest id, whichever run does it:
of two runs that post, the later has the last word. (Of three, a slow one may bring back the text of the second.) A run
that is killed between the two leaves a second comment, which the next run removes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from memory_agents.edges.github.answers import PAGE, stamp
from memory_agents.edges.github.api import WRITES_ISSUES, WRITES_PULLS, GitHubApi
from memory_agents.edges.github.permissions import viewer_id
from memory_agents.errors import GitHubFailure

_PAGES = 10


@dataclass(frozen=True, slots=True)
class Sticky:
    """What became of the comment."""

    done: Literal["posted", "updated", "unchanged", "none"]
    """`none`: there was nothing to say, and nothing that had been said"""
    url: str = ""
    """for a person; empty where there is no comment"""


@dataclass(frozen=True, slots=True)
class _Comment:
    id: int
    author_id: int
    body: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the comment stands: paths below the repository's."""

    number: int
    listed: str
    posted: str
    one: str
    """followed by `/` and the comment's id"""
    needs: str
    """the permission to write there"""

    @classmethod
    def of(cls, number: int, thread: int | None) -> _Place:
        """The conversation of an issue or pull request, or a thread of review comments in it.

        https://docs.github.com/rest/issues/comments, https://docs.github.com/rest/pulls/comments
        """
        if thread is None:
            path = f"issues/{number}/comments"
            return cls(number=number, listed=path, posted=path, one="issues/comments", needs=WRITES_ISSUES)
        path = f"pulls/{number}/comments"
        return cls(
            number=number, listed=path, posted=f"{path}/{thread}/replies", one="pulls/comments", needs=WRITES_PULLS
        )


class GitHubComments:
    """Writes comments in one repository. Nothing is sent twice by itself."""

    def __init__(self, api: GitHubApi, repository: str) -> None:
        """`repository`: `owner/name`."""
        self._api = api
        self._path = f"/repos/{repository}"

    async def find(
        self, place_number: int, marker: str, *, thread: int | None = None, since: datetime | None = None
    ) -> str | None:
        """What our comment with the marker says, as `put_sticky` finds it; None where there is none.

        `place_number`: of the issue or pull request. `since`: the time of what our comment answers, if it answers
        something. Older ones are not read then, so that it is found in a conversation of any length. Raises
        GitHubFailure.
        """
        ours = await self._ours(_Place.of(place_number, thread), marker, await viewer_id(self._api), since)
        return ours[0].body if ours else None

    async def put_sticky(
        self,
        number: int,
        marker: str,
        body: str | None,
        *,
        withdrawn: str = "",
        thread: int | None = None,
        leave: str = "",
        since: datetime | None = None,
    ) -> Sticky:
        """Let our comment with the marker on issue or pull request `number` say `body`; post it where there is none.

        `marker`: begins the comment, and needs not be the whole first line. `thread`: the id of the first review
        comment of the thread to answer in; None is the conversation. body None: there is nothing to say. Nothing is
        posted then, but a comment that stands there says `withdrawn` from now on. Both texts begin with the marker.
        `leave`: a comment of ours that begins so says it already, whatever follows. `since`: see `find`.
        Raises GitHubFailure; what was posted before it stays, and the next run finds it.
        """
        text = withdrawn if body is None else body
        if not text.startswith(marker):
            message = f"a comment that does not begin with {marker!r} would never be found again"
            raise ValueError(message)
        place = _Place.of(number, thread)
        own_id = await viewer_id(self._api)  # before anything is written
        if ours := await self._ours(place, marker, own_id, since):
            if leave and ours[0].body.startswith(leave):
                text = ours[0].body
            return await self._settle(place, ours, text)
        if body is None:
            return Sticky("none")
        posted = _comment(await self._send(place, f"comment on #{number}", "POST", place.posted, body={"body": body}))
        ours = await self._ours(place, marker, own_id, since)
        kept = await self._settle(place, ours, ours[-1].body) if ours else None
        return Sticky("posted", kept.url if kept else posted.url if posted else "")

    async def _settle(self, place: _Place, ours: list[_Comment], text: str) -> Sticky:
        """Keep the first, which says `text` from now on, and remove the others."""
        kept, *others = ours
        is_changed = kept.body.strip() != text.strip()
        if is_changed:
            what = f"update the comment on #{place.number}"
            await self._send(place, what, "PATCH", f"{place.one}/{kept.id}", body={"body": text})
        for other in others:
            await self._remove(place, other)
        return Sticky("updated" if is_changed or others else "unchanged", kept.url)

    async def _remove(self, place: _Place, comment: _Comment) -> None:
        try:
            what = f"remove the second comment on #{place.number}"
            await self._send(place, what, "DELETE", f"{place.one}/{comment.id}")
        except GitHubFailure as failure:
            if failure.status != 404:  # another run was faster
                raise

    async def _ours(self, place: _Place, marker: str, own_id: int, since: datetime | None) -> list[_Comment]:
        """Our comments with the marker, by id."""
        found: list[_Comment] = []
        later = {"since": stamp(since)} if since else {}
        for page in range(1, _PAGES + 1):
            query = {"per_page": str(PAGE), "page": str(page), **later}
            rows = await self._send(place, f"list the comments of #{place.number}", "GET", place.listed, query=query)
            comments = [_comment(row) for row in rows] if isinstance(rows, list) else []
            found += (one for one in comments if one and one.author_id == own_id and one.body.startswith(marker))
            if len(comments) < PAGE:
                break
        else:
            if not found:  # posted at each run, were it behind these
                raise GitHubFailure(
                    f"#{place.number} has {PAGE * _PAGES:,} comments or more, and none of the first is ours: "
                    "no comment is written there."
                )
        return sorted(found, key=lambda comment: comment.id)

    async def _send(
        self,
        place: _Place,
        what: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> object:
        try:
            url = f"{self._path}/{path}"
            return (await self._api.send(what, method, url, needs=place.needs, query=query, body=body)).body
        except GitHubFailure as failure:
            raise _told(failure, place.number) from None


def _comment(row: object) -> _Comment | None:
    """A comment as REST shows it; None for one whose author's account is gone."""
    match row:
        case {"id": int(key), "user": {"id": int(author_id)}, "body": str(body), "html_url": str(url)}:
            return _Comment(key, author_id, body, url)
        case _:
            return None


def _told(failure: GitHubFailure, number: int) -> GitHubFailure:
    """The failure in our words where GitHub's say that it is about the conversation, not about the token."""
    if failure.status == 403 and " is locked" in failure.message:
        return GitHubFailure(
            f"The conversation of #{number} is locked: no comment is written there.",
            fix="unlock it if the comment is wanted",
            status=failure.status,
        )
    if failure.status == 410:
        return GitHubFailure(f"#{number} was deleted: no comment is written there.", status=failure.status)
    return failure
