"""The GraphQL API: each query judged by GitHub's schema, executed on the same rows that REST gives."""

from __future__ import annotations

import functools
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from memory_agents.errors import MissingExtra
from memory_agents.testing.github.access import authorize
from memory_agents.testing.github.journal import Journal
from memory_agents.testing.github.messages import JsonObject, Problem, Refusal, Reply, Request, Unsupported, not_found
from memory_agents.testing.github.render.basics import View
from memory_agents.testing.github.render.leaves import viewer_node
from memory_agents.testing.github.render.nodes import (
    comment_node,
    issue_node,
    repository_node,
    review_comment_node,
    review_node,
)
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Token
from memory_agents.testing.github.world import World

if TYPE_CHECKING:
    from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema

BODY = frozenset({"query", "variables", "operationName"})
GLOBAL_ID = re.compile(r"\d{3}:([A-Za-z]+?)(\d+)")
MOST_NODES = 100
"""that one query may ask for"""


class GraphqlApi:
    """Answers queries from a World."""

    def __init__(self, world: World, journal: Journal) -> None:
        self._world = world
        self._journal = journal

    def answer(self, request: Request, token: str | None, refusal: Reply | None) -> Reply:
        """The reply to a request, or `refusal` in its place; what breaks GitHub's schema goes to the journal."""
        with self._world.lock:
            reply = refusal or self._reply(request, token)
            return replace(reply, headers=self._world.rate_headers("graphql") | dict(reply.headers))

    def _reply(self, request: Request, token: str | None) -> Reply:
        try:
            bearer = self._bearer(token)
            fields = self._fields(request)
            if self._world.rate_limit_remaining <= 0:  # refused with 200, unlike REST
                message = "API rate limit exceeded for installation."
                return Reply(status=200, body={"errors": [{"type": "RATE_LIMITED", "message": message}]})
            self._world.spend_request()
            return Reply(status=200, body=self._execute(request, fields, bearer))
        except Problem as problem:
            return problem.reply

    def _bearer(self, token: str | None) -> Token:
        bearer = self._world.find_token(token)
        if bearer is None:
            raise Problem(401, "This endpoint requires you to be authenticated.")
        return bearer

    def _fields(self, request: Request) -> JsonObject:
        """The request's `query` and `variables`."""
        if request.method != "POST":
            raise not_found()
        try:
            fields = json.loads(request.body)
        except ValueError:
            raise Problem(400, "Problems parsing JSON") from None
        if not isinstance(fields, dict) or not isinstance(fields.get("query"), str):
            raise Problem(400, "A query attribute must be specified and must be a string.")
        self._violated(request, [f"body: GitHub takes no {name} here" for name in sorted(fields.keys() - BODY)])
        return fields

    def _execute(self, request: Request, fields: JsonObject, token: Token) -> JsonObject:
        import graphql

        schema = github_schema()
        document, wrong = _prepared(fields["query"])
        if document is None:
            self._violated(request, [f"query: {error.message}" for error in wrong])
            return {"errors": [error.formatted for error in wrong]}
        root = Root(self._world, View(request.api_url, request.server_url, self._world.find_user), token)
        result = graphql.execute_sync(
            schema, document, root, variable_values=fields.get("variables"), operation_name=fields.get("operationName")
        )
        return self._shown(request, result)

    def _shown(self, request: Request, result: ExecutionResult) -> JsonObject:
        """The result in GitHub's form; an error that GitHub would not give is a violation."""
        errors: list[JsonObject] = []
        for error in result.errors or ():
            shown: JsonObject = dict(error.formatted)
            if isinstance(error.original_error, Refusal):
                shown = error.original_error.shown | shown
            else:
                self._violated(request, [f"query: {error}"])
            errors.append(shown)
        data = {} if result.data is None and errors else {"data": result.data}
        return data | ({"errors": errors} if errors else {})

    def _violated(self, request: Request, problems: list[str]) -> None:
        self._journal.note_violations(request.method, request.path, problems)


