"""`python -m memory_agents` is the same program as `memory-agents`, and what the action runs."""

import contextlib
import os
import sys

from memory_agents.cli import main

code = main()
with contextlib.suppress(OSError):  # whoever read it has gone
    sys.stdout.flush()
    sys.stderr.flush()
os._exit(code)  # all is closed and written: to take hundreds of modules apart would be a tenth of a recall
