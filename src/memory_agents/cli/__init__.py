"""`memory-agents`: the command line. Exit code 0 done, 1 failed, 2 wrong use."""

from memory_agents.cli.main import main

__all__ = ["main"]
