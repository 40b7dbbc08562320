"""The first hour: the files, the label and the branch that a repository needs. What is there is left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Protocol, runtime_checkable

from memory_agents.core.records import Approval
from memory_agents.edges.github import GitHubApi
from memory_agents.errors import GitHubFailure, MemoryFailure
from memory_agents.memory.provider import MemoryReader
from memory_agents.operations.writing import BY_HAND

ACTION = "OWNER/memory-agents@v1"
"""what the workflows in `examples/` use; OWNER stands for where it is published"""
CONFIGURATION = ".github/memory-agents.yml"
_EXAMPLES = {
    "memory-agents.yml": CONFIGURATION,
    "workflows/memory.yml": ".github/workflows/memory.yml",
    "workflows/index.yml": ".github/workflows/memory-index.yml",
}
"""what is copied from `examples/`, to where: the workflows that need no agent"""
_WRITING = "workflows/memory.yml"
"""the one that asks the provider: the past is indexed beside it"""
_INPUTS: Mapping[str, Mapping[str, str]] = {
    "chromadb": {"chroma-url": "${{ vars.CHROMA_URL }}", "chroma-token": "${{ secrets.CHROMA_TOKEN }}"},
    "agentcore": {"agentcore-memory-id": "${{ vars.AGENTCORE_MEMORY_ID }}", "aws-region": "${{ vars.AWS_REGION }}"},
}
"""provider → what a step needs beside its name"""
_OWNER_HINT = "# Put the owner of the action in place of OWNER.\n"
_DESCRIPTION = "Keep a digest of this in memory, once it is closed"
DOCUMENTS = (
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    "CONVENTIONS.md",
    "CONTRIBUTING.md",
    ".github/CONTRIBUTING.md",
    "docs/CONTRIBUTING.md",
    ".github/copilot-instructions.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
)
"""where projects keep rules for people and agents"""


class State(Enum):
    """How a Part is."""

    MISSING = "missing"
    """it would be made"""
    THERE = "there"
    """it is there already, and is left as it is"""
    MADE = "made"
    LEFT = "left"
    """it cannot be made from here"""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that a repository needs."""

    kind: str
    """file, label or branch"""
    name: str
    state: State
    content: str = ""
    """of a file"""
    problem: str = ""
    """why it is LEFT, or FAILED"""
    fix: str = ""


@runtime_checkable
class Branch(MemoryReader, Protocol):
    """A provider that keeps facts on a branch."""

    async def ensure_branch(self, approval: Approval) -> bool:
        """Make the branch with its README; False where it is there. Raises MemoryFailure."""


def files(top: Path, *, action: str, provider: str = "git") -> Iterator[Part]:
    """The files, with the `action` and the `provider` that the workflows use. `top`: of the working tree."""
    for example, path in _EXAMPLES.items():
        text = (_examples() / example).read_text(encoding="utf-8")
        if example == _WRITING and provider in _INPUTS:
            text = _with_provider(text, provider)
        if action != ACTION:
            text = text.replace(_OWNER_HINT, "").replace(ACTION, action)
        state = State.THERE if (top / path).exists() else State.MISSING
        yield Part(kind="file", name=path, state=state, content=text)


def _with_provider(workflow: str, provider: str) -> str:
    """A workflow whose steps that use the action keep memory there, and whose jobs write nothing to the repository."""
    inputs = {"provider": provider, **_INPUTS[provider]}
    given = "        with:\n" + "".join(f"          {name}: {value}\n" for name, value in inputs.items())
    uses = f"        uses: {ACTION}\n"
    text = workflow.replace(f"{uses}        with:\n", uses).replace(uses, uses + given)
    text = text.replace("contents: write # the memory branch", "contents: read # the configuration")
    if provider == "agentcore":
        example = (_examples() / "workflows/agentcore.yml").read_text(encoding="utf-8")
        step = example[example.rindex("      - name: AWS") : example.rindex("      - name: Remember")]
        text = text.replace("    steps:\n", f"      id-token: write # a role in AWS\n    steps:\n{step}")
    return text


