"""How a person sees that a Command was heard: reactions, and one reply in the same thread."""

from __future__ import annotations

from memory_agents.core.requests import ITEM, REVIEW, Place, marker
from memory_agents.edges.github import GitHubComments, GitHubReactions


class GitHubAcknowledgement:
    """See `curation.Acknowledgement`."""

    def __init__(self, comments: GitHubComments, reactions: GitHubReactions) -> None:
        self._comments = comments
        self._reactions = reactions

    async def seen(self, place: Place) -> None:
        """👀, but on a review, which takes no reactions."""
        if place.origin.kind != REVIEW:
            await self._reactions.add("eyes", *_target(place))

    async def answer(self, place: Place, body: str, *, leave: str) -> str:
        """Keep the one reply: in the thread of a review comment, else in the conversation."""
        sticky = await self._comments.put_sticky(
            place.number, marker(place.origin), body, thread=place.thread, leave=leave, since=place.said_at
        )
        return sticky.url

    async def settled(self, place: Place, *, well: bool) -> None:
        """🚀 or 😕, and never both."""
        if place.origin.kind == REVIEW:
            return
        await self._reactions.add("rocket" if well else "confused", *_target(place))
        await self._reactions.remove("confused" if well else "rocket", *_target(place))


class NoAcknowledgement:
    """Of a dry run: nothing is shown on GitHub."""

    async def seen(self, _place: Place, /) -> None:
        """Nothing."""

    async def answer(self, _place: Place, _body: str, /, *, leave: str) -> str:  # noqa: ARG002
        """Nothing."""
        return ""

    async def settled(self, _place: Place, /, *, well: bool) -> None:
        """Nothing."""


def _target(place: Place) -> tuple[str, int]:
    return (place.origin.kind, place.number if place.origin.kind == ITEM else place.origin.key)
