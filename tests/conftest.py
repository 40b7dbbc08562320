"""What every test runs under: no network but loopback, no token or setting of the caller, reproducible properties."""

from __future__ import annotations

import ipaddress
import os
import sys

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("memory_agents.testing.conformance")

# Properties must fail because of the code, never because of a slow machine; CI tries the same examples each time.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile(
    "ci", deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")

_INHERITED = ("AGENTCORE_", "AWS_", "CHROMADB_", "GH_", "GITHUB_", "GIT_", "INPUT_", "MEMORY_", "RUNNER_")


class NetworkBlocked(RuntimeError):
    """A test tried to leave this machine. Not an OSError, so that no code under test takes it for a refusal."""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: the interpreter calls it before it connects, sends or resolves, whatever library asked."""
    match event, arguments:
        case ("socket.getaddrinfo" | "socket.gethostbyname", (str() | bytes() as host, *_)):
            pass
        case ("socket.connect" | "socket.sendto" | "socket.sendmsg", (_, (str() | bytes() as host, *_))):
            pass
        case _:  # another event, a Unix socket (its address is a path, not a tuple), or no host at all
            return
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    if not _is_loopback(name):
        raise NetworkBlocked(f"{event} to {name}: tests reach only the loopback interface")


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Take away what a runner or a developer's shell sets, and give git a home without a configuration."""
    for name in os.environ:
        if name.startswith(_INHERITED):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