def labels(names: Sequence[str], *, repository: str, has_token: bool) -> Iterator[Part]:
    """The labels by which maintainers ask to remember. GitHub says later which are there."""
    for name in names:
        by_hand = f'gh label create "{name}" --repo {repository} --description "{_DESCRIPTION}"'
        if not repository:
            fix = "name it with --repository OWNER/NAME; for another server than github.com set GITHUB_SERVER_URL"
            yield Part(
                kind="label",
                name=name,
                state=State.LEFT,
                problem="it is not known which GitHub repository this is.",
                fix=fix,
            )
        elif not has_token:
            fix = f"set GH_TOKEN and run it again, or: {by_hand}"
            yield Part(kind="label", name=name, state=State.LEFT, problem="there is no token.", fix=fix)
        else:
            yield Part(kind="label", name=name, state=State.MISSING, fix=by_hand)


async def branch(provider: Branch, name: str, *, has_remote: bool) -> Part:
    """The branch that facts are kept on."""
    part = Part(kind="branch", name=name, state=State.MISSING)
    if not has_remote:
        fix = "git remote add origin URL, then run it again"
        return replace(part, state=State.LEFT, problem="this repository has no remote `origin`.", fix=fix)
    try:
        info = await provider.get_info()
    except MemoryFailure as error:
        return replace(part, state=State.LEFT, problem=error.message, fix=error.fix)
    return replace(part, state=State.THERE) if info.version else part


async def carry_out(
    parts: Sequence[Part], *, top: Path, github: GitHubApi, repository: str, provider: Branch | None
) -> tuple[Part, ...]:
    """Make what is missing; what fails is told, and the rest is made."""
    made = []
    for part in parts:
        if part.state is not State.MISSING:
            made.append(part)
        elif part.kind == "file":
            made.append(_written(part, top))
        elif part.kind == "label":
            made.append(await _label(part, github, repository))
        elif provider is not None:
            made.append(await _branch(part, provider))
    return tuple(made)


def documents(top: Path) -> tuple[str, ...]:
    """The documents of rules that this repository has, each once, though another name may link to it."""
    found = {(top / name).resolve(): name for name in reversed(DOCUMENTS) if (top / name).is_file()}
    return tuple(name for name in DOCUMENTS if name in found.values())


def unfilled(top: Path) -> tuple[str, ...]:
    """The workflows of ours, there already, in which OWNER still stands for the action's owner."""
    names = (name for name in _EXAMPLES.values() if name != CONFIGURATION and (top / name).is_file())
    return tuple(name for name in names if b"uses: OWNER/" in (top / name).read_bytes())


def _written(part: Part, top: Path) -> Part:
    file = top / part.name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.open("x", encoding="utf-8", newline="\n")
    except OSError as error:
        if file.exists():
            return replace(part, state=State.THERE)
        problem = f"it cannot be written: {error.strerror}."
        return replace(part, state=State.FAILED, problem=problem, fix=f"see what is in the way in {file.parent}")
    with new:
        new.write(part.content)
    return replace(part, state=State.MADE)


async def _label(part: Part, github: GitHubApi, repository: str) -> Part:
    """Make a label; GitHub answers 422 where it is there."""
    wanted: Mapping[str, str] = {"name": part.name, "color": "5319e7", "description": _DESCRIPTION}
    url = f"/repos/{repository}/labels"
    try:
        await github.send("create a label", "POST", url, needs="issues: write", body=wanted)
    except GitHubFailure as error:
        if error.status == 422:
            return replace(part, state=State.THERE)
        return replace(part, state=State.FAILED, problem=error.message, fix=f"{error.fix}; or: {part.fix}")
    return replace(part, state=State.MADE)


async def _branch(part: Part, provider: Branch) -> Part:
    try:
        is_new = await provider.ensure_branch(BY_HAND)
    except MemoryFailure as error:
        return replace(part, state=State.FAILED, problem=error.message, fix=error.fix)
    return replace(part, state=State.MADE if is_new else State.THERE)


def _examples() -> Path:
    """The files that ship: in the wheel, or at the top of a checkout."""
    packaged = resources.files("memory_agents") / "examples"
    return Path(str(packaged)) if packaged.is_dir() else Path(__file__).parents[3] / "examples"
