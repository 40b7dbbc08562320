"""What the documents say is so: every command runs, every input, default and output is what the code has."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from memory_agents.config_file import parse
from memory_agents.configuration import Configuration
from memory_agents.core import context, namespaces
from memory_agents.core.fences import Fencer
from memory_agents.core.template_values import template_values
from memory_agents.memory.providers import fact_file
from memory_agents.settings import INPUTS, AgentCoreVariables, ChromaVariables, Settings
from tests import builders, offline
from tests.repositories import BareRepository

ROOT = offline.ROOT
BIN = ROOT / ".venv" / "bin"
README = (ROOT / "README.md").read_text()
FACTS = (ROOT / "docs" / "facts.md").read_text()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


def table(heading: str) -> dict[str, list[str]]:
    """First cell → the other cells, of the first table below a heading of the README."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in section.splitlines() if row[:1] == "|"]
    return {name: cells for row in rows[2:] for name in re.findall(r"`([^`]+)`", row[0]) for cells in [row[1:]]}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_action_the_settings_and_the_readme_have_the_same_inputs() -> None:
    assert set(ACTION["inputs"]) == set(INPUTS) == set(table("Inputs"))


def test_every_input_of_the_action_reaches_the_program_under_its_variable() -> None:
    variables: dict[str, str] = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "run")["env"]
    assert {name: value for name, value in variables.items() if name.startswith("INPUT_")} == {
        "INPUT_" + name.upper().replace("-", "_"): f"${{{{ inputs.{name} }}}}" for name in INPUTS
    }


@pytest.mark.parametrize("name", INPUTS)
def test_the_default_of_an_input_is_the_one_that_the_documents_name(name: str) -> None:
    told = table("Inputs")[name][0].strip("`")
    field = next(field for field in Settings.model_fields.values() if field.alias == name)
    default = str(getattr(field.default, "value", field.default)).replace("False", "false").replace("True", "true")
    declared = ACTION["inputs"][name].get("default", "")
    assert declared in {"", default, "${{ github.token }}"}
    if default.strip("*") and field.default is not None:
        assert told == default


def test_the_action_and_the_readme_have_the_same_outputs() -> None:
    assert set(ACTION["outputs"]) == set(table("Outputs"))


def test_the_numbers_in_descriptions_of_inputs_are_the_defaults() -> None:
    for name in ("top-k", "max-prompt-bytes", "timeout-seconds"):
        told = re.search(r"Default is (\d+(?:\.\d+)?)", ACTION["inputs"][name]["description"])
        field = next(field for field in Settings.model_fields.values() if field.alias == name)
        assert told is not None
        assert float(told[1]) == float(field.default)


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    demo, command_line = blocks(README, "sh")
    origin = BareRepository(tmp_path / "origin.git")
    origin.commit({"README.md": "# Hello\n", "AGENTS.md": "# Rules\n\n- Every error names its fix.\n"}, branch="main")
    subprocess.run(
        ["git", "clone", "--quiet", "--branch=main", origin.path, tmp_path / "clone"], check=True, capture_output=True
    )
    environment = {
        **os.environ,
        **offline.environment(),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        **{f"GIT_{who}_{what}": "test@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    for commands, folder in ((command_line, tmp_path / "clone"), (demo, ROOT)):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        told = done.stdout.decode()
        if commands is command_line:
            assert told.count("Times are stored as UTC") == 3, told
            assert "Every error names its fix" in told
            assert '"score": ' in told
        if commands is demo:
            assert "### memory-agents: ok" in told


EXAMPLES = {file.name: file.read_text() for file in (ROOT / "examples" / "workflows").glob("*.yml")}


@pytest.mark.parametrize("workflow", [*blocks(README, "yaml"), *EXAMPLES.values()], ids=["README", *EXAMPLES])
def test_every_workflow_that_we_show_is_sound(tmp_path: Path, workflow: str) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(workflow)
    commands: list[list[str | Path]] = [
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", file],
        [BIN / "zizmor", "--quiet", "--offline", "--config", ROOT / ".github" / "zizmor.yml", file],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_readme_fits_in_a_head_and_its_links_lead_somewhere() -> None:
    assert len(README.splitlines()) < 150
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists() or document.stem == "replies", (document.name, target)


def test_the_fact_and_the_configuration_of_the_documents_can_be_read() -> None:
    example, past = blocks(FACTS, "markdown")
    record = fact_file.parse("codebase/conventions/times.md", example.encode())
    assert fact_file.parse("reviews/issues/212.md", past.encode()).source.number == 212
    assert record.source.author == "mona"
    assert record.paths == ("src/api/**",)
    [configuration] = blocks(FACTS, "yaml")
    assert parse(configuration, "memory-agents.yml") == Configuration()
    assert all(f"`{namespace}`" in FACTS for namespace in namespaces.PREDEFINED)


def test_every_input_and_variable_of_a_provider_is_on_the_page_about_providers() -> None:
    told = (ROOT / "docs" / "providers.md").read_text()
    names = [name for name in INPUTS if name.startswith(("memory-", "chroma-", "agentcore-", "aws-"))]
    for model in (AgentCoreVariables, ChromaVariables):
        for field in model.model_fields.values():
            alias = field.validation_alias
            names += map(str, alias.choices) if isinstance(alias, AliasChoices) else [str(alias)]
    assert len(names) > 15
    assert [name for name in names if f"`{name}`" not in told] == []


def test_the_architecture_names_every_module_of_the_layers() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "src" / "memory_agents"
    for module in package.iterdir():
        if not module.name.startswith(("_", "py.typed")):
            assert module.stem in told, module.name


def test_every_template_and_value_of_it_is_in_the_reference() -> None:
    told = (ROOT / "docs" / "templates.md").read_text()
    files, _, values_told = told.partition("| name |")
    prompts = ROOT / "prompts"
    assert set(re.findall(r"^\| `([^`]+)` \|", files, re.MULTILINE)) == {
        file.relative_to(prompts).as_posix() for file in prompts.rglob("*.j2")
    }
    groups: dict[str, Any] = {}
    for event in (builders.issue_event(), builders.review_comment_event()):
        found = context.build(event, {"similar_issues": [builders.match()]}, status="ok")
        values: dict[str, Any] = template_values(found, Fencer(lambda: "0" * 32))
        groups |= {name: value for name, value in values.items() if value is not None}
    groups["record"] = groups["memory"]["sections"][0]["trusted"][0]
    nested = {f"{group}.{name}" for group, members in groups.items() if isinstance(members, dict) for name in members}
    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", values_told)) == nested
    assert all(f"`{group}" in values_told for group in groups)
