"""Labels of the repository and of issues."""

from __future__ import annotations

from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.messages import JsonObject, Problem, Reply, invalid
from memory_agents.testing.github.render.basics import View, label_json
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.routes.issues import find_issue

OF_ISSUE = f"{REPO}/issues/{{issue_number}}/labels"


def list_labels(call: Call) -> Reply:
    """The repository's labels."""
    return call.page(list(call.repository.labels.values()), label_json)


def create_label(call: Call) -> Reply:
    """A new label of the repository."""
    fields = call.fields()
    if fields["name"].lower() in call.repository.labels:
        raise invalid("Label", "name", "already_exists")
    label = call.repository.add_label(fields["name"], fields.get("color", "ededed"), fields.get("description"))
    return Reply(status=201, body=label_json(call.view, call.repository, label))


def list_issue_labels(call: Call) -> Reply:
    """The labels of an issue."""
    return call.page(find_issue(call).labels, _named)


def add_issue_labels(call: Call) -> Reply:
    """Give an issue more labels, given as a bare array or in an object."""
    issue, body = find_issue(call), call.body()
    names = [
        each if isinstance(each, str) else each["name"] for each in (body if isinstance(body, list) else body["labels"])
    ]
    call.repository.set_labels(issue, [*issue.labels, *names], actor=call.actor)
    return Reply(status=200, body=[_named(call.view, call.repository, name) for name in issue.labels])


def remove_issue_label(call: Call) -> Reply:
    """Take a label from an issue."""
    issue, name = find_issue(call), call.parameters["name"].lower()
    rest = [label for label in issue.labels if label.lower() != name]
    if rest == issue.labels:
        raise Problem(404, "Label does not exist")
    call.repository.set_labels(issue, rest, actor=call.actor)
    return Reply(status=200, body=[_named(call.view, call.repository, label) for label in rest])


def _named(view: View, repository: FakeRepository, name: str) -> JsonObject:
    return label_json(view, repository, repository.add_label(name))


ROUTES: Routes = {
    ("GET", f"{REPO}/labels"): list_labels,
    ("POST", f"{REPO}/labels"): create_label,
    ("GET", OF_ISSUE): list_issue_labels,
    ("POST", OF_ISSUE): add_issue_labels,
    ("DELETE", f"{OF_ISSUE}/{{name}}"): remove_issue_label,
}
