"""Writes to Chroma that are cut short, or made at the same time by somebody else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from memory_agents.core.records import Record
from memory_agents.errors import MemoryIncomplete, MemoryMissing, MemoryUnreachable
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, fact, facts, ids, scan, store
from tests.chroma_proxy import ChromaProxy, Fault, provider, proxy
from tests.chroma_server import ChromaServer, chroma_server
from tests.embedding import WordEmbedder

__all__ = ["chroma_server", "provider", "proxy"]


def again(provider: ChromaProvider) -> ChromaProvider:
    """Another one, as of the next run, on the same memory."""
    its = provider._memory
    location = its.collection.location.partition(" ")[0]
    return ChromaProvider(url=location, collection=its._name, embedder=WordEmbedder())


async def leaving(provider: ChromaProvider) -> list[str]:
    return await provider._memory.notes("leaving/")


async def test_nothing_is_removed_where_what_replaces_it_could_not_be_stored(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    proxy.spoil(Fault("/add", status=500))
    with pytest.raises(MemoryUnreachable):
        await provider.store_records([fact(3, replaces=fact(1).id)], approval=APPROVAL, removing=[fact(1).id])
    assert await scan(provider) == [fact(1), fact(2)]


async def test_what_was_stored_stays_where_what_it_replaces_could_not_be_removed(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    heir = fact(3, replaces=fact(1).id)
    proxy.spoil(Fault("/delete", status=429))
    with pytest.raises(MemoryIncomplete) as raised:
        await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    assert (raised.value.stored, raised.value.failed) == ((heir.id,), (fact(1).id,))
    assert await scan(provider) == [fact(1), fact(2), heir]


async def test_what_is_forgotten_is_kept_as_forgotten_before_it_goes(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    proxy.spoil(Fault("/delete", status=500))
    with pytest.raises(MemoryUnreachable):
        await provider.delete_records([fact(1).id], approval=APPROVAL)
    assert await provider.forgotten_ids() == {fact(1).id}
    assert (await provider.delete_records([fact(1).id], approval=APPROVAL)).removed == (fact(1).id,)
    assert (await provider.store_records([fact(1)], approval=APPROVAL)).taken_back == (fact(1).id,)


async def test_a_collection_that_somebody_deleted_is_missing_once_and_then_new(
    provider: ChromaProvider, chroma_server: ChromaServer
) -> None:
    base = f"{chroma_server.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    async with httpx.AsyncClient() as client:
        assert (await client.delete(f"{base}/{provider._memory._name}")).is_success
    with pytest.raises(MemoryMissing, match="collection"):
        await provider.list_records()
    assert list(await provider.list_records()) == []
    await store(provider, fact(5))
    assert ids(await provider.list_records()) == [fact(5).id]


async def test_two_processes_on_one_server_share_a_memory(
    chroma_server: ChromaServer, provider: ChromaProvider
) -> None:
    program = f"""
import asyncio
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, fact, facts
from tests.embedding import WordEmbedder

async def main():
    its = ChromaProvider(url={chroma_server.url!r}, collection={provider._memory._name!r}, embedder=WordEmbedder())
    print(await its.store_records(facts(40), approval=APPROVAL))
    await its.close()

asyncio.run(main())
"""
    ours = provider.store_records(facts(40), approval=APPROVAL)
    root = Path(__file__).parents[3]
    theirs = asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    _, done = await asyncio.gather(ours, theirs)
    assert "BatchResult" in done.stdout
    assert ids(await scan(provider)) == ids(facts(40))
    newest: Record = (await provider.list_records(limit=1))[0]
    assert newest.id == fact(40).id


async def test_what_an_heir_supersedes_goes_in_the_next_run_where_the_first_could_not_remove_it(
    provider: ChromaProvider, proxy: ChromaProxy
) -> None:
    heir = fact(3, replaces=fact(1).id)
    proxy.spoil(Fault("/delete", status=429))
    with pytest.raises(MemoryIncomplete):
        await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    other = again(provider)
    result = await other.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    assert (result.unchanged, result.removed) == ((heir.id,), (fact(1).id,))
    assert await scan(other) == [fact(2), heir]
    assert await leaving(other) == []
    await other.close()


async def test_what_is_stated_anew_is_no_longer_about_to_go(provider: ChromaProvider, proxy: ChromaProxy) -> None:
    heir, anew = fact(3, replaces=fact(1).id), fact(1, "Indent with tabs after all.")
    proxy.spoil(Fault("/delete", status=429))
    with pytest.raises(MemoryIncomplete):
        await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    await provider.store_records([anew], approval=APPROVAL, update=[anew.id])
    result = await provider.store_records([heir], approval=APPROVAL, removing=[fact(1).id])
    assert result.removed == ()
    assert await scan(provider) == [anew, fact(2), heir]


class Interrupting(WordEmbedder):
    """Somebody else does something while texts are embedded."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.then: list[Callable[[], Coroutine[None, None, object]]] = []

    def embed(self, texts: Sequence[str], *, tokens: int = 256) -> NDArray[np.float16]:
        if self.then:
            asyncio.run_coroutine_threadsafe(self.then.pop()(), self._loop).result()
        return super().embed(texts, tokens=tokens)


@pytest.mark.parametrize("is_update", [False, True])
async def test_what_is_forgotten_while_somebody_stores_it_is_gone(provider: ChromaProvider, is_update: bool) -> None:
    victim = fact(2, "Changed.") if is_update else fact(4)
    embedder = Interrupting(asyncio.get_running_loop())
    embedder.then = [lambda: provider.keep_forgotten([victim.id], approval=APPROVAL)]
    other = again(provider)
    other._writing._embedder = embedder
    result = await other.store_records([fact(3), victim], approval=APPROVAL, update=[victim.id])
    assert (result.stored, result.taken_back) == ((fact(3).id,), (victim.id,))
    assert victim.id not in ids(await scan(provider))
    await other.close()


async def test_what_is_held_though_it_is_forgotten_goes_with_the_next_write(provider: ChromaProvider) -> None:
    await provider._writing.note([f"forgotten/{fact(1).id}"])
    assert (await provider.store_records([fact(1)], approval=APPROVAL)).taken_back == (fact(1).id,)
    assert await scan(provider) == [fact(2)]
