"""YAML whose scalars are all text, and whose faults have a line.

YAML would take `no` for false, `yes` for 1 and 2026-01-01 for a date, so nothing is guessed here. Names
are texts that stand once; aliases are refused, depth is bounded: people write neither, attackers both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

# libyaml's where PyYAML was built with it. Its composer would recurse without a bound, its parser does not.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MAX_DEPTH = 16


class YamlFault(Exception):
    """What is wrong in a text, and in which of its lines, counted from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = "".join(c if c.isprintable() else "?" for c in problem)[:200]


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping: its values are texts, lists and mappings of them."""

    values: Mapping[str, object]
    lines: Mapping[str, int]
    """name → the line on which it stands"""


def read(text: str) -> Document:
    """Read a text that is one mapping, or blank. Raises YamlFault."""
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        raise YamlFault(_line_at(text, unprintable.start()), "it holds a character that YAML does not allow")
    try:
        return _document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlFault(line, error.problem or error.context or "it is not YAML") from None
    except yaml.YAMLError:
        raise YamlFault(1, "it is not YAML") from None


def _document(events: Iterator[yaml.Event]) -> Document:
    lines: dict[str, int] = {}
    values: object = ""
    seen = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            seen += 1
            if seen > 1:
                raise YamlFault(_line(event), "a second document begins")
            values = _value(next(events), events, lines, 0)
    if values == "":
        return Document({}, {})
    if not isinstance(values, dict):
        raise YamlFault(1, "it is not made of `name: value` lines")
    return Document(values, lines)


def _value(event: yaml.Event, events: Iterator[yaml.Event], lines: dict[str, int], depth: int) -> object:
    """The value that begins with `event`; the names of the outermost mapping go into `lines`."""
    if depth > _MAX_DEPTH:
        raise YamlFault(_line(event), "it is nested too deeply")
    match event:
        case yaml.ScalarEvent():
            return str(event.value)
        case yaml.SequenceStartEvent():
            entries: list[object] = []
            while not isinstance(entry := next(events), yaml.SequenceEndEvent):
                entries.append(_value(entry, events, lines, depth + 1))
            return entries
        case yaml.MappingStartEvent():
            values: dict[str, object] = {}
            while not isinstance(name := next(events), yaml.MappingEndEvent):
                key = _name(name, values)
                if depth == 0:
                    lines[key] = _line(name)
                values[key] = _value(next(events), events, lines, depth + 1)
            return values
        case _:
            raise YamlFault(_line(event), "aliases are not read")


def _name(event: yaml.Event, values: Mapping[str, object]) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise YamlFault(_line(event), "a name is not text")
    if event.value in values:
        raise YamlFault(_line(event), f"`{event.value}` stands there twice")
    return str(event.value)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
