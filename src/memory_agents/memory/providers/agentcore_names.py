"""The names that a memory of AgentCore and its provider agree on, and how ours are written there: pure.

The service allows few characters in a name. Every name is written so that it can be told from all others, and an
ordinary one stays as it is: `octocat` is `octocat`, `codebase/conventions` is `/codebase/conventions/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType

RECORD_ID = "record_id"
"""our id of a Record"""
KIND = "kind"
"""a Kind"""
SCOPED = "scoped"
"""YES on facts with paths, and not there on others"""
YES = "yes"

INDEXED_KEYS: Mapping[str, str] = MappingProxyType({RECORD_ID: "STRING", KIND: "STRING", SCOPED: "STRING"})
"""metadata key → its type, as a memory must declare them to be asked by them"""


class Kind(StrEnum):
    """What a record of the service stands for."""

    RECORD = "record"
    """a fact"""
    PAST = "past"
    """an item of the tracker's past: apart, so that many of them crowd out no fact"""
    FORGOTTEN = "forgotten"
    """an id that is not stored again"""
    APART = "apart"
    """a pair of issues that are no duplicates"""
    LEAVING = "leaving"
    """an id that goes once what supersedes it is stored"""


NOTES: Mapping[Kind, str] = MappingProxyType(
    {Kind.FORGOTTEN: "meta/forgotten", Kind.APART: "meta/apart", Kind.LEAVING: "meta/leaving"}
)
"""kind → the place of what is no Record"""

_ACTOR_CHARACTERS, _SESSION_CHARACTERS = 255, 100
_HEX = "0-9A-F"
_NOT_IN_ACTOR = re.compile(r"[^A-Za-z0-9_-]")
_NOT_IN_SESSION = re.compile(r"[^A-Za-z0-9-]")
_NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9 ._:/+@-]|^ | $")


def actor_name(actor: str) -> str:
    """An actor's id as the service takes it."""
    return _name(actor, _NOT_IN_ACTOR, ":", _ACTOR_CHARACTERS)


def session_name(session: str) -> str:
    """A session's id as the service takes it."""
    return _name(session, _NOT_IN_SESSION, "_", _SESSION_CHARACTERS)


def value_of(text: str) -> str:
    """Any text as a value of metadata, though perhaps a longer one than the service takes; see `text_of`."""
    return _escaped(text, _NOT_IN_VALUE, "=")


def text_of(value: str) -> str:
    """What `value_of` was given. ValueError for what it never gives."""
    plain = re.sub(rf"=([{_HEX}]{{2}})".encode(), lambda found: bytes.fromhex(found[1].decode()), value.encode("ascii"))
    return plain.decode("utf-8", "surrogatepass")


def place_of(namespace: str) -> str:
    """A Namespace as the service keeps it."""
    return f"/{namespace}/"


def namespace_of(place: str) -> str:
    """The Namespace that a place of the service stands for."""
    return place.strip("/")


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the memory that the service can be asked for."""

    name: str
    """with slashes around it"""
    is_whole: bool
    """whether what is below it belongs to it"""

    @property
    def asked(self) -> dict[str, str]:
        """The parameter of a request."""
        return {"namespacePath" if self.is_whole else "namespace": self.name}

    def holds(self, other: Place) -> bool:
        """Whether `other` is a part of it."""
        return self == other or (self.is_whole and other.name.startswith(self.name))


EVERYTHING = Place("/", is_whole=True)


def notes_of(kind: Kind) -> Place:
    """Where the notes of a kind are."""
    return Place(place_of(NOTES[kind]), is_whole=False)


def places_of(globs: tuple[str, ...]) -> tuple[Place, ...]:
    """The smallest places that together hold all Namespaces that the globs cover, none within another."""
    found = sorted({_place(glob) for glob in globs if not glob.startswith("!")}, key=lambda place: place.name)
    return tuple(place for place in found if not any(other != place and other.holds(place) for other in found))


def _place(glob: str) -> Place:
    start, wild, _ = glob.partition("*")
    if not wild:
        return Place(place_of(glob), is_whole=False)
    return Place(f"/{start[: start.rfind('/') + 1]}", is_whole=True)


def _name(text: str, others: re.Pattern[str], escape: str, longest: int) -> str:
    """`text` with a letter or digit first, as the service wants it, and not longer than it takes.

    After `escape` two hexadecimal digits follow. Where `-` follows it, the name begins with a sign; where `h`
    follows it, the name was too long, and its hash stands for the rest.
    """
    name = _escaped(text, others, escape)
    if not text[:1].isascii() or not text[:1].isalnum():
        name = f"0{escape}-{name}"
    if len(name) <= longest:
        return name
    digest = f"{escape}h{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=20).hexdigest()}"
    return re.sub(rf"{escape}[{_HEX}]?$", "", name[: longest - len(digest)]) + digest


def _escaped(text: str, others: re.Pattern[str], escape: str) -> str:
    def signs(found: re.Match[str]) -> str:
        return "".join(f"{escape}{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))

    return others.sub(signs, text)
