"""A real Chroma server on a free loopback port, one for all tests of a process."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_names = itertools.count()
_PATIENCE_SECONDS = 40


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """A server that runs."""

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def new_name(self) -> str:
        """Of a collection that nobody else has."""
        return f"memory-{os.getpid()}-{next(_names)}"


@contextmanager
def running(folder: Path) -> Iterator[ChromaServer]:
    """A server whose data are in `folder`; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sysconfig.get_path("scripts")) / "chroma"
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder / "data")],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, log)
        yield ChromaServer(port)
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"chroma did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """The server of this process."""
    with running(tmp_path_factory.mktemp("chroma")) as server:
        yield server
