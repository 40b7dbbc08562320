"""`memory-agents setup agentcore`: makes a memory in AWS, shows it, changes it, deletes it, says who may what."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from memory_agents.cli import terminal
from memory_agents.cli.options import environment_of
from memory_agents.errors import MemoryMissing, MemoryThrottled, UsageError
from memory_agents.locations import repository_name
from memory_agents.operations import agentcore_control as control
from memory_agents.operations import agentcore_policy, agentcore_report
from memory_agents.operations import agentcore_setup as setup
from memory_agents.operations.agentcore_control import ControlPlane, Memory, NameTaken
from memory_agents.operations.reading import Answer

_WAIT_SECONDS = 300.0
_ID = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:\d{12}:memory/)?[a-zA-Z][a-zA-Z0-9_-]{0,99}-[a-zA-Z0-9]{10}",
    re.ASCII,
)


async def set_up(arguments: argparse.Namespace) -> int:
    """Carry out one step; the exit code."""
    match arguments.step:
        case "delete":
            return await _delete(arguments)
        case "create":
            answer = await _create(arguments)
        case "update":
            answer = await _update(arguments)
        case "policy":
            answer = await _policy(arguments)
        case _:
            async with _opened(arguments) as plane:
                answer = agentcore_report.of_memory(await _chosen(plane, arguments), plane.region, done="shown")
    return terminal.show(answer, as_json=arguments.json)


async def _create(arguments: argparse.Namespace) -> Answer:
    name = arguments.name or _default_name(arguments)
    request = setup.create_request(
        setup.Wanted(
            name=name,
            days=arguments.days or setup.DEFAULT_DAYS,
            description=arguments.description,
            strategies=tuple(arguments.strategy),
            kms_key=arguments.kms_key,
            execution_role=arguments.execution_role,
            tags=_tags(arguments.tag),
        )
    )
    async with _opened(arguments) as plane:
        if arguments.dry_run:
            return agentcore_report.of_request("CreateMemory", request, plane.region)
        done: agentcore_report.Done = "exists"
        memory = await plane.find(name)
        if memory is None:
            try:
                memory, done = await plane.create(request), "created"
            except NameTaken:  # somebody was faster
                memory = await plane.find(name)
                if memory is None:
                    raise
        if memory["status"] == "DELETING":
            raise MemoryThrottled(
                f"{agentcore_report.named(memory)} is being deleted.",
                fix="run it again in a minute, or choose a --name",
            )
        if arguments.wait and memory["status"] != "ACTIVE":
            memory = await plane.wait(memory["id"], tell=_tell, seconds=_WAIT_SECONDS)
        return agentcore_report.of_memory(memory, plane.region, done=done, is_tagged=bool(arguments.tag))


async def _update(arguments: argparse.Namespace) -> Answer:
    async with _opened(arguments) as plane:
        memory = await _chosen(plane, arguments)
        request = setup.update_request(
            memory,
            days=arguments.days,
            description=arguments.description,
            strategies=arguments.strategy,
            execution_role=arguments.execution_role,
        )
        if arguments.dry_run:
            return agentcore_report.of_request("UpdateMemory", request, plane.region)
        if request:
            memory = await plane.update(request)
        if arguments.wait and memory["status"] != "ACTIVE":
            memory = await plane.wait(memory["id"], tell=_tell, seconds=_WAIT_SECONDS)
        return agentcore_report.of_memory(memory, plane.region, done="updated" if request else "unchanged")


async def _delete(arguments: argparse.Namespace) -> int:
    terminal.refuse_to_ask_programs(arguments)
    async with _opened(arguments) as plane:
        memory = await _chosen(plane, arguments)
        before = agentcore_report.before_deletion(memory, plane.region, dry_run=arguments.dry_run)
        if arguments.dry_run:
            return terminal.show(before, as_json=arguments.json)
        if not arguments.yes:
            terminal.show(before, as_json=False)
            if not terminal.is_yes(terminal.ask("Delete it? [y/N]")):
                return terminal.show_nothing_done()
        await plane.delete(memory["id"])
        if arguments.wait:
            await plane.wait_until_gone(memory["id"], tell=_tell, seconds=_WAIT_SECONDS)
        return terminal.show(agentcore_report.of_deletion(memory, is_gone=arguments.wait), as_json=arguments.json)


async def _policy(arguments: argparse.Namespace) -> Answer:
    if arguments.memory_id.startswith("arn:"):  # it says all but the key, so that nobody is asked
        policies = agentcore_policy.policies(arguments.memory_id, kms_key=arguments.kms_key)
    else:
        async with _opened(arguments) as plane:
            memory = await _chosen(plane, arguments)
        key = {"encryptionKeyArn": arguments.kms_key} if arguments.kms_key else {}
        policies = agentcore_report.policies_of({**memory, **key})
    return agentcore_report.of_policies(policies, arguments.of)


@asynccontextmanager
async def _opened(arguments: argparse.Namespace) -> AsyncIterator[ControlPlane]:
    variables = environment_of(arguments).agentcore()
    region = arguments.region or variables.region
    async with control.opened(region=region, endpoint=variables.control_endpoint) as plane:
        yield plane


async def _chosen(plane: ControlPlane, arguments: argparse.Namespace) -> Memory:
    """The memory that the options name, or AGENTCORE_MEMORY_ID, or that with the name of this clone's repository."""
    is_named = arguments.name or arguments.repository  # a variable never goes before an option: it may be deleted
    memory_id = arguments.memory_id or ("" if is_named else environment_of(arguments).agentcore().memory_id)
    if memory_id:
        if not _ID.fullmatch(memory_id):
            raise UsageError(f"{memory_id!r} is no id of a memory.", fix="give --memory-id as `create` printed it")
        return await plane.get(memory_id)
    name = arguments.name or _default_name(arguments)
    memory = await plane.find(name)
    if memory is None:
        raise MemoryMissing(
            f"There is no memory of the name {name} in {plane.region}.",
            fix="give --memory-id, or --name, or make it with `memory-agents setup agentcore create`",
        )
    return memory


def _default_name(arguments: argparse.Namespace) -> str:
    repository = repository_name(environment_of(arguments))
    if not repository:
        raise UsageError(
            "Nothing says which repository the memory is for.", fix="add --name, or --repository OWNER/NAME"
        )
    return setup.memory_name(repository)


def _tags(given: list[str]) -> dict[str, str]:
    tags = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{text!r} is no tag.", fix="give --tag KEY=VALUE")
        tags[key] = value
    return tags


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
