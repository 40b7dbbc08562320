"""Measures what the provider of AgentCore adds to the service's own requests: records stored, then searches.

python -m benchmarks.agentcore [--quick]: over loopback, to the emulator, a process of its own. So is each program that
is measured; it gets a memory of its own and watches how late its event loop is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import pairwise, takewhile
from pathlib import Path
from typing import IO, Any, cast

from benchmarks import corpus
from benchmarks.event_loop import Watch
from benchmarks.measuring import ROOT, aim, say_how_busy
from memory_agents.core import namespaces
from memory_agents.core.records import Approval, Query, Record
from memory_agents.memory.providers.agentcore import AgentCoreProvider
from memory_agents.memory.providers.agentcore_names import place_of
from memory_agents.memory.providers.agentcore_records import entry_of, held_record
from memory_agents.memory.providers.agentcore_search import LEAST_CANDIDATES as CANDIDATES

OURS, BARE, SDK = "ours", "bare aiobotocore", "bedrock-agentcore"
MOST_OF_BARE, MOST_OF_SDK, MOST_BUSY = 1.3, 1.0, 20.0
"""times their seconds; milliseconds"""
BATCH, TOP_K, WORDS = 100, 5, 40
REGION, MEMORY = "us-east-1", "emulated-Abcdefgh12"
ABOUT = f"""agentcore: {{records:,}} records stored, {{searches}} searches over loopback; medians of {{times}} runs
  ours               AgentCoreProvider: looks up what is known, stores in batches of {BATCH}, keeps a journal; asks the
                     service for {CANDIDATES} candidates and ranks them by words
  bare aiobotocore   one client that stays open: the same entries in the same batches, the same questions
  bedrock-agentcore  AWS's own SDK: the same again; its calls block the event loop
opened s: the first request and all that is loaded for it. blocked ms: the longest that the event loop was late.
busy ms: the most that the program itself computed in one turn of it, which a busy machine does not lengthen; without
Python's collector of garbage, which walks all that a process has loaded. collector ms: its longest walk.
"""


@dataclass(frozen=True)
class Took:
    """What one run took."""

    opened: float
    stored: float
    searched: float
    """seconds"""
    blocked: float
    """milliseconds, the first request included"""
    busy: float
    """milliseconds of processor time in the busiest turn of the event loop, without the collector's"""
    collector: float
    """milliseconds that the collector of garbage took at most, in any thread"""

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.opened + self.stored + self.searched


def records(count: int) -> list[Record]:
    """Facts of made-up words."""
    writer = corpus.Writer(seed=11)
    return [
        Record(
            id=f"fact-{number:06}", namespace=namespaces.CONVENTIONS, text=writer.text(WORDS), created_at=corpus.LAST
        )
        for number in range(count)
    ]


def questions(count: int, among: Sequence[Record]) -> list[str]:
    """Some words of a record each."""
    return [among[7 * number % len(among)].text[:80] for number in range(count)]


async def ours(url: str, stored: Sequence[Record], asked: Sequence[str], watch: Watch) -> Took:
    """Through the provider."""
    with tempfile.TemporaryDirectory() as state:
        provider = AgentCoreProvider(MEMORY, region=REGION, endpoint=url, state=Path(state))

        async def store() -> None:
            done = await provider.store_records(stored, approval=Approval())
            _check(len(done.stored) == len(stored))

        async def search(text: str) -> None:
            query = Query(title=text, now=corpus.LAST)
            _check(bool(await provider.search_records(query, namespaces=("codebase/*",), top_k=TOP_K)))

        async with contextlib.aclosing(_Closing(provider.close)):
            return await _timed(provider.get_info, store, search, asked, watch)


async def bare(url: str, stored: Sequence[Record], asked: Sequence[str], watch: Watch) -> Took:
    """Through a client that stays open."""
    async with contextlib.AsyncExitStack() as stack:
        client: Any = None

        async def open_() -> None:
            nonlocal client
            from aiobotocore.session import get_session

            created = get_session().create_client("bedrock-agentcore", region_name=REGION, endpoint_url=url)
            client = await stack.enter_async_context(created)
            await client.list_memory_records(memoryId=MEMORY, namespacePath="/", maxResults=BATCH)

        async def store() -> None:
            for batch in _batches(stored):
                done = await client.batch_create_memory_records(memoryId=MEMORY, records=batch)
                _check(not done["failedRecords"])

        async def search(text: str) -> None:
            found = await client.retrieve_memory_records(memoryId=MEMORY, **_question(text))
            _check(bool(found["memoryRecordSummaries"]))

        return await _timed(open_, store, search, asked, watch)


async def sdk(url: str, stored: Sequence[Record], asked: Sequence[str], watch: Watch) -> Took:
    """Through AWS's SDK, called as it is from a coroutine."""
    os.environ["AWS_ENDPOINT_URL_BEDROCK_AGENTCORE"] = url
    client: Any = None

    async def open_() -> None:
        nonlocal client
        memory = importlib.import_module("bedrock_agentcore.memory")  # it is not among what the project installs
        client = memory.MemoryClient(region_name=REGION)
        client.list_memory_records(memoryId=MEMORY, namespacePath="/", maxResults=BATCH)

    async def store() -> None:
        for batch in _batches(stored):
            _check(not client.batch_create_memory_records(memoryId=MEMORY, records=batch)["failedRecords"])

    async def search(text: str) -> None:
        found = client.retrieve_memory_records(memoryId=MEMORY, **_question(text))
        _check(len(found["memoryRecordSummaries"]) >= TOP_K)
        await asyncio.sleep(0)

    return await _timed(open_, store, search, asked, watch)


