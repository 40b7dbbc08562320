"""What a backup, a restore and a move of a memory take: seconds, and memory over what the process had before.

python -m benchmarks.moving [--records 10000] [--only git,in-memory,chroma,agentcore]

Each runs in a process of its own, with every scanner for secrets that is installed. What it had before is measured
when it has stored one record: with the scanner, which takes 70 MB, and with the engine. A restore begins with that one;
the backup reads what it left; the move takes that to git. Chroma is in a folder, with vectors that cost nothing
to make; AgentCore is the emulator, in another process, which shows a write after a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import corpus
from benchmarks.measuring import aim, say_how_busy
from memory_agents import app
from memory_agents.core.backup import Entry
from memory_agents.core.records import Record, Source
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.git import Remote
from memory_agents.memory.provider import MemoryProvider
from memory_agents.operations import backup, copying
from memory_agents.testing.in_memory import InMemoryProvider

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("git", "in-memory", "chroma", "agentcore")
WORKS = ("restore", "backup", "move")
MOST_MEGABYTES = 150
"""over what the process had before, with 10,000 records"""
_VISIBLE_AFTER = 60
_UNIT = 1 if sys.platform == "darwin" else 1024
"""bytes, of what the system tells of a process's memory"""


class FreeEmbedder(Embedder):
    """Vectors that no model makes."""

    model = "random"

    def embed(self, texts: Sequence[str], *, tokens: int = 256) -> NDArray[np.float16]:  # noqa: ARG002 -- the same for each text
        """See Embedder."""
        vectors = np.random.default_rng(len(texts)).standard_normal((len(texts), self.size), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float16)


def main() -> int:
    """Measure; 1 where the aim in size is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moving", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--only", default=",".join(KINDS), metavar="KIND,KIND", help="default: %(default)s")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, work, folder = arguments.one
        asyncio.run(_one(kind, work, Path(folder), arguments.records))
        return 0
    say_how_busy()
    print(f"{'memory':<12}{'work':<10}{'seconds':>9}{'MB more':>9}")
    most = 0.0
    for kind in arguments.only.split(","):
        with tempfile.TemporaryDirectory() as folder, _emulated(kind) as variables:
            for work in WORKS:
                seconds, megabytes = _measured(kind, work, folder, arguments.records, variables)
                most = max(most, megabytes)
                print(f"{kind:<12}{work:<10}{seconds:>9.1f}{megabytes:>9.1f}", flush=True)
    return (
        0 if aim(f"{arguments.records:,} records take at most {MOST_MEGABYTES} MB", kept=most <= MOST_MEGABYTES) else 1
    )


def _measured(kind: str, work: str, folder: str, records: int, variables: dict[str, str]) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.moving", "--records", str(records), "--one", kind, work, folder]
    done = subprocess.run(command, env={**os.environ, **variables}, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    return found["seconds"], found["megabytes"]


@contextlib.contextmanager
def _emulated(kind: str) -> Iterator[dict[str, str]]:
    """The variables of an emulator that runs meanwhile; none where it is not AgentCore that is measured."""
    if kind != "agentcore":
        yield {}
        return
    command = [sys.executable, "-m", "memory_agents.testing.agentcore", "--visibility", str(_VISIBLE_AFTER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        try:
            told: dict[str, str] = {}
            for line in emulator.stdout or ():
                name, _, value = line.strip().removeprefix("export ").partition("=")
                told[name] = value.strip("'\"")
                if {"AGENTCORE_MEMORY_ID", "AGENTCORE_DATA_PLANE_ENDPOINT", "AWS_REGION"} <= told.keys():
                    break
            yield told | dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "emulated")
        finally:
            emulator.terminate()
            emulator.communicate()


async def _one(kind: str, work: str, folder: Path, records: int) -> None:
    """Do one work, and print what it took."""
    file, provider, aside = folder / "memory.jsonl", _opened(kind, folder), _git(folder / "moved")
    if work == "restore":
        await _back_up(_Made(records), file)
    elif kind == "in-memory":  # which forgot everything with the process that restored it
        await _restore(provider, file)
    target = aside if work == "move" else provider
    if work != "backup":
        await _copied(copying.everything(_Made(1)), target)
    await provider.get_info()
    before, began = _megabytes(), time.perf_counter()
    if work == "restore":
        done = await _restore(target, file)
    elif work == "backup":
        done = await _back_up(provider, folder / "again.jsonl")
    else:
        done = await _copied(copying.everything(provider), target)
    found = {"seconds": time.perf_counter() - began, "megabytes": _megabytes() - before}
    await provider.close()
    await aside.close()
    if done != records:
        sys.exit(f"{kind} {work}: {done} of {records} records")
    print(json.dumps(found))


async def _restore(provider: MemoryProvider, file: Path) -> int:
    with backup.opened(file) as found:
        return await _copied(found.entries(), provider)


async def _copied(entries: AsyncIterator[Sequence[Entry]], target: MemoryProvider) -> int:
    """How many Records of the entries are there then."""
    return len((await copying.copy(entries, target, app.open_writer(target, dry_run=False))).there)


async def _back_up(provider: MemoryProvider, file: Path) -> int:
    with backup.body_for(file, force=False) as body:
        taken = await backup.take(provider, body, now=datetime.now(UTC))
        backup.put(taken.header, body, file)
    return taken.header.records


class _Made(InMemoryProvider):
    """Has Records of random words, which are made as they are asked for."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    async def scan_records(self) -> AsyncIterator[Sequence[Record]]:
        """See MemoryProvider."""
        for number, (title, body, created_at) in enumerate(corpus.issues(self._count)):
            source = Source(repository="octo/hello", number=number + 1, author="mona", author_id=7, permission="write")
            yield [
                Record(
                    id=f"f{number:012x}-1",
                    namespace=("codebase/conventions", "testing/patterns")[number % 2],
                    title=title,
                    text=body,
                    created_at=created_at,
                    source=source,
                )
            ]


def _opened(kind: str, folder: Path) -> MemoryProvider:
    if kind == "git":
        return _git(folder / "git")
    if kind == "in-memory":
        return InMemoryProvider()
    if kind == "chroma":
        from memory_agents.memory.providers.chroma import ChromaProvider

        return ChromaProvider(path=folder / "chroma", embedder=FreeEmbedder())
    return app.create_provider("agentcore")


def _git(folder: Path) -> MemoryProvider:
    from memory_agents.memory.providers.git_branch import GitBranchProvider

    remote = folder / "remote.git"
    if not remote.exists():
        subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    return GitBranchProvider(Remote(str(remote)), "memory", state=folder / "state")


def _megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6


if __name__ == "__main__":
    sys.exit(main())
