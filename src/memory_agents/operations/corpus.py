"""A corpus in files: documents, queries, and which documents answer which query. docs/evaluation.md has the formats."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from memory_agents.errors import UsageError

Id = int | str
"""as the file has it; `1` and `"1"` are the same"""
_Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        raise PydanticCustomError("time", "in UTC the time is not within the years 1 to 9999") from None


_Time = Annotated[datetime, AfterValidator(_in_utc)]


class _Line(BaseModel):
    """What a line must have; what else it has is left alone."""

    model_config = ConfigDict(frozen=True)


class Document(_Line):
    """A past issue or pull request."""

    id: Id
    created_at: _Time
    repo: _Text = ""
    title: _Text = ""
    body: _Text = ""
    labels: tuple[str, ...] = ()
    kind: _Text = ""
    """`pr` or `issue`"""


class Question(Document):
    """A query: a new issue or pull request, or a review comment."""

    path: _Text = ""
    """of a review comment, as the next two"""
    diff_hunk: _Text = ""
    pr: Id | None = None
    """the document of the pull request that it stands in, which is no answer"""
    self_id: Id | None = None
    """the document that is the query itself"""

    @property
    def is_pull_request(self) -> bool:
        """Whether a new pull request asks; an id such as `pr:12` says so too."""
        return self.kind == "pr" if self.kind else str(self.id).startswith("pr:")

    @property
    def is_review_comment(self) -> bool:
        """Whether it stands in a pull request, and not for one."""
        return bool(self.path or self.diff_hunk) or (self.pr is not None and not self.title)


class _Pair(_Line):
    query_id: Id
    relevant_ids: tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All three. Ids are keys as text."""

    documents: Mapping[str, Document]
    questions: Mapping[str, Question]
    """those that are asked, in the order of the pairs"""
    relevant: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """query → documents"""

    @property
    def unknown(self) -> int:
        """How many relevant documents are not among the documents: nothing can find them."""
        return sum(len(ids - self.documents.keys()) for ids in self.relevant.values())


def read_corpus(documents: Path, pairs: Path, queries: Path | None) -> Corpus:
    """Read the files. Raises UsageError with file and line of what is wrong."""
    known = _by_id(documents, Document)
    if not known:
        raise _empty(documents)
    asked = _by_id(queries, Question) if queries else {}
    questions: dict[str, Question] = {}
    relevant: dict[str, frozenset[str]] = {}
    for number, pair in _lines(pairs, _Pair):
        key = str(pair.query_id)
        question = asked.get(key) or (key in known and _as_question(known[key]))
        if not question:
            places = f"{queries or 'a file of --queries'} or {documents}"
            raise _wrong(
                pairs, number, f"there is no query {pair.query_id!r}", f"put a line with that id into {places}"
            )
        if not pair.relevant_ids:
            raise _wrong(pairs, number, "`relevant_ids` is empty", "name the documents that answer, or drop the line")
        questions[key] = question
        relevant[key] = relevant.get(key, frozenset()) | {str(one) for one in pair.relevant_ids}
    if not relevant:
        raise _empty(pairs)
    return Corpus(known, questions, relevant)


def _as_question(document: Document) -> Question:
    return Question(**document.model_dump(), self_id=document.id)


_L = TypeVar("_L", bound=_Line)
_D = TypeVar("_D", bound=Document)


def _by_id(path: Path, kind: type[_D]) -> dict[str, _D]:
    found: dict[str, _D] = {}
    for number, line in _lines(path, kind):
        if found.setdefault(str(line.id), line) is not line:
            raise _wrong(path, number, f"the id {line.id!r} stands on an earlier line too", "give each line its own id")
    return found


def _lines(path: Path, kind: type[_L]) -> Iterator[tuple[int, _L]]:
    """The lines of a file, which may be compressed, with their numbers; empty ones are left out."""
    for number, data in _data(path):
        try:
            yield number, kind.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            what = f"{f'`{place}`: ' if place else ''}{first['msg'][:1].lower()}{first['msg'][1:]}"
            needs = ", ".join(f"`{name}`" for name, one in kind.model_fields.items() if one.is_required())
            raise _wrong(path, number, what, f"write one JSON object a line, with {needs} at least") from None


def _data(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            is_compressed = file.peek(2)[:2] == b"\x1f\x8b"
            lines = gzip.GzipFile(fileobj=file) if is_compressed else file
            for number, data in enumerate(lines, start=1):
                if data.strip():
                    yield number, data
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UsageError(f"{path} cannot be decompressed.", fix="see that it was copied whole") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", fix="name a file of JSON lines") from None


def _empty(path: Path) -> UsageError:
    return UsageError(f"{path} has no line.", fix="see docs/evaluation.md for what it should hold")


def _wrong(path: Path, number: int, what: str, fix: str) -> UsageError:
    return UsageError(f"{path}, line {number}: {what}.", fix=fix)
