"""AWS Bedrock AgentCore Memory on a loopback port; it needs the `agentcore` extra."""

from memory_agents.testing.agentcore.emulator import MEMORY_ID, REGION, AgentCoreEmulator
from memory_agents.testing.agentcore.faults import Faults
from memory_agents.testing.agentcore.service import Call

__all__ = ["MEMORY_ID", "REGION", "AgentCoreEmulator", "Call", "Faults"]
