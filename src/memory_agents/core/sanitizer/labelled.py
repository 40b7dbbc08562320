# ruff: noqa: RUF001 -- words and signs of many scripts
"""Secrets that a word beside them tells: `DB_PASSWORD=…`, "the token is …", „das Passwort lautet …“, "… 是密码".

What stands beside such a word is mostly no secret: a type, a call, a path, prose. So the word only says
how much the value itself must look like a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memory_agents.core.sanitizer.labels import (
    ASCII_ROOTS,
    KEYS_OF,
    NO_KEYS_OF,
    NOT_SECRET,
    ROOTS,
    WORDS,
    Strength,
    Word,
)
from memory_agents.core.sanitizer.public import PublicSpans
from memory_agents.core.sanitizer.tables import cells_below
from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.trie import places
from memory_agents.core.sanitizer.values import is_hex, is_name, is_opaque, is_password, is_strong_password

_IDENTIFIER_BEFORE = re.compile(r"[A-Za-z0-9_.\-]{0,40}\Z")
_WORD_BEFORE = re.compile(r"([A-Za-z]{2,20})[ \t]\Z")
_PUBLIC_NAME = re.compile(r"(?:[Pp]ublic|PUBLIC|[Pp]ub(?![a-z])|PUB(?![A-Z]))(?:[_ -]?(?:key|Key|KEY))?[_\- .]?\Z")
_TAIL = re.compile(r"(?:[_.\-]?[A-Za-z0-9]{1,24}){0,4}")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_QUOTES = "\"'`“”„«»「」『』‹›*_"
_CLOSE = r"(?:\\{0,2}[\"'`*_\])}>”’»」』]){0,4}"
_ASIDE = r"(?:[ \t]{0,2}\([^()\n\0]{1,40}\))?"
_TYPE = r"(?::[ \t]{0,4}[A-Za-z][\w.\[\]|]{0,40}[ \t]{0,4}(?==))?"
_SIGN = r"(?:[=:]>|[:?|+.]?={1,2}|:{1,2}|[-=]>|→|⇒|—|–|>|\|)"
_ELSEWHERE = (  # name and value as two attributes or lines; HCL's default
    r"(?:,?\s{0,40}[-\"'<]{0,2}\b(?:value|val|string|default|content|data)[\"']?\s{0,4}[=:>]"
    r"|>\s{0,20}<(?:string|value)>|\s{0,4}=?\s{0,4}\{[^{}\0]{0,120}?\b(?:default|value)\s{0,8}=)"
)
_BREAK = r"(?:[ \t]{0,4}\r?\n(?:[ \t>+|]{0,16}(?:```\w{0,12}|~~~)?\r?\n){0,2}[ \t>+]{0,40}(?:```\w{0,12}\n)?)?"
_OPEN = (
    r"(?:(?:new )?[A-Za-z_][\w:.]{0,30}\((?=[\"'@$])|[$@]?\\{0,2}[\"'`“”„«「『‹*({\[<]|\*\*[ \t]|[bfrBFR](?=[\"'])"
    r"|(?:pass|plain|string):|(?:bearer|basic|token|apikey)[ \t]){0,4}"
)
_CHARACTERS = r"[!#-&(-;=?-_a-~\u00a1-\u024f]"
_SIGNED = re.compile(
    rf"{_CLOSE}{_ASIDE}[ \t]{{0,20}}(?:{_TYPE}{_SIGN}|{_ELSEWHERE}|(?P<comma>,)(?=[ ]?[\"']))[ \t]{{0,20}}{_BREAK}"
    rf"(?P<open>{_OPEN})(?P<value>{_CHARACTERS}{{4,512}})",
    re.IGNORECASE,
)
_OPTION_VALUE = re.compile(rf"[ \t]{{1,4}}[\"']?(?P<value>{_CHARACTERS}{{4,512}})")
_HEX_RUN = re.compile(r"[0-9a-f]{8}")
_PROMISE = re.compile(r"[0-9!@#$%^&]|[a-z][A-Z]")
_FAR = 300  # characters from a word to the end of what stands beside it
_ENDS = re.compile(r"[,;|\\()\[\]{}<>]|&(?=[\w.-]{1,30}=)")

_WITH_DIGIT = re.compile(rf"(?<!{_CHARACTERS})(?:(?!\d){_CHARACTERS})*+\d{_CHARACTERS}*+")
_REACH = 100  # characters of prose between the word and the value
_SENTENCE_END = re.compile(r"[.!?;؛]\s|[。！？\0]|\n\s*\n\s*\n|[^:：\s>`]\s*?\n")
_OTHER_THING = re.compile(
    r"\b(?:commit|sha\d*|hash|digest|checksum|rev|revision|id|uuid|guid|fingerprint|etag|trace|build|version|tag|branch"
    r"|public|line|port|pr|issue|file|path|url|see|cve|rfc)\b",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"(?:[:=→—–]|->|(?<![^\W\d_])(?:is|was|are|be|to|as|equals|ist|war|lautet|lautete|auf|est|était|sont|à|es|era|son|é"
    r"|foi|è|jest|to|na|je|är|var|er|on|van|zijn|naar|это|есть|был|на|є|це|είναι|là|adalah|ialah|yaitu|este|eh|dir|olarak"
    r"|هو|هي|است|है|হল|ہے)|[是为為はがを는은가이를]|คือ|הוא|היא)[\s\"'`“”„«»「」『』‹›*_(\[]*\Z"
)
_SAYS_BACK = re.compile(
    r"[\s\"'`“”„«»「」『』‹›*_)\]—–-]*(?:[がは是为為]|(?:is|was|as|=|ist|war|als|est|était|comme|es|era|como|é|foi|è|come|jest"
    r"|to|jako|je|är|var|er|som|on|это|был|как|є|як|είναι|là|adalah|sebagai|este|هو|هي|है|for|für|pour|para|per)"
    r"(?![^\W\d_]))"
)
_BACK = 60


@dataclass(frozen=True, slots=True)
class _Label:
    """A word that was found, as part of its identifier; offsets of the shadow."""

    start: int
    end: int
    strength: Strength
    in_prose: bool


def labelled(text: Text) -> Iterator[Redaction]:
    """Values that a word of the tables stands beside, in whatever layout, or above, as the heading of a column."""
    table = 0  # the end of the last one: its rows are no headings
    for label in _labels(text):
        kind = "password" if label.strength is Strength.PASSWORD else "secret"
        for span in _values(text.shadow, label):
            yield text.redaction(*span, kind)
        for start, end in cells_below(text.shadow, label.start) if label.start >= table else ():
            table = end
            if _is_assigned(text.shadow[start:end], label.strength):
                yield text.redaction(start, end, kind)


def _labels(text: Text) -> Iterator[_Label]:
    lower, shadow = text.lower, text.shadow
    public: PublicSpans | None = None
    end = 0
    promise = -1  # where the next character stands that no plain word holds
    for place in places(ASCII_ROOTS if shadow.isascii() else ROOTS, lower):
        at = place.start()
        if promise < at - _BACK:
            sign = _PROMISE.search(shadow, max(0, at - _BACK))
            promise = sign.start() if sign else len(shadow) + _FAR
        if at < end or promise > at + _FAR:
            continue
        public = public or PublicSpans(text)
        if at in public:
            continue
        for word in WORDS[place.group()]:
            match = word.pattern.match(lower, at)
            label = _label(shadow, word, *match.span()) if match else None
            if match and label:
                yield label
                end = match.end()
                break


def _label(shadow: str, word: Word, start: int, end: int) -> _Label | None:
    following = shadow[end : end + 1]
    if _is_letter(following) and not (following.isupper() and shadow[end - 1].islower()):
        if word.is_short or following not in "se":
            return None
        end += 1
        if _is_letter(shadow[end : end + 1]):
            return None
    before = shadow[start - 1 : start]
    if word.is_short and _is_letter(before) and not (before.islower() and shadow[start].isupper()):
        return None
    strength = word.strength
    in_prose = not word.is_short or (strength is Strength.PASSWORD and word.root != "pass")  # a verb
    if "ub" in shadow[max(0, start - 24) : start] and _PUBLIC_NAME.search(shadow, max(0, start - 24), start):
        return None
    if shadow[end - 1].isascii():
        tail = _TAIL.match(shadow, end)
        if tail and any(part.lower() in NOT_SECRET for part in _PARTS.findall(tail.group())):
            return None
        end = tail.end() if tail else end
    if word.is_key:
        strength = _strength_of_key(shadow, start)
        in_prose = strength is Strength.SECRET
    return _Label(start, end, strength, in_prose and strength is not Strength.VAGUE)


def _strength_of_key(shadow: str, start: int) -> Strength:
    """Of `STRIPE_KEY`, `signing key`, `cache-key`, `key`."""
    window = shadow[max(0, start - 41) : start]
    identifier = _IDENTIFIER_BEFORE.search(window)
    parts = _PARTS.findall(identifier.group()) if identifier else []
    if parts:
        return Strength.VAGUE if parts[-1].lower() in NO_KEYS_OF else Strength.SECRET
    word = _WORD_BEFORE.search(window)
    return Strength.SECRET if word and word[1].lower() in KEYS_OF else Strength.VAGUE


def _is_letter(char: str) -> bool:
    """Of a script whose words are divided by blanks."""
    return char.isalpha() and char < "\u0590"


def _values(shadow: str, label: _Label) -> Iterator[tuple[int, int]]:
    """Spans of the shadow: behind the word, else before it."""
    signed = _SIGNED.match(shadow, label.end)
    if signed:
        start, end = _trimmed(shadow, *signed.span("value"))
        is_quoted = signed["open"][-1:] in set(_QUOTES)
        called = shadow[end : end + 1] in set("([{") and not is_quoted
        value = shadow[start:end]
        is_secret = is_opaque(value, 20) if signed["comma"] else _is_assigned(value, label.strength)
        if is_secret and not called:
            yield start, end
            return
    if _is_option(shadow, label) and (option := _OPTION_VALUE.match(shadow, label.end)):
        start, end = _trimmed(shadow, *option.span("value"))
        if _is_assigned(shadow[start:end], label.strength):
            yield start, end
            return
    if not label.in_prose:
        return
    found = _WITH_DIGIT.search(shadow, label.end, label.end + _REACH)
    if found:
        whole = _WITH_DIGIT.match(shadow, found.start()) or found
        start, end = _trimmed(shadow, *whole.span())
        is_called = shadow[end : end + 1] == "("
        if not is_called and _is_told(shadow[start:end], shadow[label.end : start], label.strength):
            yield start, end
            return
    yield from _before(shadow, label)


def _is_option(shadow: str, label: _Label) -> bool:
    """`--db-password …`, `ENV DB_PASSWORD …`: only a blank stands between."""
    if shadow[label.end : label.end + 1] not in (" ", "\t"):
        return False
    identifier = _IDENTIFIER_BEFORE.search(shadow, max(0, label.start - 41), label.start)
    name = (identifier.group() if identifier else "") + shadow[label.start : label.end]
    return name.startswith("--") or ("_" in name and name.isupper())


def _before(shadow: str, label: _Label) -> Iterator[tuple[int, int]]:
    """`… is the password`."""
    first = max(0, label.start - _BACK)
    last = max(_WITH_DIGIT.finditer(shadow, first, label.start), key=lambda match: match.start(), default=None)
    if last is None or last.start() == first > 0:
        return
    start, end = _trimmed(shadow, *last.span())
    gap = shadow[end : label.start]
    says = _SAYS_BACK.match(gap)
    if says and not _SENTENCE_END.search(gap) and "," not in gap and len(gap.split()) <= 5:
        value = shadow[start:end]
        if is_opaque(value) or (label.strength is Strength.PASSWORD and is_strong_password(value)):
            yield start, end


def _trimmed(shadow: str, start: int, end: int) -> tuple[int, int]:
    """Without the punctuation that ends a sentence, a pair or a list around it."""
    while start < end and shadow[start] in "([{<*_~,;:=":
        start += 1
    stop = _ENDS.search(shadow, start, end)
    end = stop.start() if stop else end
    while end > start and shadow[end - 1] in ".,:;?*_~`)]}":
        end -= 1
    return start, end


def _is_assigned(value: str, strength: Strength) -> bool:
    if strength is Strength.PASSWORD:
        return is_opaque(value) or is_password(value)
    if strength is Strength.SECRET:
        return is_opaque(value, 12) or (len(value) >= 10 and is_password(value) and not is_name(value))
    return is_opaque(value, 20) and not _HEX_RUN.search(value) and "=" not in value.rstrip("=")


def _is_told(value: str, gap: str, strength: Strength) -> bool:
    if _SENTENCE_END.search(gap) or _OTHER_THING.search(gap) or len(gap.split()) > 8:
        return False
    says = _SAYS.search(gap) is not None
    is_beside = not gap.strip(f" \t{_QUOTES}")
    if is_hex(value):
        return (says or is_beside) and len(value) >= 24 and is_opaque(value)
    if is_opaque(value, 12 if says or is_beside else 20):
        return True
    if strength is not Strength.PASSWORD or "," in gap:
        return False
    return is_strong_password(value) if not says else is_password(value)
