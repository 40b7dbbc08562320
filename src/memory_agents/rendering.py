"""PromptContext → Prompt, by sandboxed, strict Jinja.

A maintainer's template of the same name wins over ours, and so does each partial by itself. One
that cannot be rendered is noticed, with file and line, and ours is used. Values never become
template source.
"""

from __future__ import annotations

import importlib.resources
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from memory_agents.core.records import Notice
from memory_agents.errors import TemplateError

_SECONDS = 10
"""for one rendering; checked whenever something is printed"""
_CHARACTERS = 4_000_000
SUFFIX = ".md.j2"
PARTIALS = "_partials/"

_FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,  # of the Python that Jinja makes: loops nested more than 20 deep
    TypeError,
    ValueError,
)
"""what a template can raise by its own doing"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template's text, and which files of the maintainer had a part in it: `default` for none."""

    text: str
    origin: str


class Templates:
    """The maintainer's templates over the default ones."""

    def __init__(self, own: Mapping[str, str], *, folder: str) -> None:
        """`own`: file name below `folder` → text; `folder` names the files in errors."""
        self._own = {f"{folder}/{name}": text for name, text in own.items()}
        self._folder = folder
        self.notices: list[Notice] = []

    def names(self) -> tuple[str, ...]:
        """The templates that can be rendered, without suffix."""
        files = {*_defaults(), *(path.removeprefix(f"{self._folder}/") for path in self._own)}
        return tuple(sorted(f.removesuffix(SUFFIX) for f in files if f.endswith(SUFFIX) and not f.startswith("_")))

    def render(self, name: str, values: Mapping[str, object]) -> Rendered:
        """Render the template `name` (without suffix), the maintainer's or ours. Raises TemplateError."""
        used: set[str] = set()
        environment = ImmutableSandboxedEnvironment(
            loader=jinja2.FunctionLoader(lambda wanted: self._source(wanted, used)),
            undefined=_Missing,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        del environment.filters["striptags"]  # it would take the tags of a fence away
        del environment.globals["lipsum"]  # it makes any amount of text
        file = f"{name}{SUFFIX}"
        try:
            text = "".join(_bounded(environment.get_template(file).generate(values), file))
        except jinja2.TemplateNotFound as error:
            raise TemplateError(
                f"There is no template {error.name}.",
                fix=f"add {self._folder}/{error.name}, or use one of: {', '.join(self.names())}",
            ) from None
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(
                f"{error.filename}:{error.lineno}: {error.message}.", fix=f"correct {error.filename}"
            ) from None
        except _FAULTS as error:
            place = _place(error.__traceback__, self._folder) or file
            raise TemplateError(
                f"{place}: {_reason(error)}.", fix=f"correct {place.rpartition(':')[0] or place}"
            ) from None
        origin = ", ".join(sorted(used)) or "default"
        if not text.strip():
            raise TemplateError(f"{origin}: it renders nothing.", fix=f"correct {origin}")
        return Rendered(text=text, origin=origin)

    @property
    def are_default(self) -> bool:
        """Whether no template of the maintainer is in use."""
        return not self._own

    def fall_back(self, error: TemplateError) -> None:
        """Use the default templates from now on, and notice why."""
        self._own = {}
        self.notices.append(Notice(text=f"{error.message} The default template is used.", fix=error.fix))

    def _source(self, wanted: str, used: set[str]) -> tuple[str, str, None] | None:
        path = f"{self._folder}/{wanted}"
        if path in self._own:
            used.add(path)
            return self._own[path], path, None
        text = _defaults().get(wanted)
        return None if text is None else (text, f"prompts/{wanted}", None)


class _Missing(jinja2.StrictUndefined):
    """Says what there is in place of what was asked for."""

    @property
    def _undefined_message(self) -> str:
        there = self._undefined_obj
        if isinstance(there, Mapping):
            return f"there is no `{self._undefined_name}` in it, but {', '.join(sorted(there))}"
        return super()._undefined_message


def _bounded(parts: Iterable[str], file: str) -> Iterator[str]:
    """The parts of a rendering, as long as it is neither slow nor long."""
    end, left = time.monotonic() + _SECONDS, _CHARACTERS
    for part in parts:
        left -= len(part)
        if left < 0:
            raise TemplateError(f"{file} renders more than {_CHARACTERS:,} characters.", fix=f"shorten {file}")
        if time.monotonic() > end:
            raise TemplateError(f"{file} takes longer than {_SECONDS} seconds.", fix=f"shorten the loops of {file}")
        yield part


@cache
def _defaults() -> Mapping[str, str]:
    """Name → text of the templates that ship: in the wheel, or at the top of a checkout."""
    packaged = importlib.resources.files("memory_agents") / "prompts"
    top = packaged if packaged.is_dir() else Path(__file__).parents[2] / "prompts"
    return dict(_walk(Path(str(top))))


def _walk(top: Path) -> list[tuple[str, str]]:
    files = sorted(top.rglob("*.j2"))
    return [(file.relative_to(top).as_posix(), file.read_text(encoding="utf-8")) for file in files]


def _place(traceback: TracebackType | None, folder: str) -> str:
    """`file:line` of the innermost template in a traceback."""
    found = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith((f"{folder}/", "prompts/")):
            found = f"{file}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found


def _reason(error: Exception) -> str:
    return (str(error).partition("\n")[0] or type(error).__name__).rstrip(".")
