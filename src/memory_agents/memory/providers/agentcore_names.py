"""The names that a memory of AgentCore and its provider agree on: pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

RECORD_ID = "record_id"
"""our id of a Record"""
KIND = "kind"
"""a Kind"""
SCOPED = "scoped"
"""YES on Records with paths, and not there on others"""
YES = "yes"

INDEXED_KEYS: Mapping[str, str] = MappingProxyType({RECORD_ID: "STRING", KIND: "STRING", SCOPED: "STRING"})
"""metadata key → its type, as a memory must declare them to be asked by them"""


class Kind(StrEnum):
    """What a record of the service stands for."""

    RECORD = "record"
    FORGOTTEN = "forgotten"
    """an id that is not stored again"""
    APART = "apart"
    """a pair of issues that are no duplicates"""
