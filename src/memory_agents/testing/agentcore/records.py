"""Long-term memory: the operations on memory records."""

from __future__ import annotations

import functools
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping

from memory_agents.testing.agentcore import pages
from memory_agents.testing.agentcore.errors import ServiceError, invalid, missing
from memory_agents.testing.agentcore.faults import Fault
from memory_agents.testing.agentcore.filters import SYSTEM_PREFIX, check_metadata, record_filter, stored_namespace
from memory_agents.testing.agentcore.memories import Memory, StoredRecord, Version, Wire, World, milliseconds, once

NO_STRATEGY = "none"
"""the strategy of a record that was written without one: the model wants one in each answer"""
_TOP_K = 10
"""where a search does not say"""
_DAY = 86_400
_WORD = re.compile(r"\w+")
_ERROR_CODES: Mapping[str, int] = {"ValidationException": 400, "ResourceNotFoundException": 404}


class LongTerm:
    """Answers what is asked of memory records."""

    def __init__(self, world: World) -> None:
        self._world = world

    def batch_create(self, request: Wire, fault: Fault) -> Wire:
        """BatchCreateMemoryRecords."""
        memory = self._world.active(request["memoryId"])
        return once(memory.answered, request, lambda: self._create(memory, request, fault))

    def batch_update(self, request: Wire, fault: Fault) -> Wire:
        """BatchUpdateMemoryRecords: what an entry does not say stays as it is."""
        memory = self._world.active(request["memoryId"])
        expiry = request.get("recordExpirySpecification", {})

        def update(entry: Wire) -> str:
            before = self._newest(memory, entry)
            made = {**before, **self._said(memory, entry, before)}
            if "action" in expiry:
                made = {name: value for name, value in made.items() if name not in {"_days", "expiresAt"}}
            else:
                made |= self._expiring(expiry.get("recordExpiryDurationDays", before.get("_days")))
            return self._write(memory, entry["memoryRecordId"], made)

        return _batch(request["records"], "memoryRecordId", fault, update)

    def batch_delete(self, request: Wire, fault: Fault) -> Wire:
        """BatchDeleteMemoryRecords."""
        memory = self._world.active(request["memoryId"])
        return _batch(request["records"], "memoryRecordId", fault, lambda entry: self._delete(memory, entry))

    def delete(self, request: Wire, _: Fault) -> Wire:
        """DeleteMemoryRecord."""
        return {"memoryRecordId": self._delete(self._world.active(request["memoryId"]), request)}

    def get(self, request: Wire, _: Fault) -> Wire:
        """GetMemoryRecord."""
        stored = self._world.active(request["memoryId"]).records.get(request["memoryRecordId"])
        record = None if stored is None else stored.visible(time.monotonic())
        if record is None or self._is_expired(record):
            raise missing(f"Memory record {request['memoryRecordId']}")
        return {"memoryRecord": {name: value for name, value in record.items() if name != "_days"}}

    def list_records(self, request: Wire, fault: Fault) -> Wire:
        """ListMemoryRecords, newest first."""
        memory = self._world.active(request["memoryId"])
        found: list[tuple[pages.Key, Wire]] = [
            ((-record["createdAt"], record["memoryRecordId"]), _summary(record))
            for record in self._visible(memory, request, request)
        ]
        return _paged(found, request, fault)

    def retrieve(self, request: Wire, fault: Fault) -> Wire:
        """RetrieveMemoryRecords, best by the share of the query's words first; like vectors, it always finds some."""
        memory = self._world.active(request["memoryId"])
        criteria = request["searchCriteria"]
        words = _words(criteria["searchQuery"])
        found: list[tuple[pages.Key, Wire]] = []
        for record in self._visible(memory, request, criteria):
            score = len(words & _words(record["content"]["text"])) / max(1, len(words))
            found.append(((-score, record["memoryRecordId"]), {**_summary(record), "score": score}))
        best = sorted(found, key=lambda entry: entry[0])[: criteria.get("topK", _TOP_K)]
        return _paged(best, request, fault)

    def _visible(self, memory: Memory, request: Wire, criteria: Wire) -> Iterator[Wire]:
        covers, now = record_filter(request, criteria, memory.indexed), time.monotonic()
        for stored in memory.records.values():
            record = stored.visible(now)
            if record is not None and not self._is_expired(record) and covers(record, stored.indexed):
                yield record

    def _create(self, memory: Memory, request: Wire, fault: Fault) -> Wire:
        identifiers = [entry["requestIdentifier"] for entry in request["records"]]
        if len(set(identifiers)) < len(identifiers):
            raise invalid("Two records have the same requestIdentifier")
        expiry = request.get("recordExpirySpecification", {})
        if "action" in expiry:
            raise invalid("REMOVE does not apply when records are created")

        def create(entry: Wire) -> str:
            made = {"memoryRecordId": _new_id(), "createdAt": self._world.now(), "memoryStrategyId": NO_STRATEGY}
            made |= self._said(memory, entry, made)
            made |= self._expiring(expiry.get("recordExpiryDurationDays"))
            return self._write(memory, str(made["memoryRecordId"]), made)

        return _batch(request["records"], "requestIdentifier", fault, create)

    def _newest(self, memory: Memory, entry: Wire) -> Wire:
        """What a write finds. Raises ServiceError."""
        stored = memory.records.get(entry["memoryRecordId"])
        record = None if stored is None else stored.newest
        if record is None or self._is_expired(record):
            raise missing(f"Memory record {entry['memoryRecordId']}")
        return record

    def _write(self, memory: Memory, record_id: str, record: Wire | None) -> str:
        stored, now = memory.records.setdefault(record_id, StoredRecord([])), time.monotonic()
        seen = [version for version in stored.versions if version.visible_at <= now][-1:]
        waiting = [version for version in stored.versions if version.visible_at > now]
        stored.versions = [*seen, *waiting, Version(now + self._world.visibility_seconds, record)]
        stored.indexed = frozenset(memory.indexed)
        return record_id

    def _delete(self, memory: Memory, entry: Wire) -> str:
        self._newest(memory, entry)
        return self._write(memory, entry["memoryRecordId"], None)

    def _said(self, memory: Memory, entry: Wire, before: Wire) -> Wire:
        """What an entry of a batch says of its record, as it is kept. Raises ServiceError."""
        said: Wire = {name: entry[name] for name in ("content", "memoryStrategyId") if name in entry}
        said["timestamp"] = milliseconds(entry["timestamp"])
        if "namespaces" in entry:
            said["namespaces"] = [stored_namespace(namespace) for namespace in entry["namespaces"]]
        if "metadata" in entry:
            metadata = _kept(memory, entry)
        else:
            metadata = {
                key: value for key, value in before.get("metadata", {}).items() if not key.startswith(SYSTEM_PREFIX)
            }
        said["metadata"] = {
            **metadata,
            f"{SYSTEM_PREFIX}recordType": {"stringValue": "DIRECT"},
            f"{SYSTEM_PREFIX}createdAt": {"dateTimeValue": before["createdAt"]},
            f"{SYSTEM_PREFIX}updatedAt": {"dateTimeValue": self._world.now()},
        }
        return said

    def _expiring(self, days: int | None) -> Wire:
        return {} if days is None else {"_days": days, "expiresAt": self._world.now() + days * _DAY}

    def _is_expired(self, record: Wire) -> bool:
        return bool(record.get("expiresAt", float("inf")) <= self._world.now())


