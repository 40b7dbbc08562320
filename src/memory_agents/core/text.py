"""Text as the search sees it: words of prose and code, split, folded and stemmed.

    "Fix `parseExpr` in src/café_menu.rs"  →  fix parseexpr pars expr in src cafemenu cafe menu rs

An identifier counts as a whole and in parts, and the whole is written without its separators, so
that `time_out`, `timeOut` and `time-out` all meet `timeout`. What repeats in every report and says
nothing about its subject (HTML comments, frames of a backtrace, URLs, hexadecimal) is left out.
The work is bounded whatever the text: only its first READ characters are looked at, and only KEPT
of what is left of them are split into words.
"""

from __future__ import annotations

import re
import threading
import unicodedata

READ = 20_000
"""characters of a text that are looked at"""
KEPT = 2_000
"""characters that are split into words once the noise is gone: a report says early what it is about"""
LONGEST = 64
"""characters of a word; what is longer is cut"""

_FUNCTION_WORDS = """
    a about after all also am an and any are as at be because been before being both but by can could did do does
    doing for from had has have having he her here hers him his how i if in into is it its itself just me more most
    my no nor not of off on once only or other our out over own same she should so some such than that the their
    them then there these they this those through to too under until up us very was we were what when where which
    while who whom why will with would you your
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English words that say nothing about the subject of a text"""

_FRAME = re.compile(
    r"""^[ \t]*(?:
        at[ ]\S.{0,300}:\d+\)?          # JavaScript, Java, Rust: at parse (lexer.js:10:3)
      | \d{1,4}:[ ]+(?:0x)?[0-9a-fA-F]{6,}.{0,300}  # Rust: 12: 0x7f3e - core::panic
      | \d{1,4}:[ ]+[\w<].{0,300}::.{0,300}         # Rust: 12: core::panicking::panic
      | File[ ]".{0,300}",[ ]line[ ]\d+.{0,300}     # Python: File "a.py", line 3, in run
      | \#\d{1,4}[ ]+0x.{0,300}         # gdb: #3 0x00007ffff7a0 in main ()
    )$""",
    re.MULTILINE | re.VERBOSE,
)
_FAILURE = re.compile(
    r"error|panick?|assert|fail|exception|fatal|abort|segfault|warning|undefined|unexpected|cannot|could not",
    re.IGNORECASE,
)
_LONGEST_LINE = 400
_URL = re.compile(r"\b[a-zA-Z][a-zA-Z+.-]{1,15}://\S+")
_HEX = re.compile(r"\b(?:0[xX][0-9a-fA-F]+|(?=[a-f]*[0-9])[0-9a-f]{7,})\b")
_ACCENT = re.compile("[\u0300-\u036f]")

# Scripts written without spaces: a word cannot be found, two neighbouring characters can.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+(?:-[^\W{_UNSPACED}]+)*")
_ASCII_WORD = re.compile(r"\w+(?:-\w+)*", re.ASCII)
"""The same for plain text, several times faster"""
_UNSPACED_RUN = re.compile(rf"[{_UNSPACED}]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")

_per_thread = threading.local()


def words(text: str, *, kept: int = KEPT) -> list[str]:
    """The readable words of `text` in their order: lower case, accents folded, identifiers whole and in parts."""
    found: list[str] = []
    folded = _fold(_without_noise(text[:READ]))[:kept]
    for run in (_ASCII_WORD if folded.isascii() else _WORD).findall(folded):
        if run.isalpha() and run.islower() and run.isascii():
            found.append(run[:LONGEST])
        elif _UNSPACED_RUN.match(run):
            found.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        else:
            found.extend(_identifier(run))
    return found


def beginning(text: str) -> str:
    """The beginning of `text` without what repeats in every report."""
    return _without_noise(text[:READ])[:KEPT].strip()


def error_lines(text: str) -> str:
    """The lines of `text` that tell of a failure, as compilers and programs do."""
    lines = text[:READ].splitlines() if _FAILURE.search(text, 0, READ) else ()
    return "\n".join(line for line in lines if len(line) <= _LONGEST_LINE and _FAILURE.search(line))


def stems(readable: list[str]) -> list[str]:
    """The terms of the readable words, one for each."""
    stemmer = getattr(_per_thread, "stemmer", None)
    if stemmer is None:
        import Stemmer  # native code that only a search needs

        # A stemmer caches words and so must not be shared between threads.
        stemmer = _per_thread.stemmer = Stemmer.Stemmer("english")
    stemmed: list[str] = stemmer.stemWords(readable)
    return stemmed


def tokens(text: str) -> list[str]:
    """The terms of `text`, in order and as often as they occur."""
    return stems(words(text))


def _identifier(run: str) -> list[str]:
    parts = [part.lower() for part in _PART.findall(run)]
    whole = "".join(parts)[:LONGEST]
    if len(parts) < 2:
        return [whole] if whole else []
    return [whole, *(part[:LONGEST] for part in parts if len(part) > 1)]


def _without_noise(text: str) -> str:
    text = _without_comments(text.replace("\r\n", "\n"))
    return _HEX.sub(" ", _URL.sub(" ", _FRAME.sub("", text)))


def _without_comments(text: str) -> str:
    """`text` without HTML comments, in linear time; one that is not closed runs to the end."""
    kept = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return " ".join(kept)
        at = end + 3
    kept.append(text[at:])
    return " ".join(kept)


def _fold(text: str) -> str:
    """`text` with compatibility forms and accents folded; Hangul and kana stay composed."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text)))
