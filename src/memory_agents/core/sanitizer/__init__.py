"""The sanitizer: `redact(text)` replaces secrets by `[REDACTED:kind]`, in three layers of small detectors.

It lowers the chance that a secret is shown; no text is proven free of secrets by it.
"""

from __future__ import annotations

from memory_agents.core.sanitizer import redaction
from memory_agents.core.sanitizer.bare import bare_tokens
from memory_agents.core.sanitizer.commands import command_passwords, paired_passwords
from memory_agents.core.sanitizer.encoded import encoded, turned
from memory_agents.core.sanitizer.files import aws_secrets, file_secrets, kubernetes_secrets
from memory_agents.core.sanitizer.headers import authorization, cookies, named_headers
from memory_agents.core.sanitizer.keys import private_keys
from memory_agents.core.sanitizer.labelled import labelled
from memory_agents.core.sanitizer.redaction import Detector, Redacted
from memory_agents.core.sanitizer.scanner import Scanner, scanned
from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.tokens import formed_tokens, spoken_tokens, vendor_tokens
from memory_agents.core.sanitizer.urls import connection_strings, query_secrets, url_credentials, webhooks

__all__ = ["BARE", "KNOWN_STRUCTURE", "LABELLED", "Detector", "Redacted", "Redaction", "Scanner", "Text", "redact"]

KNOWN_STRUCTURE: tuple[Detector, ...] = (
    private_keys,
    vendor_tokens,
    formed_tokens,
    spoken_tokens,
    webhooks,
    url_credentials,
    query_secrets,
    connection_strings,
    authorization,
    named_headers,
    cookies,
    aws_secrets,
    file_secrets,
    kubernetes_secrets,
)
"""Detectors of what says by its form that it is a secret, the most telling first."""

LABELLED: tuple[Detector, ...] = (labelled, command_passwords, paired_passwords, encoded, turned)
"""Detectors of what a word beside it and its own look say together."""
BARE: tuple[Detector, ...] = (bare_tokens,)
"""Detectors of what its own look alone says."""


def redact(text: str, *, scanner: Scanner | None = None) -> Redacted:
    """Replace each secret by `[REDACTED:kind]`; offsets of the findings are those of `text`. Twice is as once.

    `scanner` looks besides our own detectors. Raises SanitizerFailed if it fails.
    """
    own = (*KNOWN_STRUCTURE, *LABELLED, *BARE)
    return redaction.redact(text, own if scanner is None else (*own, scanned(scanner)))
