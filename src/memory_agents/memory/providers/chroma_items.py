"""What stands in the collection: a Record, a note or an event as an item, and back. Pure.

Everything is in one collection. An item has an id, a vector, a document (the text), a `uri` and metadata:

    a record   its own id; the vector of title and text; `uri` is when it was made, so that a list is put in order
               without reading anything else; all that is no text as JSON, exactly; what a search counts and the
               vectors of title and text, packed
    a note     `forgotten/<id>`, `apart/<number>/<number>`, `namespace/<namespace>`: what is no record and must last;
               `leaving/<id>`: what an heir supersedes, until it is gone
    an event   `event/<session>/<id>`; its session as a digest, which takes names of any form

Only records have `namespace`, `lasting` and `passing`, by which records are found: so nothing else ever is.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_agents.core import ranking
from memory_agents.core.ranking import Glance, Words
from memory_agents.core.ranking.paths import folder, is_past
from memory_agents.core.record_values import record_of, values_of
from memory_agents.core.records import Approval, MemoryEvent, Record
from memory_agents.errors import MemoryRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

Metadata = Mapping[str, Any]
Where = Mapping[str, Any]

FORGOTTEN, APART, NAMESPACE, LEAVING = "forgotten/", "apart/", "namespace/", "leaving/"
"""how ids of notes begin; an id of a record has no `/`"""
PARTS = 4
"""into so many the records are spread, for an engine that gives few at a time"""
_OF_ANOTHER_FORM = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""what reading values of another form may raise"""
_BLANK = Record(id="", namespace="", text="")
LONGEST_VALUE = 4_096
"""bytes of a value that Chroma's cloud takes"""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """What is written."""

    id: str
    vector: NDArray[np.float32]
    metadata: Metadata
    document: str = ""
    uri: str = ""

    def values(self, *, is_new: bool) -> dict[str, Any]:
        """The metadata; in what replaces an item, None takes away what that one had."""
        return {name: value for name, value in self.metadata.items() if value is not None or not is_new}


@dataclass(frozen=True, slots=True)
class Found:
    """What was read, as far as it was asked for."""

    id: str
    metadata: Metadata
    document: str = ""
    uri: str = ""


def item_of(record: Record, vectors: NDArray[np.float16], approval: Approval) -> Item:
    """A Record; `vectors`: [2, size] of its title, and of title and text. Raises MemoryRefused."""
    values = values_of(record)
    text = values.pop("text")
    words = b64encode(Words.of(record).packed()).decode()
    expires = record.expires_at
    place = "passing" if expires else "lasting"
    metadata: dict[str, Any] = {
        "kind": "record",
        "namespace": record.namespace,
        "lasting": None,
        "passing": None,
        "expires": microseconds(expires) if expires else None,
        "past_at": microseconds(record.created_at) if is_past(record) else None,
        "scoped": bool(record.paths) or None,
        "path": None,
        "folder": None,
        "part": _digest(record.id)[0] % PARTS,
        "values": json.dumps(values, ensure_ascii=False),
        "words": words if len(words) <= LONGEST_VALUE else None,  # else they are counted in the text again
        "vectors": b64encode(vectors.astype("<f2").tobytes()).decode(),
        "written_by": _written_by(approval),
    }
    if record.approved:
        metadata[place] = record.namespace
    if is_past(record) and len(record.paths) == 1:  # a review comment stands on one file
        (path,) = record.paths
        metadata |= {"scoped": None, "path": path, "folder": folder(path)}
    vector = vectors[1].astype(np.float32)
    vector = vector if vector.any() else _nowhere(record.id, len(vector))
    its = Item(record.id, vector, metadata, text, sortable(record.created_at))
    _check(f"The record {record.id}", its)
    return its


def columns(items: Sequence[Item], *, is_new: bool) -> dict[str, Any]:
    """The items as Chroma takes them, whichever way it is asked; `is_new` as in Item.values."""
    return {
        "ids": [item.id for item in items],
        "embeddings": [item.vector for item in items],
        "metadatas": [item.values(is_new=is_new) for item in items],
        "documents": [item.document for item in items],
        "uris": [item.uri or None for item in items],
    }


def record_in(found: Found) -> Record | None:
    """The Record, whole where the document was read too; None where it is none of ours, or damaged."""
    try:
        record = record_of({**json.loads(found.metadata["values"]), "text": found.document})
    except _OF_ANOTHER_FORM:
        return None
    is_ours = found.metadata.get("kind") == "record" and record.id == found.id and _is_whole(record)
    return record if is_ours and record.namespace == found.metadata.get("namespace") else None


def glance_of(found: Found, size: int) -> Glance | None:
    """What ranking looks at; None where words were not kept, are of another format, or are damaged."""
    record = record_in(found)
    vectors = vectors_in(found, size)
    try:
        words = Words.unpacked(b64decode(found.metadata["words"]))
    except _OF_ANOTHER_FORM:
        return None
    if record is None or vectors is None or words is None:
        return None
    return Glance(replace(record, text=""), words, vectors)


