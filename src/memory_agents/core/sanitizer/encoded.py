"""Secrets that are written in another way: base64, hexadecimal, numbers of characters, backwards, ROT13."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator

from memory_agents.core.sanitizer.labelled import labelled
from memory_agents.core.sanitizer.text import BARRIER, Redaction, Text
from memory_agents.core.sanitizer.tokens import formed_tokens, spoken_tokens, vendor_tokens
from memory_agents.core.sanitizer.values import is_opaque, is_strong_password

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,4096}+={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"[0-9a-fA-F](?<![A-Za-z0-9].)(?:x(?=[0-9a-f]))?[0-9a-fA-F]{31,4096}+(?![A-Za-z0-9])")
_HEX_LIST = re.compile(
    r"[0-9a-fA-F\\](?<![A-Za-z0-9].)(?:x?[0-9a-fA-F]{1,2}[ ,:]{1,2}(?:0x|\\x)?){15,2048}+[0-9a-fA-F]{2}(?![A-Za-z0-9])"
)
_NUMBERS = re.compile(
    r"\d(?<![\d.,].)\d{1,2}\)?[ ,;.+&|]{1,3}(?:(?:chr|char|CHAR|Chr|CHR)?\(?\d{2,3}\)?[ ,;.+&|]{1,3}){14,2048}"
    r"(?:chr|char|CHAR|Chr|CHR)?\(?\d{2,3}(?![\w.])"
)
_OCTAL = re.compile(r"(?:\\[0-7]{3}){12,2048}+")
_PRINTABLE = re.compile(r"[\t\r\n -~]{12,}")
_USER_AND_PASSWORD = re.compile(r"[A-Za-z][\w.@+-]{1,63}:(?P<password>\S{6,128})\s?")
_DIGITS = re.compile(r"[0-7]{3}|\d{2,3}")
_HEX_PAIR = re.compile(r"(?:0x|\\x)?([0-9a-fA-F]{2})(?![0-9a-fA-F])")
_BACKWARDS = (
    "revers",
    "backward",
    "[::-1]",
    "rückwärts",
    "umgekehrt",
    "al revés",
    "à l'envers",
    "наоборот",
    "反转",
    "逆",
)
_ROT13 = ("rot13", "rot-13", "rot 13")


def encoded(text: Text) -> Iterator[Redaction]:
    """Runs of code that decode to a token, to a label and its secret, or to a user's name and password."""
    for pattern, hints, decode in _CODES:
        for match in text.finditer(pattern, *hints):
            plain = decode(match.group())
            if _PRINTABLE.fullmatch(plain) and _tells(plain):
                yield text.redaction(*match.span(), "encoded-secret")


def turned(text: Text) -> Iterator[Redaction]:
    """Tokens that are written backwards or in ROT13, where the text says so."""
    if any(hint in text.lower for hint in _BACKWARDS):
        size = len(text.shadow)
        for one in _tokens(text.shadow[::-1].replace(BARRIER, "\n")):
            yield text.redaction(size - one.end, size - one.start, one.kind)
    if any(hint in text.lower for hint in _ROT13):
        for one in _tokens(codecs.encode(text.shadow.replace(BARRIER, "\n"), "rot13")):
            yield text.redaction(one.start, one.end, one.kind)


def _tokens(text: str) -> Iterator[Redaction]:
    yield from vendor_tokens(Text(text))
    yield from formed_tokens(Text(text))
    yield from spoken_tokens(Text(text))


def _tells(plain: str) -> bool:
    pair = _USER_AND_PASSWORD.fullmatch(plain)
    if pair and (is_opaque(pair["password"], 12) or is_strong_password(pair["password"])):
        return True
    return any(_tokens(plain)) or any(labelled(Text(plain)))


def _from_base64(code: str) -> str:
    code = code.rstrip("=").replace("-", "+").replace("_", "/")
    if len(code) % 4 == 1:
        return ""
    # most of it is no text: the beginning tells
    start = binascii.a2b_base64(code[:16])
    if not start.isascii() or min(start) < 9:
        return ""
    return _ascii(base64.b64decode(code + "=" * (-len(code) % 4)))


def _from_hex(code: str) -> str:
    digits = code.removeprefix("0x")
    return _ascii(bytes.fromhex(digits)) if len(digits) % 2 == 0 else ""


def _from_hex_list(code: str) -> str:
    return _ascii(bytes.fromhex("".join(_HEX_PAIR.findall(code))))


def _from_numbers(code: str) -> str:
    return "".join(map(chr, map(int, _DIGITS.findall(code))))


def _from_octal(code: str) -> str:
    return "".join(chr(int(number, 8)) for number in _DIGITS.findall(code))


def _ascii(code: bytes) -> str:
    return code.decode() if code.isascii() else ""


_CODES: tuple[tuple[re.Pattern[str], tuple[str, ...], Callable[[str], str]], ...] = (
    # pattern, one of what must stand in the text, decoder
    (_BASE64, ("",), _from_base64),
    (_HEX, ("",), _from_hex),
    (_HEX_LIST, ("0x", " 6", " 7", ":6", ":7", "\\x"), _from_hex_list),
    (_NUMBERS, (",1", ", 1", "chr", "char("), _from_numbers),
    (_OCTAL, ("\\1",), _from_octal),
)
