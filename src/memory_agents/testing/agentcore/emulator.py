"""AgentCoreEmulator: AgentCore Memory on a loopback port, for tests and for trying it by hand."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from memory_agents.errors import MissingExtra, UsageError
from memory_agents.memory.providers.agentcore_names import INDEXED_KEYS
from memory_agents.testing.agentcore.control import Control
from memory_agents.testing.agentcore.faults import Faults
from memory_agents.testing.agentcore.memories import World
from memory_agents.testing.agentcore.service import Answer, Call, Service

if TYPE_CHECKING:
    from aiohttp import web

REGION = "us-east-1"
MEMORY_ID = "emulated-Abcdefgh12"
_MEMORY_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}", re.ASCII)


class AgentCoreEmulator:
    """Inside the context, both planes of AgentCore Memory answer at `url`; `with` and `async with` both do.

    It runs in a thread of its own, so that a caller's event loop may block. There is one ACTIVE memory from the start,
    `memory_id`, with the indexed keys (key → type) that it is given. What is written is seen by reads after
    `visibility_seconds`; a memory that is made, changed or deleted is done after `activation_seconds`. One session
    takes `events_per_second`. These take real time; `clock` is the calendar of times and expiry. Any credentials do.
    """

    def __init__(
        self,
        *,
        memory_id: str = MEMORY_ID,
        indexed_keys: Mapping[str, str] = INDEXED_KEYS,
        visibility_seconds: float = 0.0,
        activation_seconds: float = 0.0,
        events_per_second: float = 5.0,
        region: str = REGION,
        port: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not _MEMORY_ID.fullmatch(memory_id):
            raise UsageError(f"{memory_id!r} is no memory id.", fix="use a name, a dash and 10 letters or digits")
        if not all(importlib.util.find_spec(package) for package in ("aiohttp", "botocore")):
            raise MissingExtra("The AgentCore emulator", "agentcore")
        self.memory_id = memory_id
        self.region = region
        self.url = ""
        self.faults = Faults()
        self._port = port
        self._world = World(
            clock=clock,
            visibility_seconds=visibility_seconds,
            activation_seconds=activation_seconds,
            events_per_second=events_per_second,
            region=region,
        )
        entries = [{"key": key, "type": kind} for key, kind in indexed_keys.items()]
        said = {"eventExpiryDuration": 7, **({"indexedKeys": entries} if entries else {})}
        self._world.memories[memory_id] = Control(self._world).add(memory_id, said)
        self._service = Service(self._world, self.faults)

    @property
    def calls(self) -> list[Call]:
        """What was asked, in order: each request that an operation was found for and that its model allows."""
        return self._service.calls

    def settle(self) -> None:
        """Everything written becomes visible now, and every memory is done with what it was doing."""
        self._service.settle()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._failure = OSError()
        self._thread = threading.Thread(target=self._run, name="agentcore-emulator", daemon=True)
        self._thread.start()
        self._started.wait()
        if not self.url:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, traceback)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        from aiohttp import web

        runner = web.ServerRunner(web.Server(self._answer), handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            self.url = "http://{}:{}".format(*runner.addresses[0][:2])
            self._started.set()
            await self._stopping.wait()
        except OSError as error:
            self._failure = error
        finally:
            self._started.set()
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        from aiohttp import web

        try:
            return await self._answered(request)
        except ConnectionResetError:  # whoever asked is gone
            return web.Response()

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        fault = self._service.fault(request.method, request.raw_path)
        await asyncio.sleep(fault.delay)
        body = await request.content.read()
        authorization = request.headers.get("Authorization", "")
        answer = self._service.answer(request.method, request.raw_path, authorization, body, fault)
        return await _sent(request, answer, cut=fault.cut, number=len(self.calls))


async def _sent(request: web.BaseRequest, answer: Answer, *, cut: bool, number: int) -> web.StreamResponse:
    """Send the answer, or half of it before the connection ends."""
    from aiohttp import web

    response = web.StreamResponse(status=answer.status, headers={"x-amzn-requestid": f"emulated-{number}"})
    if answer.error:
        response.headers["x-amzn-errortype"] = answer.error
    response.content_type = "application/json"
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
    if cut and request.transport is not None:
        request.transport.close()
    return response
