"""A row of the tables of vendors, and the characters of which tokens are made."""

from __future__ import annotations

import re
from dataclasses import dataclass

WORD = r"[A-Za-z0-9]"
URL = r"[A-Za-z0-9_-]"
HEX = r"[0-9a-fA-F]"
UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One form of token."""

    kind: str
    prefix: str
    body: re.Pattern[str]
    apart: bool
    """the prefix alone is not telling: no letter or digit may stand before it"""


def rows(kind: str, prefixes: str, body: str, *, apart: bool = False) -> tuple[Vendor, ...]:
    """One form of token for each of the prefixes, which blanks divide."""
    compiled = re.compile(body, re.ASCII)
    return tuple(Vendor(kind, prefix, compiled, apart) for prefix in prefixes.split())
