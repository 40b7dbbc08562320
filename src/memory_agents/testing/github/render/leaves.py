"""GraphQL's rows that lead to no others: actors, labels, commits."""

from __future__ import annotations

from memory_agents.testing.github.messages import JsonObject
from memory_agents.testing.github.render.basics import View, node_id
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Label


def actor_node(view: View, login: str) -> JsonObject | None:
    """An `Actor`; null of an account that is gone. A bot's login is without the `[bot]` that REST gives it."""
    if not login:
        return None
    user = view.find_user(login)
    shown = view.user(login)
    return {
        "__typename": user.type,
        "id": shown["node_id"],
        "databaseId": user.id,
        "login": user.login.removesuffix("[bot]") if user.type == "Bot" else user.login,
        "url": shown["html_url"],
    }


def viewer_node(view: View, login: str) -> JsonObject:
    """The `viewer`: a `User` even where the token is an app's, with the whole login."""
    return (actor_node(view, login) or {}) | {"__typename": "User", "login": login}


def label_node(label: Label) -> JsonObject:
    """A `Label`."""
    return {
        "id": node_id("Label", label.id),
        "name": label.name,
        "color": label.color,
        "description": label.description,
    }


def commit_node(view: View, repository: FakeRepository, oid: str) -> JsonObject:
    """A `Commit`."""
    url = f"{view.repo_web(repository)}/commit/{oid}"
    return {"__typename": "Commit", "id": node_id("Commit", int(oid[:8], 16)), "oid": oid, "url": url}
