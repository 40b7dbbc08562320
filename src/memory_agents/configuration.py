"""Configuration: what a repository's maintainers decide once, in `.github/memory-agents.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from memory_agents.core import namespaces

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conventions": (
            namespaces.CONVENTIONS,
            namespaces.TESTING,
            namespaces.SECURITY,
            namespaces.PROJECT_PREFERENCES,
        ),
        # whatever no other section shows, so that a namespace of one's own is recalled without being named
        "patterns": (
            "*",
            f"!{namespaces.CONVENTIONS}",
            "!testing/*",
            "!security/*",
            "!preferences/*",
            "!agents/*",
            "!reviews/*",
        ),
        "similar_issues": (namespaces.ISSUES,),
        "reviews": (namespaces.PULL_REQUESTS,),
    }
)
"""section of the prompt → the Namespaces (globs) that feed it"""

MIN_SCORES: Mapping[str, float] = MappingProxyType(
    {"conventions": 0.08, "patterns": 0.08, "similar_issues": 0.15, "reviews": 0.15}
)
"""section → the score below which a memory is not shown: a fact that bears on little costs a line, a wrong
similar issue misleads"""

LABELS: Mapping[str, str] = MappingProxyType({"memory:remember": namespaces.PATTERNS})
"""label → the Namespace of the digest that it asks for"""


def _glob(value: str) -> str:
    if not namespaces.is_valid_glob(value):
        msg = f"{value!r} is not a namespace or a glob such as codebase/*"
        raise ValueError(msg)
    return value


def _fact_namespace(value: str) -> str:
    if not namespaces.may_hold_facts(value):
        msg = f"{value!r} is not a namespace for facts, such as codebase/releases"
        raise ValueError(msg)
    return value


Glob = Annotated[str, AfterValidator(_glob)]
FactNamespace = Annotated[str, AfterValidator(_fact_namespace)]


class Configuration(BaseModel):
    """`.github/memory-agents.yml`: what a repository's maintainers decide once for all workflows."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"))

    top_k: int = Field(default=5, ge=1, le=50)
    """Matches for each section of the prompt"""
    min_score: float | None = Field(default=None, ge=0, le=1)
    """below it nothing is shown; None is MIN_SCORES"""
    max_prompt_bytes: int = Field(default=98_304, ge=8_192, le=1_000_000)
    """UTF-8 bytes; an environment variable of a later step holds at most 131,071"""
    timeout_seconds: float = Field(default=20, gt=0, le=600)
    """all of memory together"""
    comment: Literal["none", "similar"] = "none"
    """`similar`: one comment on a new issue names those that are like it"""
    dense: bool = True
    """whether a search goes by meaning too, with an embedding model on this machine"""
    sections: Mapping[str, tuple[Glob, ...]] = Field(default_factory=lambda: SECTIONS)
    namespaces: tuple[FactNamespace, ...] = ()
    """those of one's own that a fact may be put into, besides the predefined ones"""
    labels: Mapping[str, str] = Field(default_factory=lambda: LABELS)
    """label → Namespace of the digest that it asks for"""
    write_permission: Literal["admin", "maintain", "write"] = "write"
    """what a person must have at least, for a command or a label of theirs to count"""
    on_comment_deleted: Literal["keep", "forget"] = "keep"
    """what becomes of the facts of a comment that is deleted"""

    @field_validator("namespaces", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("labels", mode="before")
    @classmethod
    def _label_map(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            msg = "write each label and the namespace of its digests: `memory:remember: codebase/patterns`"
            raise ValueError(msg)  # noqa: TRY004 -- pydantic reports ValueError
        return value

    @field_validator("sections", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        """One text is a list of one."""
        if not isinstance(value, Mapping):
            msg = "write the name of a section and its namespaces below it: `conventions: [codebase/conventions]`"
            raise ValueError(msg)  # noqa: TRY004 -- pydantic reports ValueError
        for name, globs in value.items():
            if not isinstance(globs, str | list | tuple):
                msg = f"`{name}` is not a list of namespaces, such as [codebase/conventions]"
                raise ValueError(msg)  # noqa: TRY004
        return {name: (globs,) if isinstance(globs, str) else globs for name, globs in value.items()}

    @field_validator("sections")
    @classmethod
    def _known_sections(cls, value: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        """A section that is left out keeps its default."""
        unknown = sorted(set(value) - set(SECTIONS))
        if unknown:
            msg = f"there is no section {unknown[0]!r}; the sections are {', '.join(SECTIONS)}"
            raise ValueError(msg)
        return MappingProxyType({**SECTIONS, **value})

    @model_validator(mode="after")
    def _known_namespaces(self) -> Self:
        """A label leads to a Namespace that a fact may be put into."""
        for label, namespace in self.labels.items():
            if namespace not in self.fact_namespaces:
                msg = f"the label {label!r} leads to {namespace!r}, which is no namespace; add it to `namespaces`"
                raise ValueError(msg)
        return self

    @property
    def fact_namespaces(self) -> tuple[str, ...]:
        """Where a fact may be put."""
        predefined = filter(namespaces.may_hold_facts, namespaces.PREDEFINED)
        return (*predefined, *self.namespaces)


_NUMBER, _WHOLE_NUMBER, _CHOICE, _SWITCH = (
    "write a number",
    "write a whole number",
    "write {expected}",
    "write true or false",
)
_WANTED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("bool_parsing", "bool_type"), _SWITCH),
        **dict.fromkeys(("int_parsing", "int_parsing_size", "int_type", "int_from_float"), _WHOLE_NUMBER),
        **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _NUMBER),
        **dict.fromkeys(("enum", "literal_error"), _CHOICE),
        "greater_than": "write more than {gt}",
        "greater_than_equal": "write at least {ge}",
        "less_than_equal": "write at most {le}",
        "string_type": "write a text",
        "string_pattern_mismatch": "write a name of letters, digits, - and _",
        "tuple_type": "write a list",
    }
)
"""kind of a mistake, as pydantic calls it → what is wanted instead"""


def reason_of(error: ErrorDetails) -> str:
    """Why a value is not valid, as the end of a sentence. It does not repeat the value, which may be a secret."""
    wanted = _WANTED.get(error["type"])
    return wanted.format_map(error.get("ctx", {})) if wanted else error["msg"].removeprefix("Value error, ").rstrip(".")
