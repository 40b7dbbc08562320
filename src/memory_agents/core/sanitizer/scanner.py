"""Another engine as a detector: the core stays free of it, whoever starts the program brings it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from memory_agents.core.sanitizer.redaction import Detector
from memory_agents.core.sanitizer.text import BARRIER, Redaction, Text

Scanner = Callable[[str], Iterable[Redaction]]
"""Finds secrets in a text; offsets are those of the text it is given. Raises SanitizerFailed if it cannot look."""

_FOREIGN = re.compile(r"[^\x01-\x7f]")
_LINE = re.compile(r"[^\s](?:[^\r\n]*[^\s])?")
_PUNCTUATION = str.maketrans(".),&", "    ")


def scanned(scanner: Scanner) -> Detector:
    """What the scanner finds in the shadow, and in the same shadow without the signs that hide a key from it.

    Many rules of scanners want a blank behind a key and miss it beside a full stop or a Chinese character.
    """

    def detect(text: Text) -> Iterator[Redaction]:
        seen = _FOREIGN.sub(" ", text.shadow.replace(BARRIER, "\n"))
        blanked = seen.translate(_PUNCTUATION)
        for one in {*scanner(seen), *(scanner(blanked) if blanked != seen else ())}:
            for line in _LINE.finditer(seen, one.start, one.end):  # line ends stay, also inside a whole manifest
                yield text.redaction(*line.span(), one.kind)

    return detect
