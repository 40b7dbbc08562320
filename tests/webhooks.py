"""Real webhook payloads, and the ones derived from them that nobody published: forks, bots, strangers.

Every derivation returns a deep copy and leaves what it is given alone.
"""

from __future__ import annotations

import functools
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

Payload = dict[str, Any]

DATA = Path(__file__).parent / "data" / "webhooks"
EVENTS = ("issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment")

FAILS_AS_SHIPPED = frozenset((event, 0) for event in EVENTS)
"""(event, position) of the examples that their own schema rejects; they are older than it"""

STRANGER = "mallory-stranger"
BOT = "dependabot[bot]"


def examples(event: str) -> list[Payload]:
    """Every published payload of an event, also those of FAILS_AS_SHIPPED, as a fresh copy."""
    payloads: list[Payload] = json.loads(_text(event))
    return payloads


def from_stranger(payload: Payload) -> Payload:
    """The same, written and sent by somebody without any permission."""
    return _by(payload, STRANGER, 66_000_001, "User", "NONE")


def from_bot(payload: Payload) -> Payload:
    """The same, written and sent by an app's account."""
    return _by(payload, BOT, 49_699_333, "Bot", "NONE")


def as_fork_pull_request(payload: Payload) -> Payload:
    """The same pull request from a stranger's fork: its head is another repository."""
    derived = deepcopy(payload)
    base, head = derived["pull_request"]["base"]["repo"], derived["pull_request"]["head"]
    stranger = _person(derived["sender"], STRANGER, 66_000_001, "User")
    fork: Payload = json.loads(json.dumps(base).replace(base["full_name"], f"{STRANGER}/{base['name']}"))
    head["repo"] = fork | {"id": base["id"] + 1, "owner": stranger, "fork": True}
    head["user"] = stranger
    head["label"] = f"{STRANGER}:{head['ref']}"
    derived["pull_request"] |= {"user": stranger, "author_association": "FIRST_TIME_CONTRIBUTOR"}
    return derived | {"sender": stranger}


def pull_request_comment(payload: Payload) -> Payload:
    """The same issue_comment in a pull request's conversation: the issue has the key `pull_request`."""
    derived = deepcopy(payload)
    issue = derived["issue"]
    page = issue["html_url"].replace("/issues/", "/pull/")
    derived["comment"]["html_url"] = derived["comment"]["html_url"].replace("/issues/", "/pull/")
    issue["html_url"] = page
    issue["pull_request"] = {
        "url": issue["url"].replace("/issues/", "/pulls/"),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": None,
    }
    return derived


def on_ghes(payload: Payload, host: str) -> Payload:
    """The same on a GitHub Enterprise Server at `host`."""
    text = json.dumps(payload)
    for public, own in (
        ("https://api.github.com", f"https://{host}/api/v3"),
        ("https://github.com", f"https://{host}"),
        ("http://github.com", f"https://{host}"),
        ("git://github.com", f"git://{host}"),
        ("git@github.com", f"git@{host}"),
    ):
        text = text.replace(public, own)
    derived: Payload = json.loads(text)
    return derived


@functools.cache
def _text(event: str) -> str:
    return (DATA / f"{event}.json").read_text(encoding="utf-8")


def _by(payload: Payload, login: str, number: int, kind: str, association: str) -> Payload:
    derived = deepcopy(payload)
    author = _person(derived["sender"], login, number, kind)
    written = next(derived[key] for key in ("comment", "review", "issue", "pull_request") if key in derived)
    written |= {"user": author, "author_association": association}
    return derived | {"sender": author}


def _person(user: Payload, login: str, number: int, kind: str) -> Payload:
    """Another user with the addresses that go with its login."""
    quoted = login.replace("[", "%5B").replace("]", "%5D")
    links = {
        name: value.replace(f"/{user['login']}", f"/{quoted}") if isinstance(value, str) else value
        for name, value in user.items()
    }
    return links | {"login": login, "id": number, "node_id": f"U_{number}", "type": kind, "site_admin": False}
