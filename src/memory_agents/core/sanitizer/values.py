"""What a value looks like: a placeholder, a name, a password of a person's making, or random characters."""

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
_PASSWORD_SHARE = 0.35  # people do make passwords of `test` and `1234`, with something of their own
_STANDS_FOR = re.compile(r"[$%<{*\[(\0]|\.\.\.|x{3}", re.IGNORECASE)
_USUAL = frozenset({
    "password", "passwd", "pass", "pwd", "pw", "secret", "token", "key", "user", "username", "changeme", "foo",
    "bar", "example", "test", "your-password", "your_password", "yourpassword", "my-password", "mypassword",
    "mysecret", "access_token", "api_key", "apikey", "none", "null", "true", "false", "undefined", "redacted",
    "hidden", "todo", "string", "value", "basic", "bearer",
})  # fmt: skip

_ODD = re.compile(
    r"[A-Za-z](?=\d)|\d(?=[A-Za-z])"  # letters and digits meet
    r"|[a-z](?=[A-Z](?:[^a-z]|[a-z][^a-z]|\Z))|[A-Z](?=[a-z](?:[^a-z]|\Z))"  # cases meet as in no camelCase
)
_LONG_NAME = 10  # characters from which a name's words are ...
_WORD_LENGTH = 2.8  # ... at least so long on average
_PARTS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDISH = re.compile(r"(?:[A-Z]?[a-z]*|[A-Z]+s?)\d{0,2}|\d{1,4}[a-z]?")
_TERM = re.compile(
    r"(?:sha|md|aes|utf|iso|rsa|ed|x|oauth|base|int|uint|float|argon|bcrypt|http|ipv|p|s|h|v|ec|rs|hs|es|ps|cp|latin"
    r"|win|arm|amd|s3|k8s|i18n|l10n|e2e|b2b)\d{1,5}\w{0,3}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[\d.,:/TZ+\-eE%]+|0x[0-9a-fA-F]+|\d+(?:\.\d+)?[A-Za-z]{1,5}|v?\d+(?:\.\d+)+[\w.+-]*")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{7,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DIGEST = re.compile(r"(?:sha\d{1,3}|md5|blake[23][bs]?|h1|crc32c?|xxh\d{0,3})[:=-]", re.IGNORECASE)
_MIN_PASSWORD, _MAX_PASSWORD = 6, 64
_LOWER, _UPPER = re.compile(r"[a-z]"), re.compile(r"[A-Z]")
_LETTER, _DIGIT, _SIGN = re.compile(r"[^\W\d_]"), re.compile(r"\d"), re.compile(r"[!@#$%^&*?~]")
_NAME_NUMBER = re.compile(  # `hunter2`, `Berlin-Moon-30`
    r"[A-Za-z]{4,}\d{1,2}|[A-Z][a-z]{2,}(?:[-_.][A-Z][a-z]{2,}){1,4}[-_.]?\d{1,4}|[a-z]{3,}(?:-[a-z]{3,}){2,5}-?\d{1,4}"
)
_NO_VALUE = re.compile(
    r"\A--|A-Za-z|a-z0-9|0-9a-z|A-Z0-9|0-9a-f|example", re.IGNORECASE
)  # options, classes of characters, documentation
_PATHS = ("/", "./", "../", "~/")
_PLACE = re.compile(
    r"[a-z][a-z0-9+.-]*://|[A-Za-z]:\\|[\w.+-]+@[\w-]+\.[\w.-]+\Z|arn:|urn:|data:|file:|vault:"
    r"|[\w.-]+\.(?:py|js|ts|go|rs|rb|java|json|ya?ml|toml|txt|md|pem|key|crt|cert|env|conf|cfg|ini|xml|html?|sh|sql|log"
    r"|com|org|net|io|dev|local)\Z",
    re.IGNORECASE,
)


def is_placeholder(value: str, share: float = _SHARE) -> bool:
    """Whether a token's body is mostly filler: `xxxx`, `your-key-here`, an alphabet, `…EXAMPLE`."""
    left = len(_FILLER.sub("", value[:96]))
    return left < _ENOUGH and left < share * len(value)


def stands_for_another(value: str) -> bool:
    """Whether a labelled value only says where a secret goes: `$PASS`, `<token>`, `***`, `password`, nothing."""
    return not value or _STANDS_FOR.match(value) is not None or value.lower().rstrip("0123456789!") in _USUAL


def is_mixed(value: str) -> bool:
    """Whether letters and digits, or both cases inside, mix as no word of prose does."""
    letters = any(char.isalpha() for char in value)
    digits = any(char.isdigit() for char in value)
    upper_inside = any(char.isupper() for char in value[1:]) and any(char.islower() for char in value)
    return letters and (digits or upper_inside)


def is_name(value: str) -> bool:
    """Whether code, prose or a file system would call something so: words, also glued, with short numbers."""
    if _PLACE.match(value) or (value.startswith(_PATHS) and oddness(value) < max(3, len(value) // 6)):
        return True
    parts = [part for part in _PARTS.split(value) if part]
    if len(value) >= _LONG_NAME and len(value) < _WORD_LENGTH * len(parts):
        return False
    return all(_WORDISH.fullmatch(part) or _TERM.fullmatch(part) for part in parts)


def is_number(value: str) -> bool:
    """Whether it counts, measures, dates or versions something."""
    return _NUMBER.fullmatch(value) is not None


def is_hex(value: str) -> bool:
    """Whether it may be the digest or the id of something."""
    return _HEX.fullmatch(value) is not None or _UUID.fullmatch(value) is not None


def oddness(value: str) -> int:
    """How often letters, digits and cases meet as in no word: 0 in `refresh_token`, some 12 in 24 random characters."""
    return len(_ODD.findall(value[:96]))


def is_opaque(value: str, least: int = 16) -> bool:
    """Whether so many characters or more look random; hex does."""
    return len(value) >= least and oddness(value) >= max(3, min(len(value), 64) // 6) and not _is_no_secret(value)


def is_password(value: str) -> bool:
    """Whether a person would have made up such a password: `Summer2024!`, no word and no name."""
    if not _MIN_PASSWORD <= len(value) <= _MAX_PASSWORD or not _LETTER.search(value):
        return False
    has_digit = _DIGIT.search(value) is not None
    if not (has_digit or _SIGN.search(value, 1)) or value.startswith(_PATHS) or _is_no_secret(value):
        return False
    if has_digit and _SIGN.search(value):
        return True
    return not is_name(value) or (has_digit and _NAME_NUMBER.fullmatch(value) is not None)


def is_strong_password(value: str) -> bool:
    """Whether three kinds of characters meet in what a person made up."""
    kinds = (_LOWER, _UPPER, _DIGIT, _SIGN)
    return sum(kind.search(value) is not None for kind in kinds) >= 3 and is_password(value)


def _is_no_secret(value: str) -> bool:
    return (
        stands_for_another(value)
        or is_placeholder(value, _PASSWORD_SHARE)
        or _NO_VALUE.search(value) is not None
        or is_number(value)
        or _DIGEST.match(value) is not None
        or _PLACE.match(value) is not None
    )
