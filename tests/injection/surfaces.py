"""Where hostile text could do harm, each as one function: for the tests here, and for suites of attack cases.

A suite of cases imports this module and calls what it knows: it takes nothing but text and JSON-like
values, and gives back what the real code made of them.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import secrets
import tempfile
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from memory_agents.core import context, fences
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths, ItemEvent
from memory_agents.core.records import Match, Record, Source, Trust
from memory_agents.core.replies import reply_safe
from memory_agents.core.sanitizer import redact
from memory_agents.edges.actions import Runner, output_entry
from memory_agents.errors import SettingsError
from memory_agents.memory.git import Remote
from memory_agents.memory.providers import fact_file
from memory_agents.memory.providers.branch_copy import BranchCopy
from memory_agents.monitors import base, prompting
from memory_agents.rendering import Templates
from memory_agents.settings import Settings
from memory_agents.testing.github.state import Comment
from tests import builders
from tests.curation.conftest import Project, project_in

Item = dict[str, Any]

_KEPT = contextlib.ExitStack()
atexit.register(_KEPT.close)
_comments: dict[int, Comment] = {}


def prompt_of(
    event: ItemEvent,
    matches: list[Match],
    *,
    paths: ChangedPaths | None = None,
    template: str = "",
    max_bytes: int = 98_304,
) -> str:
    """The Prompt of an event for which these past items were recalled."""
    made = context.build(event, {"similar_issues": matches}, status="ok", paths=paths)
    own = base.family(event)
    names = (template or own, own)
    fencer = Fencer(lambda: secrets.token_hex(16))
    return prompting.render(Templates({}, folder="none"), names, made, fencer=fencer, max_bytes=max_bytes).text


def render_prompt(items: list[Item]) -> tuple[str, list[tuple[int, int]]]:
    """A Prompt with these memories, and where the text of each stands between its markers."""
    prompt = prompt_of(builders.issue_event(), [match(number, item) for number, item in enumerate(items)])
    return prompt, [region for region in fences.regions(prompt) if _is_memory(prompt[slice(*region)])]


def fence_markers(prompt: str) -> list[tuple[str, str]]:
    """The opening and closing marker of each memory."""
    pairs = zip(fences.markers(prompt), fences.regions(prompt), strict=True)
    return [marker for marker, region in pairs if _is_memory(prompt[slice(*region)])]


def write_output(name: str, value: str) -> str:
    """What is appended to the runner's output file."""
    return output_entry(name, value)


def log(text: str) -> str:
    """What a step prints when it logs `text`."""
    out = StringIO()
    Runner(output_file=None, summary_file=None, log=out, annotate=True).log(text)
    return out.getvalue()


def sanitize(text: str) -> str:
    """The text without secrets."""
    return redact(text).text


def reply(text: str) -> str:
    """The text as the bot would repeat it in a comment."""
    return reply_safe(text)


def exec_plan(value: str) -> Item:
    """The command that a value becomes part of as the memory's remote, and the id of a file so named."""
    try:
        remote = Remote(Settings.build({"memory-remote": value}).memory_remote)
        argv = ["git", *BranchCopy(remote, "memory", Path()).fetch_command()]
    except SettingsError:
        argv = None
    return {"argv": argv, "shell": False, "id": fact_file.derived_id(value)}


def handle_event(case: Item) -> Item:
    """What an event comes to on a GitHub where the sender has the case's permission: facts stored, replies posted.

    The same comment once more is the same comment: its project is kept for as long as this process lives.
    """
    said = case.get("comment") or case.get("issue") or {}
    known_by = said.get("id") or json.dumps(case)
    project = _project(known_by)
    sender = case.get("sender") or {"login": said["author"]}
    login = str(sender["login"])
    permission = str(sender.get("permission", case.get("actor_permission", "none")))
    for name, number in ((said["author"], said["author_id"]), (login, sender.get("id", said["author_id"]))):
        if not name.isascii():
            project.github.unknown_logins.add(name)
        if name not in project.repository.permissions:
            project.github.add_user(name, type=said.get("user_type", "User"), id=number)
    project.repository.permissions[login] = permission
    before, replies = project.facts(), project.replies()
    event, payload = _payload(project, case, said, login)
    project.run(event, payload)
    facts = project.facts()
    stored = [
        {
            "text": record.text,
            "trust": "trusted" if record.trust is Trust.MAINTAINER else "untrusted",
            "comment_id": said.get("id"),
        }
        for path, content in facts.items()
        if before.get(path) != content
        for record in [fact_file.parse(path, content.encode())]
    ]
    return {"stored": stored, "replies": project.replies()[len(replies) :], "live": {said.get("id"): len(facts)}}


@functools.cache
def _project(_known_by: object) -> Project:
    folder = Path(_KEPT.enter_context(tempfile.TemporaryDirectory()))
    return _KEPT.enter_context(project_in(folder, raise_on_violation=False))


def _payload(project: Project, case: Item, said: Item, sender: str) -> tuple[str, Item]:
    if case["event"] == "issues":
        issue = project.repository.issues[1]
        issue.body, issue.author = str(said["text"]), str(said["author"])
        project.repository.set_labels(issue, [case["label"]], actor=sender)
        if issue.state == "open":
            project.repository.close(issue, actor="ada", reason="completed")
        return project.labelled(1, case["label"], by=sender, action=case["action"])
    if id(project) not in _comments:
        _comments[id(project)] = project.comment(said["text"], by=said["author"])
    comment = _comments[id(project)]
    before: str = comment.body if comment.body != said["text"] else str(case.get("before", "Look."))
    project.repository.edit_comment(comment, said["text"], actor=sender)
    edited = case["action"] == "edited"
    return project.payload(comment, action=case["action"], sender=sender, before=before if edited else "")


def _is_memory(region: str) -> bool:
    return bool(json.loads(region.splitlines()[0 if region[0] == "{" else 1])["kind"] == "past issue")


def match(number: int, item: Item) -> Match:
    source = Source(
        number=100 + number, author=item["author"], author_id=item["author_id"], permission=item["association"].lower()
    )
    record = Record(
        id=f"item-{number:08d}",
        namespace="reviews/issues",
        title=item.get("title", ""),
        text=item["text"],
        source=source,
        created_at=datetime.fromisoformat("2026-01-31T00:00:00+00:00"),
    )
    return Match(record=record, score=0.9 - number / 1000, reasons=("title: typo",))
