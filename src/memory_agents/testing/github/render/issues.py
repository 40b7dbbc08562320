"""Issues, comments and issue events."""

from __future__ import annotations

from memory_agents.testing.github.messages import JsonObject
from memory_agents.testing.github.render.basics import (
    View,
    association,
    label_json,
    node_id,
    rollup,
    stamp,
    stamp_or_none,
)
from memory_agents.testing.github.render.nodes import issue_id
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Comment, Issue, IssueEvent


def single_issue_json(view: View, repository: FakeRepository, issue: Issue) -> JsonObject:
    """An `issue` as asked for alone: with who closed it."""
    closed_by = view.user(issue.closed_by) if issue.closed_by else None
    return issue_json(view, repository, issue) | {"closed_by": closed_by}


def issue_json(view: View, repository: FakeRepository, issue: Issue) -> JsonObject:
    """An `issue` as in lists; a pull request as the issues API shows it has the key `pull_request`."""
    url = f"{view.repo_api(repository)}/issues/{issue.number}"
    kind = "pull" if issue.pull else "issues"
    shown: JsonObject = {
        "url": url,
        "repository_url": view.repo_api(repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": f"{view.repo_web(repository)}/{kind}/{issue.number}",
        "id": issue.id,
        "node_id": issue_id(issue),
        "number": issue.number,
        "title": issue.title,
        "user": view.user(issue.author),
        "labels": [label_json(view, repository, repository.add_label(name)) for name in issue.labels],
        "state": issue.state,
        "state_reason": issue.state_reason,
        "locked": issue.locked,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": repository.count_comments(issue.number),
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": stamp_or_none(issue.closed_at),
        "author_association": association(repository, issue.author),
        "active_lock_reason": None,
        "body": issue.body,
        "reactions": rollup(url, issue.reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
    }
    if issue.pull:
        shown |= {"draft": issue.pull.draft, "pull_request": _pull_links(view, repository, issue)}
    return shown


def comment_json(view: View, repository: FakeRepository, comment: Comment) -> JsonObject:
    """An `issue-comment`."""
    url = f"{view.repo_api(repository)}/issues/comments/{comment.id}"
    kind = "pull" if repository.issues[comment.number].pull else "issues"
    return {
        "url": url,
        "html_url": f"{view.repo_web(repository)}/{kind}/{comment.number}#issuecomment-{comment.id}",
        "issue_url": f"{view.repo_api(repository)}/issues/{comment.number}",
        "id": comment.id,
        "node_id": node_id("IssueComment", comment.id),
        "user": view.user(comment.author),
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.updated_at),
        "author_association": association(repository, comment.author),
        "body": comment.body,
        "reactions": rollup(url, comment.reactions),
        "performed_via_github_app": None,
    }


def event_json(view: View, repository: FakeRepository, event: IssueEvent) -> JsonObject:
    """An `issue-event` with its issue."""
    label = repository.add_label(event.label) if event.label else None
    shown: JsonObject = {
        "id": event.id,
        "node_id": node_id("IssueEvent", event.id),
        "url": f"{view.repo_api(repository)}/issues/events/{event.id}",
        "actor": view.user(event.actor),
        "event": event.event,
        "commit_id": event.commit_id or None,
        "commit_url": f"{view.repo_api(repository)}/commits/{event.commit_id}" if event.commit_id else None,
        "created_at": stamp(event.created_at),
        "issue": issue_json(view, repository, repository.issues[event.number]),
        "performed_via_github_app": None,
    }
    if label:
        shown["label"] = {"name": label.name, "color": label.color}
    if event.event == "closed":
        shown["state_reason"] = event.state_reason
    if event.renamed:
        shown["rename"] = dict(zip(("from", "to"), event.renamed, strict=True))
    return shown


def _pull_links(view: View, repository: FakeRepository, issue: Issue) -> JsonObject:
    page = f"{view.repo_web(repository)}/pull/{issue.number}"
    return {
        "url": f"{view.repo_api(repository)}/pulls/{issue.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": stamp_or_none(issue.pull.merged_at) if issue.pull else None,
    }
