"""The tables of one repository, what finds a row in them, and how a row leaves them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from memory_agents.testing.github.state import Comment, Issue, IssueEvent, Label, Review, ReviewComment


class Rows:
    """The rows by their ids, issues and pull requests by their number. A row takes with it what hangs on it."""

    def __init__(self, ids: Iterator[int]) -> None:
        self.issues: dict[int, Issue] = {}
        self.comments: dict[int, Comment] = {}
        self.labels: dict[str, Label] = {}
        self.reviews: dict[int, Review] = {}
        self.review_comments: dict[int, ReviewComment] = {}
        self.events: list[IssueEvent] = []
        """in the order in which they were noted"""
        self.deleted_numbers: set[int] = set()
        """of issues that are gone; none is given again"""
        self._ids = ids
        self._next_numbers = itertools.count(1)
        self._numbers: dict[int, int] = {}
        """id of an issue → its number"""
        self._conversations: dict[int, dict[int, Comment]] = {}
        """number → id → comment"""

    def find_issue(self, id: int) -> Issue | None:  # noqa: A002 - GitHub's word
        """The issue or pull request of that id, which is not its number."""
        return self.issues.get(self._numbers.get(id, 0))

    def comments_of(self, number: int) -> list[Comment]:
        """The conversation of an issue or pull request, oldest first."""
        return list(self._conversations.get(number, {}).values())

    def count_comments(self, number: int) -> int:
        """How many comments that conversation has."""
        return len(self._conversations.get(number, ()))

    def delete_issue(self, issue: Issue) -> None:
        """Delete an issue for good, with its comments, events and reviews. Its number is never given again."""
        number = issue.number
        del self.issues[number], self._numbers[issue.id]
        for comment in self._conversations.pop(number, {}).values():
            del self.comments[comment.id]
        self.deleted_numbers.add(number)
        self.events = [event for event in self.events if event.number != number]
        self.reviews = {id_: review for id_, review in self.reviews.items() if review.number != number}
        self.review_comments = {id_: each for id_, each in self.review_comments.items() if each.number != number}

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment for good. No row is changed by it, so that no `since` will ever tell."""
        del self.comments[comment.id], self._conversations[comment.number][comment.id]

    def delete_review_comment(self, comment: ReviewComment) -> None:
        """Delete a review comment for good; the answers to it stay."""
        del self.review_comments[comment.id]

    def minimize(self, comment: Comment | ReviewComment | Review, reason: str = "outdated") -> None:
        """Hide a comment as outdated, off-topic, resolved, duplicate, spam or abuse; an empty reason shows it again.

        Only GraphQL tells: REST gives it as before.
        """
        comment.minimized = reason

    def _keep_issue(self, issue: Issue) -> None:
        self.issues[issue.number] = issue
        self._numbers[issue.id] = issue.number

    def _keep_comment(self, comment: Comment) -> None:
        self.comments[comment.id] = comment
        self._conversations.setdefault(comment.number, {})[comment.id] = comment
