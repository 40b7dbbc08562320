"""One Markdown file on the memory branch ↔ Record.

`<namespace>/<slug>-<id>.md`: YAML front matter, then the text. A person may write such a file by
hand, front matter or not, so everything in it has a default; what is there must be right. Scalars
are read as text (no YAML guessing), then validated. The folder is the Namespace.

A Record that is written is read back the same, once it is normal: see `front_matter.normal`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TypeVar

from memory_agents.core import namespaces, yaml_text
from memory_agents.core.fences import one_line
from memory_agents.core.records import EPOCH, FULL_NAME, ID, Record, Source
from memory_agents.errors import MemoryAgentsError
from memory_agents.memory.providers import front_matter

_T = TypeVar("_T")

MAX_BYTES = 65_536
FIELDS = (
    *("id", "source", "author", "author_id", "permission", "created_at", "expires_at", "paths", "approved"),
    *("approved_by", "proposed_by", "replaces", "cites", "title", "number", "state", "labels", "repository"),
)
"""what may stand in front matter; `namespace` may too, though the folder decides it"""
PERMISSIONS = ("admin", "maintain", "write", "triage", "read", "none")

_SUFFIX = ".md"
_MADE = re.compile(r"[a-z][0-9a-f]{8,12}-[0-9a-z]{1,12}")
"""an id that was derived from a source, or made on the command line; a person's words look otherwise"""
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_PERMISSION = re.compile("|".join(PERMISSIONS))
_FRONT = re.compile(r"---[ \t]*\n(.*?\n)??---[ \t]*(?:\n|\Z)", re.DOTALL)
_OPENING = re.compile(r"---[ \t]*(?:\n|\Z)")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_SLUG_LENGTH = 40


class FactFileError(MemoryAgentsError):
    """A file on the memory branch that cannot be read as a Record."""

    def __init__(self, path: str, line: int, problem: str, fix: str = "correct the file on the memory branch") -> None:
        super().__init__(f"{one_line(path)}:{line}: {problem}.", fix=fix)
        self.discreet = f"{derived_id(path)}, line {line}."
        self.problem = problem


def is_fact_path(path: str) -> bool:
    """Whether a path of the branch is meant to be a Record: a Markdown file in a Namespace's folder."""
    folder, _, name = path.rpartition("/")
    return name.endswith(_SUFFIX) and name != _SUFFIX and namespaces.is_valid(folder) and not path.startswith("meta/")


def too_large(path: str, size: int) -> FactFileError:
    """What is wrong with a file of `size` bytes, more than MAX_BYTES."""
    return FactFileError(path, 1, f"it has {size} bytes; at most {MAX_BYTES} are read")


def taken(path: str) -> FactFileError:
    """What is wrong with a file whose id another file has."""
    return FactFileError(path, 1, "another file has the same `id`", fix="give it another `id`, or none")


def path_of(record: Record) -> str:
    """Where a new file for `record` is put: a name that every file system takes, of its first words and its id."""
    words = unicodedata.normalize("NFKD", (record.title or record.text)[:200].casefold())
    slug = _NO_WORD.sub("-", words.encode("ascii", "ignore").decode()).strip("-")
    if len(slug) > _SLUG_LENGTH:
        slug = slug[: _SLUG_LENGTH + 1].rpartition("-")[0] or slug[:_SLUG_LENGTH]
    return f"{record.namespace}/{slug or 'fact'}-{record.id}{_SUFFIX}"


def ids_in_name(path: str) -> Iterator[str]:
    """What may be the id in the name of a file that was written for a Record: what follows a `-` and is made by us."""
    name = path.rpartition("/")[2]
    if name.endswith(_SUFFIX):
        stem = name.removesuffix(_SUFFIX)
        tails = (stem[at + 1 :] for at, character in enumerate(stem) if character == "-")
        yield from (tail for tail in tails if _MADE.fullmatch(tail))


def serialise(record: Record) -> bytes:
    """The file that holds `record`, made normal (see `front_matter.normal`).

    Only fields that say something are written, each scalar quoted. Raises FactFileError where no file
    could hold it: without a text, too large, or with a field that would not be valid.
    """
    record = front_matter.normal(record)
    content = f"---\n{front_matter.of(record)}---\n\n{record.text}\n".encode()
    parse(path_of(record), content)
    return content


def stated_id(path: str, content: bytes) -> str:
    """The id that a file says it has; empty where it says none, or cannot be read."""
    try:
        found = parse(path, content).id
    except FactFileError:
        return ""
    return "" if found == derived_id(path) else found


def stated_namespace(content: bytes) -> str:
    """The Namespace for which a file was written; empty where it states none. Raises YamlFault."""
    front = _FRONT.match(content.decode("utf-8-sig", "replace").replace("\r\n", "\n"))
    found = yaml_text.read((front[1] or "") if front else "").values.get("namespace", "")
    return found if isinstance(found, str) else ""


