"""`memory-agents redact`: a filter that keeps every byte that is no secret."""

from __future__ import annotations

import json
import sys

from memory_agents.app import redact_fully


def redact(*, as_json: bool) -> int:
    """Copy the standard input to the standard output without secrets, and return the exit code."""
    given = sys.stdin.buffer.read().decode(errors="surrogateescape")
    redacted = redact_fully(given)
    if not as_json:
        sys.stdout.buffer.write(redacted.text.encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
        return 0
    found = [{"kind": finding.kind, "start": finding.start, "end": finding.end} for finding in redacted.findings]
    text = redacted.text.encode(errors="surrogateescape").decode(errors="replace")
    print(json.dumps({"text": text, "findings": found}, indent=2))
    return 0
