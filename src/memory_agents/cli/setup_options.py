"""The options of `memory-agents setup`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from memory_agents.operations.agentcore_setup import STRATEGIES


def add_setup(
    add: Callable[..., argparse.ArgumentParser],
    *,
    repository: argparse.ArgumentParser,
    looking: argparse.ArgumentParser,
    asking: argparse.ArgumentParser,
) -> None:
    """Make the parsers; `repository` says which and how it is told, `looking` is --dry-run, `asking` is --yes."""
    backends = add("setup", help="set up where memory is kept: a memory in AWS AgentCore").add_subparsers(
        dest="backend", required=True, metavar="BACKEND"
    )
    agentcore = backends.add_parser(
        "agentcore",
        help="a memory of AWS Bedrock AgentCore",
        description="Make a memory of AWS Bedrock AgentCore, and look after it. Uses the AWS credentials of this "
        "machine: a profile, variables, or a role.",
    )
    step = agentcore.add_subparsers(dest="step", required=True, metavar="STEP").add_parser
    region, waiting, which = _region(), _waiting(), _which()

    create = step(
        "create",
        parents=[repository, region, _changing(otherwise=("7", "none")), waiting, looking],
        help="make a memory, and print the variables and the IAM policy that a run needs",
        description="Make a memory, wait until it is ACTIVE, and print what a run needs. One that has the name already "
        "is shown instead.",
    )
    create.add_argument("--name", default="", help="letters, digits and _ (default: of the repository)")
    create.add_argument("--kms-key", default="", metavar="ARN", help="a key of yours (default: one that AWS owns)")
    create.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="may be repeated")

    step("show", parents=[repository, region, which], help="show a memory and its variables")

    step(
        "update",
        parents=[repository, region, which, _changing(otherwise=("as it is", "as they are")), waiting, looking],
        help="add what a memory lacks, and change what the options say",
        description="Declare the indexed keys that a memory lacks, which AWS never takes back, and change what the "
        "options say.",
    )
    step(
        "delete",
        parents=[repository, region, which, waiting, looking, asking],
        help="delete a memory with all that it holds",
        description="Delete a memory with all that it holds. Says first what is lost, and asks.",
    )
    policy = step(
        "policy",
        parents=[repository, region, which],
        help="print the least IAM policies for a memory",
        description="Print the least IAM policies for a memory. With the ARN as --memory-id, AWS is not asked.",
    )
    policy.add_argument(
        "--for",
        dest="of",
        default="",
        choices=("reading", "writing", "setup"),
        help="only that one: for a run that reads, one that reads and writes, or this command (default: all)",
    )
    policy.add_argument("--kms-key", default="", metavar="ARN", help="of the memory (default: what AWS says)")


def _region() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--region", "--aws-region", default="", help="default: AWS_REGION, or that of the AWS profile")
    return options


def _which() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--memory-id",
        "--agentcore-memory-id",
        default="",
        metavar="ID",
        help="the id or the ARN (default: the memory that --name or --repository names, or AGENTCORE_MEMORY_ID)",
    )
    options.add_argument("--name", default="", help="find it by this name")
    return options


def _changing(*, otherwise: tuple[str, str]) -> argparse.ArgumentParser:
    """`otherwise`: what holds without --days, and without --strategy."""
    days, strategies = otherwise
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--days", type=int, metavar="N", help=f"that events are kept, 3 to 365 (default: {days})")
    options.add_argument(
        "--strategy",
        action="append",
        default=[],
        choices=tuple(STRATEGIES),
        help="extract records from conversations that other programs store there; may be repeated. It costs, and "
        f"memory-agents itself needs none (default: {strategies})",
    )
    options.add_argument("--description", default="", metavar="TEXT", help="what the memory is for")
    options.add_argument(
        "--execution-role", default="", metavar="ARN", help="the role that the service takes on for it"
    )
    return options


def _waiting() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="until AWS is done with it, up to 5 minutes (default: yes)",
    )
    return options
