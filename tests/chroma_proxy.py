"""What stands before a Chroma server in the tests and spoils its answers, over real HTTP on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from aiohttp import web

from memory_agents.core.records import Query
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import BEGIN, event, fact, store
from tests.chroma_server import ChromaServer
from tests.embedding import WordEmbedder

TABS = Query(title="indent with tabs", now=BEGIN)
FOUND = ("codebase/*",)


@dataclass(slots=True)
class Fault:
    """What happens to requests whose path ends in `ending`."""

    ending: str = ""
    status: int = 0
    """is answered instead of the server"""
    body: bytes = b'{"error":"x","message":"so it is"}'
    cut: bool = False
    """the connection breaks in the middle of the body"""
    delay: float = 0
    """seconds before the server is asked"""
    is_done: bool = False
    """whether the server does what was asked, before the answer is spoilt"""
    skip: int = 0
    """so many pass before"""
    times: int = 1


@dataclass(slots=True)
class ChromaProxy:
    """Forwards to a server. Where `token` is set, who does not send it is turned away."""

    upstream: str
    token: str = ""
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """method and path of each request"""
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=30, verify=False))  # noqa: S501

    def spoil(self, fault: Fault) -> None:
        """Let it happen."""
        self.faults.append(fault)

    def _due(self, path: str) -> Fault | None:
        for fault in self.faults:
            if path.endswith(fault.ending) and fault.times:
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                return fault
        return None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        self.seen.append(f"{request.method} {request.path}")
        if self.token and request.headers.get("x-chroma-token") != self.token:
            return web.json_response({"error": "AuthError", "message": "Forbidden"}, status=403)
        fault = self._due(request.path)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if not fault.delay and not fault.is_done:
                return await self._spoilt(request, fault)
        its = await self.client.request(
            request.method,
            f"{self.upstream}{request.path}",
            content=await request.read(),
            headers={"content-type": "application/json"},
        )
        if fault is not None and fault.is_done:
            return await self._spoilt(request, fault)
        return web.Response(status=its.status_code, body=its.content, content_type="application/json")

    async def _spoilt(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if not fault.cut:
            return web.Response(status=fault.status, body=fault.body, content_type="application/json")
        response = web.StreamResponse(headers={"content-length": "1000"})
        await response.prepare(request)
        await response.write(b'{"ids": [')
        assert request.transport is not None
        request.transport.close()
        return response


@asynccontextmanager
async def proxy_of(upstream: str, *, token: str = "") -> AsyncIterator[ChromaProxy]:
    """A proxy that runs."""
    proxy = ChromaProxy(upstream, token)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", proxy.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield proxy
    finally:
        await runner.cleanup()
        await proxy.client.aclose()


@pytest.fixture
async def proxy(chroma_server: ChromaServer) -> AsyncIterator[ChromaProxy]:
    """One that forwards to the server of this process."""
    async with proxy_of(chroma_server.url) as its:
        yield its


@pytest.fixture
async def provider(proxy: ChromaProxy, chroma_server: ChromaServer) -> AsyncIterator[ChromaProvider]:
    """It holds two facts and an event, and has used each of its connections."""
    its = ChromaProvider(
        url=proxy.url, collection=chroma_server.new_name(), embedder=WordEmbedder(), seconds=10, clock=lambda: BEGIN
    )
    await store(its, fact(1), fact(2))
    await its.store_event(event(0, session="s0"))
    yield its
    await its.close()
