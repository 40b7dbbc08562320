"""The REST API: each request judged by the contract, authorized, handled, and its answer judged too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from memory_agents.testing.github.access import authorize, permission_for
from memory_agents.testing.github.call import Account, Call
from memory_agents.testing.github.contract import Found, github_contract
from memory_agents.testing.github.journal import Journal
from memory_agents.testing.github.messages import Problem, Reply, Request, Unsupported, not_found
from memory_agents.testing.github.render.basics import View
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.routes import ACCOUNT_ROUTES, REPOSITORY_ROUTES
from memory_agents.testing.github.state import Token
from memory_agents.testing.github.world import World

FREE = "/rate_limit"
"""the path that costs no request of the rate limit"""


class RestApi:
    """Answers REST requests from a World."""

    def __init__(self, world: World, journal: Journal) -> None:
        self._world = world
        self._journal = journal
        self._contract = github_contract()

    def answer(self, request: Request, token: str | None, refusal: Reply | None) -> Reply:
        """The reply to a request, or `refusal` in its place; whatever was wrong with either goes to the journal."""
        found = self._contract.find(request.method, request.path)
        if found is None:
            self._violated(request, ["GitHub's description, as cut for this fake, has no such operation"])
            return self._with_headers(not_found().reply)
        wrong_body = self._contract.check_body(found, request.body)
        self._violated(request, self._contract.check_parameters(found, request.query) + wrong_body)
        with self._world.lock:
            reply = self._with_headers(refusal or self._reply(request, found, token, wrong_body))
        self._violated(request, self._contract.check_response(found.operation, reply.status, reply.body))
        return reply

    def _reply(self, request: Request, found: Found, token: str | None, wrong_body: list[str]) -> Reply:
        try:
            bearer = self._world.find_token(token)
            if request.path != FREE:
                self._world.spend_request()
            return self._handle(request, found, bearer, wrong_body)
        except Problem as problem:
            return problem.reply
        except Unsupported as limit:
            self._violated(request, [str(limit)])
            return Problem(501, str(limit)).reply

    def _handle(self, request: Request, found: Found, token: Token | None, wrong_body: list[str]) -> Reply:
        world, operation = self._world, found.operation
        view = View(api=request.api_url, web=request.server_url, find_user=world.find_user)
        account = Account(view=view, token=token, rate_limit=world.rate_limit, has_user=world.has_user)
        if handle_account := ACCOUNT_ROUTES.get((operation.method, operation.path)):
            return handle_account(account)
        full_name = f"{found.parameters['owner']}/{found.parameters['repo']}"
        repository = world.repositories.get(full_name)
        is_pull = repository is not None and _is_pull(repository, found.parameters)
        repository = authorize(
            token,
            repository,
            full_name=full_name,
            method=operation.method,
            permission=permission_for(operation.path, is_pull=is_pull),
        )
        if wrong_body:
            raise Problem(422, f"Invalid request.\n\n{'; '.join(wrong_body)}")
        call = Call(request=request, parameters=found.parameters, account=account, repository=repository)
        return REPOSITORY_ROUTES[operation.method, operation.path](call)

    def _with_headers(self, reply: Reply) -> Reply:
        """Add what GitHub says with every answer; what the reply says itself wins."""
        return replace(reply, headers=self._world.rate_headers("core") | dict(reply.headers))

    def _violated(self, request: Request, problems: list[str]) -> None:
        self._journal.note_violations(request.method, request.decoded_path, problems)


def _is_pull(repository: FakeRepository, parameters: Mapping[str, str]) -> bool:
    """Whether the conversation that a path names is a pull request's."""
    number = parameters.get("issue_number", "")
    if (key := parameters.get("comment_id", "")).isdigit() and (comment := repository.comments.get(int(key))):
        number = str(comment.number)
    issue = repository.issues.get(int(number)) if number.isdigit() else None
    return issue is not None and issue.pull is not None
