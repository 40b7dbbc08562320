"""`.github/memory-agents.yml` → Configuration, with the line of whatever is wrong."""

from __future__ import annotations

import yaml
from pydantic import ValidationError

from memory_agents.errors import SettingsError
from memory_agents.settings import Configuration

MAX_BYTES = 65_536


def parse(text: str, path: str) -> Configuration:
    """Parse the configuration file `path`; raises SettingsError that names file and line."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise SettingsError(f"{path} is larger than {MAX_BYTES} bytes.", fix=f"shorten {path}")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.load(text, Loader=yaml.SafeLoader)  # noqa: S506 -- the safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}:{line}: {error.problem}.", fix=f"correct the YAML in {path}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SettingsError(f"{path}: it cannot be read: {_line(error)}.", fix=f"correct the YAML in {path}") from None
    if values is None:
        return Configuration()
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path}:1: it holds no settings.", fix=f"write `top-k: 5` and the like in {path}")
    try:
        return Configuration.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        what = f"`{key}` is not a setting" if first["type"] == "extra_forbidden" else f"`{key}`: {_message(first['msg'])}"
        known = ", ".join(str(field.alias) for field in Configuration.model_fields.values())
        raise SettingsError(
            f"{path}:{_line_of(node, key)}: {what}.", fix=f"correct it; the settings are {known}"
        ) from None


def _line_of(node: yaml.MappingNode, key: str) -> int:
    return next((k.start_mark.line + 1 for k, _ in node.value if str(k.value) == key), 1)


def _message(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
