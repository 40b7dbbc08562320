"""Record → the front matter of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from memory_agents.core.records import EPOCH, Record

_HEADING = re.compile(r"#{1,3}[ \t]+(\S.*)")
_LINE_END = re.compile(r"\r+\n|\r")


def heading(text: str) -> str:
    """The heading with which a text begins, which is its title; empty where there is none."""
    found = _HEADING.match(text)
    return found[1].strip() if found else ""


def normal(record: Record) -> Record:
    """`record` as a file can hold it.

    Line ends are LF; blank lines around the text are gone; NUL, at which git would take the file for binary, and
    half a surrogate pair are U+FFFD. All other texts are on one line, without blanks around them; times are UTC.
    A text that begins with a heading has a title.
    """
    source = record.source
    text = _LINE_END.sub("\n", _writable(record.text)).strip("\n")
    return replace(
        record,
        text=text,
        title=_line(record.title) or heading(text),
        created_at=record.created_at.astimezone(UTC),
        source=replace(
            source,
            repository=_line(source.repository),
            url=_line(source.url),
            author=_line(source.author),
            permission=_line(source.permission),
        ),
        labels=_texts(record.labels),
        state=_line(record.state),
        paths=_texts(record.paths),
        expires_at=record.expires_at and record.expires_at.astimezone(UTC),
        approved_by=_line(record.approved_by),
        proposed_by=_line(record.proposed_by),
        replaces=_line(record.replaces),
        cites=_texts(record.cites),
    )


def of(record: Record) -> str:
    """The lines of a normal Record's front matter: what says something, every untrusted scalar quoted."""
    return "".join(f"{name}: {value}\n" for name, value in _values(record))


def quoted(text: str) -> str:
    """`text` as a scalar of YAML on one line, in which nothing has a meaning."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _values(record: Record) -> Iterator[tuple[str, str]]:
    source = record.source
    for name, value in (
        ("id", record.id),
        ("namespace", record.namespace),
        ("title", "" if record.title == heading(record.text) else record.title),
        ("repository", source.repository),
        ("number", _number(source.number)),
        ("state", record.state),
        ("labels", record.labels),
        ("source", source.url),
        ("author", source.author),
        ("author_id", _number(source.author_id)),
        ("permission", source.permission),
        ("created_at", "" if record.created_at == EPOCH else _time(record.created_at)),
        ("expires_at", _time(record.expires_at) if record.expires_at else ""),
        ("paths", record.paths),
        ("approved_by", record.approved_by),
        ("proposed_by", record.proposed_by),
        ("replaces", record.replaces),
        ("cites", record.cites),
    ):
        if value:
            yield name, quoted(value) if isinstance(value, str) else f"[{', '.join(map(quoted, value))}]"
    if not record.approved:
        yield "approved", "false"


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _time(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _line(text: str) -> str:
    return " ".join(_writable(text).split())


def _texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kept for text in texts if (kept := _writable(text).strip()))


def _writable(text: str) -> str:
    """`text` in which every character can be written as UTF-8, and none makes a file binary."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
