"""FakeGitHub: a whole GitHub on a loopback port, for tests and for trying the action by hand."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from memory_agents.testing.github import smart_http
from memory_agents.testing.github.faults import Faults
from memory_agents.testing.github.graphql_api import GraphqlApi
from memory_agents.testing.github.happenings import Clock
from memory_agents.testing.github.journal import ContractViolated, Journal, LoggedRequest, Violation
from memory_agents.testing.github.messages import Reply, Request
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.rest import RestApi
from memory_agents.testing.github.server import API_PREFIX, GRAPHQL_PATH, Server
from memory_agents.testing.github.world import World, utc_now


class FakeGitHub(World):
    """A context manager: inside, GitHub's REST and GraphQL APIs and git's smart HTTP answer at `server_url`.

    Every REST request and response is checked against GitHub's OpenAPI description, every GraphQL query and
    answer against GitHub's schema. Leaving the context without another error raises ContractViolated if any
    was broken, unless `raise_on_violation` is false.
    """

    def __init__(self, *, port: int = 0, clock: Clock = utc_now, raise_on_violation: bool = True) -> None:
        super().__init__(clock=clock)
        self.faults = Faults()
        self.raise_on_violation = raise_on_violation
        self._port = port
        self._journal = Journal()
        self._rest = RestApi(self, self._journal)
        self._graphql = GraphqlApi(self, self._journal)
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="fake-github-")
        self._root = Path(self._folder.name)
        self._server = Server(self._port, self._answer, self._report)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.close()
        self._thread.join()
        self._folder.cleanup()
        if kind is None and self.raise_on_violation and self.violations:
            raise ContractViolated(self.violations)

    @property
    def server_url(self) -> str:
        """What GITHUB_SERVER_URL is set to."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """What GITHUB_API_URL is set to, in the form of github.com."""
        return self._server.url

    @property
    def enterprise_api_url(self) -> str:
        """The same API where GitHub Enterprise Server has it: under `/api/v3`."""
        return self._server.url + API_PREFIX

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Every request so far, REST, GraphQL and git."""
        return self._journal.requests

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every breach of GitHub's description so far."""
        return self._journal.violations

    @property
    def tokens_seen(self) -> frozenset[str]:
        """Every token that was sent here."""
        return self._journal.tokens_seen

    def git_url(self, repository: FakeRepository) -> str:
        """Where git clones a repository from."""
        return f"{self.server_url}/{repository.full_name}.git"

    def _answer(self, request: Request) -> tuple[Reply, bool]:
        is_git = smart_http.is_git(request)
        token = _token(request.headers.get("authorization", ""), is_git=is_git)
        if token:
            self._journal.note_token(token)
        fault = self.faults.take(request, is_git=is_git)
        if fault and fault.latency and self._stopping.wait(fault.latency):
            raise ConnectionAbortedError("the fake stops, and nobody waits for this answer")
        refusal = fault.reply(self.rate_limit()["reset"]) if fault else None
        if is_git:
            reply = refusal or smart_http.answer(request, self, token)
        else:
            api = self._graphql if request.path == GRAPHQL_PATH else self._rest
            reply = api.answer(request, token, refusal)
        if fault and fault.call:
            fault.call()
        self._journal.note_request(
            LoggedRequest(
                method=request.method,
                path=request.decoded_path,
                query=request.query,
                status=reply.status,
                with_token=token is not None,
            )
        )
        return reply, fault is not None and fault.cut

    def _report(self, problem: str) -> None:
        self._journal.note_violations("", "", [problem])


def _token(authorization: str, *, is_git: bool) -> str | None:
    """The token that a request brings; empty when it is in a form that GitHub does not take there."""
    if is_git:
        return smart_http.basic_token(authorization)
    scheme, _, value = authorization.partition(" ")
    if not authorization:
        return None
    return value if scheme.lower() in {"token", "bearer"} else ""
