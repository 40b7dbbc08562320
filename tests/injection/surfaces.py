"""Where hostile text could do harm, each as one function: for the tests here, and for suites of attack cases.

A suite of cases imports this module and calls what it knows: it takes nothing but text and JSON-like
values, and gives back what the real code made of them.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from memory_agents.core import context, fences
from memory_agents.core.fences import Fencer
from memory_agents.core.github_events import ChangedPaths, ItemEvent
from memory_agents.core.records import Match, Record, Source
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
from tests import builders

Item = dict[str, Any]


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
