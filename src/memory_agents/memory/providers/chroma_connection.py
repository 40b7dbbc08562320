"""What goes to a Chroma server and comes back: its connection, its token, and its errors in our words.

Chroma's own asynchronous client is not used: it has no timeout, does not check certificates unless told to, loses the
status of an error, and shares one connection pool, and so one token, among all clients of an event loop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from memory_agents.errors import (
    MemoryDenied,
    MemoryFailure,
    MemoryMissing,
    MemoryRefused,
    MemoryThrottled,
    MemoryTimeout,
    MemoryUnreachable,
    MissingExtra,
    sentence,
)
from memory_agents.memory.providers.addresses import is_clear, is_loopback

if TYPE_CHECKING:
    import httpx

CHECK_ADDRESS = "check the address of the server (`chroma-url`, or CHROMADB_HOST and CHROMADB_PORT), and that it runs"
_TOKEN_HEADER = "x-chroma-token"  # noqa: S105
_TOKEN = re.compile(r"[!-~]+")
_SHOWN = 200
"""characters of a server's message that are repeated"""


class ChromaConnection:
    """One client of one server, opened with its first request. Its errors are MemoryFailures that name no token."""

    def __init__(self, url: str, token: str) -> None:
        """`token` may be empty: none is sent then."""
        self.url = url.rstrip("/")
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """End its connections; the next request opens them anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer, parsed. Raises a MemoryFailure."""
        client = self._opened()
        import httpx
        import orjson

        try:
            content = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        except orjson.JSONEncodeError as error:
            message = "What ChromaDB is asked holds a half of a character."
            raise MemoryRefused(message, fix="write the text anew as UTF-8") from error
        try:
            response = await client.request(method, f"{self.url}/api/v2{path}", content=content)
        except httpx.TimeoutException as error:
            message = f"Chroma at {self.url} did not answer in time."
            raise MemoryTimeout(message, fix="raise timeout-seconds, or see what slows the server down") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # What was sent may stand in an error of the protocol, and the token with it.
            why = str(error) if isinstance(error, httpx.ConnectError) else type(error).__name__
            message = f"Chroma at {self.url} cannot be reached: {why or type(error).__name__}."
            raise MemoryUnreachable(message, fix=CHECK_ADDRESS) from error
        if not response.is_success:
            raise self._refused(response.status_code, _said(response.content, but=self._token))
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise self.strange() from error

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            try:
                import httpx
                import orjson  # noqa: F401  # what is missing is told here, once
            except ImportError as error:
                message = "What the memory in ChromaDB needs"
                raise MissingExtra(message, "chromadb") from error
            headers = {"content-type": "application/json", "user-agent": "memory-agents", **self._token_header()}
            # Certificates are read from disk, which takes a while, where there is one to check.
            verify = self.url.startswith("https://")
            try:
                # A proxy that variables name is no way to this machine: it would be given the token, and a host that
                # is another one there.
                direct = httpx.AsyncHTTPTransport(verify=verify) if is_loopback(self.url) else None
                # Whoever calls has a deadline; redirects are not followed, for they could take the token elsewhere.
                self._client = httpx.AsyncClient(timeout=None, headers=headers, verify=verify, transport=direct)  # noqa: S113
            except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
                message = f"No connection to {self.url} can be prepared ({type(error).__name__})."
                fix = (
                    "correct or unset what names a proxy or certificates: ALL_PROXY, HTTP_PROXY, HTTPS_PROXY, "
                    "SSL_CERT_FILE, SSL_CERT_DIR"
                )
                raise MemoryUnreachable(message, fix=fix) from error
        return self._client

    def _token_header(self) -> dict[str, str]:
        if not self._token:
            return {}
        if not _TOKEN.fullmatch(self._token):
            message = "The token for Chroma is none: it holds a blank, a line break or what is not ASCII."
            raise MemoryDenied(message, fix="set `chroma-token` or CHROMADB_TOKEN anew, without anything around it")
        if is_clear(self.url):
            message = f"A token is not sent to {self.url}, where everybody on the way could read it."
            raise MemoryDenied(message, fix="set `chroma-url` to an address that begins with https://")
        return {_TOKEN_HEADER: self._token}

    def _refused(self, status: int, said: str) -> MemoryFailure:
        at = f"Chroma at {self.url}"
        told = f": {said}" if said else ""
        match status:
            case 401 | 403:
                what = "does not take the token" if self._token else "asks for a token"
                return MemoryDenied(
                    f"{at} {what} ({status}).", fix="set `chroma-token` or CHROMADB_TOKEN to one that may use it"
                )
            case 404:
                return MemoryMissing(
                    sentence(f"{at} has no such tenant, database or collection{told}"),
                    fix="check CHROMADB_TENANT and CHROMADB_DATABASE, and create the database if it is new",
                )
            case 429:
                return MemoryThrottled(sentence(f"{at} asks to wait (429){told}"), fix="run it again in a minute")
            case 408 | 504:
                return MemoryTimeout(f"{at} did not answer in time ({status}).", fix="run it again in a minute")
            case _ if status < 400 or status >= 500:
                return MemoryUnreachable(sentence(f"{at} failed ({status}){told}"), fix=CHECK_ADDRESS)
            case _:
                why = sentence(f"{at} does not take it ({status}){told}")
                return MemoryRefused(why, fix="shorten it, or see what it names")

    def strange(self) -> MemoryUnreachable:
        """What to raise where the answer is not one that Chroma gives."""
        return MemoryUnreachable(f"What answers at {self.url} is no Chroma server.", fix=CHECK_ADDRESS)


def _said(content: bytes, *, but: str) -> str:
    """The beginning of a server's own message, as one line; `but`: what it must not repeat."""
    import orjson

    with suppress(orjson.JSONDecodeError, AttributeError):
        said = " ".join(str(orjson.loads(content).get("message") or "").split())
        return (said.replace(but, "…") if but else said)[:_SHOWN].rstrip(".")
    return ""
