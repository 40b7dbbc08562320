"""The control plane: memories are made, described, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping

from memory_agents.testing.agentcore import pages
from memory_agents.testing.agentcore.errors import ServiceError, invalid, missing
from memory_agents.testing.agentcore.faults import Fault
from memory_agents.testing.agentcore.memories import ACCOUNT, Memory, Wire, World, once, suffix

MOST_MEMORIES = 150
"""of one account in one region"""
MOST_STRATEGIES = 6
MOST_INDEXED_KEYS = 10
_TYPES: Mapping[str, str] = {
    "semanticMemoryStrategy": "SEMANTIC",
    "summaryMemoryStrategy": "SUMMARIZATION",
    "userPreferenceMemoryStrategy": "USER_PREFERENCE",
    "customMemoryStrategy": "CUSTOM",
    "episodicMemoryStrategy": "EPISODIC",
}
_TEMPLATE = "/strategies/{memoryStrategyId}/actors/{actorId}/"
"""the namespaces of a strategy that names none"""
_PLAIN = ("description", "eventExpiryDuration", "memoryExecutionRoleArn", "namespaceKeys", "streamDeliveryResources")
"""members that are kept as they come"""


class Control:
    """Answers what is asked of memories as a whole."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, request: Wire, fault: Fault) -> Wire:
        """CreateMemory: it is CREATING for a while."""
        return once(self._world.created, request, lambda: self._create(request, fault))

    def _create(self, request: Wire, fault: Fault) -> Wire:
        living = [memory for memory in self._world.memories.values() if not memory.is_gone]
        if any(memory.wire["name"] == request["name"] for memory in living):
            raise invalid(f"Memory with name {request['name']} already exists", reason="ResourceConflict")
        if len(living) >= MOST_MEMORIES:
            raise ServiceError("ServiceQuotaExceededException", f"At most {MOST_MEMORIES} memories are allowed")
        memory_id = f"{request['name']}-{suffix(10)}"
        memory = self.add(memory_id, {name: request[name] for name in (*_PLAIN, "encryptionKeyArn") if name in request})
        self._index(memory, request.get("indexedKeys", []))
        for entry in request.get("memoryStrategies", []):
            self._add_strategy(memory, entry)
        if request["name"] in fault.failing:
            memory.has_failed = True
            memory.wire["failureReason"] = "It failed on demand"
        self._world.memories[memory_id] = memory
        memory.begin("CREATING", self._world.activation_seconds)
        return {"memory": _described(memory)}

    def add(self, memory_id: str, said: Wire) -> Memory:
        """A memory with that id, not yet among the others."""
        now = self._world.now()
        wire: Wire = {
            "id": memory_id,
            "arn": f"arn:aws:bedrock-agentcore:{self._world.region}:{ACCOUNT}:memory/{memory_id}",
            "name": memory_id.rpartition("-")[0],
            "createdAt": now,
            "updatedAt": now,
            "strategies": [],
            **said,
        }
        return Memory(wire, 0.0)

    def get(self, request: Wire, _: Fault) -> Wire:
        """GetMemory."""
        return {"memory": _described(self._world.memory(request["memoryId"]))}

    def list_memories(self, request: Wire, fault: Fault) -> Wire:
        """ListMemories: their ids and states, without names."""
        found: list[tuple[pages.Key, Wire]] = []
        for memory in self._world.memories.values():
            if not memory.is_gone:
                shown = {name: memory.wire[name] for name in ("arn", "id", "createdAt", "updatedAt")}
                found.append(((memory.wire["id"],), {**shown, "status": memory.status}))
        shown_page, rest = pages.page(found, request, of="memories", empty=fault.empty)
        return {"memories": shown_page, **rest}

    def update(self, request: Wire, _: Fault) -> Wire:
        """UpdateMemory: it is UPDATING for a while, and answers meanwhile."""
        memory = self._world.memory(request["memoryId"])
        return once(memory.answered, request, lambda: self._update(memory, request))

    def _update(self, memory: Memory, request: Wire) -> Wire:
        if memory.status != "ACTIVE":
            raise ServiceError("ConflictException", f"The memory is {memory.status}")
        self._index(memory, request.get("addIndexedKeys", []))
        memory.wire |= {name: request[name] for name in _PLAIN if name in request}
        changes = request.get("memoryStrategies", {})
        for entry in changes.get("deleteMemoryStrategies", []):
            memory.wire["strategies"].remove(_strategy(memory, entry["memoryStrategyId"]))
        for entry in changes.get("modifyMemoryStrategies", []):
            _strategy(memory, entry["memoryStrategyId"]).update(_said(entry))
        for entry in changes.get("addMemoryStrategies", []):
            self._add_strategy(memory, entry)
        memory.wire["updatedAt"] = self._world.now()
        memory.begin("UPDATING", self._world.activation_seconds)
        return {"memory": _described(memory)}

    def delete(self, request: Wire, _: Fault) -> Wire:
        """DeleteMemory: it is DELETING for a while, then gone with all that it held."""
        memory = self._world.memory(request["memoryId"])
        if memory.status in {"CREATING", "UPDATING"}:
            raise ServiceError("ConflictException", f"The memory is {memory.status}")
        if memory.status != "DELETING":
            memory.begin("DELETING", self._world.activation_seconds)
        return {"memoryId": request["memoryId"], "status": "DELETING"}

    def _index(self, memory: Memory, entries: list[Wire]) -> None:
        keys = [entry["key"] for entry in (*memory.wire.get("indexedKeys", []), *entries)]
        if len(set(keys)) < len(keys):
            raise invalid("An indexed key is declared twice")
        if len(keys) > MOST_INDEXED_KEYS:
            raise invalid(f"At most {MOST_INDEXED_KEYS} indexed keys are allowed")
        if entries:
            memory.wire["indexedKeys"] = [*memory.wire.get("indexedKeys", []), *entries]

    def _add_strategy(self, memory: Memory, entry: Wire) -> None:
        ((kind, said),) = entry.items()
        strategies = memory.wire["strategies"]
        if any(strategy["name"] == said["name"] for strategy in strategies):
            raise invalid(f"Strategy {said['name']} exists already")
        if len(strategies) >= MOST_STRATEGIES:
            raise ServiceError("ServiceQuotaExceededException", f"At most {MOST_STRATEGIES} strategies are allowed")
        now = self._world.now()
        strategies.append(
            {
                "strategyId": f"{said['name']}-{suffix(10)}",
                "name": said["name"],
                "type": _TYPES[kind],
                "namespaces": [_TEMPLATE],
                "namespaceTemplates": [_TEMPLATE],
                "status": "ACTIVE",
                "createdAt": now,
                "updatedAt": now,
                **_said(said),
            }
        )


def _described(memory: Memory) -> Wire:
    return {**memory.wire, "status": memory.status}


def _strategy(memory: Memory, strategy_id: str) -> Wire:
    found: list[Wire] = [entry for entry in memory.wire["strategies"] if entry["strategyId"] == strategy_id]
    if not found:
        raise missing(f"Strategy {strategy_id}")
    return found[0]


def _said(entry: Wire) -> Wire:
    """What a request says of a strategy, as an answer says it."""
    said: Wire = {name: entry[name] for name in ("description", "memoryRecordSchema") if name in entry}
    if templates := entry.get("namespaceTemplates") or entry.get("namespaces"):
        said |= {"namespaces": templates, "namespaceTemplates": templates}
    if days := entry.get("recordExpirySpecification", {}).get("recordExpiryDurationDays"):
        said["recordExpiryDurationDays"] = days
    return said
