"""AgentCoreClient: the service's data plane, through one client that stays open, with its failures as ours.

aiobotocore and the service's model are read off the event loop, at the first call.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from memory_agents.core.records import EPOCH
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
from memory_agents.memory.providers.agentcore_shapes import Check, check_of

SERVICE = "bedrock-agentcore"
_ATTEMPTS = 3
"""of one request, botocore's own retries included"""
_CONNECT_SECONDS = 5.0
_AT_ONCE = 16
"""connections"""
_FIX_CREDENTIALS = "give the job AWS credentials that are valid now, such as by aws-actions/configure-aws-credentials"
_FIX_MEMORY = (
    "set `agentcore-memory-id` to what `memory-agents setup agentcore` printed, and `aws-region` to its region"
)
_FIX_SLOW = "run it again, or raise `timeout-seconds`"
_CREDENTIALS = {
    "CredentialRetrievalError",
    "NoAuthTokenError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}
"""botocore's errors that are about who asks"""
_SMALL = 8_192
"""bytes of an answer that is read at once, and entries' worth of a request"""
_SECONDS = re.compile(r"-?[0-9.]+")
_SLOW = {"ConnectTimeoutError", "ReadTimeoutError"}


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
        self._checks: dict[str, Check] = {}
        """operation → the check of its parameters"""

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Make one request, such as `create_event`, to this memory; what was answered."""
        async with self.in_time(operation):
            client = await self._opened()
            request = self._checked(client, operation, parameters)
            with self._translated(operation):
                answer: dict[str, Any] = await getattr(client, operation)(**request)
            return answer

    async def pages(self, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """The answers to a request that is answered in pages, a hundred entries each; each page has its own time."""
        async with self.in_time(operation):
            client = await self._opened()
        request = self._checked(client, operation, parameters)
        paginator = client.get_paginator(operation)
        found = aiter(paginator.paginate(**request, PaginationConfig={"PageSize": 100}))
        while True:
            async with self.in_time(operation):
                with self._translated(operation):
                    page = await anext(found, None)
            if page is None:
                return
            yield page

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
        """What makes the client: here nothing is read from disk any more, so it blocks nobody."""
        try:
            from aiobotocore.config import AioConfig
            from aiobotocore.session import get_session
        except ImportError as error:
            raise MissingExtra("`provider: agentcore`", "agentcore") from error
        config = AioConfig(
            connect_timeout=min(_CONNECT_SECONDS, self._seconds),
            read_timeout=self._seconds,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=_AT_ONCE,
            parameter_validation=False,  # agentcore_shapes checks more
            proxies={} if is_loopback(self.endpoint) else None,
        )
        session = get_session()
        session.register_component("data_loader", _models())
        session.register_component("response_parser_factory", _Parsers())

        def create() -> Any:
            return session.create_client(
                SERVICE, region_name=self.region or None, endpoint_url=self.endpoint or None, config=config
            )

        async def read_all() -> None:
            async with create():
                pass

        with self._translated("nothing yet"):
            asyncio.run(read_all())  # what one client of a session has read, the next one has
        return create

    def _checked(self, client: Any, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The whole request, as the service's model allows it."""
        request = {"memoryId": self.memory_id, **parameters}
        name = client.meta.method_to_api_mapping[operation]
        if name not in self._checks:
            self._checks[name] = check_of(client.meta.service_model.operation_model(name).input_shape)
        problem = next(self._checks[name](request, ""), "")
        if problem.startswith("memoryId"):
            raise MemoryMissing(f"{self.memory_id!r} is no id of an AgentCore memory.", fix=_FIX_MEMORY)
        if problem:
            raise MemoryRefused(f"AgentCore does not take this in {name}: {problem}.", fix="say it in another way")
        return request

    @contextlib.contextmanager
    def _translated(self, operation: str) -> Iterator[None]:
        """botocore's errors as ours. No message repeats what was sent."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._refusal(error, operation) from error
        except BotoCoreError as error:
            raise self._failure(type(error).__name__, operation) from error

    def _failure(self, name: str, operation: str) -> MemoryFailure:
        """What an error of botocore means."""
        if name in _CREDENTIALS:
            return MemoryDenied(f"There are no usable AWS credentials ({name}).", fix=_FIX_CREDENTIALS)
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
        if status in {401, 403} or code in {"ExpiredTokenException", "UnrecognizedClientException"}:
            allow = f"allow `{SERVICE}:{_spoken(operation)}` on this memory, or {_FIX_CREDENTIALS}"
            return MemoryDenied(f"{told}.", fix=allow)
        if status == 404:
            return MemoryMissing(f"There is no memory {self.memory_id} at {self.where}.", fix=_FIX_MEMORY)
        if status in {402, 429} or code in {"ThrottledException", "ThrottlingException"}:
            return MemoryThrottled(f"{told}: too much was asked of it.", fix="run it again in a minute")
        if status == 409:
            return MemoryUnreachable(f"{told}: others write the same.", fix="run it again")
        if 400 <= status < 500:
            return MemoryRefused(f"{told}.", fix="see whether the service takes what is stored: CloudTrail tells more")
        return MemoryUnreachable(f"{told} (HTTP {status}).", fix="run it again")

    @property
    def where(self) -> str:
        """For a person: the endpoint or the region."""
        return self.endpoint.partition("?")[0] or self.region or "AWS"


class _Parsers:
    """botocore's own parsers of answers, beside the event loop: to read a large page takes tens of milliseconds."""

    def __init__(self) -> None:
        from botocore.parsers import ResponseParserFactory

        self._parsers = ResponseParserFactory()
        self._parsers.set_parser_defaults(timestamp_parser=_time)

    def create_parser(self, protocol: str) -> _Parser:
        """Called for every answer."""
        return _Parser(self._parsers.create_parser(protocol))


class _Parser:
    def __init__(self, parser: Any) -> None:
        self._parser = parser

    async def parse(self, response: Any, shape: Any) -> Any:
        if len(response["body"]) < _SMALL:
            return self._parser.parse(response, shape)
        return await asyncio.to_thread(self._parser.parse, response, shape)


@cache
def _models() -> Any:
    """What reads the models of AWS's services, which take long to read and are the same for all clients."""
    from botocore.loaders import create_loader

    return create_loader()


def _time(value: float | str) -> datetime:
    """A time in an answer: seconds since 1970, or ISO 8601. botocore's own way takes most of reading a page."""
    if isinstance(value, str) and not _SECONDS.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    return EPOCH + timedelta(seconds=float(value))


def is_loopback(endpoint: str) -> bool:
    """Whether no proxy can reach it."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _spoken(operation: str) -> str:
    """`CreateEvent` for `create_event`; what is no operation stays as it is."""
    return operation if " " in operation else "".join(word.capitalize() for word in operation.split("_"))
