"""Secrets in the files and commands whose layout is known: Kubernetes, Docker, npm, netrc, AWS, curl."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_agents.core.sanitizer.headers import is_curls, user_and_password
from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.values import is_placeholder, stands_for_another

_AWS_SECRET = re.compile(
    r"(?:aws[_-]?)?secret[_-]?(?:access[_-]?)?key(?:[_-]?id)?[\"'`]{0,2}\s{0,4}(?:[:=]|=>|->|is)\s{0,4}[\"'`]{0,2}"
    r"(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
    re.IGNORECASE,
)
_AWS_SAMPLE = "EXAMPLE"  # stands in the key of Amazon's documentation and in no random one
_DOCKER = re.compile(
    r"[\"'](?:auth|identitytoken|registrytoken)[\"']\s{0,3}:\s{0,3}"
    r"[\"'](?P<value>[A-Za-z0-9+/=._-]{8,4096})[\"']"
)
_DOCKER_SECRET = re.compile(r"\.dockerc(?:onfigjson|fg)[\"']?\s{0,3}:\s{0,3}[\"']?(?P<value>[A-Za-z0-9+/=]{16,8192})")
_KUBECONFIG = re.compile(r"client-key-data[\"']?\s{0,3}:\s{0,3}[\"']?(?P<value>[A-Za-z0-9+/=]{16,8192})")
_NPMRC = re.compile(r"\b_(?:authToken|auth|password)\s{0,3}=\s{0,3}[\"']?(?P<value>[^\s\"'\0]{8,2048})")
_NETRC = re.compile(
    r"\bmachine\s{1,4}\S{1,253}\s{1,8}login\s{1,4}\S{1,128}\s{1,8}password\s{1,4}(?P<value>[^\s\0]{4,512})"
)
_CURL_USER = re.compile(r"\s(?:-u|--user|--proxy-user)[ =]?[\"']?[^\s:\"'\0]{1,128}:(?P<value>[^\s\"'\0]{4,256})")
_CRYPT = re.compile(r"\$(?:apr1|2[abxy]|5|6|y|argon2id?)\$(?P<value>[A-Za-z0-9./$=,+]{20,256})")

_SECRET_KIND = re.compile(r"^[ \t>]{0,32}kind:[ \t]{1,4}[\"']?Secret[\"']?[ \t]*$", re.MULTILINE)
_DOCUMENT_END = re.compile(r"^[ \t>]{0,32}(?:---|```|~~~)", re.MULTILINE)
_DATA = re.compile(r"^(?P<indent>[ \t>]{0,32})(?:data|stringData):[ \t]*$", re.MULTILINE)
_DATA_LINE = re.compile(
    r"(?P<indent>[ \t>]{1,64})[\w.\"'-]{1,128}:[ \t]{1,4}[\"']?(?P<value>[^\s\"'#\0][^\s\"'\0]{3,8192})"
)

_VALUES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    # kind, hint, pattern
    ("docker-auth", ".dockerc", _DOCKER_SECRET),
    ("private-key", "client-key-data", _KUBECONFIG),
    ("npm-auth", "_", _NPMRC),
    ("netrc-password", "machine", _NETRC),
    ("password-hash", "$", _CRYPT),
)


def file_secrets(text: Text) -> Iterator[Redaction]:
    """Values whose place in a known file or command says that they are secret."""
    for kind, hint, pattern in _VALUES:
        for match in text.finditer(pattern, hint):
            if not stands_for_another(match["value"]) and not is_placeholder(match["value"]):
                yield text.redaction(*match.span("value"), kind)
    for match in text.finditer(_CURL_USER, "curl"):
        if is_curls(text, match.start()) and not stands_for_another(match["value"]):
            yield text.redaction(*match.span("value"), "curl-password")
    for match in text.finditer(_DOCKER, "auth", "token"):
        if user_and_password(match["value"]) or len(match["value"]) > 32:
            yield text.redaction(*match.span("value"), "docker-auth")


def aws_secrets(text: Text) -> Iterator[Redaction]:
    """AWS secret access keys behind their usual label."""
    for match in text.finditer(_AWS_SECRET, "secret"):
        if _AWS_SAMPLE not in match["value"]:
            yield text.redaction(*match.span("value"), "aws-secret-key")


def kubernetes_secrets(text: Text) -> Iterator[Redaction]:
    """The values under `data:` and `stringData:` of a manifest of `kind: Secret`."""
    shadow = text.shadow
    done = 0
    for kind in text.finditer(_SECRET_KIND, "kind:"):
        if kind.start() < done:
            continue
        begins = [match.end() for match in _DOCUMENT_END.finditer(shadow, done, kind.start())]
        start = begins[-1] if begins else done
        stop = _DOCUMENT_END.search(shadow, kind.end())
        done = stop.start() if stop else len(shadow)
        for data in _DATA.finditer(shadow, start, done):
            for line in _lines_below(shadow, data, done):
                if not stands_for_another(line["value"]):
                    yield text.redaction(*line.span("value"), "kubernetes-secret")


def _lines_below(shadow: str, data: re.Match[str], stop: int) -> Iterator[re.Match[str]]:
    at = data.end() + 1
    while at < stop:
        line = _DATA_LINE.match(shadow, at, stop)
        if not line or len(line["indent"]) <= len(data["indent"]):
            return
        yield line
        newline = shadow.find("\n", line.end())
        at = newline + 1 if newline >= 0 else stop
