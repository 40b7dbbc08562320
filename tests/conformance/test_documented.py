"""The provider that the documents show is whole, and the suite runs on it as they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "providers-of-your-own.md"


def test_the_example_passes_the_suite(tmp_path: Path) -> None:
    provider, suite = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "my_provider.py").write_text(provider)
    (tmp_path / "test_my_provider.py").write_text(suite)
    (tmp_path / "conftest.py").write_text(
        'import pytest\npytest.register_assert_rewrite("memory_agents.testing.conformance")\n'
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'places'}", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^5\d passed", done.stdout, re.MULTILINE), done.stdout
