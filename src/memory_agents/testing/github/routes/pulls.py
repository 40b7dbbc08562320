"""Pull requests, their files, reviews and review comments."""

from __future__ import annotations

from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.changes import Change, changes
from memory_agents.testing.github.messages import JsonObject, Reply, Unsupported, not_found
from memory_agents.testing.github.pagination import ordered, since
from memory_agents.testing.github.render.basics import View
from memory_agents.testing.github.render.pulls import (
    file_json,
    pull_json,
    pull_simple_json,
    review_comment_json,
    review_json,
)
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.routes.comments import check_unlocked
from memory_agents.testing.github.routes.issues import check_text
from memory_agents.testing.github.state import Issue, PullRequest, ReviewComment

ONE_COMMENT = f"{REPO}/pulls/comments/{{comment_id}}"


def find_pull(call: Call) -> tuple[Issue, PullRequest]:
    """The pull request whose number is in the path."""
    issue = call.repository.issues.get(call.number("pull_number"))
    if issue is None or issue.pull is None:
        raise not_found()
    return issue, issue.pull


def find_review_comment(call: Call) -> ReviewComment:
    """The review comment whose id is in the path."""
    comment = call.repository.review_comments.get(call.number("comment_id"))
    if comment is None:
        raise not_found()
    return comment


def list_pulls(call: Call) -> Reply:
    """Pull requests, newest first."""
    call.only("state", "base", "sort", "direction")
    state, base = call.query.get("state", "open"), call.query.get("base")
    rows = [
        (issue, issue.pull)
        for issue in call.repository.issues.values()
        if issue.pull and state in {"all", issue.state} and base in {None, issue.pull.base}
    ]
    keys = {
        "created": lambda row: row[0].created_at.timestamp(),
        "updated": lambda row: row[0].updated_at.timestamp(),
    }
    return call.page(ordered(rows, call.query, keys, direction="desc"), _simple)


def get_pull(call: Call) -> Reply:
    """One pull request."""
    return Reply(status=200, body=pull_json(call.view, call.repository, *find_pull(call)))


def list_files(call: Call) -> Reply:
    """What it changes."""
    _, pull = find_pull(call)

    def shown(view: View, repository: FakeRepository, change: Change) -> JsonObject:
        return file_json(view, repository, pull.head_sha, change)

    return call.page(changes(call.repository.git, pull.base_sha, pull.head_sha), shown)


def list_reviews(call: Call) -> Reply:
    """Its reviews, oldest first."""
    issue, _ = find_pull(call)
    return call.page([each for each in call.repository.reviews.values() if each.number == issue.number], review_json)


def get_review(call: Call) -> Reply:
    """One of its reviews."""
    issue, _ = find_pull(call)
    review = call.repository.reviews.get(call.number("review_id"))
    if review is None or review.number != issue.number:
        raise not_found()
    return Reply(status=200, body=review_json(call.view, call.repository, review))


def list_review_comments(call: Call) -> Reply:
    """The comments on its lines."""
    issue, _ = find_pull(call)
    return _review_comments(
        call, [each for each in call.repository.review_comments.values() if each.number == issue.number]
    )


def list_all_review_comments(call: Call) -> Reply:
    """The comments on the lines of every pull request."""
    return _review_comments(call, list(call.repository.review_comments.values()))


def get_review_comment(call: Call) -> Reply:
    """One review comment."""
    return Reply(status=200, body=review_comment_json(call.view, call.repository, find_review_comment(call)))


def reply_to_review_comment(call: Call) -> Reply:
    """Answer a review comment in its thread."""
    above, (issue, _) = find_review_comment(call), find_pull(call)
    if above.number != issue.number:
        raise not_found()
    if above.in_reply_to:
        raise Unsupported("GitHub takes no answer to an answer: name the first comment of the thread")
    check_unlocked(call, issue)
    comment = call.repository.add_review_comment(
        above.number,
        check_text(call.fields()["body"], "PullRequestReviewComment"),
        path=above.path,
        line=above.line,
        diff_hunk=above.diff_hunk,
        author=call.actor,
        review_id=above.review_id,
        in_reply_to=above.id,
    )
    return Reply(status=201, body=review_comment_json(call.view, call.repository, comment))


def update_review_comment(call: Call) -> Reply:
    """Edit a review comment."""
    comment = find_review_comment(call)
    text = check_text(call.fields()["body"], "PullRequestReviewComment")
    call.repository.edit_comment(comment, text, actor=call.actor)
    return Reply(status=200, body=review_comment_json(call.view, call.repository, comment))


def delete_review_comment(call: Call) -> Reply:
    """Delete a review comment for good."""
    call.repository.delete_review_comment(find_review_comment(call))
    return Reply(status=204)


def _simple(view: View, repository: FakeRepository, row: tuple[Issue, PullRequest]) -> JsonObject:
    return pull_simple_json(view, repository, *row)


def _review_comments(call: Call, comments: list[ReviewComment]) -> Reply:
    rows = since(comments, call.query, lambda comment: comment.updated_at)
    keys = {
        "created": lambda comment: comment.created_at.timestamp(),
        "created_at": lambda comment: comment.created_at.timestamp(),
        "updated": lambda comment: comment.updated_at.timestamp(),
    }
    return call.page(ordered(rows, call.query, keys, direction="asc"), review_comment_json)


ROUTES: Routes = {
    ("GET", f"{REPO}/pulls"): list_pulls,
    ("GET", f"{REPO}/pulls/comments"): list_all_review_comments,
    ("GET", ONE_COMMENT): get_review_comment,
    ("PATCH", ONE_COMMENT): update_review_comment,
    ("DELETE", ONE_COMMENT): delete_review_comment,
    ("GET", f"{REPO}/pulls/{{pull_number}}"): get_pull,
    ("GET", f"{REPO}/pulls/{{pull_number}}/comments"): list_review_comments,
    ("POST", f"{REPO}/pulls/{{pull_number}}/comments/{{comment_id}}/replies"): reply_to_review_comment,
    ("GET", f"{REPO}/pulls/{{pull_number}}/files"): list_files,
    ("GET", f"{REPO}/pulls/{{pull_number}}/reviews"): list_reviews,
    ("GET", f"{REPO}/pulls/{{pull_number}}/reviews/{{review_id}}"): get_review,
}
