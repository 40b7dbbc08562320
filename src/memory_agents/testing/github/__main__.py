"""Serve a fake GitHub on this machine, to try the action or the commands by hand.

    python -m memory_agents.testing.github --port 8080 --from .

Then point the program at it: GITHUB_API_URL and GITHUB_SERVER_URL to the printed address, GITHUB_TOKEN to
the printed token. Everything is gone when it stops.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from memory_agents.errors import MissingExtra
from memory_agents.testing.github.bare_git import GitRefused
from memory_agents.testing.github.fake import FakeGitHub
from memory_agents.testing.github.world import ACTIONS_BOT


def main() -> int:
    """Serve until Ctrl-C; 1 when GitHub's description was violated meanwhile."""
    parser = argparse.ArgumentParser(
        prog="python -m memory_agents.testing.github",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=0, help="loopback port to listen on (default 0: any free one)")
    parser.add_argument("--repository", default="octocat/hello", metavar="OWNER/NAME", help="default: %(default)s")
    parser.add_argument("--private", action="store_true", help="make the repository private")
    parser.add_argument("--from", dest="source", type=Path, metavar="CHECKOUT", help="a git checkout to take as main")
    parser.add_argument("--login", default=ACTIONS_BOT, help="whom the token acts as (default: %(default)s)")
    parser.add_argument(
        "--writer", action="append", default=[], metavar="LOGIN", help="somebody with write permission; may be repeated"
    )
    arguments = parser.parse_args()
    if arguments.repository.count("/") != 1:
        parser.error("--repository must be OWNER/NAME")
    try:
        return _serve(arguments)
    except OSError as error:
        parser.error(f"cannot listen on port {arguments.port}: {error.strerror}. Fix: choose another --port")
    except GitRefused as refusal:
        reason = str(refusal).splitlines()[0]
        parser.error(f"git could not read {arguments.source}: {reason}. Fix: give a git checkout with a commit")
    except MissingExtra as error:
        parser.error(str(error))


def _serve(arguments: argparse.Namespace) -> int:
    # A shell starts what runs in the background with SIGINT ignored; Ctrl-C and kill stop it all the same.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    with FakeGitHub(port=arguments.port, raise_on_violation=False) as fake:
        repository = fake.add_repository(
            arguments.repository,
            private=arguments.private,
            files=None if arguments.source else {"README.md": f"# {arguments.repository}\n"},
            permissions=dict.fromkeys(arguments.writer, "write"),
        )
        if arguments.source:
            repository.git.run("fetch", "--quiet", str(arguments.source.resolve()), "HEAD:refs/heads/main")
        lines = {
            "GITHUB_SERVER_URL": fake.server_url,
            "GITHUB_API_URL": fake.api_url,
            "GITHUB_REPOSITORY": repository.full_name,
            "GITHUB_TOKEN": fake.add_token(arguments.login),
        }
        _say("".join(f"{name}={value}\n" for name, value in lines.items()))
        _say(f"# git clone {fake.git_url(repository)}\n# Ctrl-C stops it\n")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            _say(f"\n# {len(fake.requests)} requests, {len(fake.violations)} violations of GitHub's description\n")
        _say("".join(f"# {violation}\n" for violation in fake.violations))
        return 1 if fake.violations else 0


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 0 to 65535")
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
