"""Tokens that say by their form who issued them.

A prefix of the tables is found first, then the body must match right behind it; a text full of prefixes
costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.trie import places, trie
from memory_agents.core.sanitizer.values import is_placeholder
from memory_agents.core.sanitizer.vendors.frequent import FREQUENT
from memory_agents.core.sanitizer.vendors.others import OTHERS
from memory_agents.core.sanitizer.vendors.rows import URL, WORD

VENDORS = (*FREQUENT, *OTHERS)

_SPOKEN = re.compile(
    rf"_(?=[A-Za-z]{{0,30}}\d)(?=[A-Z0-9]{{0,40}}[a-z]|[a-f0-9]{{0,40}}[a-z]){WORD}{{20,200}}+(?!{URL})", re.ASCII
)
_SAYS_KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:[A-Za-z][a-z0-9]{1,14}_){0,3}"
    r"(?:sk|rk|live|pat|apikey|secret|sec|token|tok|priv|private|svcacct)(?:_[a-z0-9]{1,8}){0,2}\Z"
)
_FORMS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    # kind, hint, the whole form: the prefix is too weak or stands in the middle
    ("azure-client-secret", "q~", re.compile(r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}")),
    ("mailgun-key", "key-", re.compile(r"(?<![A-Za-z0-9_-])key-[0-9a-f]{32}(?![A-Za-z0-9])")),
    ("telegram-token", ":aa", re.compile(r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{32,35}(?![A-Za-z0-9_-])")),
    ("discord-token", ".", re.compile(rf"(?<!{URL})[MNO]{URL}{{23,27}}\.{URL}{{6}}\.{URL}{{27,40}}")),
    ("terraform-token", ".atlasv1.", re.compile(rf"(?<!{WORD}){WORD}{{14}}\.atlasv1\.{URL}{{40,80}}")),
    (
        "jwt",
        "eyj",
        re.compile(
            rf"(?<![A-Za-z0-9-])(?<!{URL}_)eyJ{URL}{{8,}}+\.{URL}{{8,}}+(?:\.{URL}++){{0,3}}+(?:\.{URL}{{8,}}+)*+"
        ),
    ),
)


_PREFIXES = trie(vendor.prefix for vendor in VENDORS)
_BY_PREFIX = {
    vendor.prefix: tuple(other for other in reversed(VENDORS) if vendor.prefix.startswith(other.prefix))
    for vendor in VENDORS
}


def vendor_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens of VENDORS, also those glued to one another."""
    shadow = text.shadow
    done = 0
    for place in places(_PREFIXES, shadow):
        at = place.start()
        if at < done - len(place.group()):  # a body takes along the letters with which the next token begins
            continue
        is_apart = at == 0 or at <= done or not _is_word(shadow[at - 1])
        for vendor in _BY_PREFIX[place.group()]:
            body = vendor.body.match(shadow, at + len(vendor.prefix))
            if body and (is_apart or not vendor.apart) and not is_placeholder(body.group()):
                yield text.redaction(at, body.end(), vendor.kind)
                done = max(done, body.end())
                break


def formed_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens that their whole form tells, JWTs among them."""
    for kind, hint, pattern in _FORMS:
        for match in text.finditer(pattern, hint):
            if not is_placeholder(match.group()):
                yield text.redaction(match.start(), match.end(), kind)


def spoken_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens of vendors that are in no table yet, whose prefix says what they are: `acme_live_…`, `acme_pat_…`."""
    for match in text.finditer(_SPOKEN, "_"):
        prefix = _SAYS_KEY.search(text.shadow, max(0, match.start() - 60), match.start())
        if prefix and not is_placeholder(match.group()):
            yield text.redaction(prefix.start(), match.end(), "token")


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()
