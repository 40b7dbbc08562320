"""The suite's own fence: tests reach the loopback interface and nothing else."""

from __future__ import annotations

import asyncio
import socket
import urllib.request

import pytest

TEST_NET = "192.0.2.1"
"""an address that is reserved for documentation: nobody answers there"""


def test_a_connection_to_another_machine_raises() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match="loopback"):
        client.connect((TEST_NET, 443))


def test_a_connection_that_reports_errors_by_number_raises_too() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match="loopback"):
        client.connect_ex((TEST_NET, 443))


def test_a_datagram_to_another_machine_raises() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(RuntimeError, match="loopback"):
        client.sendto(b"", (TEST_NET, 53))


def test_a_name_is_not_even_resolved() -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        urllib.request.urlopen("http://example.invalid/")


async def test_asyncio_is_held_by_the_same_fence() -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        await asyncio.open_connection(TEST_NET, 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_on_the_loopback_interface_is_reached(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5) as client,
    ):
        assert client.getpeername()[0] == "127.0.0.1"
