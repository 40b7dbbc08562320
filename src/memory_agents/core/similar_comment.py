"""Similar issues → the one comment about them: advice that says why, names no duplicate and asks nobody to close.

Where an open issue was there first, it is the likely original; one that was closed as completed is a possible
regression. Titles and reasons are untrusted: they stand inert, on lines that begin with our own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from memory_agents.core.context import MemoryView
from memory_agents.core.fences import one_line
from memory_agents.core.github_events import OWN_MARKER
from memory_agents.core.records import FULL_NAME, HTTP_URL
from memory_agents.core.replies import reply_safe

MARKER = f"{OWN_MARKER}similar -->"
"""begins the comment, and nothing else in it reads so"""
MOST = 5
"""issues that the comment lists"""

NOTHING_SIMILAR = f"{MARKER}\nThis comment listed similar issues. As this issue reads now, memory finds none."
"""what stands in place of a list that is no longer right"""

_TITLE, _REASONS = 120, 200  # characters that are shown
_DOUBT = "This list was made automatically and may be wrong. No issue is closed because of it."
_STANDINGS: Mapping[str, str] = MappingProxyType(
    {
        "open": "open",
        "completed": "closed as completed",
        "not_planned": "closed as not planned",
        "duplicate": "closed as a duplicate",
        "closed": "closed",
        "merged": "merged",
    }
)


def render(memories: Sequence[MemoryView], *, number: int, created_at: str) -> str | None:
    """The comment on issue `number` as Markdown, from what is similar, best first; None where nothing is.

    `created_at`: ISO date of that issue, or empty; only what is not younger can be its original or have regressed.
    """
    shown = [memory for memory in memories if _has_name(memory)][:MOST]
    if not shown:
        return None
    younger = {memory.id for memory in shown if _is_younger(memory, number, created_at)}
    earlier_open = [memory for memory in shown if memory.state == "open" and memory.id not in younger]
    original = min(earlier_open, key=lambda memory: (memory.created_at or "9999", memory.number), default=None)
    shown.sort(key=lambda memory: memory is not original)  # the original first, the others stay in their order
    entries = (_entry(memory, is_original=memory is original, is_younger=memory.id in younger) for memory in shown)
    head = "Another issue may be about the same:" if len(shown) == 1 else "Other issues may be about the same:"
    return "\n".join((MARKER, head, "", *entries, "", _DOUBT))


def _has_name(memory: MemoryView) -> bool:
    """Whether GitHub has a name for it: a number, in this repository or in one with a proper name."""
    return memory.number is not None and (not memory.repository or FULL_NAME.fullmatch(memory.repository) is not None)


def _is_younger(memory: MemoryView, number: int, created_at: str) -> bool:
    """Whether it was certainly reported after the issue. Numbers of one repository tell more than dates."""
    if not memory.repository:
        return (memory.number or 0) > number
    return bool(created_at) and memory.created_at > created_at


def _entry(memory: MemoryView, *, is_original: bool, is_younger: bool) -> str:
    """The item of the list: which issue and how it stands, and below why it is there."""
    lead = "Most likely the original report: " if is_original else ""
    if memory.state == "completed" and not is_younger:
        lead = "Possible regression of "
    standing = [_link(memory), _STANDINGS.get(memory.state, ""), "reported later" if is_younger else ""]
    reasons = _inert("; ".join(memory.reasons), _REASONS)
    why = "; ".join(filter(None, (f"{memory.score:.0%} alike", reasons)))
    return f"- {lead}{', '.join(filter(None, standing))}\n  {why}"


def _link(memory: MemoryView) -> str:
    """`#12: Title`, linked where the address is a plain one; GitHub links a bare name by itself."""
    name = f"{memory.repository}#{memory.number}"
    title = _inert(memory.title, _TITLE)
    if not HTTP_URL.fullmatch(memory.url):
        return f"{name}: {title}" if title else name
    text = name.replace("_", "\\_") + (f": {title}" if title else "")
    return f"[{text}]({memory.url})"


def _inert(text: str, limit: int) -> str:
    """Untrusted text on one line; in code, where all stays as it is, nothing may read like our marker."""
    return reply_safe(one_line(text, limit)).replace("<!--", "< !--")
