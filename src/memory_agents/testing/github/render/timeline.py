"""What happened to an issue, as GraphQL's timeline gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from memory_agents.testing.github.messages import JsonObject, Unsupported
from memory_agents.testing.github.render.basics import View, node_id, stamp
from memory_agents.testing.github.render.connections import Resolver, connection
from memory_agents.testing.github.render.leaves import actor_node, commit_node, label_node
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Issue, IssueEvent

TYPES: Mapping[str, tuple[str, str]] = {
    "CLOSED_EVENT": ("closed", "ClosedEvent"),
    "LABELED_EVENT": ("labeled", "LabeledEvent"),
    "MARKED_AS_DUPLICATE_EVENT": ("marked_as_duplicate", "MarkedAsDuplicateEvent"),
    "RENAMED_TITLE_EVENT": ("renamed", "RenamedTitleEvent"),
    "UNLABELED_EVENT": ("unlabeled", "UnlabeledEvent"),
}
"""name in a query → name in REST, GraphQL type"""
Show = Callable[[Issue], JsonObject]


def timeline(view: View, repository: FakeRepository, issue: Issue, show_item: Show) -> Resolver:
    """The field `timelineItems`, of the types that the fake can give."""

    def rows(itemTypes: list[str] | None = None) -> list[IssueEvent]:  # noqa: N803 - GitHub's name
        if itemTypes is None or not {*itemTypes} <= TYPES.keys():
            raise Unsupported(f"the fake's timeline has only {', '.join(TYPES)}: ask for some of them")
        wanted = {TYPES[each][0] for each in itemTypes}
        found = [event for event in repository.events if event.number == issue.number and event.event in wanted]
        return sorted(found, key=lambda event: event.created_at)

    def show(event: IssueEvent) -> JsonObject:
        shown = _details(view, repository, event, show_item)
        kind = next(kind for name, kind in TYPES.values() if name == event.event)
        return shown | {
            "__typename": kind,
            "id": node_id(kind, event.id),
            "actor": lambda _: actor_node(view, event.actor),
            "createdAt": stamp(event.created_at),
        }

    return connection("timelineItems", rows, show, takes=frozenset({"itemTypes"}))


def _details(view: View, repository: FakeRepository, event: IssueEvent, show_item: Show) -> JsonObject:
    if event.event == "renamed" and event.renamed:
        return {"previousTitle": event.renamed[0], "currentTitle": event.renamed[1]}
    if event.event == "marked_as_duplicate":
        canonical = repository.issues.get(event.other or 0)
        return {"canonical": show_item(canonical) if canonical else None, "isCrossRepository": False}
    if event.event == "closed":
        pull = repository.issues.get(event.other or 0)
        commit = commit_node(view, repository, event.commit_id) if event.commit_id else None
        reason = (event.state_reason or "").upper() or None
        return {"closer": show_item(pull) if pull else commit, "stateReason": reason}
    return {"label": label_node(repository.add_label(event.label))}
