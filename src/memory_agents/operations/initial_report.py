"""What `init` would do, or did, and what to do next: for a person, and for a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memory_agents.operations.initial import ACTION, Part, State
from memory_agents.operations.reading import Answer

_WORDS = {
    State.MISSING: "make",
    State.THERE: "keep",
    State.LEFT: "leave",
    State.MADE: "made",
    State.FAILED: "failed",
}
_WITH_REASON = frozenset({State.LEFT, State.FAILED})
_SETTINGS: Mapping[str, str] = {
    "chromadb": "the variable CHROMA_URL and, where the server asks for one, the secret CHROMA_TOKEN",
    "agentcore": "the variables AGENTCORE_MEMORY_ID, AWS_REGION and AWS_ROLE_REMEMBER, which `memory-agents setup "
    "agentcore create` and a role with what it prints give you",
}
"""provider → what the workflows take from the repository's settings"""


def preview(parts: Sequence[Part], *, verbose: bool) -> Answer:
    """What would be done; exit code 1 where the branch could not be looked at.

    `verbose`: with what is written into the files.
    """
    is_hidden = any(part.kind == "branch" and part.state is State.LEFT for part in parts)
    lines = [_told(part) for part in parts]
    if verbose:
        lines += [
            f"\n--- {part.name}\n{part.content}".rstrip()
            for part in parts
            if part.state is State.MISSING and part.content
        ]
    if not any(part.state is State.MISSING for part in parts):
        lines.append(
            "Not all could be looked at: see what is left above." if is_hidden else "There is nothing to make."
        )
    value = {"dry_run": True, "parts": [_value(part) for part in parts]}
    return Answer(value, "\n".join(lines), code=int(is_hidden))


def done(
    parts: Sequence[Part], *, action: str, provider: str, documents: Sequence[str], unfilled: Sequence[str]
) -> Answer:
    """What was done, and the next steps. Exit code 1 where something failed.

    `unfilled`: workflows that do not name the action's owner yet.
    """
    steps = _next_steps(parts, action, provider, documents, unfilled)
    numbered = [f"  {number}. {step}" for number, step in enumerate(steps, start=1)]
    text = "\n".join((*map(_told, parts), "", "Next:", *numbered))
    value = {"dry_run": False, "parts": [_value(part) for part in parts], "next": steps}
    return Answer(value, text, code=int(any(part.state is State.FAILED for part in parts)))


def _told(part: Part) -> str:
    size = f" ({part.content.count(chr(10))} lines)" if part.content and part.state is not State.THERE else ""
    name = part.name if part.kind == "file" else f"the {part.kind} {part.name}"
    why = f": {part.problem} Fix: {part.fix}" if part.state in _WITH_REASON else ""
    is_there = ", which is there" if part.state is State.THERE else ""
    return f"  {_WORDS[part.state]:6}  {name}{size}{is_there}{why}"


def _next_steps(
    parts: Sequence[Part], action: str, provider: str, documents: Sequence[str], unfilled: Sequence[str]
) -> list[str]:
    files = [part.name for part in parts if part.kind == "file" and part.state is State.MADE]
    steps = []
    if unfilled:
        steps.append(
            f"Put the owner of the action in place of OWNER in {', '.join(unfilled)}; "
            "files that are not there yet get it by --action OWNER/NAME@REF"
        )
    if provider in _SETTINGS:
        steps.append(f"In the repository's settings, under Secrets and variables, Actions: {_SETTINGS[provider]}")
    if files:
        steps.append("Commit and push the files: git add .github && git commit -m 'Add memory-agents' && git push")
    steps.append(
        "Keep a first fact: comment `/remember` and a sentence on an issue, or memory-agents remember 'a sentence'"
    )
    if documents:
        steps.append(f"Keep the rules that you have: memory-agents import {' '.join(documents)}")
    steps.append(
        "Read the past, to find similar issues: run the workflow Index once, or GH_TOKEN=… memory-agents index"
    )
    home = action.partition("@")[0]
    where = f" of {home}" if action != ACTION else ", where the action is published"
    steps.append(
        "Recall for new issues and pull requests: "
        f"copy issues.yml, pull-requests.yml or similar-issues.yml from examples/workflows{where}"
        + ("; to their steps add what memory.yml says of memory" if provider in _SETTINGS else "")
    )
    return steps


def _value(part: Part) -> dict[str, object]:
    return {
        "kind": part.kind,
        "name": part.name,
        "state": part.state.value,
        "content": part.content,
        "problem": part.problem,
        "fix": part.fix if part.state in _WITH_REASON else "",
    }
