"""Files and folders at a branch, tag or commit."""

from __future__ import annotations

from memory_agents.testing.github.bare_git import TreeEntry
from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.messages import Problem, Reply, not_found
from memory_agents.testing.github.render.git_data import content_json


def get_contents(call: Call) -> Reply:
    """A file with its content, or the listing of a folder."""
    git, path = call.repository.git, call.parameters["path"].strip("/")
    ref = call.query.get("ref", call.repository.default_branch)
    commit = git.resolve(f"{ref}^{{commit}}")
    if commit is None and "ref" in call.query:
        raise Problem(404, f"No commit found for the ref {ref}")
    if commit is None:
        raise Problem(404, "This repository is empty.")
    if not path:
        return _listing(call, git.tree(commit), ref)
    found = [entry for entry in git.tree(commit, recursive=True) if entry.path == path]
    if not found:
        raise not_found()
    if found[0].type == "tree":
        inside = git.tree(found[0].sha)
        below = [TreeEntry(f"{path}/{each.path}", each.mode, each.type, each.sha, each.size) for each in inside]
        return _listing(call, below, ref)
    return Reply(status=200, body=content_json(call.view, call.repository, found[0], ref, whole=True))


def _listing(call: Call, entries: list[TreeEntry], ref: str) -> Reply:
    listing = [content_json(call.view, call.repository, entry, ref, whole=False) for entry in entries]
    return Reply(status=200, body=listing)


ROUTES: Routes = {("GET", f"{REPO}/contents/{{path}}"): get_contents}
