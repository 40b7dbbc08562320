"""Untrusted text → fenced text, as a Prompt quotes it.

    <untrusted-9f2c…>
    {"kind": "issue", "trust": "untrusted", "author": "octocat", …}

    > The parser hangs on an empty file.

    </untrusted-9f2c…>

- The tag's name holds 128 fresh random bits, so no text can know it; what looks like our tag is broken
  besides. A tag, for models are trained to read them as borders of data.
- Each line is a Markdown quote. It marks every line as data, as *datamarking* does in "Defending Against
  Indirect Prompt Injection Attacks With Spotlighting" (arXiv 2403.14720), and no code block, list or
  HTML in the text reaches past the quote, so the closing tag stands outside under any reading.
- The text is sanitized before it is cut, so that no half of a secret is left.

Fencing makes it less likely that a model follows what it reads. It is no boundary: permissions are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from memory_agents.core.page import (
    break_role_markers,
    cut,
    with_plain_newlines,
    without_hidden_markup,
    without_invisible,
)
from memory_agents.core.records import Trust
from memory_agents.core.sanitizer import redact

LIMIT = 8000
"""characters between the two tags of a fence, provenance and note included"""

_NONCE = re.compile(r"[0-9a-f]{16,64}")
_REGION = re.compile(
    r"(?P<open><untrusted-(?P<nonce>[0-9a-f]{16,64})>)(?P<inside>\n.*?\n)(?P<close></untrusted-(?P=nonce)>)", re.DOTALL
)
_LONGEST_NOTE = len("\n> [truncated 1000000000 characters]")
_LINE_ENDS = len("\n" + "\n\n")  # behind the opening tag and before the closing one
_BLANKS = re.compile(r"\s+")


def visible(text: str) -> str:
    """`text` as a person sees it on its page, valid UTF-8, with no role marker or special token of a model in it."""
    shown = without_hidden_markup(with_plain_newlines(text))  # as its page reads it, with what nobody sees
    seen = without_invisible(shown)
    return break_role_markers(seen if seen == shown else without_hidden_markup(seen))


def clean(text: str) -> str:
    """`text` as a person sees it, without secrets: the form in which it may be shown, logged and quoted."""
    return visible(redact(text).text)


def one_line(text: str, limit: int = 200) -> str:
    """`text` as it is visible, without secrets, on one line of at most `limit` characters: for titles, names, paths."""
    line = _BLANKS.sub(" ", clean(text)).strip()
    return line if len(line) <= limit else cut(line, limit - 1) + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a quoted text is from. All but kind and trust may be empty; every text is untrusted."""

    kind: str
    """`issue`, `past issue`, `comment`, `fact`"""
    trust: Trust
    author: str = ""
    """login"""
    author_id: int | None = None
    permission: str = ""
    date: str = ""
    """ISO 8601"""
    url: str = ""
    title: str = ""
    state: str = ""
    branch: str = ""
    labels: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    score: float | None = None
    why: tuple[str, ...] = ()
    """why it was recalled"""

    def as_json(self) -> str:
        """One line of ASCII JSON, at most some 3,000 characters; what is empty is left out."""
        values: dict[str, object] = {"kind": _short(self.kind), "trust": self.trust.value}
        given: dict[str, object] = {
            "author": _short(self.author),
            "author_id": self.author_id,
            "permission": _short(self.permission),
            "date": _short(self.date),
            "url": _short(self.url, 500),
            "title": _short(self.title, 500),
            "state": _short(self.state),
            "branch": _short(self.branch, 250),
            "labels": _list(self.labels),
            "paths": _list(self.paths),
            "score": self.score,
            "why": _list(self.why),
        }
        values |= {name: value for name, value in given.items() if value not in ("", None, [])}
        return json.dumps(values)


def _short(text: str, limit: int = 120) -> str:
    """`text` on one line, at most `limit` characters once it is JSON, where a letter may take twelve."""
    line = one_line(text, limit)
    while len(json.dumps(line)) - 2 > limit:
        line = cut(line, len(line) * 2 // 3) + "…"
    return line


def _list(texts: tuple[str, ...], limit: int = 500) -> list[str]:
    """As many of the texts as fit in `limit` characters of JSON."""
    kept: list[str] = []
    for text in texts:
        short = _short(text)
        limit -= len(json.dumps(short)) + 2
        if limit < 0:
            break
        kept.append(short)
    return kept


@dataclass(frozen=True, slots=True)
class Fencer:
    """Fences texts, each with a nonce of its own from `tokens`: 16 to 64 hexadecimal digits, never twice."""

    tokens: Callable[[], str]

    def fence(self, text: str, provenance: Provenance, *, limit: int = LIMIT) -> str:
        """The text as a quote between two tags, at most `limit` characters between them."""
        nonce = self.tokens()
        if not _NONCE.fullmatch(nonce):
            message = f"a nonce is 16 to 64 hexadecimal digits, not {nonce!r}"
            raise ValueError(message)
        head = f"{provenance.as_json()}\n\n"
        body = _quoted(clean(text), limit - len(head) - _LINE_ENDS)
        return f"<untrusted-{nonce}>\n{head}{body}\n\n</untrusted-{nonce}>"


def _quoted(text: str, limit: int) -> str:
    """Each line behind `> `, at most `limit` characters with the note of what was cut."""
    text = text.strip("\n")
    whole = "> " + text.replace("\n", "\n> ")
    if len(whole) <= limit:
        return whole
    kept = cut(whole, limit - _LONGEST_NOTE).rstrip("\n >")
    kept_text = kept.removeprefix("> ").replace("\n> ", "\n")
    return f"{kept}\n> [truncated {len(text) - len(kept_text)} characters]"


@dataclass(frozen=True, slots=True, repr=False)
class Untrusted:
    """Text that a Template can only print fenced, however it prints it, each time in a fence of its own.

    Its fields are private, which Jinja's sandbox does not let a template read; `raw` gives the text.
    """

    _text: str
    _provenance: Provenance
    _fencer: Fencer
    _limit: int = LIMIT

    def __str__(self) -> str:
        return self._fencer.fence(self._text, self._provenance, limit=self._limit)

    def __html__(self) -> str:
        return str(self)

    def __format__(self, spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<Untrusted: {len(self._text)} characters>"

    def __bool__(self) -> bool:
        return bool(self._text.strip())


def raw(untrusted: Untrusted) -> str:
    """The text as it was given: for code that says that it wants it, never for a Prompt."""
    return untrusted._text  # noqa: SLF001 -- the one way to it


def regions(prompt: str) -> list[tuple[int, int]]:
    """Where what is fenced begins and ends between its tags, in order."""
    return [region.span("inside") for region in _REGION.finditer(prompt)]


def markers(prompt: str) -> list[tuple[str, str]]:
    """The opening and the closing tag of each fence, in order."""
    return [(region["open"], region["close"]) for region in _REGION.finditer(prompt)]
