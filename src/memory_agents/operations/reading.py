"""What a maintainer asks memory on the command line: recall, list, show, status.

Each returns an Answer: a value for `--json`, and the same as text for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from memory_agents.core import namespaces
from memory_agents.core.fences import clean, one_line
from memory_agents.core.records import EPOCH, ID, Match, Notice, ProviderInfo, Query, Record
from memory_agents.errors import UsageError
from memory_agents.memory.provider import MemoryReader

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The same answer for a program and for a person."""

    value: object
    text: str
    notices: tuple[Notice, ...] = ()
    """for a person; `value` holds them too"""
    problems: tuple[str, ...] = ()
    """what was asked for and not done, for a person; `value` holds them too"""
    code: int = 0
    """with which the program ends"""


async def recall(
    reader: MemoryReader,
    words: str,
    *,
    namespace: str,
    top_k: int,
    min_score: float,
    now: datetime,
    notices: tuple[Notice, ...] = (),
) -> Answer:
    """Search memory for `words`. `notices`: what else a person should know of the search."""
    if not words.strip():
        raise UsageError("There is nothing to look for.", fix="give QUERY some words")
    globs = (namespaces.validate_glob(namespace),)
    found = await reader.search_records(Query(title=words, now=now), namespaces=globs, top_k=top_k)
    matches = [match for match in found if match.score >= min_score]
    info = await reader.get_info()
    notices = (*info.notices, *notices)
    return Answer(
        {"matches": [_match_value(m) for m in matches], "notices": [str(n) for n in notices]},
        "\n\n".join(_match_text(m) for m in matches) or _nothing(info, "Nothing that is remembered matches."),
        notices,
    )


async def list_records(reader: MemoryReader, *, namespace: str, limit: int, now: datetime) -> Answer:
    """List Records, newest first; facts where no `namespace` is given."""
    globs = (namespaces.validate_glob(namespace),) if namespace else namespaces.FACTS
    records = await reader.list_records(namespaces=globs, limit=limit)
    info = await reader.get_info()
    return Answer(
        {"records": [record_value(r) for r in records], "notices": [str(n) for n in info.notices]},
        "\n".join(_line(r) + _marks(r, now) for r in records) or _nothing(info, "Nothing is remembered there yet."),
        info.notices,
    )


async def show(reader: MemoryReader, record_id: str) -> Answer:
    """Show one Record whole."""
    number = record_id.removeprefix("#")
    ids = [f"past-issue-{number}", f"past-pull-{number}"] if number.isascii() and number.isdigit() else [record_id]
    found = [await reader.get_record(name) for name in ids if ID.fullmatch(name)]
    record = next((record for record in found if record is not None), None)
    if record is None:
        facts = await reader.list_records(namespaces=namespaces.FACTS, limit=_ALL) if ID.fullmatch(record_id) else ()
        if new := next((fact for fact in facts if fact.replaces == record_id), None):
            raise UsageError(
                f"There is no record {record_id!r}; it was replaced by {new.id}.", fix=f"memory-agents show {new.id}"
            )
        fix = "see the ids with `memory-agents list`, of past items with `memory-agents list --namespace 'reviews/*'`"
        raise UsageError(f"There is no record {record_id!r}.", fix=fix)
    fields = {
        name: value for name, value in record_value(record).items() if name != "text" and value not in ("", None, [])
    }
    fields |= {"created_at": _second(record.created_at), "expires_at": _second(record.expires_at)}
    head = "\n".join(f"{name}: {_plain(value)}" for name, value in fields.items() if value != "")
    return Answer(record_value(record), f"{head}\n\n{clean(record.text)}")


async def status(reader: MemoryReader, notices: tuple[Notice, ...] = (), *, provider: str) -> Answer:
    """Say whether memory can be read, and what it holds. `notices`: what else a person should know of it.

    `provider`: where it is to be kept.
    """
    health = await reader.health_check()
    if not health.ok:
        return Answer(
            {
                "ok": False,
                "provider": provider,
                "problem": health.problem.value,
                "detail": health.detail,
                "fix": health.fix,
            },
            f"{provider}: {Notice(text=health.detail, fix=health.fix)}",
            code=1,
        )
    info = await reader.get_info()
    notices = (*info.notices, *notices)
    told = Notice(text=health.detail, fix=health.fix)
    lines = [f"{provider}: {info.location}", str(told), *(str(notice) for notice in notices)]
    value = {
        "ok": True,
        "provider": provider,
        "location": info.location,
        "records": info.records,
        "version": info.version,
        "detail": health.detail,
        "notices": [{"text": notice.text, "fix": notice.fix} for notice in notices],
    }
    return Answer(value, "\n".join(lines))


def record_value(record: Record) -> dict[str, object]:
    """A Record for a program: nothing in it is a secret, or more than a person sees."""
    source = record.source
    return {
        "id": record.id,
        "namespace": record.namespace,
        "title": clean(record.title),
        "text": clean(record.text),
        "trust": record.trust.value,
        "author": clean(source.author),
        "url": clean(source.url),
        "number": source.number,
        "state": clean(record.state),
        "created_at": _date(record.created_at),
        "expires_at": _date(record.expires_at),
        "paths": [clean(path) for path in record.paths],
        "labels": [clean(label) for label in record.labels],
        "approved": record.approved,
        "approved_by": clean(record.approved_by),
        "proposed_by": clean(record.proposed_by),
        "replaces": clean(record.replaces),
        "cites": [clean(cite) for cite in record.cites],
    }


def _match_value(match: Match) -> dict[str, object]:
    return {
        "score": round(match.score, 3),
        "reasons": [clean(reason) for reason in match.reasons],
        **record_value(match.record),
    }


def _match_text(match: Match) -> str:
    return f"{match.score:.2f}  {_line(match.record)}\n      {'; '.join(match.reasons)}"


def _nothing(info: ProviderInfo, otherwise: str) -> str:
    """Why there is no answer."""
    return f"There is nothing yet: {info.location}. See `memory-agents status`." if info.is_new else otherwise


def _marks(record: Record, now: datetime) -> str:
    """Until when Monitors recall it, or why they do not."""
    ends = record.expires_at
    until = "" if ends is None else f"  [until {ends.date()}]" if ends > now else "  [expired]"
    return f"{'' if record.approved else '  [not approved]'}{until}"


def _line(record: Record) -> str:
    number = f"#{record.source.number} " if record.source.number is not None else ""
    return f"{record.id}  {record.namespace}  {number}{one_line(record.title or record.text, 100)}"


def _second(time: datetime | None) -> str:
    """A date and time for a person."""
    return "" if time is None else _date(time.replace(microsecond=0))


def _plain(value: object) -> str:
    """A field for a person."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _date(time: datetime | None) -> str:
    return "" if time is None or time == EPOCH else time.isoformat()
