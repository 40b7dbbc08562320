"""What is made to be public and looks like a secret: certificates, public keys, images, digests."""

from __future__ import annotations

import re
from bisect import bisect_right

from memory_agents.core.sanitizer.text import Text

_HINTS = ("-----begin ", ";base64,", "aaaa", "sha512-", "sha384-", "sha256-")
_PUBLIC = re.compile(
    r"-----BEGIN (?![A-Z0-9 ]{0,40}PRIVATE)[A-Z0-9 ]{1,40}-----[^-\0]{0,30000}"
    r"|data:[\w/+.-]{3,60};base64,[A-Za-z0-9+/=]{0,200000}"
    r"|\b(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)[\w@.-]{3,40}[ \t]AAAA[A-Za-z0-9+/=]{0,2000}"
    r"|\bsha(?:256|384|512)-[A-Za-z0-9+/=_-]{20,100}"
)


class PublicSpans:
    """Where a shadow holds what is public."""

    def __init__(self, text: Text) -> None:
        spans = [match.span() for match in text.finditer(_PUBLIC, *_HINTS)]
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]

    def __contains__(self, at: int) -> bool:
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._ends[index]
