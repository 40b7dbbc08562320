"""What docs/chromadb.md tells people to type does what it says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import offline
from tests.chroma_server import ChromaServer, chroma_server

__all__ = ["chroma_server"]

DOCUMENT = (offline.ROOT / "docs" / "chromadb.md").read_text(encoding="utf-8")
BLOCKS = dict(
    zip(("folder", "server"), re.findall(r"^```bash\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE), strict=True)
)
SAID = {"folder": "RFC 9457", "server": "Name a test by what it shows."}


@pytest.mark.timeout(180)  # seven programs, each with its model
@pytest.mark.parametrize("place", BLOCKS)
def test_the_commands_run(place: str, tmp_path: Path, chroma_server: ChromaServer) -> None:
    program = BLOCKS[place].replace("8000", str(chroma_server.port))
    variables = {
        "PATH": f"{offline.ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CHROMADB_COLLECTION": chroma_server.new_name(),
    }
    run = subprocess.run(
        ["bash", "-euc", program],
        cwd=tmp_path,
        env=offline.environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    assert run.stdout.count(SAID[place]) >= 2
    assert "answers and holds 1 record." in run.stdout
    assert (tmp_path / ".memory").exists() == (place == "folder")
