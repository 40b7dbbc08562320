"""Measures the default install beside the plainest alternative, a client of a vector database.

python -m benchmarks.install: makes two environments in a temporary folder from the hash-pinned
requirement files and prints size, packages, seconds and their ratio. Exit code 1 where the default
install is over its limits, or is not what the README says.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT, aim

MAX_MEGABYTES = 130
MAX_PACKAGES = 32
TOLERANCE = 3
"""megabytes by which the README's figure may differ"""


@dataclass(frozen=True)
class Install:
    """One environment."""

    name: str
    megabytes: float
    packages: int
    seconds: float


def install(name: str, folder: Path) -> Install:
    """Install requirements/`name`.txt as the action does, and measure what it takes."""
    environment = folder / name
    uv = str(Path(sys.executable).with_name("uv"))
    started = time.perf_counter()
    subprocess.run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, environment], check=True)
    install: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--link-mode",
        "copy",
        "--python",
        environment / "bin" / "python",
    ]
    requirements = ROOT / "requirements" / f"{name}.txt"
    subprocess.run([*install, "--only-binary", ":all:", "--require-hashes", "-r", requirements], check=True)
    seconds = time.perf_counter() - started
    files = [file for file in environment.rglob("*") if file.is_file() and not file.is_symlink()]
    packages = len(list(environment.glob("lib/python*/site-packages/*.dist-info")))
    return Install(name, sum(file.stat().st_size for file in files) / 1e6, packages, seconds)


def main() -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        ours, other = (install(name, Path(folder)) for name in ("core", "chromadb"))
    print(f"{'install':<12}{'MB':>8}{'packages':>10}{'seconds, warm cache':>22}")
    for one in (ours, other):
        print(f"{one.name:<12}{one.megabytes:>8.0f}{one.packages:>10}{one.seconds:>22.1f}")
    print(f"{'ratio':<12}{other.megabytes / ours.megabytes:>8.1f}{other.packages / ours.packages:>10.1f}")
    within = ours.megabytes <= MAX_MEGABYTES and ours.packages <= MAX_PACKAGES
    aim(f"the default install is at most {MAX_MEGABYTES} MB and {MAX_PACKAGES} packages", kept=within)
    told = re.search(r"installs (\d+) packages, about (\d+) MB", (ROOT / "README.md").read_text(encoding="utf-8"))
    true = told is not None and int(told[1]) == ours.packages and abs(int(told[2]) - ours.megabytes) < TOLERANCE
    aim(f"the README says so: {told[0] if told else 'nothing'}", kept=true)
    return 0 if within and true else 1


if __name__ == "__main__":
    sys.exit(main())