def vectors_in(found: Found, size: int) -> NDArray[np.float16] | None:
    """[2, size] of title, and of title and text; None where they are damaged."""
    try:
        return np.frombuffer(b64decode(found.metadata["vectors"]), "<f2").reshape(2, size)
    except _OF_ANOTHER_FORM:
        return None


def note(its_id: str, size: int, approval: Approval | None = None) -> Item:
    """A note: its id says all."""
    metadata: dict[str, Any] = {"kind": its_id.partition("/")[0]}
    if approval is not None:
        metadata["written_by"] = _written_by(approval)
    return Item(its_id, _nowhere(its_id, size), metadata)


def event_item(event: MemoryEvent, size: int, ends: datetime) -> Item:
    """An event that lives until `ends`. Raises MemoryRefused."""
    session = session_key(event.actor_id, event.session_id)
    its_id = f"event/{session}/{event.id}"
    values = {name: getattr(event, name) for name in ("actor_id", "session_id", "event_type", "namespace")}
    metadata = {
        "kind": "event",
        "session": session,
        "ends": microseconds(ends),
        "values": json.dumps(values, ensure_ascii=False),
    }
    its = Item(its_id, _nowhere(its_id, size), metadata, event.text, sortable(event.created_at))
    _check(f"The event {event.id}", its)
    return its


def event_in(found: Found) -> MemoryEvent | None:
    """The event; None where it is none of ours, or damaged."""
    try:
        made = datetime.fromisoformat(found.uri)
        values = json.loads(found.metadata["values"])
        its = MemoryEvent(id=found.id.rpartition("/")[2], text=found.document, created_at=made, **values)
    except _OF_ANOTHER_FORM:
        return None
    return its if all(isinstance(value, str) for value in values.values()) else None


def session_key(actor_id: str, session_id: str) -> str:
    """A name for a session that any store takes."""
    return _digest(json.dumps([actor_id, session_id])).hex()


def recallable(namespaces: Sequence[str], now: int, as_of: int | None) -> Where:
    """Records of the namespaces that may be recalled at `now`; no past items later than `as_of`. In microseconds."""
    among = {"$in": list(namespaces)}
    lasting: Where = {"$or": [{"lasting": among}, {"$and": [{"passing": among}, {"expires": {"$gt": now}}]}]}
    if as_of is None:
        return lasting
    # What has no such time matches `$ne` and not `$lte`.
    facts = [name for name in namespaces if not is_past(Record(id="", namespace=name, text=""))]
    in_time: Where = {"past_at": {"$lte": as_of}}
    return {"$and": [lasting, {"$or": [in_time, {"namespace": {"$in": facts}}]} if facts else in_time]}


def about_paths(files: Sequence[str]) -> Where:
    """Records that may be about one of the files."""
    folders = sorted({folder(path) for path in files} - {""})
    conditions: list[Where] = [{"scoped": True}, {"path": {"$in": list(files)}}]
    return {"$or": [*conditions, {"folder": {"$in": folders}}] if folders else conditions}


def is_text(value: str) -> bool:
    """Whether it has no half of a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def microseconds(time: datetime) -> int:
    """Since 1970."""
    return ranking.microseconds(time)


def _is_whole(record: Record) -> bool:
    """Whether each field has its type."""
    texts = (*record.labels, *record.paths, *record.cites)
    plain = ("id", "namespace", "text", "title", "created_at", "state", "approved", "approved_by", "replaces")
    numbers = (record.source.number, record.source.author_id)
    times: list[Any] = [record.created_at, *filter(None, [record.expires_at])]
    return (
        all(type(getattr(record, name)) is type(getattr(_BLANK, name)) for name in plain)
        and all(isinstance(text, str) for text in (*texts, record.source.url, record.source.repository))
        and all(number is None or isinstance(number, int) for number in numbers)
        and all(isinstance(time, datetime) and time.tzinfo is not None for time in times)
    )


def sortable(time: datetime) -> str:
    """In UTC, whatever zone it was told in: such texts are in order where the times are."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _written_by(approval: Approval) -> str:
    """Who allowed the write and where, for whoever looks into the collection."""
    return json.dumps({name: getattr(approval, name) for name in approval.__slots__}, ensure_ascii=False)


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _nowhere(name: str, size: int) -> NDArray[np.float32]:
    """[size] a direction that is near to nothing and that nothing else has.

    Equal ones would cling to each other in the engine's graph.
    """
    random = np.random.default_rng(int.from_bytes(_digest(name), "little"))
    vector = random.standard_normal(size)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _check(what: str, its: Item) -> None:
    """Refuse half a character, which JSON can carry and no engine keeps."""
    texts = (value for value in its.metadata.values() if isinstance(value, str))
    if not all(map(is_text, (its.id, its.document, *texts))):
        message = f"{what} holds a half of a character, which ChromaDB cannot keep."
        raise MemoryRefused(message, fix="write the text anew as UTF-8")
