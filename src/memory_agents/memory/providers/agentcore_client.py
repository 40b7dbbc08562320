"""AgentCoreClient: the service's data plane, through one client that stays open, with its failures as ours.

aiobotocore, the service's model and the credentials are read off the event loop, at the first call.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryMissing,
    MemoryRefused,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
    MissingExtra,
)
from memory_agents.memory.providers.agentcore_opening import (
    EXPIRED,
    FIX_CREDENTIALS,
    FIX_EXPIRED,
    INVALID,
    SERVICE,
    no_credentials,
    prepared,
)
from memory_agents.memory.providers.agentcore_shapes import Check, Whole, check_of, whole_of

_PAGE = 100
"""entries of one answer"""
_FIX_MEMORY = (
    "set `agentcore-memory-id` to what `memory-agents setup agentcore` printed, and `aws-region` to its region"
)
_FIX_SLOW = "run it again, or raise `timeout-seconds`"
_CREDENTIALS = {
    "ConfigParseError",
    "CredentialRetrievalError",
    "LoginRefreshRequired",
    "LoginTokenLoadError",
    "NoAuthTokenError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}
"""botocore's errors that are about who asks"""
_SLOW = {"ConnectTimeoutError", "ReadTimeoutError"}


@dataclass(frozen=True, slots=True)
class _Operation:
    """What the service's model says of one."""

    name: str
    check: Check
    """of its parameters"""
    is_whole: Whole
    """of its answer"""


