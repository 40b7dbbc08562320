"""An event → the Query that is asked for it: its own words, what they stand in, the files that they are about."""

from __future__ import annotations

import re
from datetime import datetime

from memory_agents.core.code_blocks import ending
from memory_agents.core.github_events import (
    ChangedPaths,
    IssueCommentEvent,
    IssueEvent,
    ItemEvent,
    PullRequestEvent,
    ReviewCommentEvent,
    ReviewEvent,
    comment_of,
    item_of,
)
from memory_agents.core.history import item_id
from memory_agents.core.records import Query

MOST_TITLE, MOST_BODY, MOST_CONTEXT = 500, 8_000, 3_000
"""characters of each part of a Query: beyond them words tell little and cost time"""
MOST_PATHS = 300
_HUNK = 300
"""characters of the diff hunk's end: the lines that a review comment is about; more would drown the title"""
_NUMBERED = re.compile(r"/(?:issues|pull)/(?=\d+(?:#|$))")


def query_of(event: ItemEvent, now: datetime, changed: ChangedPaths | None = None) -> Query:
    """What the event says: the comment, or the issue or pull request itself; neither is an answer, nor its thread.

    The files that it is about, and what a comment stands in, count less. `changed`: of a pull request.
    """
    item, comment = item_of(event), comment_of(event)
    paths = changed.paths[:MOST_PATHS] if changed else ()
    if comment and comment.path:
        paths = tuple(dict.fromkeys((comment.path, *paths)))
    thread = f"{item.url}#discussion_r{comment.reply_to}" if comment and comment.reply_to else ""
    return Query(
        title="" if comment else item.title[:MOST_TITLE],
        body=(comment or item).body[:MOST_BODY],
        context=_around(event, paths)[:MOST_CONTEXT],
        labels=item.labels,
        paths=paths,
        is_change=isinstance(event, PullRequestEvent),
        number=item.number,
        exclude=frozenset({item_id(item.number, is_pull_request=item.is_pull_request)}),
        exclude_urls=pages(item.url, comment.url if comment else "", thread),
        now=now,
    )


def pages(*urls: str) -> frozenset[str]:
    """The addresses of the event's own texts; GitHub has two for what stands in a pull request."""
    return frozenset(_NUMBERED.sub(f"/{kind}/", url) for url in urls if url for kind in ("issues", "pull"))


def _around(event: ItemEvent, paths: tuple[str, ...]) -> str:
    """What surrounds the words of the event, the most telling first."""
    item = item_of(event)
    title, words = item.title[:MOST_TITLE], "\n".join(paths)
    match event:
        case IssueEvent():
            return ""
        case PullRequestEvent():
            return words
        case ReviewEvent():
            return f"{title}\n{words}"
        case ReviewCommentEvent(comment=comment):
            return f"{title}\n{ending(comment.diff_hunk, _HUNK)}\n{comment.path}"
        case IssueCommentEvent() if item.is_pull_request:
            return f"{title}\n{item.body[: MOST_CONTEXT // 2]}\n{words}"
        case IssueCommentEvent():
            return f"{title}\n{item.body}"
