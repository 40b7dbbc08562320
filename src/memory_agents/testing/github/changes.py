"""What a pull request changes, as git diffs it."""

from __future__ import annotations

from dataclasses import dataclass

from memory_agents.testing.github.bare_git import BareGit

STATUSES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed file."""

    path: str
    previous_path: str
    """of a renamed file, else empty"""
    status: str
    sha: str
    """of the new blob; of the old one when removed"""
    additions: int
    deletions: int
    patch: str
    """unified diff from the first `@@`; empty for a binary file"""


def changes(git: BareGit, base: str, head: str) -> list[Change]:
    """The files that differ between the merge base and the head."""
    fields = git.run("diff", "--raw", "-z", "-M", "--no-abbrev", f"{base}...{head}").decode().split("\0")
    found: list[Change] = []
    while fields and fields[0]:
        _, _, old, new, letter = fields.pop(0).split()
        paths = [fields.pop(0) for _ in range(2 if letter[0] in "RC" else 1)]
        patch = git.run("diff", "-M", f"{base}...{head}", "--", *paths).decode(errors="replace")
        _, at, hunks = patch.partition("\n@@")
        lines = ("@@" + hunks).splitlines() if at else []
        found.append(
            Change(
                path=paths[-1],
                previous_path=paths[0] if len(paths) > 1 else "",
                status=STATUSES[letter[0]],
                sha=old if letter == "D" else new,
                additions=sum(line.startswith("+") for line in lines),
                deletions=sum(line.startswith("-") for line in lines),
                patch="\n".join(lines),
            )
        )
    return found


def count_commits(git: BareGit, base: str, head: str) -> int:
    """How many commits the head has beyond the base."""
    return int(git.run("rev-list", "--count", f"{base}..{head}"))
