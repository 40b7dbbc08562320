"""AgentCore's control plane: finding, making, changing and deleting memories, with its failures as ours."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from memory_agents.errors import (
    MemoryAgentsError,
    MemoryDenied,
    MemoryMissing,
    MemoryRefused,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
    MissingExtra,
    SettingsError,
    UsageError,
)
from memory_agents.memory.providers.addresses import is_clear, is_loopback
from memory_agents.memory.providers.agentcore_opening import (
    EXPIRED,
    FIX_CREDENTIALS,
    FIX_EXPIRED,
    INVALID,
    fix_clear,
    in_the_clear,
    no_credentials,
)

SERVICE = "bedrock-agentcore-control"
_SECONDS = 15.0
"""for one attempt at a request"""
_FIX_WAIT = "see what became of it with `memory-agents setup agentcore show`"

Memory = dict[str, Any]
"""what GetMemory says of a memory"""
Tell = Callable[[str], None]
"""is told how far a wait is, in a line"""


class ControlPlane:
    """The memories of one account in one region."""

    def __init__(self, client: Any) -> None:
        """`client`: aiobotocore's, open. Use `opened`."""
        self._client = client

    @property
    def region(self) -> str:
        """That the client speaks to."""
        return str(self._client.meta.region_name)

    async def find(self, name: str) -> Memory | None:
        """The memory of that name, or None. Raises MemoryAgentsError."""
        with _translated("ListMemories", self._client):
            pages = self._client.get_paginator("list_memories").paginate(PaginationConfig={"PageSize": 100})
            ids = [memory["id"] async for page in pages for memory in page["memories"]]
        for memory_id in ids:  # the list has no names; an id is the name, a dash and ten characters
            if memory_id.rpartition("-")[0] == name:
                return await self.get(memory_id)
        return None

    async def get(self, memory_id: str) -> Memory:
        """The memory of that id or ARN. Raises MemoryMissing where there is none; MemoryAgentsError."""
        answer = await self._call("get_memory", memoryId=memory_id.rpartition("/")[2])
        memory: Memory = answer["memory"]
        return memory

    async def create(self, request: Mapping[str, Any]) -> Memory:
        """Make a memory. Raises NameTaken, MemoryAgentsError."""
        memory: Memory = (await self._call("create_memory", **request))["memory"]
        return memory

    async def update(self, request: Mapping[str, Any]) -> Memory:
        """Change a memory. Raises MemoryAgentsError."""
        memory: Memory = (await self._call("update_memory", **request))["memory"]
        return memory

    async def delete(self, memory_id: str) -> None:
        """Delete a memory, with all that it holds. Raises MemoryAgentsError."""
        await self._call("delete_memory", memoryId=memory_id)

    async def wait(self, memory_id: str, *, tell: Tell, seconds: float, pause: float = 2.0) -> Memory:
        """The memory once it is ACTIVE. Raises MemoryTimeout after `seconds`; MemoryRefused if it failed."""
        async for memory, waited in self._watched(memory_id, seconds, pause):
            if memory["status"] == "ACTIVE":
                return memory
            if memory["status"] == "FAILED":
                why = memory.get("failureReason", "AWS does not say why")
                raise MemoryRefused(
                    f"memory/{memory_id} failed: {why}.", fix="delete it with `memory-agents setup agentcore delete`"
                )
            tell(f"memory/{memory_id} is {memory['status']} ({waited:.0f} s)")
        raise MemoryTimeout(f"memory/{memory_id} is not ACTIVE after {seconds:.0f} seconds.", fix=_FIX_WAIT)

    async def wait_until_gone(self, memory_id: str, *, tell: Tell, seconds: float, pause: float = 2.0) -> None:
        """Return once the memory is deleted. Raises MemoryTimeout after `seconds`."""
        try:
            async for memory, waited in self._watched(memory_id, seconds, pause):
                tell(f"memory/{memory_id} is {memory['status']} ({waited:.0f} s)")
        except MemoryMissing:
            return
        raise MemoryTimeout(f"memory/{memory_id} is not gone after {seconds:.0f} seconds.", fix=_FIX_WAIT)

    async def _watched(self, memory_id: str, seconds: float, pause: float) -> AsyncIterator[tuple[Memory, float]]:
        """The memory again and again, at least once, with the seconds since the beginning."""
        began, waited = time.monotonic(), 0.0
        yield await self.get(memory_id), waited
        while waited < seconds:
            await asyncio.sleep(pause)
            waited = time.monotonic() - began
            yield await self.get(memory_id), waited

    async def _call(self, operation: str, **request: Any) -> Any:
        name = self._client.meta.method_to_api_mapping[operation]
        with _translated(name, self._client):
            return await getattr(self._client, operation)(**request)


