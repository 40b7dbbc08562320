"""Comments of conversations."""

from __future__ import annotations

from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.messages import Problem, Reply, invalid, not_found
from memory_agents.testing.github.pagination import ordered, since
from memory_agents.testing.github.render.basics import ROLE_RANK
from memory_agents.testing.github.render.issues import comment_json
from memory_agents.testing.github.routes.issues import check_text, find_issue
from memory_agents.testing.github.state import Comment, Issue

ONE_COMMENT = f"{REPO}/issues/comments/{{comment_id}}"


def find_comment(call: Call) -> Comment:
    """The comment whose id is in the path."""
    comment = call.repository.comments.get(call.number("comment_id"))
    if comment is None:
        raise not_found()
    return comment


def check_unlocked(call: Call, issue: Issue) -> None:
    """Refuse to comment in a locked conversation; collaborators may, a workflow's token is none."""
    if issue.locked and ROLE_RANK[call.repository.base_role_of(call.actor)] < ROLE_RANK["write"]:
        raise Problem(403, "Unable to create comment because issue is locked.")


def list_comments(call: Call) -> Reply:
    """The conversation of one issue or pull request, oldest first."""
    rows = call.repository.comments_of(find_issue(call).number)
    return call.page(since(rows, call.query, lambda comment: comment.updated_at), comment_json)


def list_all_comments(call: Call) -> Reply:
    """Every conversation's comments; oldest first unless the query says otherwise."""
    rows = since(call.repository.comments.values(), call.query, lambda comment: comment.updated_at)
    keys = {
        "created": lambda comment: comment.created_at.timestamp(),
        "updated": lambda comment: comment.updated_at.timestamp(),
    }
    return call.page(ordered(rows, call.query, keys, direction="asc"), comment_json)


def create_comment(call: Call) -> Reply:
    """Comment on an issue or pull request."""
    issue = find_issue(call)
    check_unlocked(call, issue)
    comment = call.repository.add_comment(issue.number, _body(call), author=call.actor)
    return Reply(status=201, body=comment_json(call.view, call.repository, comment))


def get_comment(call: Call) -> Reply:
    """One comment."""
    return Reply(status=200, body=comment_json(call.view, call.repository, find_comment(call)))


def update_comment(call: Call) -> Reply:
    """Edit a comment."""
    comment = find_comment(call)
    call.repository.edit_comment(comment, _body(call), actor=call.actor)
    return Reply(status=200, body=comment_json(call.view, call.repository, comment))


def delete_comment(call: Call) -> Reply:
    """Delete a comment for good."""
    call.repository.delete_comment(find_comment(call))
    return Reply(status=204)


def _body(call: Call) -> str:
    text = check_text(str(call.fields().get("body", "")), "IssueComment")
    if not text.strip():
        raise invalid("IssueComment", "body", "missing_field")
    return text


ROUTES: Routes = {
    ("GET", f"{REPO}/issues/{{issue_number}}/comments"): list_comments,
    ("POST", f"{REPO}/issues/{{issue_number}}/comments"): create_comment,
    ("GET", f"{REPO}/issues/comments"): list_all_comments,
    ("GET", ONE_COMMENT): get_comment,
    ("PATCH", ONE_COMMENT): update_comment,
    ("DELETE", ONE_COMMENT): delete_comment,
}
