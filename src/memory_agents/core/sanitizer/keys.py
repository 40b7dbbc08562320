"""Private keys in armour: PEM, OpenSSH, PGP and PuTTY, also quoted, indented, escaped or cut off.

The lines that name the key stay; what stands between them goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.text import Redaction, Text

_NAME = r"(?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY"
_BEGIN = re.compile(rf"-{{2,5}} ?BEGIN {_NAME}(?: BLOCK)?(?: ?-{{2,5}}|(?=\\?[\nr]))|Private-Lines: \d{{1,3}}")
_BORDER = re.compile(rf"-{{2,5}} ?(?P<which>END|BEGIN) {_NAME}")
_EDGES = " \t\r\n\"'+,>|#*`\\"
_EDGE = rf"\\[nrt]|[{re.escape(_EDGES)}]"
_LEAD = re.compile(rf"(?:{_EDGE})*+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{20}")
# what a key whose end is missing may hold: base64, headers such as `DEK-Info: …`, a last piece with a digit
_CUT_OFF = re.compile(
    rf"(?:{_EDGE}|[A-Za-z0-9+/]{{16,}}+=*+|[A-Za-z0-9+/]{{1,15}}={{1,2}}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n]{1,120}"
    r"|(?=[A-Za-z+/]{0,14}\d)[A-Za-z0-9+/]{1,15}+(?![A-Za-z0-9:_-]))*+"
)


def private_keys(text: Text) -> Iterator[Redaction]:
    """What stands between the first and the last line of a private key."""
    shadow = text.shadow
    at = 0
    while begin := _BEGIN.search(shadow, at):
        start = _end_of(_LEAD, shadow, begin.end())
        border = _BORDER.search(shadow, start)
        is_whole = border is not None and border["which"] == "END"
        at = border.start() if border and is_whole else _end_of(_CUT_OFF, shadow, start)
        end = at
        while end > start and (shadow[end - 1] in _EDGES or shadow[end - 2 : end] in ("\\n", "\\r")):
            end -= 2 if shadow[end - 1] in "nr" else 1
        if _BASE64.search(shadow, start, end):
            yield text.redaction(start, end, "private-key")


def _end_of(pattern: re.Pattern[str], shadow: str, start: int) -> int:
    match = pattern.match(shadow, start)
    return match.end() if match else start