class NameTaken(MemoryAgentsError):
    """Another memory of the account has the name."""


@contextlib.asynccontextmanager
async def opened(*, region: str, endpoint: str) -> AsyncIterator[ControlPlane]:
    """The control plane of a region, empty for that of the machine's settings. Raises MissingExtra, UsageError."""
    try:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session
        from botocore.exceptions import InvalidRegionError, NoRegionError
    except ImportError:
        raise MissingExtra("`memory-agents setup agentcore`", "agentcore") from None
    config = AioConfig(
        connect_timeout=5,
        read_timeout=_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
        proxies={} if is_loopback(endpoint) else None,
    )
    async with contextlib.AsyncExitStack() as stack:
        try:
            with _translated("nothing yet", None):
                client = await stack.enter_async_context(
                    get_session().create_client(
                        SERVICE, region_name=region or None, endpoint_url=endpoint or None, config=config
                    )
                )
        except NoRegionError:
            raise UsageError("AWS's region is not known.", fix="add --region, or set AWS_REGION") from None
        except InvalidRegionError:
            raise UsageError(f"{region!r} is no region of AWS.", fix="give --region such as eu-central-1") from None
        if is_clear(address := client.meta.endpoint_url):
            raise SettingsError(in_the_clear(address), fix=fix_clear("AGENTCORE_CONTROL_PLANE_ENDPOINT"))
        yield ControlPlane(client)


@contextlib.contextmanager
def _translated(operation: str, client: Any) -> Iterator[None]:
    """botocore's errors as ours."""
    from botocore import exceptions as aws

    about_credentials = (
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.CredentialRetrievalError,
        aws.ProfileNotFound,
        aws.NoAuthTokenError,
        aws.TokenRetrievalError,
        aws.SSOError,
        aws.LoginError,
        aws.ConfigParseError,
    )
    try:
        yield
    except aws.ClientError as error:
        raise _refusal(error.response, operation) from None
    except (aws.NoRegionError, aws.InvalidRegionError):
        raise
    except about_credentials as error:
        raise no_credentials(error) from None
    except aws.ParamValidationError as error:
        raise MemoryRefused(f"{operation} cannot be asked for this: {error}.", fix="correct the options") from None
    except (aws.ConnectTimeoutError, aws.ReadTimeoutError):
        raise MemoryTimeout(f"AgentCore did not answer {operation} in time.", fix="run it again") from None
    except aws.BotoCoreError as error:
        where = client.meta.endpoint_url if client is not None else "AWS"
        raise MemoryUnreachable(
            f"AgentCore cannot be reached at {where} ({type(error).__name__}).",
            fix="see whether --region and AGENTCORE_CONTROL_PLANE_ENDPOINT are right and the network allows it",
        ) from None
    except (OSError, ValueError) as error:  # of the files and programs that credentials come from
        raise no_credentials(error) from None


def _refusal(response: Mapping[str, Any], operation: str) -> MemoryAgentsError:
    code, said = str(response["Error"].get("Code", "")), str(response["Error"].get("Message", "")).rstrip(".")
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    told = f"AWS answered {operation} with {code}: {said}."
    if code in EXPIRED | INVALID:
        return MemoryDenied(told, fix=FIX_EXPIRED if code in EXPIRED else FIX_CREDENTIALS)
    match code:
        case "ResourceNotFoundException":
            return MemoryMissing(told, fix="see which id and --region are right; `show` finds it by its name, too")
        case "ThrottledException" | "ThrottlingException":
            return MemoryThrottled(told, fix="run it again in a minute")
        case "ServiceQuotaExceededException":
            return MemoryThrottled(told, fix="delete a memory that nobody needs, or ask AWS for a higher quota")
        case "ConflictException" | "ValidationException" if "already exists" in said and operation == "CreateMemory":
            return NameTaken(told, fix="choose another --name")
        case "ConflictException":
            return MemoryThrottled(told, fix="it is being changed: run it again in a minute")
        case "ValidationException" if "ndexed" in said and "trateg" in said:
            return MemoryRefused(told, fix="add --strategy semantic")
    if status in {401, 403}:
        return MemoryDenied(
            told, fix=f"allow bedrock-agentcore:{operation}; `memory-agents setup agentcore policy` prints the policy"
        )
    if status >= 500:
        return MemoryUnreachable(told, fix="run it again in a moment")
    return MemoryRefused(told, fix="correct the options")
