"""`memory-agents demo`: the main job, offline, on a bundled event and memory."""

from memory_agents.demo.show import demo

__all__ = ["demo"]
