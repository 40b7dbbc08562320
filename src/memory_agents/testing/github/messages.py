"""What crosses the wire: Request, Reply, and Problem, the error replies in GitHub's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = Any
"""A JSON value: what `json.loads` gives."""
JsonObject = dict[str, Any]

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, body read, `Transfer-Encoding` undone."""

    method: str
    path: str
    """percent-encoded, without query; for REST without the `/api/v3` prefix"""
    query: Mapping[str, str] = field(default_factory=dict)
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """names in lower case"""
    body: bytes = b""
    api_url: str = ""
    """the API root that the caller used: with or without `/api/v3`"""
    server_url: str = ""

    @property
    def decoded_path(self) -> str:
        """The path for people and logs."""
        return unquote(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP response."""

    status: int
    body: Json = None
    """JSON value of a REST response"""
    raw: bytes = b""
    """body of a response that is not JSON"""
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(Exception):
    """An error reply; raised by whatever finds the problem, sent as it is."""

    def __init__(self, status: int, message: str, *, errors: list[Json] | None = None) -> None:
        super().__init__(message)
        body: JsonObject = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
        if errors is not None:
            body["errors"] = errors
        self.reply = Reply(status=status, body=body)


class Unsupported(Exception):
    """The request is one that GitHub understands and this fake does not: reported as a violation."""


class Refusal(Exception):
    """An error in the answer to a GraphQL query, in GitHub's words; the rest of the answer stands."""

    def __init__(self, kind: str, message: str, *, extensions: JsonObject | None = None) -> None:
        super().__init__(message)
        self.shown: JsonObject = {"type": kind} | ({"extensions": extensions} if extensions else {})


def not_found() -> Problem:
    """404, also for what the caller may not know to exist."""
    return Problem(404, "Not Found")


def forbidden() -> Problem:
    """403 for a token without the permission."""
    return Problem(403, "Resource not accessible by integration")


def invalid(resource: str, name: str, code: str = "invalid", message: str = "") -> Problem:
    """422 with one error about a field of a resource."""
    error = {"resource": resource, "field": name, "code": code}
    return Problem(422, "Validation Failed", errors=[error | {"message": message} if message else error])
