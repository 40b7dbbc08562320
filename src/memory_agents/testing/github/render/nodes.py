"""Rows as the GraphQL API gives them: field → value, or what makes it from the field's arguments."""

from __future__ import annotations

from memory_agents.testing.github.changes import Change, changes
from memory_agents.testing.github.messages import JsonObject, Unsupported
from memory_agents.testing.github.render.basics import View, association, node_id, stamp, stamp_or_none
from memory_agents.testing.github.render.connections import Resolver, connection
from memory_agents.testing.github.render.leaves import actor_node, commit_node, label_node
from memory_agents.testing.github.render.timeline import timeline
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Comment, Edit, Editable, Issue, Label, PullRequest, Review, ReviewComment


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
        "pullRequests": _pulls(view, repository),
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
        "comments": _comments(view, repository, issue),
        "timelineItems": timeline(view, repository, issue, lambda other: issue_node(view, repository, other)),
    }
    if issue.pull is None:
        return shown | {"closedByPullRequestsReferences": _closing_pulls(view, repository, issue)}
    pull, merged_at = issue.pull, issue.pull.merged_at
    return shown | {
        "__typename": "PullRequest",
        "state": "MERGED" if merged_at else shown["state"],
        "isDraft": issue.pull.draft,
        "merged": merged_at is not None,
        "mergedAt": stamp_or_none(merged_at),
        "mergeCommit": commit_node(view, repository, pull.head_sha) if merged_at else None,
        "changedFiles": lambda _: len(changes(repository.git, pull.base_sha, pull.head_sha)),
        "files": _files(repository, pull),
        "reviews": _reviews(view, repository, issue),
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


def review_node(view: View, repository: FakeRepository, review: Review) -> JsonObject:
    """A `PullRequestReview`."""
    return (
        _comment(view, repository, review)
        | _minimizable(review)
        | {
            "__typename": "PullRequestReview",
            "id": node_id("PullRequestReview", review.id),
            "fullDatabaseId": str(review.id),
            "url": f"{view.repo_web(repository)}/pull/{review.number}#pullrequestreview-{review.id}",
            "state": review.state,
            "submittedAt": stamp(review.submitted_at),
            "pullRequest": lambda _: issue_node(view, repository, repository.issues[review.number]),
        }
    )


def issue_id(issue: Issue) -> str:
    """The id of an issue or pull request, the same in GraphQL and wherever REST shows it."""
    return node_id("PullRequest" if issue.pull else "Issue", issue.id)


def _comment(view: View, repository: FakeRepository, row: Issue | Comment | ReviewComment | Review) -> JsonObject:
    """What the interfaces `Comment` and `RepositoryNode` ask for."""
    created_at = row.submitted_at if isinstance(row, Review) else row.created_at
    return _history(view, row, Edit(row.author, created_at)) | {
        "author": lambda _: actor_node(view, row.author),
        "authorAssociation": association(repository, row.author),
        "body": row.body or "",
        "createdAt": stamp(created_at),
        "updatedAt": stamp(row.updated_at),
        "repository": lambda _: repository_node(view, repository),
    }


def _history(view: View, row: Editable, creation: Edit) -> JsonObject:
    """Who edited a text and when, the last first; once somebody did, the creation stands there as well."""

    def rows() -> list[Edit]:
        return [*reversed(row.edits), creation] if row.edits else []

    def show(edit: Edit) -> JsonObject:
        return {"editedAt": stamp(edit.at), "editor": actor_node(view, edit.editor)}

    last = row.edit
    return {
        "editor": actor_node(view, last.editor) if last else None,
        "includesCreatedEdit": last is not None,
        "lastEditedAt": stamp_or_none(last.at if last else None),
        "userContentEdits": connection("userContentEdits", rows, show, takes=frozenset()),
    }


def _minimizable(comment: Comment | ReviewComment | Review) -> JsonObject:
    return {"isMinimized": bool(comment.minimized), "minimizedReason": comment.minimized or None}


def _state_reason(issue: Issue) -> Resolver:
    """DUPLICATE only to those who ask for it; to others it is NOT_PLANNED, as it was before there was the other."""

    def state_reason(_: object, **arguments: bool) -> str | None:
        reason = (issue.state_reason or "").upper() or None
        return "NOT_PLANNED" if reason == "DUPLICATE" and not arguments["enableDuplicate"] else reason

    return state_reason


def _labels(repository: FakeRepository, issue: Issue) -> Resolver:
    def rows(orderBy: JsonObject) -> list[Label]:  # noqa: N803 - GitHub's name
        found = [repository.add_label(name) for name in issue.labels]
        found.sort(key=lambda label: label.name if orderBy["field"] == "NAME" else f"{label.id:020}")
        return found[::-1] if orderBy["direction"] == "DESC" else found

    return connection("labels", rows, label_node, takes=frozenset({"orderBy"}))


def _comments(view: View, repository: FakeRepository, issue: Issue) -> Resolver:
    def rows() -> list[Comment]:
        return repository.comments_of(issue.number)

    return connection("comments", rows, lambda row: comment_node(view, repository, row), takes=frozenset())


def _closing_pulls(view: View, repository: FakeRepository, issue: Issue) -> Resolver:
    def rows(includeClosedPrs: bool = False) -> list[Issue]:  # noqa: N803 - GitHub's name
        closed = [each.other for each in repository.events if each.number == issue.number and each.event == "closed"]
        pulls = [repository.issues[number] for number in closed if number in repository.issues]
        return [pull for pull in pulls if includeClosedPrs or pull.state == "open"]

    name = "closedByPullRequestsReferences"
    return connection(name, rows, lambda row: issue_node(view, repository, row), takes=frozenset({"includeClosedPrs"}))


def _files(repository: FakeRepository, pull: PullRequest) -> Resolver:
    def show(change: Change) -> JsonObject:
        counts = {"additions": change.additions, "deletions": change.deletions}
        kind = "DELETED" if change.status == "removed" else change.status.upper()
        return {"path": change.path, "changeType": kind, **counts}

    return connection("files", lambda: changes(repository.git, pull.base_sha, pull.head_sha), show, takes=frozenset())


def _reviews(view: View, repository: FakeRepository, issue: Issue) -> Resolver:
    def rows() -> list[Review]:
        return [each for each in repository.reviews.values() if each.number == issue.number]

    return connection("reviews", rows, lambda row: review_node(view, repository, row), takes=frozenset())


def _pulls(view: View, repository: FakeRepository) -> Resolver:
    def rows(orderBy: JsonObject | None = None) -> list[Issue]:  # noqa: N803 - GitHub's name
        found = [issue for issue in repository.issues.values() if issue.pull]
        if orderBy is None:
            return found
        if orderBy["field"] == "COMMENTS":
            raise Unsupported("the fake does not order pull requests by their comments")
        is_updated = orderBy["field"] == "UPDATED_AT"
        found.sort(key=lambda issue: issue.updated_at if is_updated else issue.created_at)
        return found[::-1] if orderBy["direction"] == "DESC" else found

    return connection("pullRequests", rows, lambda row: issue_node(view, repository, row), takes=frozenset({"orderBy"}))
