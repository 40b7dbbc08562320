"""`.github/memory-agents.yml` → Configuration, with the line of whatever is wrong.

Scalars are read as text and then validated, as inputs are: YAML would take `no` for false and `yes` for 1.
"""

from __future__ import annotations

import yaml
from pydantic import ValidationError

from memory_agents.errors import SettingsError
from memory_agents.settings import Configuration

MAX_BYTES = 65_536
_MAX_DEPTH = 20
_KNOWN = ", ".join(str(field.alias) for field in Configuration.model_fields.values())


def parse(text: str, path: str) -> Configuration:
    """Parse the configuration file `path`; raises SettingsError that names file and line."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise SettingsError(f"{path}:1: it is larger than {MAX_BYTES} bytes.", fix=f"shorten {path}")
    node = _compose(text, path)
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return Configuration()
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path}:1: it holds no settings.", fix=f"write `top-k: 5` and the like in {path}")
    values = _mapping(node, path)
    try:
        return Configuration.model_validate({key: value for key, value in values.items() if value != ""})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        unknown = first["type"] == "extra_forbidden"
        what = f"`{_shown(key)}` is not a setting" if unknown else f"`{key}`: {_message(first['msg'])}"
        raise SettingsError(
            f"{path}:{_line_of(node, key)}: {what}.", fix=f"correct it; the settings are {_KNOWN}"
        ) from None


def _compose(text: str, path: str) -> yaml.Node | None:
    """The document's tree; its depth is bounded first, for the parser recurses."""
    fix = f"correct the YAML in {path}"
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
                problem = "aliases are not read" if isinstance(event, yaml.AliasEvent) else "it is nested too deeply"
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise SettingsError(f"{path}:{line}: {problem}.", fix=fix)
        return yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}:{line}: {error.problem or error.context}.", fix=fix) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SettingsError(f"{path}:{line}: it holds a character that YAML does not allow.", fix=fix) from None


def _mapping(node: yaml.MappingNode, path: str) -> dict[str, object]:
    """The values of a mapping whose keys are texts, each once."""
    values: dict[str, object] = {}
    for key, value in node.value:
        place = f"{path}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            raise SettingsError(f"{place}: a name is not text.", fix=f"write `name: value` in {path}")
        if key.value in values:
            raise SettingsError(f"{place}: `{_shown(key.value)}` stands there twice.", fix="keep one of them")
        values[key.value] = _value(value, path)
    return values


def _value(node: yaml.Node, path: str) -> object:
    match node:
        case yaml.MappingNode():
            return _mapping(node, path)
        case yaml.SequenceNode():
            return [_value(entry, path) for entry in node.value]
        case _:
            return str(node.value)


def _line_of(node: yaml.MappingNode, key: str) -> int:
    return next((k.start_mark.line + 1 for k, _ in node.value if k.value == key), 1)


def _shown(key: str) -> str:
    """A key as one short line: it may be any text."""
    return "".join(c if c.isprintable() else "?" for c in key)[:80]


def _message(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")
