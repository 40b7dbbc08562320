"""From a request to its answer, without a network: validation, faults, work, and a check of what is answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from memory_agents.testing.agentcore import routing
from memory_agents.testing.agentcore.control import Control
from memory_agents.testing.agentcore.errors import ServiceError, invalid
from memory_agents.testing.agentcore.events import LARGEST, ShortTerm
from memory_agents.testing.agentcore.faults import Fault, Faults
from memory_agents.testing.agentcore.memories import Wire, World
from memory_agents.testing.agentcore.records import LongTerm
from memory_agents.testing.agentcore.shapes import violations

SIGNATURE = "AWS4-HMAC-SHA256 "
"""what the Authorization header begins with; the signature itself is not checked"""
_NO_FAULT = Fault(operation="")

Work = Callable[[Wire, Fault], Wire]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that an operation was found for."""

    operation: str
    request: Wire
    """its members by their names in the model; times in epoch seconds"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: bytes
    error: str = ""
    """the code, of an error"""


class Service:
    """Answers requests on memories, one at a time."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.calls: list[Call] = []
        self._world = world
        self._faults = faults
        self._lock = threading.Lock()
        short, long, control = ShortTerm(world), LongTerm(world), Control(world)
        self._work: Mapping[str, Work] = {
            "CreateEvent": short.create,
            "GetEvent": short.get,
            "DeleteEvent": short.delete,
            "ListEvents": short.list_events,
            "ListSessions": short.list_sessions,
            "ListActors": short.list_actors,
            "BatchCreateMemoryRecords": long.batch_create,
            "BatchUpdateMemoryRecords": long.batch_update,
            "BatchDeleteMemoryRecords": long.batch_delete,
            "GetMemoryRecord": long.get,
            "DeleteMemoryRecord": long.delete,
            "ListMemoryRecords": long.list_records,
            "RetrieveMemoryRecords": long.retrieve,
            "CreateMemory": control.create,
            "GetMemory": control.get,
            "ListMemories": control.list_memories,
            "UpdateMemory": control.update,
            "DeleteMemory": control.delete,
        }

    def settle(self) -> None:
        """Let everything that takes time be over."""
        with self._lock:
            self._world.settle()

    def fault(self, method: str, target: str) -> Fault:
        """What goes wrong with this request."""
        try:
            route, _ = routing.find(method, target)
        except ServiceError:
            return _NO_FAULT
        return self._faults.take(route.name) or _NO_FAULT

    def answer(self, method: str, target: str, authorization: str, body: bytes, fault: Fault) -> Answer:
        """The answer to a request; `target` is its path and query as they were sent."""
        route: routing.Route | None = None
        try:
            route, labels = routing.find(method, target)
            _check_signed(authorization)
            request = routing.parse(route, labels, target, body)
            self.calls.append(Call(route.name, dict(request)))
            with self._lock:
                answered = self._carried_out(route, request, body, fault)
        except ServiceError as error:
            known = route.error_status(error.code) if route else None
            return Answer(error.status or known or 400, json.dumps(error.body).encode(), error.code)
        return Answer(route.status, json.dumps(answered).encode())

    def _carried_out(self, route: routing.Route, request: Wire, body: bytes, fault: Fault) -> Wire:
        if fault.is_refusal:
            raise _refusal(route, fault)
        if route.name not in self._work:
            raise ServiceError("NotImplementedException", f"{route.name} is not emulated", status=501)
        if route.name == "CreateEvent" and len(body) > LARGEST:
            raise invalid(f"An event of {len(body)} bytes is larger than {LARGEST}")
        answered = self._work[route.name](request, fault)
        if found := list(violations(route.model.output_shape, _completed(answered), is_answer=True)):
            wrong = "; ".join(f"{violation.name} {violation.message}" for violation in found[:5])
            raise ServiceError("EmulatorDefect", f"The emulator's answer to {route.name} is wrong: {wrong}", status=500)
        return answered


def _check_signed(authorization: str) -> None:
    if not authorization.startswith(SIGNATURE):
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", status=403)


def _completed(answered: Wire) -> Wire:
    """An answer with the payloads that ListEvents leaves out, which the service's own model requires."""
    events: list[Any] = answered.get("events", [])
    return {**answered, "events": [{"payload": [], **event} for event in events]} if events else answered


def _refusal(route: routing.Route, fault: Fault) -> ServiceError:
    code = fault.code or route.error_code(fault.status or 500)
    error = ServiceError(code, f"{route.name} failed on demand", status=fault.status)
    if code == "ValidationException":
        error.body["reason"] = "FieldValidationFailed"
    return error
