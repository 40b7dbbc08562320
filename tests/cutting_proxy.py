"""A proxy on a loopback port that passes bytes on, and cuts connections where it is told to."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Literal, Self

Place = Literal["upload", "answer", "download"]


class CuttingProxy:
    """Stands before the server at a loopback port.

    Whoever sends more than `much` bytes over a connection uploads: that is cut in the middle, or its answer is kept
    back. Whoever is sent more downloads.
    """

    def __init__(self, port: int, *, much: int = 30_000) -> None:
        self._server_port = port
        self.much = much
        self.place: Place = "upload"
        self.cuts: int | None = 0
        """connections that are still to be cut; None: all"""
        self.was_cut = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    def cut(self, place: Place, *, times: int | None = 1) -> None:
        """Cut so many connections there from now on."""
        self.place, self.cuts = place, times

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        passed = {"up": 0, "down": 0}

        def is_cut(way: str) -> bool:
            much = {name: count > self.much for name, count in passed.items()}
            reached = {"upload": much["up"], "answer": way == "down" and much["up"], "download": much["down"]}
            if self.cuts == 0 or not reached[self.place]:
                return False
            self.cuts = self.cuts and self.cuts - 1
            self.was_cut += 1
            return True

        async def carry(way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(4096):
                passed[way] += len(data)
                if is_cut(way):
                    break
                sink.write(data)
                await sink.drain()
            for end in (writer, up_writer):
                end.transport.abort()

        ways = (carry("up", reader, up_writer), carry("down", up_reader, writer))
        await asyncio.gather(*ways, return_exceptions=True)