def parse(path: str, content: bytes) -> Record:
    """Parse the file at `path`; raises FactFileError with the line of what is wrong."""
    if len(content) > MAX_BYTES:
        raise too_large(path, len(content))
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FactFileError(path, content[: error.start].count(b"\n") + 1, "it is not valid UTF-8") from None
    front = _FRONT.match(text)
    if front is None and _OPENING.match(text):
        raise FactFileError(path, 1, "the front matter has no closing ---")
    fields = _Fields(path, (front[1] or "") if front else "")
    body = text[front.end() :].strip("\n") if front else text.strip("\n")
    if not body.strip():
        raise FactFileError(path, text.count("\n") + 1, "it has no text")
    return _record(path, fields, body)


def _record(path: str, fields: _Fields, body: str) -> Record:
    namespace = str(PurePosixPath(path).parent)
    if namespace == namespaces.ISSUES:
        fields.require("number")
    return Record(
        id=fields.id() or derived_id(path),
        namespace=namespace,
        text=body,
        title=fields.text("title") or front_matter.heading(body),
        created_at=fields.time("created_at") or EPOCH,
        source=Source(
            repository=fields.matching("repository", FULL_NAME, "is not owner/name"),
            number=fields.integer("number"),
            url=fields.text("source"),
            author=fields.text("author"),
            author_id=fields.integer("author_id"),
            permission=fields.matching("permission", _PERMISSION, f"is not one of {', '.join(PERMISSIONS)}"),
        ),
        labels=fields.texts("labels"),
        state=fields.text("state"),
        paths=fields.texts("paths"),
        expires_at=fields.time("expires_at"),
        approved=fields.flag("approved", default=True),
        approved_by=fields.text("approved_by"),
        proposed_by=fields.text("proposed_by"),
        replaces=fields.text("replaces"),
        cites=fields.texts("cites"),
    )


def derived_id(path: str) -> str:
    """The id of a file that states none: the same for as long as the file keeps its path."""
    return "p" + hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()[:23]


class _Fields:
    """Front matter, read as text, that knows the line of each field."""

    def __init__(self, path: str, front: str) -> None:
        self._path = path
        try:
            document = yaml_text.read(front)
        except yaml_text.YamlFault as fault:
            # Line 1 of the file is the opening ---.
            raise FactFileError(path, fault.line + 1, f"the front matter: {fault.problem}") from None
        self._values = document.values
        self._lines = {name: line + 1 for name, line in document.lines.items()}
        for name in self._values:
            if name not in (*FIELDS, "namespace"):
                # A misspelt `expires_at` or `author` would be a fact that never expires, or everybody's.
                raise self._wrong(name, f"is no field; the fields are {', '.join(FIELDS)}")

    def text(self, name: str) -> str:
        value = self._values.get(name, "")
        if not isinstance(value, str):
            raise self._wrong(name, "is not text")
        return " ".join(value.split())

    def texts(self, name: str) -> tuple[str, ...]:
        """A list, or one text."""
        value = self._values.get(name, [])
        if isinstance(value, str):
            return (value.strip(),) if value.strip() else ()
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self._wrong(name, "is not a list of texts")
        return tuple(entry.strip() for entry in value if entry.strip())

    def id(self) -> str:
        return self.matching("id", ID, "is not 8 to 64 of a-z, 0-9, _ and -")

    def matching(self, name: str, form: re.Pattern[str], problem: str) -> str:
        found = self.text(name)
        if found and not form.fullmatch(found):
            raise self._wrong(name, problem)
        return found

    def require(self, name: str) -> None:
        if not self.text(name):
            raise self._wrong(name, "is missing: a past issue has one")

    def flag(self, name: str, *, default: bool) -> bool:
        found = self.text(name).lower()
        if found and found not in _FLAGS:
            raise self._wrong(name, "is neither true nor false")
        return _FLAGS.get(found, default)

    def integer(self, name: str) -> int | None:
        return self._parsed(name, _natural, "is not a whole number")

    def time(self, name: str) -> datetime | None:
        return self._parsed(name, _utc, "is not a date such as 2026-01-31 or 2026-01-31T12:00:00Z")

    def _parsed(self, name: str, parse: Callable[[str], _T], problem: str) -> _T | None:
        found = self.text(name)
        if not found:
            return None
        try:
            return parse(found)
        except (ValueError, OverflowError):
            raise self._wrong(name, problem) from None

    def _wrong(self, name: str, problem: str) -> FactFileError:
        return FactFileError(self._path, self._lines.get(name, 1), f"`{name}` {problem}")


def _natural(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValueError(text)
    return int(text)


def _utc(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
