"""Kingfisher's secret scanner, for the sanitizer: the `secrets` extra.

The plain `Scanner`, never `DetectionScanner`: a comment in the text, such as `kingfisher:ignore`, could switch
that one off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memory_agents.core.sanitizer import Redaction, Scanner
from memory_agents.errors import SanitizerFailed

if TYPE_CHECKING:
    import kingfisher_sdk

_OWNERS = ("betterleaks.", "kingfisher.", "veles.secrets/", "custom.")
_NO_KIND = re.compile(r"[^a-z]+")
_LONGEST_KIND = 32
# who one is, which is no secret
_PUBLIC = re.compile(
    r"-(?:id|identifier|username|name|host|domain|url|address|public-key|pub-key|repository)(?:\.\d+)?\Z"
)


def scanner() -> Scanner | None:
    """A scanner with Kingfisher's own rules; None where the extra is not installed.

    The rules are compiled here, which takes seconds where no cache of them is. Raises SanitizerFailed if that
    fails; so does each scan.
    """
    try:
        import kingfisher_sdk
    except ImportError:
        return None
    try:
        engine = kingfisher_sdk.Scanner()
        engine.scan(b"api_key = " + b"0123456789abcdef" * 2)  # what it makes ready at its first match is made here
    except (OSError, RuntimeError, TimeoutError, ValueError) as failure:
        raise _failed(failure) from failure
    return lambda text: _scan(engine, text)


def _scan(engine: kingfisher_sdk.Scanner, text: str) -> Iterator[Redaction]:
    encoded = text.encode("utf-8", "replace")
    try:
        findings = engine.scan(encoded)
    except (OSError, RuntimeError, TimeoutError, ValueError) as failure:
        raise _failed(failure) from failure
    for finding in findings:
        # what it is not sure of, our own detectors judge better: the password of an address
        if not finding.visible or finding.confidence == "low" or _PUBLIC.search(finding.rule_id):
            continue
        start, end = (len(encoded[: finding.location[f"{side}_offset"]].decode()) for side in ("start", "end"))
        yield Redaction(start, end, _kind(finding.rule_id))


def _kind(rule: str) -> str:
    for owner in _OWNERS:
        rule = rule.removeprefix(owner)
    return _NO_KIND.sub("-", rule).strip("-")[:_LONGEST_KIND].rstrip("-") or "secret"


def _failed(failure: Exception) -> SanitizerFailed:
    return SanitizerFailed(
        f"The secret scanner Kingfisher failed: {failure}",
        fix="try again; if it fails again, install another version of kingfisher-secret-scanner, or none.",
    )
