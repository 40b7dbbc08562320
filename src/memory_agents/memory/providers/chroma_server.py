"""A collection of a Chroma server, over its HTTP interface, version 2.

The server describes that interface under `/openapi.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from memory_agents.errors import MemoryMissing, MemoryUnreachable
from memory_agents.memory.providers.chroma_collection import CONFIGURATION
from memory_agents.memory.providers.chroma_connection import CHECK_ADDRESS, ChromaConnection
from memory_agents.memory.providers.chroma_items import Found, columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from memory_agents.memory.providers.chroma_items import Item, Where

_OWN_MOST = 2_000
_MOST_NAMES = 20_000
_CLOUD_MOST = 300
_CLOUD = "trychroma.com"
_KINDS = (str, dict, str, str)
"""of what stands in a row: id, metadata, document, uri"""


class ServerCollection:
    """See Collection."""

    def __init__(self, url: str, name: str, *, token: str, tenant: str, database: str) -> None:
        """`tenant` and `database` may be empty: those that the token belongs to, or else the default ones."""
        self._connection = ChromaConnection(url, token)
        self._name = name
        self._has_token = bool(token)
        self._tenant, self._database = tenant, database
        self._id = ""
        host = urlsplit(self._connection.url).hostname or ""
        self.most = _CLOUD_MOST if host == _CLOUD or host.endswith(f".{_CLOUD}") else _OWN_MOST

    @property
    def location(self) -> str:
        """See Collection."""
        return f"{self._connection.url} ({self._name})"

    async def metadata(self) -> Mapping[str, Any] | None:
        """See Collection. Raises MemoryMissing where there is no such tenant or database."""
        base = await self._database_path()
        try:
            found = await self._connection.asked("GET", f"{base}/collections/{quote(self._name, safe='')}")
        except MemoryMissing:
            self._id = ""
            await self._connection.asked(
                "GET", base
            )  # it, too, answers 404 for a collection of a database that is not there
            return None
        return self._described(found)

    async def create(self, metadata: Mapping[str, Any]) -> None:
        """See Collection."""
        body = {"name": self._name, "metadata": metadata, "configuration": CONFIGURATION, "get_or_create": True}
        self._described(await self._connection.asked("POST", f"{await self._database_path()}/collections", body))

    async def add(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._in_collection("add", columns(items, is_new=True))

    async def upsert(self, items: Sequence[Item]) -> None:
        """See Collection."""
        await self._in_collection("upsert", columns(items, is_new=False))

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
        await self._connection.close()

    async def _in_collection(self, action: str, body: Mapping[str, Any]) -> Any:
        if not self._id and await self.metadata() is None:
            raise self._missing()
        try:
            return await self._connection.asked(
                "POST", f"{await self._database_path()}/collections/{self._id}/{action}", body
            )
        except MemoryMissing as error:  # somebody deleted it, and perhaps made it anew
            self._id = ""
            raise self._missing() from error

    def _missing(self) -> MemoryMissing:
        message = f"Chroma at {self._connection.url} has no collection {self._name!r} any more."
        return MemoryMissing(message, fix="run it again: the next write makes it anew")

    def _described(self, found: Any) -> Mapping[str, Any]:
        try:
            metadata = dict(found.get("metadata") or {})
            self._id = quote(str(found["id"]), safe="")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._connection.strange() from error
        return metadata

    async def _database_path(self) -> str:
        """The path of the database; where the token alone says which, the server is asked once."""
        if self._has_token and not (self._tenant and self._database):
            identity = await self._connection.asked("GET", "/auth/identity")
            with suppress(AttributeError, TypeError):
                self._tenant = self._tenant or str(identity.get("tenant") or "")
                databases = identity.get("databases") or []
                if not self._database and len(databases) == 1:
                    self._database = str(databases[0])
        place = (self._tenant or "default_tenant", self._database or "default_database")
        tenant, database = (quote(name, safe="", errors="replace") for name in place)
        return f"/tenants/{tenant}/databases/{database}"


def parts(ids: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """`ids`, up to `most` at a time."""
    return (ids[start : start + most] for start in range(0, len(ids), most))


def _rows(answer: Any, one: Callable[[Any], Any]) -> list[Found]:
    """What was found; `one` takes the answer to the only question out of a column."""
    try:
        ids = one(answer["ids"])
        columns: list[list[Any]] = []
        for name, nothing in (("metadatas", {}), ("documents", ""), ("uris", "")):
            column = answer.get(name)
            columns.append([value or nothing for value in one(column)] if column else [nothing] * len(ids))
        rows = list(zip(ids, *columns, strict=True))
        if all(isinstance(value, kind) for row in rows for value, kind in zip(row, _KINDS, strict=True)):
            return [Found(*row) for row in rows]
        cause = None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        cause = error
    message = "Chroma's answer is of another form."
    raise MemoryUnreachable(message, fix=CHECK_ADDRESS) from cause
