"""Setting up a memory of AWS Bedrock AgentCore: what is asked of its control plane, and what is told of it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from memory_agents.errors import UsageError
from memory_agents.memory.providers.agentcore_names import INDEXED_KEYS

DEFAULT_DAYS = 7
MOST_INDEXED_KEYS = 10
"""of one memory"""
_FEWEST_DAYS, _MOST_DAYS = 3, 365
_LONGEST_NAME = 48
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,47}")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)/[\w/-]{1,256}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_TAG = re.compile(r"[a-zA-Z0-9\s._:/=+@-]*", re.ASCII)

STRATEGIES: Mapping[str, tuple[str, str, str]] = {
    "semantic": ("semanticMemoryStrategy", "SEMANTIC", "/extracted/semantic/{actorId}/"),
    "summary": ("summaryMemoryStrategy", "SUMMARIZATION", "/extracted/summary/{actorId}/{sessionId}/"),
    "userPreference": ("userPreferenceMemoryStrategy", "USER_PREFERENCE", "/extracted/userPreference/{actorId}/"),
}
"""name on the command line → the member that asks for it, the type that an answer has, and where its records go"""

Memory = Mapping[str, Any]
"""what GetMemory says of a memory"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A memory to be made; a wrong part is refused when it is made into a request."""

    name: str
    days: int = DEFAULT_DAYS
    """that events are kept"""
    description: str = ""
    strategies: tuple[str, ...] = ()
    """names of STRATEGIES"""
    kms_key: str = ""
    """ARN of a key of the customer's; empty is one that AWS owns"""
    execution_role: str = ""
    """ARN"""
    tags: Mapping[str, str] = field(default_factory=dict)


def memory_name(repository: str) -> str:
    """The name of the memory of a repository, `owner/name`: what AWS allows, and no other repository's."""
    plain = re.sub(r"[^a-zA-Z0-9_]", "_", repository)
    plain = plain if plain[:1].isalpha() else f"memory_{plain}"
    if len(plain) <= _LONGEST_NAME and plain == repository.replace("/", "_", 1):
        return plain
    digest = hashlib.sha256(repository.encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST_NAME - 9]}_{digest}"


def create_request(wanted: Wanted) -> dict[str, Any]:
    """The request of CreateMemory. Raises UsageError, naming the option."""
    if not _NAME.fullmatch(wanted.name):
        raise UsageError(
            f"{wanted.name!r} cannot be the name of a memory.",
            fix="give --name a letter and up to 47 more letters, digits or _",
        )
    if wanted.kms_key and not _KEY_ARN.fullmatch(wanted.kms_key):
        raise UsageError(
            f"{wanted.kms_key!r} is no ARN of a key.", fix="give --kms-key arn:aws:kms:REGION:ACCOUNT:key/ID"
        )
    request: dict[str, Any] = {
        "name": wanted.name,
        "eventExpiryDuration": _days(wanted.days),
        "indexedKeys": _entries(INDEXED_KEYS),
    }
    if wanted.strategies:
        request["memoryStrategies"] = [_strategy(name) for name in dict.fromkeys(wanted.strategies)]
    optional = {
        "description": _description(wanted.description),
        "encryptionKeyArn": wanted.kms_key,
        "memoryExecutionRoleArn": _role(wanted.execution_role),
        "tags": _tags(wanted.tags),
    }
    return request | {name: value for name, value in optional.items() if value}


def update_request(
    memory: Memory, *, days: int | None, description: str, strategies: Sequence[str], execution_role: str
) -> dict[str, Any]:
    """The request of UpdateMemory that brings a memory up to date; {} where there is nothing to change.

    None and empty leave a part as it is. Raises UsageError, naming the option or what stands in the way.
    """
    missing = missing_keys(memory)
    if len(memory.get("indexedKeys", ())) + len(missing) > MOST_INDEXED_KEYS:
        raise UsageError(
            f"The memory has {len(memory['indexedKeys'])} indexed keys of at most {MOST_INDEXED_KEYS}, and lacks "
            f"{', '.join(missing)}. No key can be taken away.",
            fix="make another memory with `memory-agents setup agentcore create --name NAME`, and move to it",
        )
    request: dict[str, Any] = {}
    if missing:
        request["addIndexedKeys"] = _entries(missing)
    if days is not None and _days(days) != memory["eventExpiryDuration"]:
        request["eventExpiryDuration"] = days
    if description and _description(description) != memory.get("description"):
        request["description"] = description
    if execution_role and _role(execution_role) != memory.get("memoryExecutionRoleArn"):
        request["memoryExecutionRoleArn"] = execution_role
    there = {strategy["type"] for strategy in memory.get("strategies", ())}
    if added := [_strategy(name) for name in dict.fromkeys(strategies) if STRATEGIES[name][1] not in there]:
        request["memoryStrategies"] = {"addMemoryStrategies": added}
    return {"memoryId": memory["id"], **request} if request else {}


def missing_keys(memory: Memory) -> dict[str, str]:
    """Indexed keys that the provider asks by and the memory does not declare, with their types."""
    there = {entry["key"] for entry in memory.get("indexedKeys", ())}
    return {key: kind for key, kind in INDEXED_KEYS.items() if key not in there}


def exports(memory_id: str, region: str) -> dict[str, str]:
    """The variables that point memory-agents at a memory."""
    return {"MEMORY_PROVIDER": "agentcore", "AGENTCORE_MEMORY_ID": memory_id, "AWS_REGION": region}


def _entries(keys: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "type": kind} for key, kind in keys.items()]


def _strategy(name: str) -> dict[str, Any]:
    member, _, template = STRATEGIES[name]
    return {member: {"name": name, "namespaceTemplates": [template]}}


def _days(days: int) -> int:
    if not _FEWEST_DAYS <= days <= _MOST_DAYS:
        raise UsageError(
            f"Events cannot be kept for {days} days.", fix=f"give --days a number from {_FEWEST_DAYS} to {_MOST_DAYS}"
        )
    return days


def _description(text: str) -> str:
    if len(text) > 4096:
        raise UsageError(
            f"A description of {len(text):,} characters is too long.", fix="give --description up to 4,096"
        )
    return text


def _role(arn: str) -> str:
    if arn and not _ROLE_ARN.fullmatch(arn):
        raise UsageError(f"{arn!r} is no ARN of a role.", fix="give --execution-role arn:aws:iam::ACCOUNT:role/NAME")
    return arn


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    if len(tags) > 50:
        raise UsageError(f"{len(tags)} tags are too many.", fix="give --tag at most 50 times")
    for key, value in tags.items():
        if not (key and len(key) <= 128 and len(value) <= 256 and _TAG.fullmatch(key) and _TAG.fullmatch(value)):
            raise UsageError(
                f"{key}={value} cannot be a tag.",
                fix="give --tag KEY=VALUE in letters, digits, blanks and . _ : / = + @ -, up to 128 and 256 characters",
            )
    return dict(tags)
