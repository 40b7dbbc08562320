"""Issues and their events."""

from __future__ import annotations

from operator import attrgetter

from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.messages import Problem, Reply, Unsupported, invalid, not_found
from memory_agents.testing.github.pagination import newest_first, since
from memory_agents.testing.github.render.issues import event_json, issue_json, single_issue_json
from memory_agents.testing.github.state import Issue

LARGEST_TEXT = 65_536
"""characters of a title, body or comment"""
CHANGEABLE = frozenset({"title", "body", "state", "state_reason", "labels"})


def find_issue(call: Call) -> Issue:
    """The issue or pull request whose number is in the path."""
    number = call.number("issue_number")
    if number in call.repository.deleted_numbers:
        raise Problem(410, "This issue was deleted")
    issue = call.repository.issues.get(number)
    if issue is None:
        raise not_found()
    return issue


def check_text(text: str | None, resource: str) -> str:
    """The text, or 422 when GitHub would find it too long."""
    if len(text or "") > LARGEST_TEXT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {LARGEST_TEXT} characters)")
    return text or ""


def list_issues(call: Call) -> Reply:
    """Issues and pull requests, newest first."""
    call.only("state", "labels", "since", "sort", "direction", "creator", "after")
    state, creator = call.query.get("state", "open"), call.query.get("creator")
    wanted = {name.lower() for name in call.query.get("labels", "").split(",") if name}
    rows = [
        issue
        for issue in since(call.repository.issues.values(), call.query, lambda issue: issue.updated_at)
        if state in {"all", issue.state}
        and creator in {None, issue.author}
        and (not wanted or wanted <= {name.lower() for name in issue.labels})
    ]
    keys = {
        "created": lambda issue: issue.created_at.timestamp(),
        "updated": lambda issue: issue.updated_at.timestamp(),
        "comments": lambda issue: call.repository.count_comments(issue.number),
    }
    return call.cursor_page(rows, keys, lambda issue: issue.id, issue_json)


def create_issue(call: Call) -> Reply:
    """Open an issue."""
    fields = call.fields()
    _refuse_ignored(fields.keys() - {"title", "body", "labels"})
    title = str(fields["title"])
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    body = check_text(fields.get("body"), "Issue")
    issue = call.repository.add_issue(title, body, author=call.actor, labels=_label_names(fields.get("labels", [])))
    return Reply(status=201, body=single_issue_json(call.view, call.repository, issue))


def get_issue(call: Call) -> Reply:
    """One issue."""
    return Reply(status=200, body=single_issue_json(call.view, call.repository, find_issue(call)))


def update_issue(call: Call) -> Reply:
    """Change title, body, labels or state."""
    issue, fields = find_issue(call), call.fields()
    _refuse_ignored(fields.keys() - CHANGEABLE)
    body = check_text(fields["body"], "Issue") if "body" in fields else None
    call.repository.edit_issue(issue, title=fields.get("title"), body=body, actor=call.actor)
    if "labels" in fields:
        call.repository.set_labels(issue, _label_names(fields["labels"]), actor=call.actor)
    state = fields.get("state", issue.state)
    if state == "closed" and issue.state == "open":
        call.repository.close(issue, actor=call.actor, reason=fields.get("state_reason") or "completed")
    elif state == "open" and issue.state == "closed":
        call.repository.reopen(issue, actor=call.actor)
    return Reply(status=200, body=single_issue_json(call.view, call.repository, issue))


def list_events(call: Call) -> Reply:
    """What happened to all issues, newest first."""
    return call.page(newest_first(call.repository.events, attrgetter("created_at")), event_json)


def _label_names(labels: list[str | dict[str, str]]) -> list[str]:
    return [label if isinstance(label, str) else label["name"] for label in labels]


def _refuse_ignored(names: set[str]) -> None:
    if names:
        raise Unsupported(f"the fake does not keep an issue's {', '.join(sorted(names))}")


ROUTES: Routes = {
    ("GET", f"{REPO}/issues"): list_issues,
    ("POST", f"{REPO}/issues"): create_issue,
    ("GET", f"{REPO}/issues/events"): list_events,
    ("GET", f"{REPO}/issues/{{issue_number}}"): get_issue,
    ("PATCH", f"{REPO}/issues/{{issue_number}}"): update_issue,
}
