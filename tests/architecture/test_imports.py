"""A run loads only what it needs: the heavy packages stay out until something asks for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.house import SOURCE, module_names

HEAVY = ("aiobotocore", "botocore", "chromadb", "kingfisher_sdk", "mcp", "onnxruntime", "tokenizers")
CORE_ALSO_AVOIDS = ("github", "jinja2", "requests", "asyncio", "subprocess", "sqlite3")


def loaded_after_importing(*modules: str) -> set[str]:
    """The top-level names in sys.modules of a fresh interpreter that imported `modules`."""
    program = f"import sys, {', '.join(modules)}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    return set(run.stdout.split())


def test_importing_the_package_loads_no_extra_and_no_github_client() -> None:
    assert not loaded_after_importing("memory_agents") & {*HEAVY, "github"}


def test_importing_all_of_the_package_but_the_fakes_loads_no_extra() -> None:
    modules = [name for name in module_names(SOURCE) if ".testing" not in name and not name.endswith(".__main__")]
    assert not loaded_after_importing(*modules) & set(HEAVY)


@pytest.mark.parametrize("heavy", [*HEAVY, *CORE_ALSO_AVOIDS])
def test_the_check_would_see_a_module_that_is_loaded(heavy: str) -> None:
    assert heavy in loaded_after_importing(heavy)
