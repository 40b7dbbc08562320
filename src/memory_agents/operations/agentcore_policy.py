"""The least IAM policies for a memory of AgentCore: for a run that reads, one that writes, and its setup. Pure."""

from __future__ import annotations

import re
from typing import Any

from memory_agents.errors import UsageError

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):bedrock-agentcore:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):memory/"
    r"[a-zA-Z][a-zA-Z0-9_-]{0,99}-[a-zA-Z0-9]{10}",
    re.ASCII,
)
READING = ("ListEvents", "ListMemoryRecords", "RetrieveMemoryRecords")
"""operations of the data plane that a recall asks for"""
WRITING = (
    *READING,
    "BatchCreateMemoryRecords",
    "BatchDeleteMemoryRecords",
    "BatchUpdateMemoryRecords",
    "CreateEvent",
    "DeleteEvent",
)
"""what else storing and forgetting ask for"""
_SETUP = ("DeleteMemory", "GetMemory", "UpdateMemory")
_SETUP_ANYWHERE = ("CreateMemory", "ListMemories")
"""cannot be allowed for one memory: it is not there yet, or the answer is about all"""
_READING_KEY = ("Decrypt", "DescribeKey")
_WRITING_KEY = (*_READING_KEY, "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt*")
_SETUP_KEY = (*_WRITING_KEY, "CreateGrant")

Policy = dict[str, Any]
"""an IAM policy, as JSON"""


def policies(arn: str, *, kms_key: str = "", execution_role: str = "", is_tagged: bool = False) -> dict[str, Policy]:
    """`reading`, `writing` and `setup` → the policy, for the memory with that ARN.

    `kms_key` and `execution_role` are the ARNs of those that the memory uses, empty for none. Raises UsageError.
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        raise UsageError(f"{arn!r} is no ARN of a memory.", fix="take it from `memory-agents setup agentcore show`")
    setup = [_allow("Memory", _SETUP, arn), _allow("Memories", _SETUP_ANYWHERE, "*")]
    if is_tagged:
        setup.append(_allow("Tags", ("TagResource",), _any_memory(found)))
    if execution_role:
        passed = {"StringEquals": {"iam:PassedToService": "bedrock-agentcore.amazonaws.com"}}
        setup.append(_statement("Role", ["iam:PassRole"], execution_role, passed))
    return {
        "reading": _policy([_allow("Memory", READING, arn)], _READING_KEY, kms_key, found),
        "writing": _policy([_allow("Memory", WRITING, arn)], _WRITING_KEY, kms_key, found),
        "setup": _policy(setup, _SETUP_KEY, kms_key, found),
    }


def _policy(statements: list[Policy], key_actions: tuple[str, ...], kms_key: str, found: re.Match[str]) -> Policy:
    if kms_key:
        suffix = ".cn" if found["partition"] == "aws-cn" else ""
        via = {"StringEquals": {"kms:ViaService": f"bedrock-agentcore.{found['region']}.amazonaws.com{suffix}"}}
        statements = [*statements, _statement("Key", [f"kms:{action}" for action in key_actions], kms_key, via)]
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, operations: tuple[str, ...], resource: str) -> Policy:
    return _statement(sid, [f"bedrock-agentcore:{operation}" for operation in operations], resource, {})


def _statement(sid: str, actions: list[str], resource: str, condition: Policy) -> Policy:
    statement: Policy = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _any_memory(found: re.Match[str]) -> str:
    return f"arn:{found['partition']}:bedrock-agentcore:{found['region']}:{found['account']}:memory/*"
