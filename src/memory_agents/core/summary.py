"""PromptContext → the step summary: what was recalled and why, for a person. GitHub-flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory_agents.core.context import MemoryView, PromptContext
from memory_agents.core.fences import one_line
from memory_agents.core.records import HTTP_URL

_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#|~@:!&$]|(?<=www)\.", re.IGNORECASE)
_SHOWN = 120
_PRIVATE = (
    "Memory is kept outside of this repository: ids are shown here, not texts. Who may read it sees one with "
    "`memory-agents show ID`."
)

NO_MEMORY = (
    "There are no facts yet {where}. Next step, one of: comment `/remember` and a sentence on an "
    "issue; in a clone, run `memory-agents import AGENTS.md CLAUDE.md CONTRIBUTING.md` with those of them that there "
    "are, or `memory-agents init` for the workflows and what else is needed. If there are facts elsewhere, correct "
    "`{input}`."
)


def recall_summary(
    context: PromptContext,
    *,
    notices: Sequence[str],
    seconds: float,
    prompt_bytes: int,
    template: str,
    no_memory: str,
    private: bool,
) -> str:
    """The summary of one recall.

    `no_memory`: what to say where there is no memory yet, NO_MEMORY filled in; or empty. `private`: show ids, not
    texts, for memory is not kept in this repository.
    """
    memories = context.memories()
    what = f"{subject(context)}, {context.event.action}: {counted(len(memories))} in {seconds:.2f} s."
    made = f"Prompt: {prompt_bytes:,} bytes, template: {literal(template)}."
    parts = [f"### memory-agents: {context.status}", f"{what} {made}"]
    if memories:
        parts.append(_table(context, private=private))
        parts += [_PRIVATE] if private else []
    if context.dropped:
        parts.append(f"Left out to keep the prompt within its size: {', '.join(context.dropped)}.")
    if no_memory:
        parts.append(no_memory)
    if notices:
        parts.append("\n".join(f"- ⚠️ {literal(notice, 600)}" for notice in notices))
    return "\n\n".join(parts) + "\n"


def subject(context: PromptContext) -> str:
    """What a recall was for: `Pull request #7`, `Review comment on #7`."""
    kind, number = next(
        (kind, item.number)
        for kind, item in (("Issue", context.issue), ("Pull request", context.pull_request))
        if item is not None
    )
    if context.comment is None:
        return f"{kind} #{number}"
    said = context.comment.kind
    return f"{said.capitalize()} {'of' if said == 'review' else 'on'} #{number}"


def counted(memories: int) -> str:
    """`1 memory`, `2 memories`."""
    return f"{memories} memor{'y' if memories == 1 else 'ies'}"


def _table(context: PromptContext, *, private: bool) -> str:
    rows = ["| For | Memory | Score | Why |", "| --- | --- | ---: | --- |"]
    for section in context.sections:
        for memory in section.memories:
            name, why = (memory.id, "") if private else (_name(memory), literal("; ".join(memory.reasons)))
            rows.append(f"| {section.name.replace('_', ' ')} | {name} | {memory.score:.2f} | {why} |")
    return "\n".join(rows)


def _name(memory: MemoryView) -> str:
    """The memory in one cell, such as `review comment in #12 on src/x.py: Close the file`, linked to its source."""
    named = memory.title and memory.title not in memory.paths  # a review comment is called after its file
    title = literal(memory.title if named else memory.text.strip().partition("\n")[0])
    state = f" ({literal(memory.state)})" if memory.state else ""
    item = _item(memory)
    text = f"{literal(item)}: {title}{state}" if item else f"{title}{state}"
    return f"[{text}]({memory.url})" if HTTP_URL.fullmatch(memory.url) else text


def _item(memory: MemoryView) -> str:
    """Which past item it is; empty for a fact."""
    if memory.kind == "fact" or memory.number is None:
        return ""
    kind, number = memory.kind.removeprefix("past "), f"{memory.repository}#{memory.number}"
    return f"{kind} in {number} on {memory.paths[0]}" if memory.paths else f"{kind} {number}"


def literal(text: str, limit: int = _SHOWN) -> str:
    """Text as one line that Markdown shows as it is: no secret, nothing hidden, no markup, autolink or cell border.

    https://spec.commonmark.org/0.31.2/#backslash-escapes, https://github.github.com/gfm/#autolinks-extension-
    """
    return _MARKUP.sub(r"\\\g<0>", one_line(text, limit))