PROGRAMS = {OURS: ours, BARE: bare, SDK: sdk}


class _Closing:
    def __init__(self, close: Callable[[], Awaitable[None]]) -> None:
        self._close = close

    async def aclose(self) -> None:
        await self._close()


async def _timed(
    first: Callable[[], Awaitable[object]],
    store: Callable[[], Awaitable[None]],
    search: Callable[[str], Awaitable[None]],
    asked: Sequence[str],
    watch: Watch,
) -> Took:
    async with watch.watching():
        times = [time.perf_counter()]
        await first()
        times.append(time.perf_counter())
        await store()
        times.append(time.perf_counter())
        for text in asked:
            await search(text)
        times.append(time.perf_counter())
    opened, stored, searched = (after - before for before, after in pairwise(times))
    return Took(opened, stored, searched, 1000 * watch.worst, 1000 * watch.busiest, 1000 * watch.collector)


def _batches(stored: Sequence[Record]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(stored), BATCH):
        some = stored[start : start + BATCH]
        yield [{"requestIdentifier": its.id, **entry_of(held_record(its, at=corpus.LAST))} for its in some]


def _question(text: str) -> dict[str, Any]:
    return {
        "namespacePath": place_of("codebase"),
        "searchCriteria": {"searchQuery": text, "topK": CANDIDATES},
        "maxResults": CANDIDATES,
    }


def _check(is_right: bool) -> None:
    if not is_right:
        sys.exit("a request did not do what it should")


@contextlib.contextmanager
def emulated() -> Iterator[str]:
    """The address of an empty memory."""
    command = [sys.executable, "-m", "memory_agents.testing.agentcore", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            lines = takewhile(lambda line: not line.startswith("# Ctrl-C"), cast(IO[str], process.stdout))
            url = "".join(line.partition("=")[2].strip() for line in lines if "DATA_PLANE" in line)
            _check(bool(url))
            yield url
        finally:
            process.terminate()
            process.communicate()


def measured(name: str, count: int, searches: int) -> Took:
    """One run of a program, in a process of its own."""
    with emulated() as url:
        command = [sys.executable, "-m", "benchmarks.agentcore", "--run", name, url, str(count), str(searches)]
        path = os.pathsep.join(map(str, (ROOT, ROOT / "src")))
        variables = {"AWS_ACCESS_KEY_ID": "emulated", "AWS_SECRET_ACCESS_KEY": "emulated", "PYTHONPATH": path}
        environment = {"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", **variables}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    return Took(**json.loads(done.stdout))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few records and one run: whether it works")
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        name, url, count, searches = arguments.run
        stored = records(int(count))
        took = asyncio.run(PROGRAMS[name](url, stored, questions(int(searches), stored), Watch()))
        print(json.dumps(asdict(took)))
        return 0
    count, searches, times = (150, 5, 1) if arguments.quick else (1_000, 200, 5)
    say_how_busy()
    print(ABOUT.format(records=count, searches=searches, times=times))
    names = [name for name in PROGRAMS if name != SDK or find_spec("bedrock_agentcore")]
    runs: dict[str, list[Took]] = {name: [] for name in names}
    for _ in range(times):
        for name in names:
            runs[name].append(measured(name, count, searches))
    _tell(runs)
    return 0


def _tell(runs: dict[str, list[Took]]) -> None:
    seconds = {"opened": "opened s", "stored": "stored s", "searched": "searched s", "seconds": "all s"}
    milliseconds = {"blocked": "blocked ms", "busy": "busy ms", "collector": "collector ms"}
    print(f"{'':<18}" + "".join(f" {title:>10}" for title in (*seconds.values(), *milliseconds.values())))
    median = {
        name: {its: statistics.median(getattr(run, its) for run in took) for its in (*seconds, *milliseconds)}
        for name, took in runs.items()
    }
    for name, its in median.items():
        numbers = [f"{its[part]:.2f}" for part in seconds] + [f"{its[part]:.1f}" for part in milliseconds]
        print(f"{name:<18}" + "".join(f" {number:>10}" for number in numbers))
    if SDK not in runs:
        print(f"{SDK:<19}not installed")
    print()
    for name, most in ((BARE, MOST_OF_BARE), (SDK, MOST_OF_SDK)):
        if name in median:
            ratio = median[OURS]["seconds"] / median[name]["seconds"]
            aim(f"at most {most:g} times the seconds of {name}: {ratio:.2f}", kept=ratio <= most)
    busy = median[OURS]["busy"]
    aim(f"ours keeps the event loop busy for at most {MOST_BUSY:g} ms at a time: {busy:.1f}", kept=busy <= MOST_BUSY)


if __name__ == "__main__":
    sys.exit(main())
