"""The HTTP server: reads requests, writes replies, cuts connections when told to."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from memory_agents.testing.github.messages import Reply, Request

API_PREFIX = "/api/v3"
"""where GitHub Enterprise Server keeps its API"""
GRAPHQL_PATH, ENTERPRISE_GRAPHQL_PATH = "/graphql", "/api/graphql"
"""where github.com and GitHub Enterprise Server answer GraphQL; requests are logged with the first"""
Answer = Callable[[Request], tuple[Reply, bool]]
"""request → reply, and whether to cut the connection in the middle of it"""


class Server(ThreadingHTTPServer):
    """Loopback only; closes its connections when it is closed."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, answer: Answer, report: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.answer = answer
        self._report = report
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without asking for the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that closing the server ends it."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's
        """Report what a handler could not do; a client that went away is none of our business."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self._report(f"the fake failed with {type(error).__name__}: {error}")

    def close(self) -> None:
        """Stop listening and end every connection."""
        self.shutdown()
        self.server_close()
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            _end(connection)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "FakeGitHub"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer; the other methods are this one too."""
        reply, cut = self.server.answer(self._request())
        content = reply.raw if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        if reply.body is not None:
            self.send_header("content-type", "application/json; charset=utf-8")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if cut:
            self._cut(content)
        elif self.command != "HEAD":
            self.wfile.write(content)

    do_DELETE = do_GET  # noqa: N815 - the base class's name
    do_HEAD = do_GET  # noqa: N815 - the base class's name
    do_PATCH = do_GET  # noqa: N815 - the base class's name
    do_POST = do_GET  # noqa: N815 - the base class's name
    do_PUT = do_GET  # noqa: N815 - the base class's name

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the journal keeps what happened."""

    def _request(self) -> Request:
        path, _, query_string = self.path.partition("?")
        path = GRAPHQL_PATH if path == ENTERPRISE_GRAPHQL_PATH else path
        server_url = self.server.url
        is_enterprise = path.startswith(f"{API_PREFIX}/")
        return Request(
            method=self.command,
            path=path.removeprefix(API_PREFIX) if is_enterprise else path,
            query=dict(parse_qsl(query_string, keep_blank_values=True)),
            query_string=query_string,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            api_url=server_url + API_PREFIX if is_enterprise else server_url,
            server_url=server_url,
        )

    def _body(self) -> bytes:
        """The whole body; git sends large pushes in chunks."""
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _cut(self, content: bytes) -> None:
        """Send half of the content, or nothing at all when there is none, and hang up."""
        if content:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
        self.close_connection = True
        _end(self.connection)


def _end(connection: socket.socket) -> None:
    """Hang up at once, also on a thread that is waiting to read."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was quicker
        return
