"""Secrets inside addresses: passwords, signatures, webhooks, connection strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.values import is_mixed, is_placeholder, stands_for_another

_TOKEN_LENGTH = 16
_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?![\w.-])")

# RFC 3986 userinfo, read as people write it: the last `@` of the authority ends the password
_USERINFO = re.compile(r"(?P<user>[^\s:/@?#\"'<>`\0]{0,128}):(?P<password>[^\s/?#\"<>`\0]{1,256})@(?=[\w\[$<{%])")
_DATABASE = re.compile(
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|cockroachdb)(?:\+\w{1,16})?\Z"
)
_DATABASE_USERINFO = re.compile(r"(?P<user>[^\s:/@\"'<>`\0]{0,128}):(?P<password>[^\s\"<>`\0]{1,256})@(?=[\w\[$<{%])")
_LONE_TOKEN = re.compile(r"(?P<password>[A-Za-z0-9_~.=-]{20,256})(?::x-oauth-basic)?@(?=[\w\[])")

_QUERY = re.compile(
    r"[?&;](?P<name>(?:x-(?:amz|goog|ms|oss)-)?(?:sig(?:nature)?|security-token|credential)"
    r"|[a-z_-]{0,24}?(?:token|secret|password|passwd|api[_-]?key|auth|credentials?)|key|code|sas|jwt|pwd)"
    r"=(?P<value>[^\s&#\"'<>`;,)\]}\0]{8,4096})",
    re.IGNORECASE,
)
_SIGNATURES = re.compile(r"(?i)x-|sig(?:nature)?\Z")
_CONNECTION = re.compile(
    r"(?:AccountKey|SharedAccessKey|SharedAccessSignature|SharedSecretValue|(?<=;)[ ]?(?:Password|Pwd))"
    r"\s?=\s?(?P<value>[^;\s\"'<>`\0]{4,1024})",
    re.IGNORECASE,
)
_WEBHOOKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (host, re.compile(path, re.ASCII))
    for host, path in (
        ("hooks.slack", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<value>[\w/-]{20,256})"),
        ("/webhooks/", r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{15,22}/(?P<value>[A-Za-z0-9_-]{40,100})"),
        ("webhook", r"(?:webhook\.office|outlook\.office(?:365)?)\.com/webhook(?:b2)?/(?P<value>[\w@/-]{30,512})"),
        ("hooks.zapier", r"hooks\.zapier\.com/hooks/catch/(?P<value>[0-9]{4,12}/[A-Za-z0-9]{5,12})"),
        ("ifttt", r"maker\.ifttt\.com/trigger/[^\s/]{1,80}/(?:json/)?with/key/(?P<value>[A-Za-z0-9_-]{15,60})"),
        ("/bot/v2/hook", r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/(?P<value>[A-Za-z0-9-]{20,60})"),
    )
)


def url_credentials(text: Text) -> Iterator[Redaction]:
    """The password of `scheme://user:password@host`, or the token that stands for the user."""
    shadow = text.shadow
    at = shadow.find("://")
    while at >= 0:
        behind = at + 3
        is_database = _DATABASE.search(shadow[max(0, at - 32) : at]) is not None
        match = _USERINFO.match(shadow, behind) or (_DATABASE_USERINFO.match(shadow, behind) if is_database else None)
        is_secret = False
        if match:
            is_secret = _is_password(match["user"], match["password"], shadow[match.end() : match.end() + 12])
        elif match := _LONE_TOKEN.match(shadow, behind):
            is_secret = _is_token(match["password"])
        if match and is_secret:
            yield text.redaction(*match.span("password"), "url-password")
        at = shadow.find("://", behind)


def query_secrets(text: Text) -> Iterator[Redaction]:
    """Signatures and tokens in the query of an address."""
    for match in text.finditer(_QUERY, "?", "&", ";"):
        name, value = match["name"], match["value"]
        if (_SIGNATURES.match(name) or _is_token(value)) and not stands_for_another(value):
            yield text.redaction(*match.span("value"), "url-signature" if "sig" in name.lower() else "url-token")


def webhooks(text: Text) -> Iterator[Redaction]:
    """The secret part of a webhook's address: whoever knows it may post."""
    for host, pattern in _WEBHOOKS:
        for match in text.finditer(pattern, host):
            if not is_placeholder(match["value"]):
                yield text.redaction(*match.span("value"), "webhook")


def connection_strings(text: Text) -> Iterator[Redaction]:
    """`AccountKey=…;`, `SharedAccessKey=…;`, `;Password=…;`."""
    for match in text.finditer(_CONNECTION, "accountkey", "sharedaccess", "sharedsecret", ";password", ";pwd", "; p"):
        if not stands_for_another(match["value"]) and not is_placeholder(match["value"]):
            yield text.redaction(*match.span("value"), "connection-secret")


def _is_password(user: str, password: str, host: str) -> bool:
    is_everybodys = password.lower() == user.lower() and _LOCAL.match(host) is not None
    return not stands_for_another(password) and not is_everybodys and not is_placeholder(password)


def _is_token(value: str) -> bool:
    return len(value) >= _TOKEN_LENGTH and is_mixed(value) and not is_placeholder(value)
