"""What `setup agentcore` did, for a person and for a program. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from memory_agents.core.fences import one_line
from memory_agents.core.records import Notice
from memory_agents.operations import agentcore_policy, agentcore_setup
from memory_agents.operations.agentcore_setup import Memory
from memory_agents.operations.reading import Answer

LOST = (
    "all records: facts, preferences, past items that were stored there",
    "all events of all sessions",
    "what is forgotten, and which issues are no duplicates",
)
"""with a memory that is deleted, for a person"""


Done = Literal["created", "exists", "updated", "unchanged", "shown"]
_DONE: Mapping[Done, str] = {
    "created": "is made.",
    "exists": "was there already: nothing was made.",
    "updated": "is changed.",
    "unchanged": "is up to date: nothing was changed.",
    "shown": "is there.",
}


def of_request(operation: str, request: Mapping[str, Any], region: str) -> Answer:
    """What would be sent; an empty request is none."""
    value = {"dry_run": True, "operation": operation, "region": region, "request": request}
    if not request:
        return Answer(value, "Dry run: it is up to date, and nothing would be changed.")
    return Answer(value, json.dumps(request, indent=2), (_not_sent(operation, region),))


def of_memory(memory: Memory, region: str, *, done: Done, is_tagged: bool = False) -> Answer:
    """How a memory is, how to use it, and what to allow."""
    policies = policies_of(memory, is_tagged=is_tagged)
    exports = agentcore_setup.exports(memory["id"], region)
    lines = [
        f"{named(memory)} {_DONE[done]}",
        *_described(memory),
        "",
        *(f"export {name}={value}" for name, value in exports.items()),
    ]
    if done in {"created", "exists"}:
        lines += [
            "",
            "The least IAM policy for a run that reads and writes; `memory-agents setup agentcore policy` has others:",
            json.dumps(policies["writing"], indent=2),
        ]
    notices = _notices(memory)
    value = {
        "done": done,
        "memory": _plain(memory),
        "region": region,
        "exports": exports,
        "policies": policies,
        "notices": [str(notice) for notice in notices],
    }
    return Answer(value, "\n".join(lines), notices)


def of_policies(policies: Mapping[str, agentcore_policy.Policy], chosen: str) -> Answer:
    """One policy, to be piped into a file; or all, each below its name."""
    if chosen:
        return Answer(policies[chosen], json.dumps(policies[chosen], indent=2))
    parts = [f"# {name}\n{json.dumps(policy, indent=2)}" for name, policy in policies.items()]
    return Answer(dict(policies), "\n\n".join(parts))


def before_deletion(memory: Memory, region: str, *, dry_run: bool) -> Answer:
    """What a deletion would take."""
    lines = [
        f"{named(memory)} in {region}, of {_day(memory['createdAt'])}, would be deleted, and with it:",
        *(f"- {what}" for what in LOST),
        "Nothing brings it back. `memory-agents backup --output FILE` keeps the records first.",
    ]
    value = {
        "dry_run": dry_run,
        "operation": "DeleteMemory",
        "region": region,
        "request": {"memoryId": memory["id"]},
        "memory": _plain(memory),
        "lost": list(LOST),
    }
    return Answer(value, "\n".join(lines), (_not_sent("DeleteMemory", region),) if dry_run else ())


def of_deletion(memory: Memory, *, is_gone: bool) -> Answer:
    """What a deletion did."""
    text = f"{named(memory)} is {'deleted' if is_gone else 'being deleted'}, with all that it held."
    return Answer({"dry_run": False, "id": memory["id"], "is_gone": is_gone}, text)


def named(memory: Memory) -> str:
    """A memory in a sentence. Its id alone can look like a token, which is not printed."""
    return f"memory/{memory['id']}"


def _not_sent(operation: str, region: str) -> Notice:
    return Notice(text=f"Dry run: nothing was changed. {operation} would be sent to {region}.")


def policies_of(memory: Memory, *, is_tagged: bool = False) -> dict[str, agentcore_policy.Policy]:
    """The least policies for a memory, its key and its role. Raises UsageError."""
    return agentcore_policy.policies(
        memory["arn"],
        kms_key=memory.get("encryptionKeyArn", ""),
        execution_role=memory.get("memoryExecutionRoleArn", ""),
        is_tagged=is_tagged,
    )


def _described(memory: Memory) -> list[str]:
    strategies = [f"{strategy['name']} ({strategy['type']})" for strategy in memory.get("strategies", ())]
    facts = {
        "status": memory["status"],
        "arn": memory["arn"],
        "description": one_line(memory.get("description", "")),
        "events": f"kept for {memory['eventExpiryDuration']} days",
        "indexed": ", ".join(entry["key"] for entry in memory.get("indexedKeys", ())) or "nothing",
        "strategies": ", ".join(strategies) or "none: nothing is extracted, and nothing costs for it",
        "key": memory.get("encryptionKeyArn", "AWS's own"),
        "created": _day(memory["createdAt"]),
    }
    return [f"  {name:<12}{value}" for name, value in facts.items() if value]


def _notices(memory: Memory) -> tuple[Notice, ...]:
    if not (missing := agentcore_setup.missing_keys(memory)):
        return ()
    return (
        Notice(
            text=f"The memory does not index {', '.join(missing)}: finding a record by its id reads all of them.",
            fix="run `memory-agents setup agentcore update`; it covers what is stored from then on",
        ),
    )


def _plain(value: Any) -> Any:
    """A value of botocore as JSON knows it."""
    match value:
        case Mapping():
            return {name: _plain(its) for name, its in value.items() if name != "ResponseMetadata"}
        case list():
            return [_plain(its) for its in value]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return value


def _day(time: datetime) -> str:
    return time.astimezone(UTC).date().isoformat()
