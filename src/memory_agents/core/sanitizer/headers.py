"""Secrets in HTTP headers, as curl, logs and code show them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.values import is_mixed, is_placeholder, stands_for_another

_SEPARATOR = r"[\"'`]{0,2}\s{0,3}(?::|=>?|,)\s{0,3}[\"'`]{0,2}"
_VALUE = r"(?P<value>[A-Za-z0-9._~+/=-]{8,8192}(?<!\.))"
_HEADER = re.compile(
    rf"authorization{_SEPARATOR}(?:(?P<scheme>[A-Za-z][A-Za-z0-9-]{{2,20}})\s{{1,3}}[\"'`]?)?{_VALUE}", re.IGNORECASE
)
_SCHEME = re.compile(rf"\b(?P<scheme>bearer|basic)\s{{1,3}}[\"'`]?{_VALUE}", re.IGNORECASE)
_AWS_SIGNATURE = re.compile(r"Signature=(?P<value>[0-9a-f]{64})")
_NAMED = re.compile(
    r"\b(?:x-[a-z0-9-]{0,40}?(?:key|token|secret|auth|password)|(?:private|job|deploy|circle|auth|access)-token"
    rf"|api-key|ocp-apim-subscription-key|dd-application-key){_SEPARATOR}(?P<value>[^\s\"'`,;<>(){{}}\0]{{8,4096}})",
    re.IGNORECASE,
)
_OPAQUE = 16  # characters from which an unnamed value counts

_COOKIES = re.compile(
    r"(?:\b(?:set-)?cookies?[\"'`]{0,2}\s{0,3}[:=]\s{0,3}|\s(?P<option>-b)\s)[\"'`]{0,2}(?P<pairs>[^\r\n\0]{3,8192})",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?P<name>[A-Za-z0-9_.$-]{1,128})=(?P<value>[^\s;,\"'`\0]{1,4096})")
_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "version", "priority"})
_SESSION = re.compile(r"sess|sid|auth|token|jwt|csrf|xsrf|remember|login|secret|ticket", re.IGNORECASE)
_SESSION_LENGTH = 8
_COOKIE_LENGTH = 20
_COMMAND_LENGTH = 500


def authorization(text: Text) -> Iterator[Redaction]:
    """The credentials of an Authorization or Proxy-Authorization header, and of `Bearer …` without one."""
    for match in text.finditer(_HEADER, "authorization"):
        if _is_credential(match["scheme"] or "", match["value"], length=8):
            yield text.redaction(*match.span("value"), "authorization")
    for match in text.finditer(_SCHEME, "bearer", "basic"):
        if _is_credential(match["scheme"], match["value"], length=_OPAQUE):
            yield text.redaction(*match.span("value"), "authorization")
    for match in text.finditer(_AWS_SIGNATURE, "signature="):
        yield text.redaction(*match.span("value"), "authorization")


def named_headers(text: Text) -> Iterator[Redaction]:
    """`X-Api-Key: …`, `Private-Token: …` and their like."""
    for match in text.finditer(_NAMED, "x-", "-token", "api-key", "-key"):
        value = match["value"]
        if is_mixed(value) and not stands_for_another(value) and not is_placeholder(value):
            yield text.redaction(*match.span("value"), "api-key-header")


def cookies(text: Text) -> Iterator[Redaction]:
    """The values of cookies that may hold a session; preferences such as `theme=dark` stay."""
    for match in text.finditer(_COOKIES, "cookie", "curl"):
        if match["option"] and not is_curls(text, match.start()):
            continue
        for pair in _PAIR.finditer(match["pairs"]):
            value = pair["value"]
            least = _SESSION_LENGTH if _SESSION.search(pair["name"]) else _COOKIE_LENGTH
            if pair["name"].lower() not in _ATTRIBUTES and len(value) >= least and _is_opaque(value):
                start = match.start("pairs") + pair.start("value")
                yield text.redaction(start, start + len(value), "cookie")


def is_curls(text: Text, at: int) -> bool:
    """Whether an option at `at` of the shadow may be one of a curl command."""
    return "curl" in text.shadow[max(0, at - _COMMAND_LENGTH) : at]


def user_and_password(value: str) -> bool:
    """Whether `value` is base64 of `user:password`, as in Basic authorization and Docker's config."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in decoded and decoded.isascii() and decoded.decode().isprintable()


def _is_credential(scheme: str, value: str, *, length: int) -> bool:
    if scheme.lower() == "basic" and user_and_password(value):
        return True
    return len(value) >= length and any(map(str.isdigit, value)) and _is_opaque(value)


def _is_opaque(value: str) -> bool:
    return is_mixed(value) and not stands_for_another(value) and not is_placeholder(value)
