"""Diffs and paths as what they are on their page: code, in which nothing is hidden and no Markdown counts.

Read as Markdown, a line `+<!--` of a diff would hide all that follows it.
"""

from __future__ import annotations

import re

from memory_agents.core.fences import clean
from memory_agents.core.page import with_plain_newlines, without_invisible

_TICKS = re.compile("`+")


def as_code(text: str) -> str:
    """`text` as a block of code that nothing in it can end; empty stays empty."""
    shown = without_invisible(with_plain_newlines(text))  # before counting: ticks may stand on both sides
    ticks = _ticks(shown)
    return f"{ticks}\n{shown}\n{ticks}" if shown.strip() else ""


def clean_code(text: str) -> str:
    """`text` as a person sees it in a block of code, without secrets."""
    block = as_code(text)
    ticks = block.partition("\n")[0]
    return clean(block).removeprefix(f"{ticks}\n").removesuffix(f"\n{ticks}")


def ending(code: str, limit: int) -> str:
    """The last whole lines of `code`, at most `limit` characters; of one long line its end."""
    if len(code) <= limit:
        return code
    kept = code[-limit - 1 :]
    return kept.partition("\n")[2] or kept[1:]


def _ticks(text: str) -> str:
    return "`" * max(3, 1 + max(map(len, _TICKS.findall(text)), default=0))
