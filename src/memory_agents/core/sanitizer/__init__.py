"""The sanitizer: `redact(text)` replaces secrets of a known form by `[REDACTED:kind]`."""

from __future__ import annotations

from collections.abc import Sequence

from memory_agents.core.sanitizer import redaction
from memory_agents.core.sanitizer.files import aws_secrets, file_secrets, kubernetes_secrets
from memory_agents.core.sanitizer.headers import authorization, cookies, named_headers
from memory_agents.core.sanitizer.keys import private_keys
from memory_agents.core.sanitizer.redaction import Detector, Redacted
from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.urls import connection_strings, query_secrets, url_credentials, webhooks
from memory_agents.core.sanitizer.vendors import formed_tokens, vendor_tokens

__all__ = ["KNOWN_STRUCTURE", "Detector", "Redacted", "Redaction", "Text", "redact"]

KNOWN_STRUCTURE: tuple[Detector, ...] = (
    private_keys,
    vendor_tokens,
    formed_tokens,
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


def redact(text: str, detectors: Sequence[Detector] = KNOWN_STRUCTURE) -> Redacted:
    """Replace what the detectors find; offsets of the findings are those of `text`. Twice is as once."""
    return redaction.redact(text, detectors)
