"""The operations that concern memories in both service models: which one a request asks for, and with what."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from memory_agents.testing.agentcore.errors import ServiceError, invalid, refused
from memory_agents.testing.agentcore.shapes import Violation, violations

SERVICES = ("bedrock-agentcore", "bedrock-agentcore-control")
"""the data plane and the control plane; no path of the one is a path of the other"""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation."""

    model: Any
    """botocore's OperationModel"""
    service: str
    segments: tuple[str, ...]
    """of the path's pattern"""

    @property
    def name(self) -> str:
        """Of the operation."""
        return str(self.model.name)

    @property
    def status(self) -> int:
        """Of an answer that is no error."""
        return int(self.model.http["responseCode"])

    def labels(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """What stands in the pattern's `{labels}`, or None if the path is another."""
        if len(segments) != len(self.segments):
            return None
        found = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if pattern.startswith("{") and segment:
                found[pattern[1:-1]] = unquote(segment)
            elif pattern != segment:
                return None
        return found

    def error_status(self, code: str) -> int | None:
        """The status of an error that the model knows for this operation."""
        known = {shape.error_code: shape.metadata["error"]["httpStatusCode"] for shape in self.model.error_shapes}
        return known.get(code)

    def error_code(self, status: int) -> str:
        """An error that the model knows for this operation with that status, or the generic one."""
        codes = [
            str(shape.error_code)
            for shape in self.model.error_shapes
            if shape.metadata["error"]["httpStatusCode"] == status
        ]
        return codes[0] if codes else {503: "ServiceUnavailableException"}.get(status, "InternalFailure")


@functools.cache
def routes() -> tuple[Route, ...]:
    """All operations on memories, in both planes."""
    import botocore.session

    session = botocore.session.get_session()
    found = []
    for service in SERVICES:
        model = session.get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if operation.http["requestUri"].startswith("/memories"):
                found.append(Route(operation, service, tuple(operation.http["requestUri"].split("/"))))
    return tuple(found)


def find(method: str, raw_target: str) -> tuple[Route, dict[str, str]]:
    """The operation that a request line asks for, and its labels. Raises ServiceError.

    The path is taken as it was sent: an actor `a/b` comes as `a%2Fb` and is one segment.
    """
    segments = tuple(raw_target.partition("?")[0].split("/"))
    for route in routes():
        if route.model.http["method"] == method and (labels := route.labels(segments)) is not None:
            return route, labels
    raise ServiceError("UnknownOperationException", f"No operation has {method} {raw_target}", status=404)


def parse(route: Route, labels: Mapping[str, str], raw_target: str, body: bytes) -> dict[str, Any]:
    """The request as JSON by the names of its members, checked against the model. Raises ServiceError."""
    sent = _body(body)
    query = parse_qs(raw_target.partition("?")[2], keep_blank_values=True)
    request: dict[str, Any] = {}
    for key, member in route.model.input_shape.members.items():
        name = member.serialization.get("name", key)
        match member.serialization.get("location"):
            case "uri":
                request[key] = labels[name]
            case "querystring":
                if name in query:
                    request[key] = query.pop(name)[-1]
            case _:
                if name in sent:
                    request[key] = sent.pop(name)
    unknown = [Violation(name, "is unknown") for name in (*sent, *query)]
    if found := [*unknown, *violations(route.model.input_shape, request)]:
        raise refused(found)
    return request


def _body(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        raise invalid("The body is no JSON", reason="CannotParse") from None
    if not isinstance(sent, dict):
        raise invalid("The body is no JSON object", reason="CannotParse")
    return sent
