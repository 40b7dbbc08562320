"""Serve an emulated AgentCore Memory on this machine, to try the commands or a program of yours by hand.

    python -m memory_agents.testing.agentcore --port 8081

It prints the variables that point a program at it. Everything is gone when it stops.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading

from memory_agents.errors import MissingExtra, UsageError
from memory_agents.testing.agentcore.emulator import MEMORY_ID, REGION, AgentCoreEmulator


def main() -> int:
    """Serve until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m memory_agents.testing.agentcore",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=0, help="loopback port to listen on (default 0: any free one)")
    parser.add_argument(
        "--memory-id",
        default=MEMORY_ID,
        metavar="ID",
        help="of the memory that is there from the "
        "start: a name, a dash and 10 letters or digits (default: %(default)s)",
    )
    parser.add_argument("--region", default=REGION, help="default: %(default)s")
    parser.add_argument(
        "--visibility",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="until reads see what was written; the service takes up to two minutes (default: %(default)s)",
    )
    parser.add_argument(
        "--activation",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="until a memory that is created, changed or deleted is done (default: %(default)s)",
    )
    parser.add_argument(
        "--events-per-second",
        type=_rate,
        default=5.0,
        metavar="N",
        help="of one session; more are throttled (default: %(default)s)",
    )
    arguments = parser.parse_args()
    try:
        return _serve(arguments)
    except OSError as error:
        parser.error(f"cannot listen on port {arguments.port}: {error.strerror}. Fix: choose another --port")
    except (MissingExtra, UsageError) as error:
        parser.error(str(error))


def _serve(arguments: argparse.Namespace) -> int:
    # A shell starts what runs in the background with SIGINT ignored; Ctrl-C and kill stop it all the same.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    emulator = AgentCoreEmulator(
        memory_id=arguments.memory_id,
        visibility_seconds=arguments.visibility,
        activation_seconds=arguments.activation,
        events_per_second=arguments.events_per_second,
        region=arguments.region,
        port=arguments.port,
    )
    with emulator as aws:
        variables = {
            "MEMORY_PROVIDER": "agentcore",
            "AGENTCORE_MEMORY_ID": aws.memory_id,
            "AGENTCORE_DATA_PLANE_ENDPOINT": aws.url,
            "AGENTCORE_CONTROL_PLANE_ENDPOINT": aws.url,
            "AWS_REGION": aws.region,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "NO_PROXY": "127.0.0.1",
        }
        _say(f"# AgentCore Memory is emulated at {aws.url}; any credentials do\n")
        _say("".join(f"export {name}={value}\n" for name, value in variables.items()))
        _say("# Ctrl-C stops it\n")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            _say(f"\n# {len(aws.calls)} requests\n")
    return 0


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    number = _number(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is no time: give a number of seconds from 0 up")
    return number


def _rate(text: str) -> float:
    number = _number(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no rate: give a number above 0, such as 0.25")
    return number


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text} is no number")
    return number


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
