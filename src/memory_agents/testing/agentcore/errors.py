"""What the service refuses with, in the form that botocore reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from memory_agents.testing.agentcore.shapes import Violation


class ServiceError(Exception):
    """An error answer: its code, and its status where the operation's model does not say it."""

    def __init__(self, code: str, message: str, *, status: int | None = None, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.body: dict[str, Any] = {"message": message, **members}


def invalid(message: str, fields: Iterable[Violation] = (), *, reason: str = "FieldValidationFailed") -> ServiceError:
    """A ValidationException; `fields` names what is wrong."""
    error = ServiceError("ValidationException", message, reason=reason)
    if listed := [{"name": field.name, "message": field.message} for field in fields]:
        error.body["fieldList"] = listed
    return error


def refused(fields: list[Violation]) -> ServiceError:
    """A ValidationException for members that break the model."""
    shown = "; ".join(f"{field.name} {field.message}" for field in fields[:3])
    return invalid(f"{len(fields)} validation error(s) detected: {shown}", fields)


def missing(what: str) -> ServiceError:
    """A ResourceNotFoundException."""
    return ServiceError("ResourceNotFoundException", f"{what} not found")
