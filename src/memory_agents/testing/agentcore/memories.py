"""What the emulator keeps: memories with their records and events, and the time that things take in the service."""

from __future__ import annotations

import itertools
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from memory_agents.testing.agentcore.errors import ServiceError, invalid, missing

ACCOUNT = "123456789012"
_SUFFIX = string.ascii_letters + string.digits

Wire = dict[str, Any]
"""JSON as it goes over the wire"""


@dataclass(slots=True)
class Version:
    """What a record is from some moment on."""

    visible_at: float
    """of `time.monotonic`"""
    record: Wire | None
    """None: it is deleted"""


@dataclass(slots=True)
class StoredRecord:
    """A record with the versions that reads may still see; a write sees the newest."""

    versions: list[Version]
    indexed: frozenset[str] = frozenset()
    """metadata keys that were indexed when it was last written: a key that is declared later does not cover it"""

    @property
    def newest(self) -> Wire | None:
        """What a write sees."""
        return self.versions[-1].record

    def visible(self, now: float) -> Wire | None:
        """What a read at `now` sees."""
        seen = [version.record for version in self.versions if version.visible_at <= now]
        return seen[-1] if seen else None


@dataclass(slots=True)
class Bucket:
    """Tokens of one session: a request takes one."""

    tokens: float
    at: float

    def take(self, rate: float) -> bool:
        """Whether there was one; `rate` of them come back a second."""
        now, size = time.monotonic(), max(1.0, rate)
        self.tokens, self.at = min(size, self.tokens + (now - self.at) * rate), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class Session:
    """The events of one session of an actor."""

    created_at: float
    bucket: Bucket
    events: dict[str, Wire] = field(default_factory=dict)
    arrived: dict[str, float] = field(default_factory=dict)
    """when each event came, in epoch seconds: from then on it ages"""


@dataclass(slots=True)
class Memory:
    """One memory: what the control plane says of it, and what it holds."""

    wire: Wire
    active_at: float
    """of `time.monotonic`, when it is done with what its status says"""
    settling: str = ""
    """CREATING, UPDATING or DELETING until then"""
    has_failed: bool = False
    """whether its creation comes to nothing"""
    records: dict[str, StoredRecord] = field(default_factory=dict)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    answered: dict[str, tuple[Wire, Wire]] = field(default_factory=dict)
    """clientToken → what was asked with it, and what was answered"""

    @property
    def status(self) -> str:
        """As the service names it."""
        if self.settling and time.monotonic() < self.active_at:
            return self.settling
        return "FAILED" if self.has_failed else "ACTIVE"

    @property
    def is_gone(self) -> bool:
        """Whether its deletion is done."""
        return self.settling == "DELETING" and time.monotonic() >= self.active_at

    @property
    def indexed(self) -> dict[str, str]:
        """Key → type."""
        return {entry["key"]: entry["type"] for entry in self.wire.get("indexedKeys", [])}

    def begin(self, status: str, seconds: float) -> None:
        """Be in that status for so long."""
        self.settling, self.active_at = status, time.monotonic() + seconds


@dataclass(slots=True)
class World:
    """All memories of one account in one region. `clock` is the calendar; delays and rates take real time."""

    clock: Callable[[], datetime]
    visibility_seconds: float
    activation_seconds: float
    events_per_second: float
    region: str
    memories: dict[str, Memory] = field(default_factory=dict)
    created: dict[str, tuple[Wire, Wire]] = field(default_factory=dict)
    """clientToken of CreateMemory → what was asked with it, and what was answered"""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def now(self) -> float:
        """Epoch seconds of the calendar, to the millisecond, as the service keeps times."""
        return milliseconds(self.clock().timestamp())

    def number(self) -> int:
        """The next of a series."""
        return next(self._numbers)

    def memory(self, memory_id: str) -> Memory:
        """The memory with that id or ARN. Raises ServiceError where there is none."""
        memory = self.memories.get(memory_id.rpartition("/")[2])
        if memory is None or memory.is_gone:
            raise missing(f"Memory {memory_id}")
        return memory

    def active(self, memory_id: str) -> Memory:
        """The same for the data plane, which needs it to be done with its creation. Raises ServiceError."""
        memory = self.memory(memory_id)
        if memory.status not in {"ACTIVE", "UPDATING"}:
            raise invalid(f"Memory {memory_id} is {memory.status}, not ACTIVE", reason="ResourceConflict")
        return memory

    def settle(self) -> None:
        """Everything written becomes visible, and every memory is done with what it was doing."""
        for memory in self.memories.values():
            memory.active_at = 0.0
            for record in memory.records.values():
                record.versions = [Version(0.0, record.newest)]


def milliseconds(seconds: float) -> float:
    """A time, in epoch seconds, without what is finer than a millisecond."""
    return int(seconds * 1000) / 1000


def suffix(length: int) -> str:
    """Letters and digits that no other id has."""
    return "".join(secrets.choice(_SUFFIX) for _ in range(length))


def once(answered: dict[str, tuple[Wire, Wire]], request: Wire, work: Callable[[], Wire]) -> Wire:
    """The answer to `request`: for a clientToken that was seen before, the same as then. Raises ServiceError."""
    token = request.get("clientToken")
    asked = {name: value for name, value in request.items() if name != "clientToken"}
    if token is None:
        return work()
    if token in answered:
        before, answer = answered[token]
        if before != asked:
            raise ServiceError(
                "ValidationException",
                "The clientToken was used for another request",
                reason="IdempotentParameterMismatchException",
            )
        return answer
    answer = work()
    answered[token] = (asked, answer)
    return answer
