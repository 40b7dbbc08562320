"""A collection of a Chroma server, over its HTTP interface, version 2.

The server describes that interface under `/openapi.json`. Chroma's own asynchronous client is not used: it has no
timeout, does not check certificates unless told to, loses the status of an error, and shares one connection pool, and
so one token, among all clients of an event loop.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

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
from memory_agents.memory.providers.chroma_collection import CONFIGURATION
from memory_agents.memory.providers.chroma_items import Found

if TYPE_CHECKING:
    import httpx
    import numpy as np
    from numpy.typing import NDArray

    from memory_agents.memory.providers.chroma_items import Item, Where

_OWN_MOST = 2_000
_MOST_NAMES = 20_000
_CLOUD_MOST = 300
_CLOUD = "trychroma.com"
_TOKEN_HEADER = "x-chroma-token"  # noqa: S105
_SHOWN = 200
"""characters of a server's message that are repeated"""
_CHECK_ADDRESS = "check the address of the server (`chroma-url`, or CHROMADB_HOST and CHROMADB_PORT), and that it runs"


class ServerCollection:
    """See Collection."""

    def __init__(self, url: str, name: str, *, token: str, tenant: str, database: str) -> None:
        """`tenant` and `database` may be empty: those that the token belongs to, or else the default ones."""
        self._url = url.rstrip("/")
        self._name = name
        self._token = token
        self._tenant, self._database = tenant, database
        self._client: httpx.AsyncClient | None = None
        self._id = ""
        host = urlsplit(self._url).hostname or ""
        self.most = _CLOUD_MOST if host == _CLOUD or host.endswith(f".{_CLOUD}") else _OWN_MOST

    @property
    def location(self) -> str:
        """See Collection."""
        return f"{self._url} ({self._name})"

    async def metadata(self) -> Mapping[str, Any] | None:
        """See Collection. Raises MemoryMissing where there is no such tenant or database."""
        base = await self._database_path()
        try:
            found = await self._asked("GET", f"{base}/collections/{quote(self._name, safe='')}")
        except MemoryMissing:
            self._id = ""
            await self._asked("GET", base)  # it, too, answers 404 for a collection of a database that is not there
            return None
        return self._described(found)

    async def create(self, metadata: Mapping[str, Any]) -> None:
        """See Collection."""
        body = {"name": self._name, "metadata": metadata, "configuration": CONFIGURATION, "get_or_create": True}
        self._described(await self._asked("POST", f"{await self._database_path()}/collections", body))

    async def add(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._in_collection("add", _columns(items, is_new=True))

    async def upsert(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._in_collection("upsert", _columns(items, is_new=False))

    async def delete(self, ids: Sequence[str]) -> None:
        """See Collection."""
        await self._in_collection("delete", {"ids": list(ids)})

    async def get(
        self,
        *,
        ids: Sequence[str] | None = None,
        where: Where | None = None,
        include: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Found]:
        """See Collection."""
        asked: dict[str, Any] = {"where": where, "include": list(include)}
        found: list[Found] = []
        if ids is not None:
            for some in parts(ids, self.most):
                found += _rows(await self._in_collection("get", {**asked, "ids": list(some)}), lambda column: column)
            return found
        # Pages shift where somebody removes meanwhile: what is small is read in few of them.
        most = self.most if self.most < _OWN_MOST or {*include} - {"uris"} else _MOST_NAMES
        while limit is None or len(found) < limit:
            count = most if limit is None else min(most, limit - len(found))
            page = _rows(
                await self._in_collection("get", {**asked, "limit": count, "offset": len(found)}),
                lambda column: column,
            )
            found += page
            if len(page) < count:
                break
        return found

    async def nearest(self, vector: NDArray[np.float32], count: int, where: Where) -> list[Found]:
        """See Collection."""
        body = {"query_embeddings": [vector], "n_results": count, "where": where, "include": ["metadatas"]}
        return _rows(await self._in_collection("query", body), lambda column: column[0])

    async def close(self) -> None:
        """See Collection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _in_collection(self, action: str, body: Mapping[str, Any]) -> Any:
        if not self._id and await self.metadata() is None:
            raise self._missing()
        try:
            return await self._asked("POST", f"{await self._database_path()}/collections/{self._id}/{action}", body)
        except MemoryMissing as error:  # somebody deleted it, and perhaps made it anew
            self._id = ""
            raise self._missing() from error

    def _missing(self) -> MemoryMissing:
        message = f"Chroma at {self._url} has no collection {self._name!r} any more."
        return MemoryMissing(message, fix="run it again: the next write makes it anew")

    def _described(self, found: Any) -> Mapping[str, Any]:
        try:
            self._id = str(found["id"])
            return dict(found.get("metadata") or {})
        except (AttributeError, KeyError, TypeError) as error:
            raise self._strange() from error

    async def _database_path(self) -> str:
        """The path of the database; where the token alone says which, the server is asked once."""
        if self._token and not (self._tenant and self._database):
            identity = await self._asked("GET", "/auth/identity")
            with suppress(AttributeError, TypeError):
                self._tenant = self._tenant or str(identity.get("tenant") or "")
                databases = identity.get("databases") or []
                if not self._database and len(databases) == 1:
                    self._database = str(databases[0])
        tenant = quote(self._tenant or "default_tenant", safe="")
        return f"/tenants/{tenant}/databases/{quote(self._database or 'default_database', safe='')}"

    async def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer, parsed. Raises a MemoryFailure."""
        client = self._opened()
        import httpx
        import orjson

        content = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        try:
            response = await client.request(method, f"{self._url}/api/v2{path}", content=content)
        except httpx.TimeoutException as error:
            message = f"Chroma at {self._url} did not answer in time."
            raise MemoryTimeout(message, fix="raise timeout-seconds, or see what slows the server down") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"Chroma at {self._url} cannot be reached: {str(error) or type(error).__name__}."
            raise MemoryUnreachable(message, fix=_CHECK_ADDRESS) from error
        if not response.is_success:
            raise self._refused(response.status_code, _said(response.content))
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise self._strange() from error

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            try:
                import httpx
                import orjson  # noqa: F401  # what is missing is told here, once
            except ImportError as error:
                message = "What the memory in ChromaDB needs"
                raise MissingExtra(message, "chromadb") from error
            headers = {"content-type": "application/json", "user-agent": "memory-agents"}
            if self._token:
                if not _is_private(self._url):
                    message = f"A token is not sent to {self._url}, where everybody on the way could read it."
                    raise MemoryDenied(message, fix="set `chroma-url` to an address that begins with https://")
                headers[_TOKEN_HEADER] = self._token
            # Whoever calls has a deadline; redirects are not followed, for they could take the token elsewhere.
            # Certificates are read from disk, which takes a while, where there is one to check.
            verify = self._url.startswith("https://")
            self._client = httpx.AsyncClient(timeout=None, headers=headers, verify=verify)  # noqa: S113
        return self._client

    def _refused(self, status: int, said: str) -> MemoryFailure:
        at = f"Chroma at {self._url}"
        told = f": {said}" if said else ""
        match status:
            case 401 | 403:
                what = "does not take the token" if self._token else "asks for a token"
                return MemoryDenied(
                    f"{at} {what} ({status}).", fix="set `chroma-token` or CHROMADB_TOKEN to one that may use it"
                )
            case 404:
                tenant, database = self._tenant or "default_tenant", self._database or "default_database"
                return MemoryMissing(
                    f"{at} has no such place (tenant {tenant!r}, database {database!r}){told}.",
                    fix="check CHROMADB_TENANT and CHROMADB_DATABASE, and create the database if it is new",
                )
            case 429:
                return MemoryThrottled(f"{at} asks to wait (429){told}.", fix="run it again in a minute")
            case 408 | 504:
                return MemoryTimeout(f"{at} did not answer in time ({status}).", fix="run it again in a minute")
            case _ if status < 400 or status >= 500:
                return MemoryUnreachable(f"{at} failed ({status}){told}.", fix=_CHECK_ADDRESS)
            case _:
                return MemoryRefused(f"{at} does not take it ({status}){told}.", fix="shorten it, or see what it names")

    def _strange(self) -> MemoryUnreachable:
        return MemoryUnreachable(f"What answers at {self._url} is no Chroma server.", fix=_CHECK_ADDRESS)


def parts(ids: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """`ids`, up to `most` at a time."""
    return (ids[start : start + most] for start in range(0, len(ids), most))


def _columns(items: Sequence[Item], *, is_new: bool) -> dict[str, Any]:
    return {
        "ids": [item.id for item in items],
        "embeddings": [item.vector for item in items],
        "metadatas": [item.values(is_new=is_new) for item in items],
        "documents": [item.document for item in items],
        "uris": [item.uri or None for item in items],
    }


def _rows(answer: Any, one: Callable[[Any], Any]) -> list[Found]:
    """What was found; `one` takes the answer to the only question out of a column."""
    try:
        ids = one(answer["ids"])
        columns: list[list[Any]] = []
        for name, nothing in (("metadatas", {}), ("documents", ""), ("uris", "")):
            column = answer.get(name)
            columns.append([value or nothing for value in one(column)] if column else [nothing] * len(ids))
        return [Found(*row) for row in zip(ids, *columns, strict=True)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        message = "Chroma's answer is of another form."
        raise MemoryUnreachable(message, fix=_CHECK_ADDRESS) from error


def _said(content: bytes) -> str:
    """The beginning of a server's own message, as one line."""
    import orjson

    with suppress(orjson.JSONDecodeError, AttributeError):
        return " ".join(str(orjson.loads(content).get("message") or "").split())[:_SHOWN].rstrip(".")
    return ""


def _is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent."""
    parts_of_url = urlsplit(url)
    host = parts_of_url.hostname or ""
    with suppress(ValueError):
        return parts_of_url.scheme == "https" or host == "localhost" or ipaddress.ip_address(host).is_loopback
    return False
