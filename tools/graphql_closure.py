"""Cut from GitHub's GraphQL schema the types and fields that our fake GitHub answers.

How to run it, when a field is missing or GitHub's schema changed (it needs the extra `testing`):

    npm install --prefix /tmp/graphql --ignore-scripts @octokit/graphql-schema
    python tools/graphql_closure.py /tmp/graphql/node_modules/@octokit/graphql-schema

It writes `github.graphql` (prose and directives removed), `LICENSE` and `README.md` into
`src/memory_agents/testing/graphql/`. To answer another field, name it in FIELDS, run this, and add its value in
`src/memory_agents/testing/github/render/`. The enums, scalars and input types of a field come with it, and those
types of a union that FIELDS names.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import graphql
from graphql.language import ast

COMMENT = (
    *("author", "authorAssociation", "body", "createdAt", "editor", "id", "includesCreatedEdit", "lastEditedAt"),
    *("updatedAt", "userContentEdits"),
)
EVENT = ("actor", "createdAt", "id")
CONNECTION = ("nodes", "pageInfo", "totalCount")
FIELDS: dict[str, tuple[str, ...]] = {
    "Query": ("node", "nodes", "rateLimit", "repository", "viewer"),
    "RateLimit": ("cost", "limit", "remaining", "resetAt", "used"),
    "Node": ("id",),
    "Actor": ("login", "url"),
    "Closable": ("closed", "closedAt"),
    "Comment": COMMENT,
    "Labelable": ("labels",),
    "Minimizable": ("isMinimized", "minimizedReason"),
    "RepositoryNode": ("repository",),
    "Bot": ("databaseId", "id", "login", "url"),
    "Organization": ("databaseId", "id", "login", "url"),
    "User": ("databaseId", "id", "login", "url"),
    "Repository": (
        *("databaseId", "id", "isPrivate", "issueOrPullRequest", "name", "nameWithOwner", "pullRequests", "url"),
    ),
    "Label": ("color", "description", "id", "name"),
    "LabelConnection": CONNECTION,
    "PageInfo": ("endCursor", "hasNextPage", "hasPreviousPage", "startCursor"),
    "Issue": (
        *COMMENT,
        *("closed", "closedAt", "closedByPullRequestsReferences", "comments", "databaseId", "labels", "number"),
        *("repository", "state", "stateReason", "timelineItems", "title", "url"),
    ),
    "PullRequest": (
        *COMMENT,
        *("changedFiles", "closed", "closedAt", "comments", "files", "isDraft", "labels", "mergeCommit", "merged"),
        *("mergedAt", "number", "repository", "reviews", "state", "timelineItems", "title", "url"),
    ),
    "IssueComment": (
        *COMMENT,
        *("databaseId", "fullDatabaseId", "isMinimized", "issue", "minimizedReason", "pullRequest"),
        *("repository", "url"),
    ),
    "PullRequestReviewComment": (
        *COMMENT,
        *("diffHunk", "fullDatabaseId", "isMinimized", "line", "minimizedReason", "path", "pullRequest"),
        *("replyTo", "repository", "url"),
    ),
    "PullRequestReview": (
        *COMMENT,
        *("fullDatabaseId", "isMinimized", "minimizedReason", "pullRequest", "repository", "state", "submittedAt"),
        "url",
    ),
    "PullRequestChangedFile": ("additions", "changeType", "deletions", "path"),
    "Commit": ("id", "oid", "url"),
    "ClosedEvent": (*EVENT, "closer", "stateReason"),
    "LabeledEvent": (*EVENT, "label"),
    "MarkedAsDuplicateEvent": (*EVENT, "canonical", "isCrossRepository"),
    "RenamedTitleEvent": (*EVENT, "currentTitle", "previousTitle"),
    "UnlabeledEvent": (*EVENT, "label"),
    "IssueCommentConnection": CONNECTION,
    "IssueTimelineItemsConnection": CONNECTION,
    "PullRequestChangedFileConnection": CONNECTION,
    "PullRequestConnection": CONNECTION,
    "PullRequestReviewConnection": CONNECTION,
    "PullRequestTimelineItemsConnection": CONNECTION,
    "UserContentEdit": ("editedAt", "editor"),
    "UserContentEditConnection": CONNECTION,
}
README = """# GitHub's GraphQL schema

