"""Whether a value stands for a secret or is one."""

from __future__ import annotations

import re

_FILLER = re.compile(
    r"example|placeholder|replace|change|insert|redacted|dummy|fake|sample|secret|password|access|personal"
    r"|token|your|here|goes|with|real|this|todo|abc|test|key|api|xxx+|foo|bar|my"
    r"|(.)\1{3,}|[-_.*<>{}$]"
    r"|0123|1234|3456|4567|5678|6789|7890|abcd|cdef|efgh|ghij|ijkl|klmn|mnop|opqr|qrst|stuv|uvwx|wxyz",
    re.IGNORECASE,
)
_ENOUGH = 16  # characters that are no filler: so many are a secret whatever stands beside them
_SHARE = 0.6  # below that share of the value, and fewer than enough: a placeholder
_STANDS_FOR = re.compile(r"[$%<{*\[(\0]|\.\.\.|x{3}", re.IGNORECASE)
_USUAL = frozenset({
    "password", "passwd", "pass", "pwd", "pw", "secret", "token", "key", "user", "username", "changeme", "foo",
    "bar", "example", "test", "your-password", "your_password", "yourpassword", "my-password", "mypassword",
    "mysecret", "access_token", "api_key", "apikey", "none", "null", "true", "false", "undefined", "redacted",
    "hidden", "todo", "string", "value", "basic", "bearer",
})  # fmt: skip


def is_placeholder(value: str) -> bool:
    """Whether a token's body is mostly filler: `xxxx`, `your-key-here`, an alphabet, `…EXAMPLE`."""
    left = len(_FILLER.sub("", value[:256]))
    return left < _ENOUGH and left < _SHARE * len(value)


def stands_for_another(value: str) -> bool:
    """Whether a labelled value only says where a secret goes: `$PASS`, `<token>`, `***`, `password`, nothing."""
    return not value or _STANDS_FOR.match(value) is not None or value.lower() in _USUAL


def is_mixed(value: str) -> bool:
    """Whether letters and digits, or both cases inside, mix as no word of prose does."""
    letters = any(char.isalpha() for char in value)
    digits = any(char.isdigit() for char in value)
    upper_inside = any(char.isupper() for char in value[1:]) and any(char.islower() for char in value)
    return letters and (digits or upper_inside)
