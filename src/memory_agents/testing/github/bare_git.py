"""A bare git repository through git itself: what it refuses, git refused."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FULL_ID = re.compile(r"[0-9a-f]{40}")
FIRST_TIME = "2020-01-01T00:00:00Z"
"""the time of seeded commits, so that their ids are the same in every run"""


class GitRefused(Exception):
    """Git exited with an error; the message is git's own."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree."""

    path: str
    mode: str
    type: str
    """blob, tree or commit"""
    sha: str
    size: int | None = None
    """bytes of a blob"""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for git: nothing of the user's own configuration reaches it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"} | dict(extra or {})


class BareGit:
    """The git data of one repository, at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting: list[str] = []
        self._lock = threading.Lock()

    def init(self, default_branch: str) -> None:
        """Create it, configured as GitHub serves repositories."""
        self.path.mkdir(parents=True)
        self.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}")
        for name, value in (
            ("http.receivepack", "true"),
            ("uploadpack.allowFilter", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("receive.autogc", "false"),
            ("gc.auto", "0"),
        ):
            self.run("config", name, value)

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Git's standard output, or GitRefused with its standard error."""
        self.settle()
        return self._run(*arguments, stdin=stdin, env=env)

    def _run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env=environment(env),
        )
        if done.returncode:
            raise GitRefused(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def resolve(self, revision: str) -> str | None:
        """The object id of a revision, or None."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision).decode().strip()
        except GitRefused:
            return None

    def tip(self, branch: str) -> str | None:
        """The commit of a branch, or None; read without a process where git keeps it in a file of its own."""
        path = self.path / "refs" / "heads" / branch
        text = path.read_text(encoding="ascii").strip() if path.is_file() else ""
        return text if FULL_ID.fullmatch(text) else self.resolve(f"refs/heads/{branch}")

    def type_of(self, sha: str) -> str | None:
        """The type of an object, or None if there is none. Only a full id names an object, as in GitHub's API."""
        if not FULL_ID.fullmatch(sha):
            return None
        try:
            return self.run("cat-file", "-t", sha).decode().strip()
        except GitRefused:
            return None

    def blob(self, sha: str) -> bytes:
        """A blob's bytes."""
        return self.run("cat-file", "blob", sha)

    def tree(self, treeish: str, *, recursive: bool = False) -> list[TreeEntry]:
        """The entries of a tree, sub-trees among them."""
        options = ("-r", "-t") if recursive else ()
        listing = self.run("ls-tree", "-l", "-z", *options, treeish).decode(errors="surrogateescape")
        return [_tree_entry(line) for line in listing.split("\0") if line]

    def refs(self, prefix: str) -> list[tuple[str, str, str]]:
        """Full name, object id and type of every ref whose name starts with `prefix`."""
        listing = self.run("for-each-ref", "--format=%(refname) %(objectname) %(objecttype)").decode()
        rows = [tuple(line.split(" ")) for line in listing.splitlines()]
        return [(name, sha, kind) for name, sha, kind in rows if name.startswith(prefix)]

    def write_blob(self, data: bytes) -> str:
        """Store a blob; its id."""
        return self.run("hash-object", "-w", "--stdin", stdin=data).decode().strip()

    def write_tree(self, base: str | None, entries: Iterable[tuple[str, str, str | None]]) -> str:
        """Store `base` changed by (path, mode, blob id; None removes); the new tree's id."""
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.run("read-tree", base, env=env)
            lines = [f"{mode if sha else '0'} {sha or '0' * 40}\t{path}\0" for path, mode, sha in entries]
            self.run("update-index", "-z", "--index-info", stdin="".join(lines).encode(), env=env)
            return self.run("write-tree", env=env).decode().strip()

    def write_commit(
        self, tree: str, parents: Iterable[str], message: str, env: Mapping[str, str] | None = None
    ) -> str:
        """Store a commit; its id. `env` holds GIT_AUTHOR_* and GIT_COMMITTER_*."""
        who: dict[str, str] = {}
        for role in ("AUTHOR", "COMMITTER"):
            who |= {f"GIT_{role}_NAME": "octocat", f"GIT_{role}_EMAIL": "octocat@example.invalid"}
            who |= {f"GIT_{role}_DATE": FIRST_TIME}
        options = [option for parent in parents for option in ("-p", parent)]
        stdin = message.encode()
        return self.run("commit-tree", tree, *options, stdin=stdin, env=who | dict(env or {})).decode().strip()

    def create_ref(self, name: str, sha: str) -> None:
        """Create a ref; git refuses when it exists."""
        self.run("update-ref", name, sha, "0" * 40)

    def create_ref_later(self, name: str, sha: str) -> None:
        """Create a ref before git next looks: a test makes thousands of pull requests, and most ask only REST."""
        with self._lock:
            self._waiting.append(f"create {name} {sha}\n")

    def settle(self) -> None:
        """Create the refs that wait; whoever calls git past this class calls this first."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if waiting:
                self._run("update-ref", "--stdin", stdin="".join(waiting).encode())

    def move_ref(self, name: str, sha: str, *, force: bool) -> None:
        """Move a ref by a push to itself, so that git judges whether it fast-forwards."""
        self.run("push", "--quiet", *(("--force",) if force else ()), ".", f"{sha}:{name}")

    def delete_ref(self, name: str) -> None:
        """Delete a ref."""
        self.run("update-ref", "-d", name)

    def commit_files(
        self, files: Mapping[str, str | bytes | None], *, branch: str, message: str = "Add files", parent: str = ""
    ) -> str:
        """Commit files (path → content; None removes) on a branch; the commit's id.

        A new branch starts at the revision `parent`, or with no history when that is empty.
        """
        name = f"refs/heads/{branch}"
        tip = self.resolve(name)
        base = tip or (self.resolve(parent) if parent else None)
        contents = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
        entries = [(path, "100644", None if data is None else self.write_blob(data)) for path, data in contents.items()]
        commit = self.write_commit(self.write_tree(base, entries), [base] if base else [], message)
        self.run("update-ref", name, commit, tip or "0" * 40)
        return commit


def _tree_entry(line: str) -> TreeEntry:
    """Parse `mode type sha size<TAB>path` of git ls-tree -l."""
    head, _, path = line.partition("\t")
    mode, kind, sha, size = head.split()
    return TreeEntry(path, mode, kind, sha, None if size == "-" else int(size))
