"""Bare git repositories with a memory branch, made quickly by git-fast-import."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

SYMLINK, SUBMODULE = "120000", "160000"


class BareRepository:
    """A repository that stands for the remote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        *,
        branch: str = "memory",
        modes: Mapping[str, str] | None = None,
        anew: bool = False,
    ) -> str:
        """Put files on a branch, None removes one; `anew` throws its history away. Returns the commit's id."""
        ref = f"refs/heads/{branch}"
        stream = [f"commit {ref}\ncommitter A <a@example.com> 1700000000 +0000\ndata 0\n".encode()]
        if self._git("for-each-ref", ref) and not anew:
            stream.append(f"from {ref}^0\n".encode())
        for path, content in files.items():
            mode = (modes or {}).get(path, "100644")
            data = content.encode() if isinstance(content, str) else content
            if data is None:
                stream.append(f"D {path}\n".encode())
            elif mode == SUBMODULE:
                stream.append(f"M {mode} {data.decode()} {path}\n".encode())
            else:
                stream.append(f"M {mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        self._git("fast-import", "--quiet", "--force", stdin=b"".join(stream))
        return self._git("rev-parse", ref).strip()

    def delete(self, branch: str = "memory") -> None:
        self._git("update-ref", "-d", f"refs/heads/{branch}")

    def _git(self, *args: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *args], cwd=self.path, input=stdin, capture_output=True, check=True)
        return done.stdout.decode()


def fact(text: str, record_id: str = "") -> str:
    """A fact's file."""
    return f"---\nid: {record_id}\n---\n\n{text}\n" if record_id else f"{text}\n"
