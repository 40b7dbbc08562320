"""MemoryEvent ↔ an event of the service: pure.

The text is the payload, of a role that no strategy extracts long-term records from. The true names of actor and
session stand in the metadata where the service's own forms of them differ.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from memory_agents.core.records import ID, MemoryEvent
from memory_agents.errors import MemoryRefused
from memory_agents.memory.provider import EVENTS_KEPT, EVENTS_LIVE
from memory_agents.memory.providers import agentcore_names as names
from memory_agents.memory.providers.agentcore_records import packed, unpacked

MOST_TEXT = 100_000
"""characters of an event"""
MOST_KEYS = 15
"""metadata of an event"""
EVENT_ID = "event_id"

_TYPE, _NAMESPACE, _CREATED, _ACTOR, _SESSION = "type", "namespace", "created_at", "actor", "session"
_SHOWN = (EVENT_ID, _TYPE, _NAMESPACE, _CREATED, _ACTOR, _SESSION)


def session_of(actor_id: str, session_id: str) -> dict[str, str]:
    """The parameters of a request that name a session."""
    return {"actorId": names.actor_name(actor_id), "sessionId": names.session_name(session_id)}


def request_of(event: MemoryEvent, *, memory_id: str, generation: str = "") -> dict[str, Any]:
    """The parameters that store it. Raises MemoryRefused for what is too much.

    The token makes the service take it once. `generation`: another one once the session was deleted: what was stored
    before that may be stored again.
    """
    if len(event.text) > MOST_TEXT:
        raise MemoryRefused(
            f"The text of event {event.id} has {len(event.text):,} characters, and AgentCore keeps {MOST_TEXT:,}.",
            fix="say it in fewer words",
        )
    session = session_of(event.actor_id, event.session_id)
    shown = {
        EVENT_ID: event.id,
        _TYPE: event.event_type,
        _NAMESPACE: event.namespace,
        _CREATED: event.created_at.isoformat(),
        _ACTOR: event.actor_id if event.actor_id != session["actorId"] else "",
        _SESSION: event.session_id if event.session_id != session["sessionId"] else "",
    }
    metadata = packed({}, shown, what=f"Event {event.id}", most=MOST_KEYS)
    said = {"conversational": {"content": {"text": event.text}, "role": "OTHER"}}
    return {
        **session,
        "eventTimestamp": event.created_at,
        "payload": [said] if event.text else [],
        "metadata": {name: {"stringValue": value} for name, value in metadata.items()},
        "extractionMode": "SKIP",
        "clientToken": _token(memory_id, event.actor_id, event.session_id, event.id, generation),
    }


def event_of(found: Mapping[str, Any], *, actor_id: str, session_id: str) -> MemoryEvent | None:
    """The MemoryEvent that an event of this session stands for; None if it is none of ours."""
    try:
        strings = {name: value.get("stringValue", "") for name, value in (found.get("metadata") or {}).items()}
        values = unpacked(strings, _SHOWN)
        if not ID.fullmatch(values[EVENT_ID]):
            return None
        said = [its["conversational"]["content"]["text"] for its in found.get("payload") or ()]
        event = MemoryEvent(
            id=values[EVENT_ID],
            actor_id=values.get(_ACTOR, actor_id),
            session_id=values.get(_SESSION, session_id),
            text="".join(said),
            event_type=values.get(_TYPE, ""),
            namespace=values.get(_NAMESPACE, ""),
            created_at=datetime.fromisoformat(values[_CREATED]).astimezone(UTC),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, zlib.error):
        return None
    return event if (event.actor_id, event.session_id) == (actor_id, session_id) else None


def living(events: Iterable[MemoryEvent], now: datetime) -> list[MemoryEvent]:
    """Those of a session that are kept: each once, newest first."""
    each = {event.id: event for event in events if now < event.created_at + EVENTS_LIVE}
    by_id = sorted(each.values(), key=lambda event: event.id)
    return sorted(by_id, key=lambda event: event.created_at, reverse=True)[:EVENTS_KEPT]


def _token(*parts: str) -> str:
    told = "\n".join(f"{len(part)} {part}" for part in parts)
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
