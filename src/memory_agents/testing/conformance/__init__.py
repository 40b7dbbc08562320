"""The conformance suite: what every provider of memory must do, as tests that run on yours."""

from memory_agents.testing.conformance.opening import Clock, HandClock
from memory_agents.testing.conformance.suite import ProviderConformance

__all__ = ["Clock", "HandClock", "ProviderConformance"]
