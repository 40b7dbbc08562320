"""GitHub's own OpenAPI description as a judge of every request and response.

The description is cut by `tools/openapi_closure.py`. It is OpenAPI 3.0, whose schemas are JSON Schema
draft 4 but for `nullable`, which is translated here.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from memory_agents.errors import MissingExtra
from memory_agents.testing.github.messages import Json, JsonObject

ERROR = 400
"""the first status that is an error"""
MOST_PROBLEMS = 5
"""more than these of one message help nobody"""

Errors = Callable[[Json], list[str]]
"""value → what is wrong with it, each with its place"""
LABEL_NAMES = {"type": "array", "items": {"type": "string"}}
GAPS: dict[tuple[str, str, str], tuple[JsonObject, str]] = {
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "body"): (
        LABEL_NAMES,
        "GitHub takes a bare array of names, which PyGithub sends; the description omits it",
    ),
    ("GET", "/repos/{owner}/{repo}/issues", "query parameter after"): (
        {"type": "string", "minLength": 1},
        "GitHub's own Link header leads there; the description omits it",
    ),
}
"""What GitHub accepts although its description does not: (method, path, part) → (schema, why)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path of the description."""

    method: str
    path: str
    """template, such as `/repos/{owner}/{repo}`"""
    description: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """The operation of a request with the values in its path."""

    operation: Operation
    parameters: Mapping[str, str]


class Contract:
    """Checks requests and responses against a description. Problems are sentences; none is an empty list."""

    def __init__(self, description: JsonObject) -> None:
        self._components: JsonObject = _without_nullable(description["components"])
        paths: JsonObject = _without_nullable(description["paths"])
        self.operations = tuple(
            Operation(method.upper(), path, operation)
            for path, methods in paths.items()
            for method, operation in methods.items()
        )
        self._patterns = [(self._pattern(operation), operation) for operation in self.operations]
        self._validators: dict[str, Errors] = {}
        self._compile = _compiler()

    def find(self, method: str, path: str) -> Found | None:
        """The operation that a request means; the path with the fewest parameters wins."""
        candidates = [
            (match, operation)
            for pattern, operation in self._patterns
            if operation.method == method and (match := pattern.fullmatch(path))
        ]
        if not candidates:
            return None
        match, operation = min(candidates, key=lambda candidate: len(candidate[0].groupdict()))
        return Found(operation, {name: unquote(value) for name, value in match.groupdict().items()})

    def check_parameters(self, found: Found, query: Mapping[str, str]) -> list[str]:
        """What is wrong with the values in a request's path and query."""
        parameters = {(each["in"], each["name"]): each for each in self._parameters(found.operation)}
        problems: list[str] = []
        for place, values in (("path", found.parameters), ("query", query)):
            for name, text in values.items():
                part = f"{place} parameter {name}"
                gap, _ = GAPS.get((found.operation.method, found.operation.path, part), (None, ""))
                schema = parameters[place, name]["schema"] if (place, name) in parameters else gap
                if schema is None:
                    problems.append(f"{part}: GitHub's description has none of that name")
                else:
                    problems += self._check(schema, self._typed(schema, text), part)
        missing = {name for (place, name), each in parameters.items() if place == "query" and each.get("required")}
        return problems + [f"query parameter {name}: it is required" for name in sorted(missing - set(query))]

    def check_body(self, found: Found, body: bytes) -> list[str]:
        """What is wrong with a request's body."""
        operation = found.operation
        described = operation.description.get("requestBody")
        if described is None:
            return ["body: GitHub's description has none here"] if body else []
        if not body:
            return ["body: it is required"] if described.get("required") else []
        try:
            value = json.loads(body)
        except ValueError as error:
            return [f"body: it is not JSON: {error}"]
        if (gap := GAPS.get((operation.method, operation.path, "body"))) and not self._check(gap[0], value, "body"):
            return []
        schema = described["content"]["application/json"]["schema"]
        unknown = sorted(set(value) - self._properties(schema)) if isinstance(value, dict) else []
        named = [f"body: GitHub's description has no property {name}" for name in unknown]
        return named + self._check(schema, value, "body")

    def check_response(self, operation: Operation, status: int, body: Json) -> list[str]:
        """What is wrong with a response. An error that is not described must be GitHub's basic error."""
        response = operation.description["responses"].get(str(status))
        if response is None and status < ERROR:
            return [f"status {status}: GitHub's description has no such response"]
        content = self._resolve(response).get("content", {}) if response else {}
        schema = content.get("application/json", {}).get("schema")
        if schema is None and status >= ERROR:
            schema = {"$ref": "#/components/schemas/basic-error"}
        if schema is None:
            return [] if body is None else [f"status {status}: GitHub's description has no body here"]
        return self._check(schema, body, f"response {status}")

    def _properties(self, schema: JsonObject) -> set[str]:
        """The names that a schema knows, in whichever of its alternatives."""
        schema = self._resolve(schema)
        parts = [part for key in ("oneOf", "anyOf", "allOf") for part in schema.get(key, ())]
        return set(schema.get("properties", {})).union(*(self._properties(part) for part in parts))

    def _parameters(self, operation: Operation) -> list[JsonObject]:
        return [self._resolve(parameter) for parameter in operation.description.get("parameters", ())]

    def _pattern(self, operation: Operation) -> re.Pattern[str]:
        """The template as a pattern; some parameters span several segments."""
        long = {each["name"] for each in self._parameters(operation) if each.get("x-multi-segment")}
        pattern = ""
        for literal, name in re.findall(r"([^{]+)(?:\{([^}]+)\})?", operation.path):
            pattern += re.escape(literal) + (f"(?P<{name}>{'.*' if name in long else '[^/]+'})" if name else "")
        return re.compile(pattern)

    def _resolve(self, node: JsonObject) -> JsonObject:
        """`node`, or the component that it refers to."""
        if "$ref" not in node:
            return node
        _, _, kind, name = node["$ref"].split("/")
        component: JsonObject = self._components[kind][name]
        return component

    def _typed(self, schema: JsonObject, text: str) -> Json:
        """A query's text as the type that the schema asks for; as it is when it cannot be."""
        schema = self._resolve(schema)
        kinds = {part.get("type") for part in (schema, *schema.get("oneOf", ()))}
        if "integer" in kinds and re.fullmatch(r"-?\d+", text):
            return int(text)
        if "boolean" in kinds and text in {"true", "false"}:
            return text == "true"
        return text

    def _check(self, schema: JsonObject, value: Json, where: str) -> list[str]:
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = self._compile({"allOf": [schema], "components": self._components})
        return [f"{where}{error}" for error in self._validators[key](value)]


def _compiler() -> Callable[[JsonObject], Errors]:
    """What makes a schema into a function that lists what is wrong with a value."""
    try:
        import jsonschema_rs
    except ModuleNotFoundError:
        raise MissingExtra("The fake GitHub's judge", "testing") from None

    def compile_schema(schema: JsonObject) -> Errors:
        validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)

        def errors(value: Json) -> list[str]:
            found = list(validator.iter_errors(value))[:MOST_PROBLEMS]
            return [f"{_place(error.instance_path)}: {error.message[:300]}" for error in found]

        return errors

    return compile_schema


def _place(path: list[str | int]) -> str:
    return f" at {'/'.join(map(str, path))}" if path else ""


def _without_nullable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable: true` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_without_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    translated = {key: _without_nullable(value) for key, value in node.items()}
    if node.get("nullable") is not True:
        return translated
    del translated["nullable"]
    return {"anyOf": [{"type": "null"}, translated]}


@functools.cache
def github_contract() -> Contract:
    """The judge for the operations that the fake serves; one for the process, as compiling it takes time."""
    text = files("memory_agents.testing").joinpath("openapi", "github.json").read_text(encoding="utf-8")
    return Contract(json.loads(text))