`github.graphql` is the part of `schema.graphql` of the npm package `@octokit/graphql-schema` {version} (MIT, see
`LICENSE`) that the fake GitHub answers and judges by. `tools/graphql_closure.py` cut it; do not edit it by hand.
"""
TARGET = Path(__file__).parent.parent / "src" / "memory_agents" / "testing" / "graphql"
Composite = ast.ObjectTypeDefinitionNode | ast.InterfaceTypeDefinitionNode


def bare(node: Any) -> Any:
    """An AST without prose and directives."""
    if isinstance(node, tuple):
        return tuple(bare(each) for each in node)
    if not isinstance(node, ast.Node):
        return node
    removed: dict[str, Any] = {"description": None, "directives": ()}
    kept: dict[str, Any] = {key: removed[key] if key in removed else bare(getattr(node, key)) for key in node.keys}
    return type(node)(**kept)


def named(node: Any) -> set[str]:
    """The types that an AST names."""
    if isinstance(node, ast.NamedTypeNode):
        return {node.name.value}
    if isinstance(node, ast.Node):
        return set().union(*(named(getattr(node, key)) for key in node.keys))
    return set().union(*map(named, node)) if isinstance(node, tuple) else set()


def cut(definition: Composite) -> Composite:
    """The type with the fields and interfaces that are kept."""
    name = definition.name.value
    fields = tuple(each for each in definition.fields or () if each.name.value in FIELDS[name])
    if missing := set(FIELDS[name]) - {each.name.value for each in fields}:
        raise SystemExit(f"GitHub's {name} has no field {', '.join(sorted(missing))}: remove it from FIELDS")
    kept = tuple(each for each in definition.interfaces or () if {*FIELDS.get(each.name.value, "?")} <= {*FIELDS[name]})
    return type(definition)(name=definition.name, interfaces=kept, fields=fields)


def closure(schema: ast.DocumentNode) -> str:
    """The types of FIELDS and every enum, scalar and input that these reach, as one document."""
    definitions = {each.name.value: each for each in schema.definitions if isinstance(each, ast.TypeDefinitionNode)}
    found: dict[str, ast.TypeDefinitionNode] = {}
    waiting = set(FIELDS)
    while waiting:
        name = waiting.pop()
        if name in found or name in graphql.specified_scalar_types:
            continue
        definition = definitions[name]
        if isinstance(definition, Composite):
            if name not in FIELDS:
                raise SystemExit(f"a kept field is of the type {name}: name its fields in FIELDS")
            definition = cut(definition)
        if isinstance(definition, ast.UnionTypeDefinitionNode):
            kept = tuple(each for each in definition.types or () if each.name.value in FIELDS)
            definition = ast.UnionTypeDefinitionNode(name=definition.name, types=kept)
        found[name] = bare(definition)
        waiting |= named(found[name])
    text = "\n\n".join(graphql.print_ast(found[name]) for name in sorted(found)) + "\n"
    graphql.assert_valid_schema(graphql.build_schema(text))
    return text


def main() -> None:
    """Write the closure and the licence of the package at the given folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the folder of the installed @octokit/graphql-schema package")
    package: Path = parser.parse_args().package
    source = package / "schema.graphql"
    if not source.is_file():
        parser.error(f"{source} does not exist: give the folder that holds @octokit/graphql-schema's package.json")
    text = closure(graphql.parse(source.read_text(encoding="utf-8"), no_location=True))
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "github.graphql").write_text(text, encoding="utf-8")
    (TARGET / "README.md").write_text(README.format(version=version), encoding="utf-8")
    shutil.copyfile(package / "LICENSE.md", TARGET / "LICENSE")


if __name__ == "__main__":
    main()