class AgentCoreClient:
    """Requests to one memory."""

    def __init__(self, memory_id: str, *, region: str, endpoint: str, seconds: float) -> None:
        """`endpoint`: '' for the region's own. `seconds`: for one request or one listing, retries included."""
        self.memory_id = memory_id.strip()
        self.region = region.strip()
        self.endpoint = endpoint.strip()
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._stack = contextlib.AsyncExitStack()
        self._client: Any = None
        self._operations: dict[str, _Operation] = {}

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Make one request, such as `create_event`, to this memory; what was answered, as far as the model needs it.

        It is JSON, times as they were sent. Entries of a list in it are mappings; what they hold may be missing or of
        another form.
        """
        async with self.in_time(operation):
            client = await self._opened()
            known = self._known(client, operation)
            request = self._checked(known, parameters)
            with self._translated(operation):
                answer: dict[str, Any] = await getattr(client, operation)(**request)
            if not known.is_whole(answer):
                raise self._stranger()
            return answer

    async def pages(self, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """The answers to a request that is answered in pages, a hundred entries each; each page has its own time."""
        at: dict[str, Any] = {}
        seen = set()
        while True:
            page = await self.call(operation, **parameters, maxResults=_PAGE, **at)
            yield page
            if not (token := page.get("nextToken")):
                return
            if token in seen:
                raise self._stranger()
            seen.add(token)
            at = {"nextToken": token}

    @contextlib.asynccontextmanager
    async def in_time(self, what: str) -> AsyncIterator[None]:
        """MemoryTimeout once it takes longer than the deadline."""
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise MemoryTimeout(
                f"AgentCore did not answer {_spoken(what)} within {self._seconds:g} seconds.",
                fix=_FIX_SLOW,
            ) from None

    async def close(self) -> None:
        """Let go of the connections."""
        async with self._lock:
            self._client = None
            await self._stack.aclose()

    async def _opened(self) -> Any:
        async with self._lock:
            if self._client is None:
                created = await asyncio.to_thread(self._prepared)
                self._client = await self._stack.enter_async_context(created())
            return self._client

    def _prepared(self) -> Any:
        """See `prepared`."""
        try:
            importlib.import_module("aiobotocore.session")
        except ImportError as error:
            raise MissingExtra("`provider: agentcore`", "agentcore") from error
        with self._translated("nothing yet"):
            return prepared(region=self.region, endpoint=self.endpoint, seconds=self._seconds)

    def _known(self, client: Any, operation: str) -> _Operation:
        if operation not in self._operations:
            name = client.meta.method_to_api_mapping[operation]
            model = client.meta.service_model.operation_model(name)
            self._operations[operation] = _Operation(name, check_of(model.input_shape), whole_of(model.output_shape))
        return self._operations[operation]

    def _checked(self, operation: _Operation, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The whole request, as the service's model allows it."""
        request = {"memoryId": self.memory_id, **parameters}
        problem = next(operation.check(request, ""), "")
        if problem.startswith("memoryId"):
            raise MemoryMissing(f"{self.named!r} is no AgentCore memory.", fix=_FIX_MEMORY)
        if problem:
            raise MemoryRefused(
                f"AgentCore does not take this in {operation.name}: {problem}.", fix="say it in another way"
            )
        return request

    @contextlib.contextmanager
    def _translated(self, operation: str) -> Iterator[None]:
        """The errors of botocore as ours. No message repeats what was sent."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            yield
        except ClientError as error:
            raise self._refusal(error, operation) from error
        except BotoCoreError as error:
            raise self._failure(type(error).__name__, operation) from error
        except ResponseParserError as error:
            raise self._stranger() from error
        except (OSError, ValueError) as error:  # credentials are read again when they expire
            raise no_credentials(error) from error

    def _stranger(self) -> MemoryFailure:
        """What it means that an answer is not as the model has it."""
        return MemoryUnreachable(
            f"What answers at {self.where} is no AgentCore memory.",
            fix="see whether AGENTCORE_DATA_PLANE_ENDPOINT is right, and no proxy or page to sign in stands before it",
        )

    def _failure(self, name: str, operation: str) -> MemoryFailure:
        """What an error of botocore means."""
        if name in _CREDENTIALS:
            return MemoryDenied(f"There are no usable AWS credentials ({name}).", fix=FIX_CREDENTIALS)
        if name == "NoRegionError":
            return MemoryUnreachable("AWS's region is not known.", fix="set `aws-region` or AWS_REGION")
        if name in _SLOW:
            return MemoryTimeout(
                f"AgentCore was too slow to answer {_spoken(operation)}.",
                fix=_FIX_SLOW,
            )
        return MemoryUnreachable(
            f"AgentCore cannot be reached at {self.where} ({name}).",
            fix="see whether `aws-region` and AGENTCORE_DATA_PLANE_ENDPOINT are right and the network allows it",
        )

    def _refusal(self, error: Any, operation: str) -> MemoryFailure:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        told = f"AgentCore answered {_spoken(operation)} with {code or status}"
        if code in EXPIRED:
            return MemoryDenied(f"{told}: the AWS session is over.", fix=FIX_EXPIRED)
        if code in INVALID:
            return MemoryDenied(f"{told}: the AWS credentials are not valid.", fix=FIX_CREDENTIALS)
        if status in {401, 403}:
            allow = f"allow `{SERVICE}:{_spoken(operation)}` on {self.named}"
            return MemoryDenied(f"{told}.", fix=f"{allow}: `memory-agents setup agentcore policy` prints the policy")
        if status == 404:
            return MemoryMissing(f"There is no {self.named} at {self.where}.", fix=_FIX_MEMORY)
        if status in {402, 429} or code in {"ThrottledException", "ThrottlingException"}:
            return MemoryThrottled(f"{told}: too much was asked of it.", fix="run it again in a minute")
        if status == 409:
            return MemoryUnreachable(f"{told}: others write the same.", fix="run it again")
        if 400 <= status < 500:
            return MemoryRefused(f"{told}.", fix="see whether the service takes what is stored: CloudTrail tells more")
        return MemoryUnreachable(f"{told} (HTTP {status}).", fix="run it again")

    @property
    def named(self) -> str:
        """For a person. A bare id may look like a secret, and be taken out of what is shown."""
        return f"memory/{self.memory_id.rpartition('/')[2]}"

    @property
    def where(self) -> str:
        """For a person: the endpoint or the region."""
        return self.endpoint.partition("?")[0] or self.region or "AWS"


def _spoken(operation: str) -> str:
    """`CreateEvent` for `create_event`; what is no operation stays as it is."""
    return operation if " " in operation else "".join(word.capitalize() for word in operation.split("_"))
