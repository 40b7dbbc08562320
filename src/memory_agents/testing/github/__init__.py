"""A GitHub of our own on a loopback port: stateful, with real git, judged by GitHub's API description."""

from memory_agents.testing.github.fake import FakeGitHub
from memory_agents.testing.github.journal import ContractViolated, LoggedRequest, Violation
from memory_agents.testing.github.repository import FakeRepository

__all__ = ["ContractViolated", "FakeGitHub", "FakeRepository", "LoggedRequest", "Violation"]
