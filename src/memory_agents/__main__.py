"""`python -m memory_agents` is the same program as `memory-agents`, and what the action runs."""

import contextlib
import os
import sys

try:
    from memory_agents.cli import main

    code = main()
except KeyboardInterrupt:  # before or after all that `main` answers for
    code = 130
with contextlib.suppress(OSError):  # whoever read it has gone
    sys.stdout.flush()
    sys.stderr.flush()
os._exit(code)  # all is closed and written: to take hundreds of modules apart would be a tenth of a recall
