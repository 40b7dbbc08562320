"""Blobs, trees, commits and refs, read from and written to real git."""

from __future__ import annotations

from base64 import b64decode

from memory_agents.testing.github.bare_git import GitRefused
from memory_agents.testing.github.call import REPO, Call, Routes
from memory_agents.testing.github.messages import JsonObject, Problem, Reply, not_found
from memory_agents.testing.github.render.git_data import blob_json, commit_json, ref_json, tree_json


def get_blob(call: Call) -> Reply:
    """A blob by its id."""
    sha = _object(call, call.parameters["file_sha"], "blob")
    return Reply(status=200, body=blob_json(call.view, call.repository, sha))


def create_blob(call: Call) -> Reply:
    """Store a blob given as text or base64."""
    fields = call.fields()
    content = str(fields["content"])
    data = b64decode(content) if fields.get("encoding") == "base64" else content.encode()
    sha = call.repository.git.write_blob(data)
    url = f"{call.view.repo_api(call.repository)}/git/blobs/{sha}"
    return Reply(status=201, body={"sha": sha, "url": url}, headers={"location": url})


def get_tree(call: Call) -> Reply:
    """A tree by its id, or by anything that names a commit; `recursive`, whatever its value, goes down."""
    git = call.repository.git
    sha = git.resolve(f"{call.parameters['tree_sha']}^{{tree}}")
    if sha is None:
        raise not_found()
    entries = git.tree(sha, recursive="recursive" in call.query)
    return Reply(status=200, body=tree_json(call.view, call.repository, sha, entries))


def create_tree(call: Call) -> Reply:
    """Store a tree: `base_tree` changed by entries; an entry whose `sha` is null removes its path."""
    git, fields = call.repository.git, call.fields()
    base = fields.get("base_tree")
    if base and git.resolve(f"{base}^{{tree}}") is None:
        raise Problem(422, "base_tree is not a valid tree oid")
    entries = [(str(each["path"]), str(each.get("mode", "100644")), _entry_id(call, each)) for each in fields["tree"]]
    try:
        sha = git.write_tree(base, entries)
    except GitRefused as refusal:
        raise Problem(422, str(refusal)) from None
    return Reply(status=201, body=tree_json(call.view, call.repository, sha, git.tree(sha)))


def get_commit(call: Call) -> Reply:
    """A commit by its id."""
    sha = _object(call, call.parameters["commit_sha"], "commit")
    return Reply(status=200, body=commit_json(call.view, call.repository, sha))


def create_commit(call: Call) -> Reply:
    """Store a commit of a tree; on no branch until a ref moves there."""
    git, fields = call.repository.git, call.fields()
    for sha, kind in [(fields["tree"], "tree"), *((parent, "commit") for parent in fields.get("parents", []))]:
        if git.type_of(sha) != kind:
            raise Problem(422, f"{kind.capitalize()} SHA does not exist or is not a {kind} object")
    env: dict[str, str] = {}
    author: JsonObject = fields.get("author", {})
    committer: JsonObject = fields.get("committer", author)
    for role, person in (("AUTHOR", author), ("COMMITTER", committer)):
        env |= {f"GIT_{role}_{key.upper()}": person[key] for key in ("name", "email", "date") if key in person}
    sha = git.write_commit(fields["tree"], fields.get("parents", []), fields["message"], env)
    return Reply(status=201, body=commit_json(call.view, call.repository, sha))


def get_ref(call: Call) -> Reply:
    """One ref by its name without `refs/`."""
    name = f"refs/{call.parameters['ref']}"
    for found, sha, kind in call.repository.git.refs(name):
        if found == name:
            return Reply(status=200, body=ref_json(call.view, call.repository, name, sha, kind))
    raise not_found()


def list_matching_refs(call: Call) -> Reply:
    """Every ref whose name starts so; none is an empty list."""
    refs = call.repository.git.refs(f"refs/{call.parameters['ref']}")
    return Reply(status=200, body=[ref_json(call.view, call.repository, *ref) for ref in refs])


def create_ref(call: Call) -> Reply:
    """A new ref; git refuses when it exists."""
    git, fields = call.repository.git, call.fields()
    name, sha = fields["ref"], fields["sha"]
    kind = git.type_of(sha)
    if kind is None:
        raise Problem(422, "Object does not exist")
    try:
        git.create_ref(name, sha)
    except GitRefused as refusal:
        raise Problem(422, "Reference already exists" if git.resolve(name) else str(refusal)) from None
    return Reply(status=201, body=ref_json(call.view, call.repository, name, sha, kind))


def update_ref(call: Call) -> Reply:
    """Move a ref. Whether that is a fast-forward is git's verdict."""
    git, fields = call.repository.git, call.fields()
    name, sha = f"refs/{call.parameters['ref']}", fields["sha"]
    if git.resolve(name) is None:
        raise Problem(422, "Reference does not exist")
    kind = git.type_of(sha)
    if kind is None:
        raise Problem(422, "Object does not exist")
    try:
        git.move_ref(name, sha, force=fields.get("force", False))
    except GitRefused as refusal:
        verdict = str(refusal)
        raise Problem(422, "Update is not a fast forward" if "non-fast-forward" in verdict else verdict) from None
    return Reply(status=200, body=ref_json(call.view, call.repository, name, sha, kind))


def delete_ref(call: Call) -> Reply:
    """Delete a ref."""
    name = f"refs/{call.parameters['ref']}"
    if call.repository.git.resolve(name) is None:
        raise Problem(422, "Reference does not exist")
    call.repository.git.delete_ref(name)
    return Reply(status=204)


def _object(call: Call, sha: str, kind: str) -> str:
    if call.repository.git.type_of(sha) != kind:
        raise not_found()
    return sha


def _entry_id(call: Call, entry: JsonObject) -> str | None:
    """The blob of a tree entry, stored first when it is given as text."""
    if "content" in entry:
        return call.repository.git.write_blob(str(entry["content"]).encode())
    sha: str | None = entry.get("sha")
    return sha


ROUTES: Routes = {
    ("POST", f"{REPO}/git/blobs"): create_blob,
    ("GET", f"{REPO}/git/blobs/{{file_sha}}"): get_blob,
    ("POST", f"{REPO}/git/trees"): create_tree,
    ("GET", f"{REPO}/git/trees/{{tree_sha}}"): get_tree,
    ("POST", f"{REPO}/git/commits"): create_commit,
    ("GET", f"{REPO}/git/commits/{{commit_sha}}"): get_commit,
    ("GET", f"{REPO}/git/ref/{{ref}}"): get_ref,
    ("GET", f"{REPO}/git/matching-refs/{{ref}}"): list_matching_refs,
    ("POST", f"{REPO}/git/refs"): create_ref,
    ("PATCH", f"{REPO}/git/refs/{{ref}}"): update_ref,
    ("DELETE", f"{REPO}/git/refs/{{ref}}"): delete_ref,
}
