"""Short-term memory: the operations on events, sessions and actors."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from memory_agents.testing.agentcore import pages
from memory_agents.testing.agentcore.errors import ServiceError, invalid, missing
from memory_agents.testing.agentcore.faults import Fault
from memory_agents.testing.agentcore.memories import Bucket, Memory, Session, Wire, World, milliseconds, once

_DAY = 86_400
LARGEST = 10_000_000
"""bytes of one event"""


class ShortTerm:
    """Answers what is asked of events."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, request: Wire, _: Fault) -> Wire:
        """CreateEvent."""
        memory = self._world.active(request["memoryId"])
        asked = dict(request)
        request.setdefault("sessionId", str(uuid.uuid4()))
        place = (request["actorId"], request["sessionId"])
        rate = self._world.events_per_second
        session = memory.sessions.get(place) or Session(self._world.now(), Bucket(max(1.0, rate), time.monotonic()))
        if not session.bucket.take(rate):
            raise ServiceError("ThrottledException", f"More than {rate} events a second in session {place[1]}")
        return once(memory.answered, asked, lambda: self._create(memory, session, request))

    def _create(self, memory: Memory, session: Session, request: Wire) -> Wire:
        root = request.get("branch", {}).get("rootEventId")
        if root is not None and root not in session.events:
            raise missing(f"Event {root}")
        at = milliseconds(request["eventTimestamp"])
        event = {
            "memoryId": request["memoryId"].rpartition("/")[2],
            "actorId": request["actorId"],
            "sessionId": request["sessionId"],
            "eventId": f"{int(at * 1000):019d}#{self._world.number():08x}",
            "eventTimestamp": at,
            "payload": request["payload"],
        }
        event |= {name: request[name] for name in ("branch", "metadata") if name in request}
        memory.sessions[request["actorId"], request["sessionId"]] = session
        session.events[event["eventId"]] = event
        session.arrived[event["eventId"]] = self._world.now()
        return {"event": event}

    def get(self, request: Wire, _: Fault) -> Wire:
        """GetEvent."""
        return {"event": self._find(request)[1]}

    def delete(self, request: Wire, _: Fault) -> Wire:
        """DeleteEvent."""
        session, event = self._find(request)
        del session.events[event["eventId"]]
        return {"eventId": event["eventId"]}

    def list_events(self, request: Wire, fault: Fault) -> Wire:
        """ListEvents, newest first; a session that nobody wrote to has none."""
        memory = self._world.active(request["memoryId"])
        session = memory.sessions.get((request["actorId"], request["sessionId"]))
        events = list(self._live(memory, session)) if session else []
        wanted = _matching(events, request.get("filter", {}))
        if not request.get("includePayloads", False):
            wanted = [{name: value for name, value in event.items() if name != "payload"} for event in wanted]
        found: list[tuple[pages.Key, Wire]] = [
            ((-event["eventTimestamp"], -int(event["eventId"].partition("#")[2], 16)), event) for event in wanted
        ]
        return self._paged("events", found, request, fault)

    def list_sessions(self, request: Wire, fault: Fault) -> Wire:
        """ListSessions, newest first; one whose events are all gone is listed unless HAS_EVENTS is asked for."""
        memory = self._world.active(request["memoryId"])
        only_full = "eventFilter" in request.get("filter", {})
        found: list[tuple[pages.Key, Wire]] = [
            ((-session.created_at, name), {"actorId": actor, "sessionId": name, "createdAt": session.created_at})
            for (actor, name), session in memory.sessions.items()
            if actor == request["actorId"] and (not only_full or any(self._live(memory, session)))
        ]
        return self._paged("sessionSummaries", found, request, fault)

    def list_actors(self, request: Wire, fault: Fault) -> Wire:
        """ListActors."""
        memory = self._world.active(request["memoryId"])
        found: list[tuple[pages.Key, Wire]] = [
            ((actor,), {"actorId": actor}) for actor in {actor for actor, _ in memory.sessions}
        ]
        return self._paged("actorSummaries", found, request, fault)

    def _paged(self, name: str, found: list[tuple[pages.Key, Wire]], request: Wire, fault: Fault) -> Wire:
        asked = {key: value for key, value in request.items() if key not in {"nextToken", "maxResults"}}
        shown, rest = pages.page(found, request, of=asked, empty=fault.empty)
        return {name: shown, **rest}

    def _live(self, memory: Memory, session: Session) -> Iterator[Wire]:
        oldest = self._world.now() - memory.wire["eventExpiryDuration"] * _DAY
        return (event for event_id, event in session.events.items() if session.arrived[event_id] > oldest)

    def _find(self, request: Wire) -> tuple[Session, Wire]:
        memory = self._world.active(request["memoryId"])
        for place, session in memory.sessions.items():
            for event in self._live(memory, session):
                if event["eventId"] == request["eventId"]:
                    if place != (request["actorId"], request["sessionId"]):
                        raise invalid("The event is in another session", reason="EventInOtherSession")
                    return session, event
        raise missing(f"Event {request['eventId']}")


def _matching(events: list[Wire], wanted: Wire) -> list[Wire]:
    if "branch" in wanted:
        events = _on_branch(events, wanted["branch"])
    for condition in wanted.get("eventMetadata", []):
        key, name = condition["left"]["metadataKey"], condition["operator"]
        right = condition.get("right", {}).get("metadataValue", {}).get("stringValue")
        if (name == "EQUALS_TO") != (right is not None):
            raise invalid(f"{name} {'needs a' if name == 'EQUALS_TO' else 'takes no'} right side")
        values = [(event, event.get("metadata", {}).get(key, {}).get("stringValue")) for event in events]
        events = [
            event
            for event, value in values
            if (value == right if name == "EQUALS_TO" else (value is not None) == (name == "EXISTS"))
        ]
    return events


def _on_branch(events: list[Wire], wanted: Wire) -> list[Wire]:
    """The events of a branch and, if asked for, what came before it on the branches that it grew from."""
    found: list[Wire] = []
    name, before = wanted["name"], float("inf")
    while True:
        here = [event for event in events if event.get("branch", {}).get("name") == name]
        found += [event for event in here if event["eventTimestamp"] <= before]
        roots = [event["branch"]["rootEventId"] for event in here if "rootEventId" in event.get("branch", {})]
        parents = [event for event in events if roots and event["eventId"] == roots[0]]
        if not wanted.get("includeParentBranches") or not parents:
            return found
        name, before = parents[0].get("branch", {}).get("name"), parents[0]["eventTimestamp"]
