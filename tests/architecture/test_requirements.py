"""The pinned requirements: complete, hashed, without addresses, and agreeing with one another."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def versions(path: Path) -> dict[str, str]:
    """Package → version of a requirements file."""
    return dict(PINNED.findall(path.read_text(encoding="utf-8")))


def by_name(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def test_there_is_one_file_for_the_core_and_for_each_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    expected = {"core", "bench", "build", "uv", "dev", *project["optional-dependencies"]}
    assert {path.stem for path in REQUIREMENTS} == expected


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_every_requirement_is_an_exact_version_with_hashes(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    assert entries
    assert [entry for entry in entries if not (PINNED.match(entry) and HASH.search(entry))] == []


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_no_requirement_carries_an_address_or_an_option(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"://|^\s*-[a-z]|--(?!hash=)\w+|@ ", text, re.MULTILINE) == []


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_each_file_agrees_with_the_one_that_tests_run_on(path: Path) -> None:
    tested, pinned = versions(by_name("dev")), versions(path)
    assert path.stem == "bench" or pinned.keys() <= tested.keys()
    assert [name for name in pinned if pinned[name] != tested.get(name, pinned[name])] == []


@pytest.mark.parametrize("extra", ["dense", "chromadb", "agentcore", "mcp", "secrets", "testing", "all"])
def test_an_extras_file_holds_the_core_too_and_so_installs_by_itself(extra: str) -> None:
    assert versions(by_name("core")).items() <= versions(by_name(extra)).items()


def test_the_file_of_all_extras_holds_each_of_them() -> None:
    for extra in ("dense", "chromadb", "agentcore", "mcp", "secrets", "testing"):
        assert versions(by_name(extra)).items() <= versions(by_name("all")).items(), extra


@pytest.mark.parametrize(
    ("extra", "own", "other"), [("agentcore", "aiobotocore", "chromadb"), ("chromadb", "chromadb", "aiobotocore")]
)
def test_a_provider_brings_its_own_packages_and_none_of_another(extra: str, own: str, other: str) -> None:
    packages = versions(by_name(extra))
    assert own in packages
    assert other not in packages


def test_chroma_brings_the_model_that_makes_its_vectors() -> None:
    assert versions(by_name("dense")).items() <= versions(by_name("chromadb")).items()
