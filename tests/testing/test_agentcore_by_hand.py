"""`python -m memory_agents.testing.agentcore` serves until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from aiobotocore.session import get_session

COMMAND = (sys.executable, "-m", "memory_agents.testing.agentcore")


async def _actors(told: dict[str, str]) -> object:
    """What a client answers that knows what was printed and nothing else."""
    async with get_session().create_client(
        "bedrock-agentcore", region_name=told["AWS_REGION"], endpoint_url=told["AGENTCORE_DATA_PLANE_ENDPOINT"]
    ) as client:
        return (await client.list_actors(memoryId=told["AGENTCORE_MEMORY_ID"]))["actorSummaries"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_what_points_a_program_at_it_and_stops_when_told(
    stop: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(
        [*COMMAND, "--memory-id", "mine-0123456789", "--events-per-second", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(10)]
        told = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        assert told["AGENTCORE_DATA_PLANE_ENDPOINT"] in lines[0]
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NO_PROXY"):
            monkeypatch.setenv(name, told[name])
        assert asyncio.run(_actors(told)) == []
        process.send_signal(stop)
        rest = process.stdout.read()
    assert "# 1 requests" in rest
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--port", "70000"), "give a number from 0 to 65535"),
        (("--memory-id", "mine"), "use a name, a dash and 10 letters or digits"),
        (("--visibility", "-1"), "from 0 up"),
        (("--events-per-second", "0"), "above 0, such as 0.25"),
        (("--events-per-second", "x"), "x is no number"),
    ],
)
def test_wrong_use_is_told_with_its_fix(arguments: tuple[str, ...], message: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_it_needs_the_packages_of_an_extra_and_says_how_to_get_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    code = (
        "import sys, importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'aiohttp' else found(name, *a)\n"
        "from memory_agents.testing.agentcore.__main__ import main; sys.argv = ['x']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20, env={**os.environ}
    )
    assert done.returncode == 2
    assert "pip install 'memory-agents[agentcore]'" in done.stderr
