"""The words behind a Command's verb: options, ids, numbers, Namespaces. Wrong ones raise UsageError with the fix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

from memory_agents.core import namespaces
from memory_agents.core.records import ID
from memory_agents.errors import UsageError

MOST_WORDS = 50
"""ids or numbers of one Command"""
MOST_PATHS = 20
LONGEST_PATH = 200
MOST_DAYS = 3650
"""a fact that is to last longer needs no expiry"""

_EXAMPLES = {
    "paths": "`paths=src/api/**,tests/**`",
    "expires": "`expires=90d`, `12w`, `6m`, `1y` or a date such as `expires=2027-01-31`",
    "replaces": "`replaces=<id>`",
}
_CLOSE = 0.85  # `path`, `expire` and `replace` are; `patch` is not
_NAME = re.compile(r"[ \t]*(?P<name>[A-Za-z][A-Za-z-]{0,30})=")
_VALUE = re.compile(r"(?:\"[^\"\n]*+\"|'[^'\n]*+'|`[^`\n]*+`|[^\s\"'`])*+")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`")
_SPAN = re.compile(r"([0-9]{1,6})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BETWEEN = re.compile(r"[\s,;]+")
_NUMBER = re.compile(r"(?:#|<?https?://[^\s<>]{1,500}/issues/)?([1-9][0-9]{0,9})(?:[?#][^\s<>]{0,200})?>?")
_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `/remember` may be told besides the text."""

    paths: tuple[str, ...] = ()
    expires_days: int | None = None
    expires_on: str = ""
    replaces: str = ""


def options(text: str, said_on: date | None) -> tuple[Options, int]:
    """The options that `text` begins with, and where they end.

    A word with `=` is an option only if it is one or reads like one. `said_on`: the day from which an expiry counts.
    """
    values: dict[str, str] = {}
    at = 0
    while option := _NAME.match(text, at):
        name = option["name"].lower()
        if name not in _EXAMPLES:
            close = get_close_matches(name, _EXAMPLES, n=1, cutoff=_CLOSE)
            if not close:
                break
            raise UsageError(f"`{name}=` is not an option.", fix=f"write {_EXAMPLES[close[0]]}")
        value = _VALUE.match(text, option.end())
        at = value.end() if value else option.end()
        if text[at : at + 1].strip():
            raise UsageError(f"A quotation mark in `{name}=` is not closed.", fix="close it, or leave it out")
        if name in values:
            raise UsageError(f"`{name}=` is given twice.", fix="give it once; several paths stand behind commas")
        values[name] = _QUOTED.sub(r"\1\2\3", text[option.end() : at]).strip()
        if not values[name]:
            raise UsageError(f"There is nothing behind `{name}=`.", fix=f"write {_EXAMPLES[name]}, without a space")
    days, day = _expiry(values["expires"], said_on) if "expires" in values else (None, "")
    replaces = record_id(values["replaces"]) if "replaces" in values else ""
    paths = _paths(values["paths"]) if "paths" in values else ()
    return Options(paths=paths, expires_days=days, expires_on=day, replaces=replaces), at


def record_ids(text: str) -> tuple[str, ...]:
    """Each id of a list, once."""
    words = _words(text, example="/forget f0123456789ab-1", what="an id")
    return tuple(dict.fromkeys(map(record_id, words)))


def record_id(word: str) -> str:
    """The id that a word is, in a pair of ticks or not."""
    plain = word.strip("`").lower()
    if not ID.fullmatch(plain):
        raise UsageError(
            f"{quoted(word)} is not an id.",
            fix="copy the id from the reply that remembered it or from `/memories`; other words go on another line",
        )
    return plain


def numbers(text: str) -> tuple[int, ...]:
    """Each number of an issue in a list, once: `#12`, `12` or the address of the issue."""
    found: list[int] = []
    for word in _words(text, example="/not-duplicate #12", what="an issue"):
        number = _NUMBER.fullmatch(word)
        if not number:
            raise UsageError(f"{quoted(word)} is not an issue.", fix="write its number, such as `/not-duplicate #12`")
        found.append(int(number[1]))
    return tuple(dict.fromkeys(found))


def namespace(name: str, known: Sequence[str]) -> str:
    """The known Namespace of that name, or the only one of which it is the last segment; in any case. Or empty."""
    name = name.lower()
    if name in known:
        return name
    alike = {namespace for namespace in known if namespace.rpartition("/")[2] == name}
    return alike.pop() if len(alike) == 1 else ""


def namespace_glob(text: str, known: Sequence[str]) -> str:
    """The Namespace or glob that is asked for; empty for all."""
    name = text.strip("`/").lower()
    if not name or (found := namespace(name, known)):
        return found if name else ""
    if any(known_one.rpartition("/")[2] == name for known_one in known):
        return f"*/{name}"
    is_other = ("/" in name and namespaces.is_valid(name)) or ("*" in name and namespaces.is_valid_glob(name))
    if not is_other or name.startswith("!"):
        choice = ", ".join(f"`{namespace}`" for namespace in known)
        raise UsageError(f"{quoted(text)} is not a namespace.", fix=f"name one, or none for all: {choice}")
    return name


def quoted(word: str) -> str:
    """A word of the comment in a sentence of ours, cut to what is worth repeating."""
    plain = word.replace("`", "")
    return f"`{plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + '…'}`"


def _words(text: str, *, example: str, what: str) -> list[str]:
    words = [word for word in _BETWEEN.split(text) if word]
    if not words:
        raise UsageError(
            f"It does not say which: {what} is missing.", fix=f"write it after the command, such as `{example}`"
        )
    if len(words) > MOST_WORDS:
        raise UsageError(f"There are {len(words)} at once.", fix=f"name at most {MOST_WORDS} in one command")
    return words


def _paths(value: str) -> tuple[str, ...]:
    paths = tuple(dict.fromkeys(path.removeprefix("./") for path in map(str.strip, value.split(",")) if path))
    for path in paths:
        is_relative = not {"..", "."} & set(path.split("/")) and "\\" not in path and "://" not in path
        if not is_relative or not path or len(path) > LONGEST_PATH or not path.isprintable() or set("{}") & set(path):
            raise UsageError(
                f"{quoted(path)} is not a path of this repository.",
                fix="write paths from its root with `/`, such as `paths=src/api/**,tests/**`, each one in full",
            )
    if not paths or len(paths) > MOST_PATHS:
        raise UsageError(f"`paths=` names {len(paths)} paths.", fix=f"name 1 to {MOST_PATHS}; a folder ends in `/**`")
    return paths


def _expiry(value: str, said_on: date | None) -> tuple[int | None, str]:
    """Days, or a date."""
    if span := _SPAN.fullmatch(value.lower()):
        days = int(span[1]) * _DAYS[span[2]]
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(
                f"{quoted(value)} is no time to keep a fact.", fix="take 1d to 10y, or leave `expires=` out"
            )
        return days, ""
    try:
        day = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if not day:
        raise UsageError(f"{quoted(value)} is not a time or a date.", fix=f"write {_EXAMPLES['expires']}")
    if said_on and day <= said_on:
        raise UsageError(f"{quoted(value)} is in the past.", fix="choose a later day, or leave `expires=` out")
    if said_on and day > said_on + timedelta(days=MOST_DAYS):
        raise UsageError(f"{quoted(value)} is more than 10 years ahead.", fix="leave `expires=` out: it then stays")
    return None, day.isoformat()
