"""A run loads only what it needs: the heavy packages stay out until something asks for them."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.architecture.house import SOURCE, module_names

EXTRAS = {"aiobotocore", "botocore", "chromadb", "kingfisher_sdk", "mcp", "onnxruntime", "tokenizers"}
SDKS_AND_IO = {"asyncio", "github", "jinja2", "requests", "sqlite3"}


def loaded_after_importing(*modules: str) -> set[str]:
    """The top-level names in sys.modules of a fresh interpreter that imported `modules`."""
    program = f"import sys, {', '.join(modules)}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_importing_the_package_loads_no_extra_and_no_github_client() -> None:
    assert not loaded_after_importing("memory_agents") & {*EXTRAS, "github"}


def test_importing_the_whole_core_loads_no_extra_no_client_and_no_event_loop() -> None:
    core = [name for name in module_names(SOURCE) if name.startswith("memory_agents.core")]
    assert not loaded_after_importing(*core) & (EXTRAS | SDKS_AND_IO)


def test_the_launcher_and_all_it_imports_run_on_the_standard_library_alone() -> None:
    tree = ast.parse((SOURCE / "bootstrap.py").read_text(encoding="utf-8"))
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [line for line in imports if line.startswith("from memory_agents")]
    assert ours
    path = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r})"
    program = "; ".join([path, "import memory_agents.bootstrap", *ours])
    # -I and -S: neither the environment's variables nor its installed packages.
    run = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_no_command_loads_an_extra_before_it_needs_it() -> None:
    commands = [name for name in module_names(SOURCE) if name.startswith("memory_agents.cli")]
    assert len(commands) > 1
    assert not loaded_after_importing(*commands) & EXTRAS


@pytest.mark.parametrize("module", ["jinja2", "sqlite3"])
def test_the_check_would_see_a_module_that_is_loaded(module: str) -> None:
    assert module in loaded_after_importing(module)
