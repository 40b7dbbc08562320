"""`python -m memory_agents` is the same program as `memory-agents`."""

from memory_agents.cli import main

raise SystemExit(main())
