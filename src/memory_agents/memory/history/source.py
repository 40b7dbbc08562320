"""Where history comes from: what GitHub's lists are asked, whoever asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from memory_agents.core.history import Page, Seen, Stream


class HistorySource(Protocol):
    """A repository's past. Every method is one request, and may raise GitHubFailure."""

    async def first(
        self, stream: Stream, *, since: datetime | None = None, newest_first: bool = False, page: int = 1
    ) -> Page:
        """A page of a list by the time of the last update, of what was updated at or after `since`.

        EVENTS are always newest first, and know no `since`.
        """

    async def following(self, stream: Stream, place: str) -> Page:
        """The page that `Page.following` named."""

    async def look_again(self, node_ids: Sequence[str]) -> Mapping[str, Seen | None]:
        """How at most 100 things stand now, by node id; None is gone, and what GitHub did not tell is left out."""
