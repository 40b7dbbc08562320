"""Tokens that nothing beside them tells: only long random ones of three kinds of characters, standing alone.

Hex is never taken: it is the digest or the id of something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.public import PublicSpans
from memory_agents.core.sanitizer.text import Look, Redaction, Text
from memory_agents.core.sanitizer.values import is_name, is_placeholder, oddness

_LEAST, _MOST = 32, 128
_TOKEN = re.compile(
    rf"[A-Za-z0-9](?<![A-Za-z0-9+/=.:%@#$&?\0\\-].)(?<![^\s]_.)[A-Za-z0-9_-]{{{_LEAST - 1},{_MOST - 1}}}+"
    rf"(?![\w+/=%@#~$&\\(\0-]|[.:][\w\0])"
)
_KINDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d[^\d]{1,60}\d"))
_ODD_SHARE = 4  # one place in so many is odd
_NO_TOKEN = re.compile(  # ids of IPFS, signatures of minisign, JSON, XML and SVG in base64, a digest or a UUID inside
    r"Qm[A-Za-z0-9]{44}\Z|RW[A-Za-z0-9]{54}\Z|ey[A-Z]|PD9|PHN|.{0,96}(?:[0-9a-f]{24}|[0-9a-f]{4}-[0-9a-f]{4}-)"
)
_BESIDE = re.compile(
    r"(?:\b|_|(?<=[a-z]))(?:ids?|hash|digest|checksum|integrity|sha\d*|md5|etag|nonce|cursor|fingerprint"
    r"|trace\w*|span\w*|request\w*"
    r"|node\w*|cid|oid|rev|uuid|guid|commit|build|image|address|public\w*|pub\w*|signature|sig|proof|salt|iv|vector"
    r"|ciphertext|plaintext|hmac|mac|root|block|tx\w*|transaction|peer\w*|blob|sitekey|version"
    r"|sum|h1|etags?|ref|snapshot|layer|manifest|crc\w*|mappings|boundary|class|font|svg)[\"'`]?\s{0,3}[:=(]?\s{0,3}[\"'`(\[]?\Z",
    re.IGNORECASE,
)


def bare_tokens(text: Text) -> Iterator[Redaction]:
    """Long random tokens that stand alone."""
    if text.look is Look.JOINED:  # what a person would join is random only by chance
        return
    public: PublicSpans | None = None
    for match in _TOKEN.finditer(text.shadow):
        value = match.group().rstrip("_-")
        if (
            not _is_random(value)
            or _NO_TOKEN.match(value)
            or _BESIDE.search(text.shadow, max(0, match.start() - 40), match.start())
        ):
            continue
        public = public or PublicSpans(text)
        if match.start() not in public and not _is_in_block(text.shadow, match):
            yield text.redaction(match.start(), match.start() + len(value), "token")


def _is_random(value: str) -> bool:
    return (
        all(kind.search(value) for kind in _KINDS)
        and oddness(value) * _ODD_SHARE >= min(len(value), 96)
        and not is_name(value)
        and not is_placeholder(value)
        and "example" not in value.lower()
    )


def _is_in_block(shadow: str, match: re.Match[str]) -> bool:
    """Whether it is one of several lines of base64, such as a key or a picture."""
    above = shadow[max(0, match.start() - 90) : match.start()].rstrip(" \t>").rpartition("\n")[0]
    below = shadow[match.end() : match.end() + 90].lstrip(" \t").removeprefix("\r").removeprefix("\n").lstrip(" \t>")
    return (
        bool(_LINE_ABOVE.search(above) or _LINE_BELOW.match(below))
        and "\n" in shadow[match.end() : match.end() + 3] + above
    )


_LINE_ABOVE = re.compile(r"(?:\A|\n)[ \t>]*[A-Za-z0-9+/=]{40,}\r?\Z")
_LINE_BELOW = re.compile(r"[A-Za-z0-9+/=]{40,}\s")
