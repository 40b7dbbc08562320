"""What one commit to the memory branch changes, how its message reads, and how git-fast-import is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from memory_agents.core.records import HTTP_URL, Approval

OURS = ("memory-agents", "memory-agents@users.noreply.github.com")
"""who writes where no person does"""

_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(?:\[bot\])?")
_PERMISSION = re.compile(r"[a-z]{1,20}")
_MOST_LINES = 100
_NOT_IN_A_NAME = re.compile(r"[<>\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of files of the branch in one commit."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    """path → content; None removes the file"""
    message: str = ""

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.files)


def message(subject: str, lines: Sequence[str], approval: Approval) -> str:
    """A commit's message. It names ids and never says what a fact says, so that a purge leaves nothing behind.

    Login and URL are untrusted: what could be more than a name or an address is left out.
    """
    listed = [*lines[:_MOST_LINES], *([f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else [])]
    trailers = [f"Source: {approval.url}"] if HTTP_URL.fullmatch(approval.url) else []
    if approval.by:
        trailers.append(f"Approved-by: {_approver(approval)}")
    paragraphs = (subject, "\n".join(listed), "\n".join(trailers), "[skip ci]")
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _approver(approval: Approval) -> str:
    login = approval.by if _LOGIN.fullmatch(approval.by) else "unknown"
    known = [f"id {approval.by_id}"] if approval.by_id is not None else []
    if _PERMISSION.fullmatch(approval.permission):
        known.append(approval.permission)
    return f"{login} ({', '.join(known)})" if known else login


def stream(change: Change, *, onto: str, who: tuple[str, str], seconds: int) -> bytes:
    """What git-fast-import reads to make the commit and print its id; it leaves no ref behind.

    `onto`: the parent, empty for a new branch. `seconds`: since the epoch.
    """
    ref = "refs/memory-agents/writing"  # in no ref store: it is reset before git would write it
    name, email = (_NOT_IN_A_NAME.sub(" ", part).strip() for part in who)
    head = f"commit {ref}\nmark :1\ncommitter {name} <{email}> {seconds} +0000\n".encode()
    parts = [head, _data(change.message.encode()), f"from {onto}\n".encode() if onto else b""]
    for path, content in change.files.items():
        if content is None:
            parts.append(b"D " + quoted_path(path) + b"\n")
        else:
            parts += [b"M 100644 inline " + quoted_path(path) + b"\n", _data(content)]
    parts.append(f"\nget-mark :1\nreset {ref}\nfrom {'0' * 40}\n\ndone\n".encode())
    return b"".join(parts)


def quoted_path(path: str) -> bytes:
    """A path as git-fast-import reads any path: between quotes, its bytes beyond plain ASCII in octal."""
    encoded = path.encode("utf-8", "surrogateescape")
    plain = bytes(range(0x20, 0x7F)).replace(b'"', b"").replace(b"\\", b"")
    return b'"' + b"".join(bytes([byte]) if byte in plain else b"\\%03o" % byte for byte in encoded) + b'"'


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
