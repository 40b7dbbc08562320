"""The predefined Namespaces, their validation and glob match."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from memory_agents.errors import UsageError

ARCHITECTURE = "codebase/architecture"
PATTERNS = "codebase/patterns"
CONVENTIONS = "codebase/conventions"
DEPENDENCIES = "codebase/dependencies"
PULL_REQUESTS = "reviews/pr"
ISSUES = "reviews/issues"
USER_PREFERENCES = "preferences/user"
PROJECT_PREFERENCES = "preferences/project"
CLAUDE = "agents/claude"
GEMINI = "agents/gemini"
SECURITY = "security/patterns"
TESTING = "testing/patterns"

PREDEFINED: tuple[str, ...] = (
    ARCHITECTURE,
    PATTERNS,
    CONVENTIONS,
    DEPENDENCIES,
    PULL_REQUESTS,
    ISSUES,
    USER_PREFERENCES,
    PROJECT_PREFERENCES,
    CLAUDE,
    GEMINI,
    SECURITY,
    TESTING,
)

HISTORY_PREFIX = "reviews/"
"""Namespaces under this prefix hold past items of the tracker, written by anybody."""

FACTS = ("*", f"!{HISTORY_PREFIX}*")
"""globs of the Namespaces that hold facts"""
NOTES = "meta"
"""the folder of the branch in which the program keeps what is no fact"""

_SEGMENT = r"[a-z0-9][a-z0-9_-]{0,62}"
_NAMESPACE = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,7}}")
_GLOB = re.compile(r"!?[a-z0-9*][a-z0-9_*/-]{0,255}")


def validate(namespace: str) -> str:
    """Return `namespace`, or raise UsageError: 1 to 8 segments of `a-z 0-9 _ -`."""
    if not is_valid(namespace):
        raise UsageError(
            f"{namespace!r} is not a namespace.",
            fix="use 1 to 8 segments of a-z, 0-9, _ and - joined by /, such as codebase/conventions",
        )
    return namespace


def is_valid(namespace: str) -> bool:
    """Whether `namespace` has the form that `validate` asks for."""
    return _NAMESPACE.fullmatch(namespace) is not None


def is_valid_glob(glob: str) -> bool:
    """Whether `glob` is a Namespace in which `*` may stand for any text; a leading `!` takes it away."""
    return _GLOB.fullmatch(glob) is not None


def validate_glob(glob: str) -> str:
    """Return `glob`, or raise UsageError: a Namespace in which `*` stands for any text."""
    if not is_valid_glob(glob):
        raise UsageError(
            f"{glob!r} is not a namespace or a namespace glob.",
            fix="write a namespace such as codebase/conventions, or a glob such as codebase/*",
        )
    return glob


def may_hold_facts(namespace: str) -> bool:
    """Whether a fact may be put into `namespace`."""
    return is_valid(namespace) and matches(namespace, FACTS) and namespace.partition("/")[0] != NOTES


def matches(namespace: str, globs: tuple[str, ...]) -> bool:
    """Whether a glob covers `namespace` and none with a leading `!` does; `*` also crosses `/`."""
    covered = any(fnmatchcase(namespace, glob) for glob in globs if not glob.startswith("!"))
    return covered and not any(fnmatchcase(namespace, glob[1:]) for glob in globs if glob.startswith("!"))
