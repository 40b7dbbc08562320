"""Rows of a repository's past → the Records that are searched and shown.

An issue or pull request is one Record that ends with how it ended; a thread of review comments is one Record,
about the path under which it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from memory_agents.core import namespaces
from memory_agents.core.fences import visible
from memory_agents.core.history.rows import (
    LONGEST_BODY,
    LONGEST_COMMENT,
    Closing,
    Item,
    Person,
    Remark,
    ReviewRemark,
    Seen,
)
from memory_agents.core.records import Record, Source

LONGEST_REPLY = 1_000
HUNK_LINES = 8
"""of a diff hunk that are shown: a comment is about the last of them"""
_AT_ONCE = timedelta(minutes=10)
"""between a merge and the closing that it caused, or a closing and the words that explain it"""
_WORDS_BEFORE = timedelta(days=7)
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
    r"(?:#|(?:https?://[\w.:-]+/)?([\w.-]+/[\w.-]+)(?:#|/issues/))(\d{1,9})\b",
    re.IGNORECASE,
)
"""a keyword and an issue: its number, after the repository if it is named"""
_LONG_TICKS = re.compile("`{3,}")


def item_id(number: int, *, is_pull_request: bool) -> str:
    """The id of the Record of an issue or pull request."""
    return f"past-pull-{number}" if is_pull_request else f"past-issue-{number}"


def closed_by(pull: Item) -> frozenset[int]:
    """The issues that a merged pull request says it closes.

    https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    """
    if pull.merged_at is None:
        return frozenset()
    own = pull.url.lower()
    return frozenset(
        int(number)
        for repository, number in _CLOSES.findall(f"{pull.title}\n{pull.body}")
        if not repository or f"/{repository.lower()}/pull/" in own
    )


def closing_words(item: Item, closing: Closing | None, remarks: Sequence[Remark]) -> Remark | None:
    """The last words of whoever closed it, about when they did; a bot's are the same everywhere.

    `remarks`: the conversation.
    """
    closing = _of_now(item, closing)
    if closing is None or item.closed_at is None or closing.actor.is_bot:
        return None
    said = [
        remark
        for remark in remarks
        if remark.author.id == closing.actor.id
        and item.closed_at - _WORDS_BEFORE <= remark.created_at <= item.closed_at + _AT_ONCE
        and remark.body.strip()
    ]
    return max(said, key=lambda remark: (remark.created_at, remark.id), default=None)


def item_record(
    repository: str, item: Item, *, closing: Closing | None, words: Remark | None, merged: Sequence[Item]
) -> Record:
    """An issue or pull request with how it ended.

    `closing`: the last time that it was closed. `words`: of `closing_words`. `merged`: merged pull requests that
    say they close it.
    """
    ended = "\n\n".join(_ending(item, closing, words, merged))
    return Record(
        id=item_id(item.number, is_pull_request=item.is_pull_request),
        namespace=namespaces.PULL_REQUESTS if item.is_pull_request else namespaces.ISSUES,
        title=item.title,
        text=f"{_shown(item.body)}\n\n{ended}".strip(),
        created_at=item.created_at,
        source=_source(repository, item.number, item.url, item.author),
        labels=item.labels,
        state=item.outcome,
    )


def _ending(item: Item, closing: Closing | None, words: Remark | None, merged: Sequence[Item]) -> Iterator[str]:
    """How it ended, and what whoever closed it said."""
    if item.state != "closed" or item.closed_at is None:
        return
    closing = _of_now(item, closing)
    how = (
        "Merged"
        if item.merged_at
        else f"Closed as {item.state_reason.replace('_', ' ')}"
        if item.state_reason
        else "Closed"
    )
    yield f"{how} on {item.closed_at.date()}{_by(item, closing)}{_with(item.closed_at, closing, merged)}."
    if words is not None:
        yield f"{words.author.login} wrote:\n\n{_shown(words.body).strip()}"


def _by(item: Item, closing: Closing | None) -> str:
    if closing is None:
        return ""
    return " by its author" if closing.actor.id == item.author.id else f" by {closing.actor.login}"


def _with(closed_at: datetime, closing: Closing | None, merged: Sequence[Item]) -> str:
    """The pull request or commit that closed it."""
    pulls = [pull.number for pull in merged if pull.merged_at and abs(pull.merged_at - closed_at) <= _AT_ONCE]
    if pulls:
        return f" with pull request #{max(pulls)}"
    return f" with commit {closing.commit[:12]}" if closing is not None and closing.commit else ""


def _of_now(item: Item, closing: Closing | None) -> Closing | None:
    """The closing, if it is the one by which the item is closed now."""
    if closing is None or item.closed_at is None or abs(closing.created_at - item.closed_at) > _AT_ONCE:
        return None
    return closing


def thread_record(repository: str, thread: Sequence[ReviewRemark]) -> Record:
    """A thread of review comments, oldest first: the remark, the code it is about, the answers."""
    first, *replies = thread
    parts = [_shown(first.body).strip()]
    if hunk := "\n".join(first.hunk.splitlines()[-HUNK_LINES:]):
        ticks = "`" * max([3, *(len(run) + 1 for run in _LONG_TICKS.findall(hunk))])
        parts.append(f"{ticks}diff\n{hunk}\n{ticks}")
    parts += [f"{reply.author.login} answered: {_shown(reply.body).strip()[:LONGEST_REPLY]}" for reply in replies]
    return Record(
        id=f"past-review-{first.thread}",
        namespace=namespaces.PULL_REQUESTS,
        title=first.path,
        text="\n\n".join(part for part in parts if part),
        created_at=first.created_at,
        source=_source(repository, first.number, first.url, first.author),
        paths=(first.path,),
    )


def _shown(text: str) -> str:
    """One person's text as a page shows it, lest markup that is left open in it hides what others wrote below."""
    return visible(text) if "<" in text else text


_Shown = TypeVar("_Shown", bound=Item | Remark | ReviewRemark)


def refreshed(row: _Shown, seen: Seen) -> _Shown:
    """The row as it stands now."""
    if not isinstance(row, Item):
        return replace(row, body=seen.body[:LONGEST_COMMENT])
    return replace(
        row,
        title=seen.title,
        body=seen.body[:LONGEST_BODY],
        state=seen.state,
        state_reason=seen.state_reason,
        labels=seen.labels,
        closed_at=seen.closed_at,
        merged_at=seen.merged_at,
    )


def _source(repository: str, number: int, url: str, author: Person) -> Source:
    return Source(repository=repository, number=number, url=url, author=author.login, author_id=author.id)
