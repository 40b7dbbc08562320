"""`.github/memory-agents.yml` → Configuration, with the line of whatever is wrong."""

from __future__ import annotations

from pydantic import ValidationError

from memory_agents.configuration import Configuration, reason_of
from memory_agents.core import yaml_text
from memory_agents.errors import SettingsError

MAX_BYTES = 65_536
_KNOWN = ", ".join(str(field.alias) for field in Configuration.model_fields.values())


def parse(text: str, path: str) -> Configuration:
    """Parse the configuration file `path`; what is left blank is unset.

    Raises SettingsError that names file and line.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise SettingsError(f"{path}:1: it is larger than {MAX_BYTES} bytes.", fix=f"shorten {path}")
    try:
        document = yaml_text.read(text)
    except yaml_text.YamlFault as fault:
        raise SettingsError(f"{path}:{fault.line}: {fault.problem}.", fix=f"correct the YAML in {path}") from None
    try:
        return Configuration.model_validate({key: value for key, value in document.values.items() if value != ""})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        unknown = first["type"] == "extra_forbidden"
        what = f"`{_shown(key)}` is not a setting" if unknown else f"`{key}`: {reason_of(first)}"
        raise SettingsError(
            f"{path}:{document.lines.get(key, 1)}: {what}.", fix=f"correct it; the settings are {_KNOWN}"
        ) from None


def _shown(key: str) -> str:
    """A key as one short line: it may be any text."""
    return "".join(c if c.isprintable() else "?" for c in key)[:80]
