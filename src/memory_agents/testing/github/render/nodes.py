"""Rows as the GraphQL API gives them: field → value, or what makes it from the field's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from memory_agents.testing.github.messages import JsonObject, Refusal, Unsupported
from memory_agents.testing.github.render.basics import View, association, node_id, stamp, stamp_or_none
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Comment, Issue, ReviewComment, User

MOST_ROWS = 100
"""of one connection"""
Resolver = Callable[..., Any]


def actor_node(view: View, user: User) -> JsonObject:
    """An `Actor`. A bot's login is without the `[bot]` that REST gives it."""
    shown = view.user(user.login)
    return {
        "__typename": user.type,
        "id": shown["node_id"],
        "databaseId": user.id,
        "login": user.login.removesuffix("[bot]") if user.type == "Bot" else user.login,
        "url": shown["html_url"],
    }


def viewer_node(view: View, login: str) -> JsonObject:
    """The `viewer`: a `User` even where the token is an app's, with the whole login."""
    return actor_node(view, view.find_user(login)) | {"__typename": "User", "login": login}


def repository_node(view: View, repository: FakeRepository) -> JsonObject:
    """A `Repository`."""
    return {
        "__typename": "Repository",
        "id": node_id("Repository", repository.id),
        "databaseId": repository.id,
        "name": repository.name,
        "nameWithOwner": repository.full_name,
        "isPrivate": repository.private,
        "url": view.repo_web(repository),
    }


def issue_node(view: View, repository: FakeRepository, issue: Issue) -> JsonObject:
    """An `Issue`, or a `PullRequest`."""
    shown = _comment(view, repository, issue) | {
        "__typename": "Issue",
        "id": issue_id(issue),
        "databaseId": issue.id,
        "number": issue.number,
        "title": issue.title,
        "url": f"{view.repo_web(repository)}/{'pull' if issue.pull else 'issues'}/{issue.number}",
        "state": issue.state.upper(),
        "stateReason": _state_reason(issue),
        "closed": issue.state == "closed",
        "closedAt": stamp_or_none(issue.closed_at),
        "labels": _labels(repository, issue),
    }
    if issue.pull is None:
        return shown
    merged_at = issue.pull.merged_at
    return shown | {
        "__typename": "PullRequest",
        "state": "MERGED" if merged_at else shown["state"],
        "isDraft": issue.pull.draft,
        "merged": merged_at is not None,
        "mergedAt": stamp_or_none(merged_at),
    }


def comment_node(view: View, repository: FakeRepository, comment: Comment) -> JsonObject:
    """An `IssueComment`."""
    issue = repository.issues[comment.number]
    page = issue_node(view, repository, issue)
    return (
        _comment(view, repository, comment)
        | _minimizable(comment)
        | {
            "__typename": "IssueComment",
            "id": node_id("IssueComment", comment.id),
            "databaseId": comment.id,
            "fullDatabaseId": str(comment.id),
            "url": f"{page['url']}#issuecomment-{comment.id}",
            # `issue` cannot be null: on a pull request's comment, GitHub gives an Issue of its number.
            "issue": page | {"__typename": "Issue", "state": issue.state.upper()},
            "pullRequest": page if issue.pull else None,
        }
    )


def review_comment_node(view: View, repository: FakeRepository, comment: ReviewComment) -> JsonObject:
    """A `PullRequestReviewComment`."""
    above = repository.review_comments.get(comment.in_reply_to or 0)
    return (
        _comment(view, repository, comment)
        | _minimizable(comment)
        | {
            "__typename": "PullRequestReviewComment",
            "id": node_id("PullRequestReviewComment", comment.id),
            "fullDatabaseId": str(comment.id),
            "url": f"{view.repo_web(repository)}/pull/{comment.number}#discussion_r{comment.id}",
            "path": comment.path,
            "line": comment.line,
            "diffHunk": comment.diff_hunk,
            "pullRequest": lambda _: issue_node(view, repository, repository.issues[comment.number]),
            "replyTo": lambda _: review_comment_node(view, repository, above) if above else None,
        }
    )


def issue_id(issue: Issue) -> str:
    """The id of an issue or pull request, the same in GraphQL and wherever REST shows it."""
    return node_id("PullRequest" if issue.pull else "Issue", issue.id)


def _comment(view: View, repository: FakeRepository, row: Issue | Comment | ReviewComment) -> JsonObject:
    """What the interfaces `Comment` and `RepositoryNode` ask for."""
    return {
        "author": lambda _: actor_node(view, view.find_user(row.author)),
        "authorAssociation": association(repository, row.author),
        "body": row.body or "",
        "createdAt": stamp(row.created_at),
        "updatedAt": stamp(row.updated_at),
        "repository": lambda _: repository_node(view, repository),
    }


def _minimizable(comment: Comment | ReviewComment) -> JsonObject:
    return {"isMinimized": bool(comment.minimized), "minimizedReason": comment.minimized or None}


def _state_reason(issue: Issue) -> Resolver:
    """DUPLICATE only to those who ask for it; to others it is NOT_PLANNED, as it was before there was the other."""

    def state_reason(_: object, **arguments: bool) -> str | None:
        reason = (issue.state_reason or "").upper() or None
        return "NOT_PLANNED" if reason == "DUPLICATE" and not arguments["enableDuplicate"] else reason

    return state_reason


def _labels(repository: FakeRepository, issue: Issue) -> Resolver:
    def labels(_: object, **arguments: Any) -> JsonObject:
        if unknown := sorted(arguments.keys() & {"after", "before"}):
            raise Unsupported(f"the fake does not page through labels by {', '.join(unknown)}")
        bound = next((name for name in ("first", "last") if arguments.get(name) is not None), None)
        if bound is None:
            message = "You must provide a `first` or `last` value to properly paginate the `labels` connection."
            raise Refusal("MISSING_PAGINATION_BOUNDARIES", message)
        size: int = arguments[bound]
        if size > MOST_ROWS:
            message = (
                f"Requesting {size} records on the `labels` connection exceeds the `{bound}` limit of 100 records."
            )
            raise Refusal("EXCESSIVE_PAGINATION", message)
        order = arguments["orderBy"]
        rows = [repository.add_label(name) for name in issue.labels]
        rows.sort(key=lambda label: label.name if order["field"] == "NAME" else f"{label.id:020}")
        rows = rows[::-1] if order["direction"] == "DESC" else rows
        shown = [
            {
                "id": node_id("Label", each.id),
                "name": each.name,
                "color": each.color,
                "description": each.description,
            }
            for each in (rows[:size] if bound == "first" else rows[max(len(rows) - size, 0) :])
        ]
        return {"nodes": shown, "totalCount": len(rows)}

    return labels
