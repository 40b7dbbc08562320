"""Blobs, trees, commits, refs and contents."""

from __future__ import annotations

from base64 import encodebytes
from pathlib import PurePosixPath
from urllib.parse import quote

from memory_agents.testing.github.bare_git import BareGit, TreeEntry
from memory_agents.testing.github.messages import JsonObject
from memory_agents.testing.github.render.basics import View, node_id
from memory_agents.testing.github.repository import FakeRepository

SYMLINK_MODE = "120000"
PERSON = ("name", "email", "date")


def blob_json(view: View, repository: FakeRepository, sha: str) -> JsonObject:
    """A `blob`, in base64 broken into lines as GitHub does."""
    data = repository.git.blob(sha)
    return {
        "sha": sha,
        "node_id": node_id("Blob", int(sha[:8], 16)),
        "size": len(data),
        "url": f"{view.repo_api(repository)}/git/blobs/{sha}",
        "content": encodebytes(data).decode(),
        "encoding": "base64",
    }


def tree_json(view: View, repository: FakeRepository, sha: str, entries: list[TreeEntry]) -> JsonObject:
    """A `git-tree`."""
    url = f"{view.repo_api(repository)}/git"
    shown = [
        {
            "path": each.path,
            "mode": each.mode,
            "type": each.type,
            "sha": each.sha,
            "url": f"{url}/{each.type}s/{each.sha}",
        }
        | ({} if each.size is None else {"size": each.size})
        for each in entries
    ]
    return {"sha": sha, "url": f"{url}/trees/{sha}", "tree": shown, "truncated": False}


def ref_json(view: View, repository: FakeRepository, name: str, sha: str, kind: str) -> JsonObject:
    """A `git-ref`."""
    url = f"{view.repo_api(repository)}/git"
    return {
        "ref": name,
        "node_id": node_id("Ref", int(sha[:8], 16)),
        "url": f"{url}/{name}",
        "object": {"sha": sha, "type": kind, "url": f"{url}/{kind}s/{sha}"},
    }


def commit_json(view: View, repository: FakeRepository, sha: str) -> JsonObject:
    """A `git-commit`."""
    api, web = f"{view.repo_api(repository)}/git", view.repo_web(repository)
    fields = "%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B"
    shown = repository.git.run(
        "show", "-s", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", f"--format={fields}", sha, env={"TZ": "UTC"}
    )
    tree, parents, *people, message = shown.decode(errors="replace").split("\0")
    return {
        "sha": sha,
        "node_id": node_id("Commit", int(sha[:8], 16)),
        "url": f"{api}/commits/{sha}",
        "html_url": f"{web}/commit/{sha}",
        "author": dict(zip(PERSON, people[:3], strict=True)),
        "committer": dict(zip(PERSON, people[3:], strict=True)),
        "tree": {"sha": tree, "url": f"{api}/trees/{tree}"},
        "message": message.rstrip("\n"),
        "parents": [
            {"sha": parent, "url": f"{api}/commits/{parent}", "html_url": f"{web}/commit/{parent}"}
            for parent in parents.split()
        ],
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }


def content_json(view: View, repository: FakeRepository, entry: TreeEntry, ref: str, *, whole: bool) -> JsonObject:
    """One entry of the contents API; `whole` adds a file's content."""
    api, web = view.repo_api(repository), view.repo_web(repository)
    path, name = quote(entry.path), PurePosixPath(entry.path).name
    url, git_url = f"{api}/contents/{path}?ref={quote(ref)}", f"{api}/git/{entry.type}s/{entry.sha}"
    html_url = f"{web}/{entry.type}/{quote(ref)}/{path}"
    is_file = entry.type == "blob"
    shown: JsonObject = {
        "name": name,
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": html_url,
        "git_url": git_url,
        "download_url": f"{web}/raw/{quote(ref)}/{path}" if is_file else None,
        "type": _content_type(entry),
        "_links": {"self": url, "git": git_url, "html": html_url},
    }
    return shown | (_content(repository.git, entry) if whole else {})


def _content_type(entry: TreeEntry) -> str:
    if entry.mode == SYMLINK_MODE:
        return "symlink"
    return {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.type]


def _content(git: BareGit, entry: TreeEntry) -> JsonObject:
    data = git.blob(entry.sha)
    if entry.mode == SYMLINK_MODE:
        return {"target": data.decode()}
    return {"content": encodebytes(data).decode(), "encoding": "base64"}
