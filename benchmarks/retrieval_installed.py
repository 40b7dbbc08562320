"""What a method needs to be installed: which distributions, how large they are, and whether they changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import memory_agents

OURS = "memory-agents"
_SOURCE = Path(memory_agents.__file__).parent
"""in an editable install, the distribution lists a path to it instead of its files"""


@cache
def distributions(needs: tuple[str, ...]) -> tuple[Distribution, ...]:
    """All that the requirements need, by name; raises PackageNotFoundError where one is not installed."""
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    todo = [Requirement(need) for need in needs]
    while todo:
        requirement = todo.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        one = found[canonicalize_name(requirement.name)] = distribution(requirement.name)
        for need in map(Requirement, one.requires or ()):
            extras = requirement.extras or {""}
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(need)
    return tuple(one for _, one in sorted(found.items()))


def megabytes(needs: tuple[str, ...]) -> float:
    """The size of all files of them."""
    return sum(path.stat().st_size for path in _files(distributions(needs))) / 1e6


def version(needs: tuple[str, ...], program: Path) -> str:
    """Another one where a distribution has another version, or `program` or our own source changed."""
    found = distributions(needs)
    said = blake2b(program.read_bytes(), digest_size=8)
    for one in found:
        said.update(f"{one.name}=={one.version}\n".encode())
    if any(one.name == OURS for one in found):
        for path in _own_files():
            said.update(path.read_bytes())
    return said.hexdigest()


def _files(some: Sequence[Distribution]) -> Iterator[Path]:
    for one in some:
        listed = (Path(str(one.locate_file(path))) for path in one.files or ())
        yield from (path for path in listed if path.is_file())
        if one.name == OURS and not any(path.name == "errors.py" for path in one.files or ()):
            yield from _own_files()


def _own_files() -> list[Path]:
    return sorted(path for path in _SOURCE.rglob("*") if path.is_file() and path.suffix != ".pyc")
