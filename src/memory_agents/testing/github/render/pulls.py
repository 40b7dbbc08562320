"""Pull requests, their files, reviews and review comments."""

from __future__ import annotations

from memory_agents.testing.github.changes import Change, changes, count_commits
from memory_agents.testing.github.messages import JsonObject
from memory_agents.testing.github.render.basics import (
    View,
    association,
    label_json,
    node_id,
    repository_json,
    rollup,
    stamp,
    stamp_or_none,
)
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Issue, PullRequest, Review, ReviewComment


def pull_simple_json(view: View, repository: FakeRepository, issue: Issue, pull: PullRequest) -> JsonObject:
    """A `pull-request-simple`, as in lists."""
    api, page = view.repo_api(repository), f"{view.repo_web(repository)}/pull/{issue.number}"
    url = f"{api}/pulls/{issue.number}"
    links = {
        "comments_url": f"{api}/issues/{issue.number}/comments",
        "commits_url": f"{url}/commits",
        "issue_url": f"{api}/issues/{issue.number}",
        "review_comment_url": f"{api}/pulls/comments{{/number}}",
        "review_comments_url": f"{url}/comments",
        "statuses_url": f"{api}/statuses/{pull.head_sha}",
    }
    hypermedia = {name.removesuffix("_url"): {"href": href} for name, href in links.items()}
    return {
        "url": url,
        "id": issue.id,
        "node_id": node_id("PullRequest", issue.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        **links,
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": view.user(issue.author),
        "body": issue.body,
        "labels": [_label(view, repository, name) for name in issue.labels],
        "milestone": None,
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": stamp_or_none(issue.closed_at),
        "merged_at": stamp_or_none(pull.merged_at),
        "merge_commit_sha": pull.head_sha if pull.merged_at else None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": pull.draft,
        "base": _side(view, repository, repository.owner, pull.base, pull.base_sha),
        "head": _side(view, repository, pull.head_owner, pull.head, pull.head_sha),
        "_links": {"self": {"href": url}, "html": {"href": page}, **hypermedia},
        "author_association": association(repository, issue.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull_json(view: View, repository: FakeRepository, issue: Issue, pull: PullRequest) -> JsonObject:
    """A `pull-request`, as asked for alone."""
    files = changes(repository.git, pull.base_sha, pull.head_sha)
    comments = [each for each in repository.review_comments.values() if each.number == issue.number]
    is_open = issue.state == "open"
    return pull_simple_json(view, repository, issue, pull) | {
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
        "commits": count_commits(repository.git, pull.base_sha, pull.head_sha),
        "comments": repository.count_comments(issue.number),
        "review_comments": len(comments),
        "maintainer_can_modify": False,
        "mergeable": True if is_open else None,
        "mergeable_state": "clean" if is_open else "unknown",
        "rebaseable": None,
        "merged": pull.merged_at is not None,
        "merged_by": view.user(pull.merged_by) if pull.merged_by else None,
    }


def file_json(view: View, repository: FakeRepository, head_sha: str, change: Change) -> JsonObject:
    """A `diff-entry`; a binary file has no patch."""
    web, api = view.repo_web(repository), view.repo_api(repository)
    shown = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{web}/blob/{head_sha}/{change.path}",
        "raw_url": f"{web}/raw/{head_sha}/{change.path}",
        "contents_url": f"{api}/contents/{change.path}?ref={head_sha}",
    }
    if change.patch:
        shown["patch"] = change.patch
    if change.previous_path:
        shown["previous_filename"] = change.previous_path
    return shown


def review_json(view: View, repository: FakeRepository, review: Review) -> JsonObject:
    """A `pull-request-review`."""
    page = f"{view.repo_web(repository)}/pull/{review.number}#pullrequestreview-{review.id}"
    pull = f"{view.repo_api(repository)}/pulls/{review.number}"
    return {
        "id": review.id,
        "node_id": node_id("PullRequestReview", review.id),
        "user": view.user(review.author),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": pull,
        "author_association": association(repository, review.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull}},
        "submitted_at": stamp(review.submitted_at),
        "commit_id": review.commit_id,
    }


def review_comment_json(view: View, repository: FakeRepository, comment: ReviewComment) -> JsonObject:
    """A `pull-request-review-comment`."""
    url = f"{view.repo_api(repository)}/pulls/comments/{comment.id}"
    page = f"{view.repo_web(repository)}/pull/{comment.number}#discussion_r{comment.id}"
    pull = f"{view.repo_api(repository)}/pulls/{comment.number}"
    shown = {
        "url": url,
        "pull_request_review_id": comment.review_id,
        "id": comment.id,
        "node_id": node_id("PullRequestReviewComment", comment.id),
        "diff_hunk": comment.diff_hunk,
        "path": comment.path,
        "commit_id": comment.commit_id,
        "original_commit_id": comment.commit_id,
        "user": view.user(comment.author),
        "body": comment.body,
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.updated_at),
        "html_url": page,
        "pull_request_url": pull,
        "author_association": association(repository, comment.author),
        "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull}},
        "reactions": rollup(url, comment.reactions),
        "start_line": None,
        "original_start_line": None,
        "start_side": None,
        "line": comment.line,
        "original_line": comment.line,
        "side": "RIGHT",
        "position": 1,
        "original_position": 1,
        "subject_type": "line",
    }
    return shown | ({"in_reply_to_id": comment.in_reply_to} if comment.in_reply_to else {})


def _side(view: View, repository: FakeRepository, owner: str, branch: str, sha: str) -> JsonObject:
    """One side of a pull request. A fork's repository is this one under the fork owner's name."""
    shown = repository_json(view, repository, None)
    if owner != repository.owner:
        shown |= {"owner": view.user(owner), "full_name": f"{owner}/{repository.name}", "fork": True}
    user = view.user(owner)
    return {"label": f"{owner}:{branch}", "ref": branch, "sha": sha, "user": user, "repo": shown}


def _label(view: View, repository: FakeRepository, name: str) -> JsonObject:
    """A label in a pull request, whose description the list's schema wants to be text."""
    label = label_json(view, repository, repository.add_label(name))
    return label | {"description": label["description"] or ""}
