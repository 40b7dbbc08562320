"""A loopback web server that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Web:
    """What it answers, and the headers of each request so far."""

    status: int = 404
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = "127.0.0.1"
    url: str = ""
    asked: list[Mapping[str, str]] = field(default_factory=list)
    authorizations: list[list[str]] = field(default_factory=list)
    """of each request, every header of that name"""
    was_asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body for what is asked: the same for all, unless a subclass knows better."""
        return self.status, self.headers, self.body


@contextmanager
def serving(web: Web) -> Iterator[Web]:
    """Serve; an answer waits for `may_answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append(dict(self.headers))
            web.authorizations.append(self.headers.get_all("Authorization") or [])
            web.was_asked.set()
            web.may_answer.wait(20)
            status, headers, body = web.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is given
            """Say nothing."""

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # the client was ended
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.url = f"http://{web.host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.may_answer.set()
        server.shutdown()
        server.server_close()
        thread.join()
