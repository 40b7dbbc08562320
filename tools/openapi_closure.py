"""Cut from GitHub's OpenAPI description the operations that our fake GitHub serves.

How to run it, when an operation is missing or GitHub's API changed:

    npm install --prefix /tmp/openapi @octokit/openapi
    python tools/openapi_closure.py /tmp/openapi/node_modules/@octokit/openapi

It writes `github.json` (compact, prose and examples removed), `LICENSE` and `README.md` into
`src/memory_agents/testing/openapi/`. To serve another operation, name it in OPERATIONS, run this, and add
its handler under `src/memory_agents/testing/github/routes/`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

REPO = "/repos/{owner}/{repo}"
OPERATIONS: dict[str, tuple[str, ...]] = {
    "/user": ("get",),
    "/rate_limit": ("get",),
    REPO: ("get",),
    f"{REPO}/collaborators/{{username}}/permission": ("get",),
    f"{REPO}/contents/{{path}}": ("get",),
    f"{REPO}/git/blobs": ("post",),
    f"{REPO}/git/blobs/{{file_sha}}": ("get",),
    f"{REPO}/git/commits": ("post",),
    f"{REPO}/git/commits/{{commit_sha}}": ("get",),
    f"{REPO}/git/matching-refs/{{ref}}": ("get",),
    f"{REPO}/git/ref/{{ref}}": ("get",),
    f"{REPO}/git/refs": ("post",),
    f"{REPO}/git/refs/{{ref}}": ("patch", "delete"),
    f"{REPO}/git/trees": ("post",),
    f"{REPO}/git/trees/{{tree_sha}}": ("get",),
    f"{REPO}/issues": ("get", "post"),
    f"{REPO}/issues/comments": ("get",),
    f"{REPO}/issues/comments/{{comment_id}}": ("get", "patch", "delete"),
    f"{REPO}/issues/comments/{{comment_id}}/reactions": ("get", "post"),
    f"{REPO}/issues/comments/{{comment_id}}/reactions/{{reaction_id}}": ("delete",),
    f"{REPO}/issues/events": ("get",),
    f"{REPO}/issues/{{issue_number}}": ("get", "patch"),
    f"{REPO}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{REPO}/issues/{{issue_number}}/labels": ("get", "post"),
    f"{REPO}/issues/{{issue_number}}/labels/{{name}}": ("delete",),
    f"{REPO}/issues/{{issue_number}}/reactions": ("get", "post"),
    f"{REPO}/issues/{{issue_number}}/reactions/{{reaction_id}}": ("delete",),
    f"{REPO}/labels": ("get", "post"),
    f"{REPO}/pulls": ("get",),
    f"{REPO}/pulls/comments": ("get",),
    f"{REPO}/pulls/comments/{{comment_id}}": ("get", "patch", "delete"),
    f"{REPO}/pulls/comments/{{comment_id}}/reactions": ("get", "post"),
    f"{REPO}/pulls/comments/{{comment_id}}/reactions/{{reaction_id}}": ("delete",),
    f"{REPO}/pulls/{{pull_number}}": ("get",),
    f"{REPO}/pulls/{{pull_number}}/comments": ("get",),
    f"{REPO}/pulls/{{pull_number}}/comments/{{comment_id}}/replies": ("post",),
    f"{REPO}/pulls/{{pull_number}}/files": ("get",),
    f"{REPO}/pulls/{{pull_number}}/reviews": ("get",),
    f"{REPO}/pulls/{{pull_number}}/reviews/{{review_id}}": ("get",),
}

DROPPED = frozenset(
    {"description", "summary", "example", "examples", "externalDocs", "tags", "deprecated", "title", "discriminator"}
)
KEPT_EXTENSIONS = frozenset({"x-multi-segment"})
NAME_MAPS = frozenset({"properties", "schemas", "responses", "parameters", "paths"})
"""Under these keys, the keys are names: a property may well be called `description`."""

README = """# GitHub's API description

`github.json` is the part of `generated/api.github.com.json` of the npm package `@octokit/openapi` {version} (MIT, see
`LICENSE`) that the fake GitHub serves and judges by. `tools/openapi_closure.py` cut it; do not edit it by hand.
"""
TARGET = Path(__file__).parent.parent / "src" / "memory_agents" / "testing" / "openapi"


def strip(node: Any, *, names: bool = False) -> Any:
    """Return `node` without prose, examples and vendor extensions."""
    if isinstance(node, list):
        return [strip(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: strip(value, names=not names and key in NAME_MAPS)
        for key, value in node.items()
        if names or not (key in DROPPED or (key.startswith("x-") and key not in KEPT_EXTENSIONS))
    }


def references(node: Any) -> set[str]:
    """Every `$ref` under `node`."""
    if isinstance(node, list):
        return set().union(*(references(item) for item in node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*(references(value) for value in node.values()))
    return found | {node["$ref"]} if isinstance(node.get("$ref"), str) else found


def cut(description: dict[str, Any]) -> dict[str, Any]:
    """Return the closure of OPERATIONS: their paths and every component that these reach."""
    paths: dict[str, Any] = {}
    for path, methods in OPERATIONS.items():
        paths[path] = {method: strip(description["paths"][path][method]) for method in methods}
    components: dict[str, dict[str, Any]] = {}
    waiting = references(paths)
    while waiting:
        reference = waiting.pop()
        _, _, kind, name = reference.split("/")
        if name in components.setdefault(kind, {}):
            continue
        component = strip(description["components"][kind][name])
        components[kind][name] = component
        waiting |= references(component)
    components = {kind: dict(sorted(components[kind].items())) for kind in sorted(components)}
    info = {key: description["info"][key] for key in ("title", "version", "license")}
    return {"openapi": description["openapi"], "info": info, "paths": paths, "components": components}


def main() -> None:
    """Write the closure and the licence of the package at the given folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the folder of the installed @octokit/openapi package")
    package: Path = parser.parse_args().package
    source = package / "generated" / "api.github.com.json"
    if not source.is_file():
        parser.error(f"{source} does not exist: give the folder that holds @octokit/openapi's package.json")
    closure = cut(json.loads(source.read_text(encoding="utf-8")))
    TARGET.mkdir(parents=True, exist_ok=True)
    target = TARGET / "github.json"
    target.write_text(json.dumps(closure, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    readme = README.format(version=closure["info"]["version"])
    (TARGET / "README.md").write_text(readme, encoding="utf-8")
    shutil.copyfile(package / "LICENSE", TARGET / "LICENSE")


if __name__ == "__main__":
    main()
