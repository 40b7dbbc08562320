"""What answers where a Chroma server should, and who may ask it."""

from __future__ import annotations

import socket

import pytest

from memory_agents.core.records import Problem
from memory_agents.errors import MemoryDenied, MemoryMissing, MemoryRefused, MemoryUnreachable
from memory_agents.memory.providers.chroma import ChromaProvider
from memory_agents.testing.conformance.samples import APPROVAL, fact, store
from tests.chroma_proxy import FOUND, TABS, ChromaProxy, Fault, provider, proxy, proxy_of
from tests.chroma_server import ChromaServer, chroma_server
from tests.embedding import WordEmbedder

__all__ = ["chroma_server", "provider", "proxy"]


async def test_a_server_that_is_not_there_is_told_from_one_that_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    provider = ChromaProvider(url=f"http://127.0.0.1:{port}", embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.NETWORK)
    assert "CHROMADB_PORT" in health.fix
    with pytest.raises(MemoryUnreachable):
        await provider.store_records([fact()], approval=APPROVAL)


async def test_a_wrong_token_is_told_and_never_shown(chroma_server: ChromaServer) -> None:
    right, wrong = "right" * 4, "wrong" * 4
    async with proxy_of(chroma_server.url, token=right) as proxy:
        for token, is_ok in ((wrong, False), ("", False), (right, True)):
            provider = ChromaProvider(
                url=proxy.url,
                token=token,
                tenant="default_tenant",
                database="default_database",
                collection=chroma_server.new_name(),
                embedder=WordEmbedder(),
            )
            health = await provider.health_check()
            await provider.close()
            assert health.ok == is_ok, health
            assert is_ok or health.problem == Problem.AUTH
            assert wrong not in f"{health}"


async def test_a_token_alone_says_whose_it_is(chroma_server: ChromaServer) -> None:
    async with proxy_of(chroma_server.url, token="t" * 8) as proxy:
        answer = b'{"tenant": "default_tenant", "databases": ["default_database"], "user_id": "u"}'
        proxy.spoil(Fault("/auth/identity", status=200, body=answer))
        provider = ChromaProvider(
            url=proxy.url, token="t" * 8, collection=chroma_server.new_name(), embedder=WordEmbedder()
        )
        await store(provider, fact())
        assert await provider.get_record(fact().id) == fact()
        await provider.close()
        assert sum(path.endswith("/auth/identity") for path in proxy.seen) == 1


async def test_a_token_is_not_sent_where_others_can_read_it() -> None:
    provider = ChromaProvider(url="http://chroma.example:8000", token="t" * 8, embedder=WordEmbedder())
    with pytest.raises(MemoryDenied, match="https"):
        await provider.list_records()


@pytest.mark.parametrize(("tenant", "database"), [("nobody", "default_database"), ("default_tenant", "nowhere")])
async def test_a_tenant_or_database_that_is_not_there_is_missing_and_no_empty_memory(
    chroma_server: ChromaServer, tenant: str, database: str
) -> None:
    provider = ChromaProvider(url=chroma_server.url, tenant=tenant, database=database, embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.MISSING)
    assert "CHROMADB_DATABASE" in health.fix
    with pytest.raises(MemoryMissing):
        await provider.list_records()
    with pytest.raises(MemoryMissing):
        await provider.store_records([fact()], approval=APPROVAL)
    await provider.close()


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"ids": null}', b'{"ids": [], "metadatas": [[{}]]}'])
async def test_an_answer_of_another_form_is_no_empty_memory(
    provider: ChromaProvider, proxy: ChromaProxy, body: bytes
) -> None:
    for ending in ("/query", "/get"):
        proxy.spoil(Fault(ending, status=200, body=body))
        with pytest.raises(MemoryUnreachable):
            await provider.search_records(TABS, namespaces=FOUND, top_k=3)
        proxy.faults.clear()


SECRET = "se" + "cret"


@pytest.mark.parametrize("token", [f"{SECRET}\nvalue", f"{SECRET} value", f"{SECRET}é", f"{SECRET}\0"])
async def test_what_no_header_carries_is_no_token_and_is_not_repeated(token: str) -> None:
    provider = ChromaProvider(url="http://127.0.0.1:1", token=token, embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.AUTH)
    assert "CHROMADB_TOKEN" in health.fix
    with pytest.raises(MemoryDenied) as raised:
        await provider.list_records()
    assert SECRET not in f"{health} {raised.value}"


async def test_a_token_that_the_server_repeats_is_left_out(provider: ChromaProvider, proxy: ChromaProxy) -> None:
    token = f"{SECRET}-value"
    async with proxy_of(proxy.upstream) as echo:
        echo.spoil(Fault(status=400, body=f'{{"message": "what is {token}?"}}'.encode(), times=9))
        its = ChromaProvider(url=echo.url, token=token, tenant="t", database="d", embedder=WordEmbedder())
        health = await its.health_check()
        await its.close()
    assert "what is …?" in health.detail
    assert SECRET not in f"{health}"


async def test_no_proxy_is_asked_for_what_is_on_this_machine(
    chroma_server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy_of("http://127.0.0.1:1") as stranger:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, stranger.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        provider = ChromaProvider(
            url=chroma_server.url, collection=chroma_server.new_name(), token="t" * 8, embedder=WordEmbedder()
        )
        health = await provider.health_check()
        await provider.close()
        assert stranger.seen == []
    assert health.problem != Problem.NETWORK, health


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SSL_CERT_FILE", "/nowhere.pem"), ("ALL_PROXY", "socks5://127.0.0.1:1"), ("HTTPS_PROXY", "ftp://127.0.0.1:1")],
)
async def test_a_variable_that_no_connection_can_be_made_with_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    provider = ChromaProvider(url="https://127.0.0.2:1", embedder=WordEmbedder())
    if variable != "SSL_CERT_FILE":
        provider = ChromaProvider(url="https://chroma.example", embedder=WordEmbedder())
    health = await provider.health_check()
    assert (health.ok, health.problem) == (False, Problem.NETWORK)
    assert variable in health.fix


async def test_half_a_character_in_an_id_is_refused(provider: ChromaProvider) -> None:
    with pytest.raises(MemoryRefused, match="half of a character"):
        await provider.get_record("x\ud800y")
