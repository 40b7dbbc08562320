"""`memory-agents run`: what the action's step calls."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

from memory_agents.cli.terminal import unexpected
from memory_agents.edges.actions import Runner
from memory_agents.errors import MemoryAgentsError, UsageError
from memory_agents.settings import Environment


def run() -> int:
    """Handle the event of this step and return the exit code."""
    runner = Runner(output_file=None, summary_file=None, log=sys.stderr, annotate=False)
    debug = False
    try:
        environment = Environment.read(os.environ)
        debug = environment.debug
        runner = Runner(
            output_file=environment.output_file,
            summary_file=environment.summary_file,
            log=sys.stdout if environment.in_actions else sys.stderr,
            annotate=environment.in_actions,
        )
        return asyncio.run(_handle(runner))
    except UsageError as error:
        runner.error(str(error))
        return 2
    except MemoryAgentsError as error:
        runner.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 -- no traceback to a person; this is a defect of ours
        runner.error(unexpected(error))
        if debug:
            runner.log(traceback.format_exc())
        return 1


async def _handle(runner: Runner) -> int:
    from memory_agents import app

    asyncio.get_running_loop().set_default_executor(_Left())
    return await app.run(os.environ, runner)


class _Left(ThreadPoolExecutor):
    """Threads that are not waited for: GitHub may keep one for longer than the run's deadline, for minutes."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Let go of them; `__main__` ends the process."""
        super().shutdown(wait=False, cancel_futures=True)