@dataclass(frozen=True, slots=True)
class Root:
    """The fields of `Query`."""

    world: World
    seen_from: View
    token: Token

    def viewer(self, _: object) -> JsonObject:
        """Whom the token acts as."""
        return viewer_node(self.seen_from, self.token.login)

    def rateLimit(self, _: object, **_arguments: bool) -> JsonObject:  # noqa: N802 - GitHub's name
        """What is left after this query."""
        rate = self.world.rate_limit()
        reset = self.world.reset_at().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"cost": 1, "resetAt": reset} | {name: rate[name] for name in ("limit", "remaining", "used")}

    def repository(self, _: object, **arguments: Any) -> JsonObject:
        """A repository by its name, with its issues and pull requests by their numbers."""
        full_name = f"{arguments['owner']}/{arguments['name']}"
        missing = Refusal("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
        repository = self.world.repositories.get(full_name)
        if repository is None:
            raise missing
        self._authorize(missing, repository, "")
        shown = repository_node(self.seen_from, repository)

        def item(_: object, number: int) -> JsonObject:
            issue = repository.issues.get(number)
            message = f"Could not resolve to an issue or pull request with the number of {number}."
            unknown = Refusal("NOT_FOUND", message)
            if issue is None:
                raise unknown
            self._authorize(unknown, repository, "pull_requests" if issue.pull else "issues")
            return issue_node(self.seen_from, repository, issue)

        def pulls(info: object, **arguments: Any) -> JsonObject:
            self._authorize(missing, repository, "pull_requests")
            found: JsonObject = shown["pullRequests"](info, **arguments)
            return found

        return shown | {"issueOrPullRequest": item, "pullRequests": pulls}

    def node(self, _: object, **arguments: str) -> JsonObject:
        """The row of an id."""
        return self._node(arguments["id"])

    def nodes(self, _: object, **arguments: list[str]) -> list[JsonObject | Refusal | Unsupported]:
        """The rows of some ids; an error stands for that row alone."""
        ids = arguments["ids"]
        if len(ids) > MOST_NODES:
            message = f"You may not provide more than {MOST_NODES} node ids; you provided {len(ids)}."
            raise Refusal("ARGUMENT_LIMIT", message)
        return [self._node_or_error(each) for each in ids]

    def _node_or_error(self, global_id: str) -> JsonObject | Refusal | Unsupported:
        try:
            return self._node(global_id)
        except (Refusal, Unsupported) as error:
            return error

    def _node(self, global_id: str) -> JsonObject:
        kind, number = _parsed(global_id)
        if kind and kind not in FINDERS:
            raise Unsupported(f"the fake gives no {kind} as a node")
        for repository in self.world.repositories.values() if kind else ():
            if found := FINDERS[kind](repository, number):
                show, conversation = found
                issue = repository.issues.get(conversation)
                permission = "" if issue is None else "pull_requests" if issue.pull else "issues"
                self._authorize(_not_resolved(global_id), repository, permission)
                return show(self.seen_from)
        raise _not_resolved(global_id)

    def _authorize(self, missing: Refusal, repository: FakeRepository, permission: str) -> None:
        """Refuse what is in a private repository to those who may not read it; `missing` to whom it is hidden."""
        full_name = repository.full_name
        try:
            authorize(self.token, repository, full_name=full_name, method="GET", permission=permission)
        except Problem as problem:
            if problem.reply.status == 404:
                raise missing from None
            raise Refusal("FORBIDDEN", str(problem), extensions={"saml_failure": False}) from None


Found = tuple[Callable[[View], JsonObject], int] | None
"""what shows a row, and the number of its conversation (0 of a repository)"""


def _issue(repository: FakeRepository, number: int) -> Found:
    issue = repository.find_issue(number)
    return (lambda view: issue_node(view, repository, issue), issue.number) if issue and issue.pull is None else None


def _pull(repository: FakeRepository, number: int) -> Found:
    issue = repository.find_issue(number)
    return (lambda view: issue_node(view, repository, issue), issue.number) if issue and issue.pull else None


def _comment(repository: FakeRepository, number: int) -> Found:
    comment = repository.comments.get(number)
    return (lambda view: comment_node(view, repository, comment), comment.number) if comment else None


def _review_comment(repository: FakeRepository, number: int) -> Found:
    comment = repository.review_comments.get(number)
    return (lambda view: review_comment_node(view, repository, comment), comment.number) if comment else None


def _review(repository: FakeRepository, number: int) -> Found:
    review = repository.reviews.get(number)
    return (lambda view: review_node(view, repository, review), review.number) if review else None


def _repository(repository: FakeRepository, number: int) -> Found:
    return (lambda view: repository_node(view, repository), 0) if repository.id == number else None


FINDERS: Mapping[str, Callable[[FakeRepository, int], Found]] = {
    "Issue": _issue,
    "PullRequest": _pull,
    "IssueComment": _comment,
    "PullRequestReview": _review,
    "PullRequestReviewComment": _review_comment,
    "Repository": _repository,
}
"""GraphQL type → what finds its row by database id"""


def _parsed(global_id: str) -> tuple[str, int]:
    """The type and database id in a global id; empty and 0 if it is none."""
    try:
        match = GLOBAL_ID.fullmatch(b64decode(global_id, validate=True).decode())
    except ValueError:
        match = None
    return (match[1], int(match[2])) if match else ("", 0)


def _not_resolved(global_id: str) -> Refusal:
    return Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{global_id}'")


@functools.lru_cache(maxsize=64)
def _prepared(query: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
    """The parsed query, or what GitHub's schema has against it."""
    import graphql

    try:
        document = graphql.parse(query)
    except graphql.GraphQLError as error:
        return None, [error]
    wrong = graphql.validate(github_schema(), document)
    return (None, wrong) if wrong else (document, [])


@functools.cache
def github_schema() -> GraphQLSchema:
    """GitHub's schema, as cut by `tools/graphql_closure.py`."""
    try:
        import graphql
    except ModuleNotFoundError:
        raise MissingExtra("The fake GitHub's GraphQL API", "testing") from None
    text = files("memory_agents.testing").joinpath("graphql", "github.graphql").read_text(encoding="utf-8")
    return graphql.build_schema(text)