def _batch(entries: list[Wire], identifier: str, fault: Fault, work: Callable[[Wire], str]) -> Wire:
    """The outcome of each entry: `work` gives a record's id or raises ServiceError, which is that entry's alone."""
    succeeded, failed = [], []
    for entry in entries:
        outcome: Wire = {"requestIdentifier": entry["requestIdentifier"]} if "requestIdentifier" in entry else {}
        try:
            _fail_on_demand(entry[identifier], fault)
            succeeded.append({**outcome, "memoryRecordId": work(entry), "status": "SUCCEEDED"})
        except ServiceError as error:
            outcome |= {"memoryRecordId": entry.get("memoryRecordId") or _new_id(), "status": "FAILED"}
            failed.append({**outcome, "errorCode": _ERROR_CODES.get(error.code, 500), "errorMessage": str(error)})
    return {"successfulRecords": succeeded, "failedRecords": failed}


def _fail_on_demand(identifier: str, fault: Fault) -> None:
    if identifier in fault.failing:
        raise ServiceError("ServiceException", "The record failed on demand")


def _kept(memory: Memory, entry: Wire) -> Wire:
    """The metadata that is kept: with a strategy, what its schema names; the rest vanishes. Raises ServiceError."""
    metadata: Wire = entry["metadata"]
    check_metadata(metadata, memory.indexed)
    if "memoryStrategyId" not in entry:
        return metadata
    strategies = [
        found for found in memory.wire.get("strategies", []) if found["strategyId"] == entry["memoryStrategyId"]
    ]
    if not strategies:
        raise missing(f"Strategy {entry['memoryStrategyId']}")
    schema = strategies[0].get("memoryRecordSchema", {}).get("metadataSchema", [])
    return {key: value for key, value in metadata.items() if key in {known["key"] for known in schema}}


def _summary(record: Wire) -> Wire:
    return {name: value for name, value in record.items() if name not in {"_days", "expiresAt"}}


def _paged(found: list[tuple[pages.Key, Wire]], request: Wire, fault: Fault) -> Wire:
    asked = {name: value for name, value in request.items() if name not in {"nextToken", "maxResults"}}
    shown, rest = pages.page(found, request, of=asked, empty=fault.empty)
    return {"memoryRecordSummaries": shown, **rest}


def _new_id() -> str:
    return f"mem-{uuid.uuid4()}"


@functools.lru_cache(maxsize=50_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
