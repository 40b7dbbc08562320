"""The action's first step: decide whether this run needs anything, and only then install it.

Run by whatever Python the runner has, as a script, with the standard library alone. What it installs
goes into the runner's temporary folder, from hash-pinned requirement files, by a pinned uv; nothing
is written into the caller's workspace, and nothing there is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
OLDEST = (3, 11)
_REDIRECTS = frozenset(
    ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PIP_CONSTRAINT")
) | frozenset(("UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER"))
"""settings of a workflow's own that would bend a pinned install; where packages come from stays its to say"""

PROVIDERS = ("chromadb", "agentcore")
"""those that need an extra, which has their name"""
NO = frozenset(("false", "f", "no", "n", "off", "0"))
"""how an input says no; `settings` reads the same"""


def main() -> int:
    """Decide, install, and set the outputs.

    `python`, `history` and `place` (the folders that are kept between runs); or `status` and `action` where nothing
    is to be run.
    """
    part = "secrets"  # an older Python cannot read the plan, and this one matters most
    if sys.version_info >= OLDEST:
        sys.path.insert(0, str(ROOT / "src"))
        reason, code, part = _wanted()
        if code or reason:
            return code
    temporary = Path(os.environ.get("RUNNER_TEMP") or ".cache").resolve() / "memory-agents"
    try:
        _set("python", str(_install_best(_ways(part, _provider()), temporary)))
    except (OSError, subprocess.CalledProcessError) as error:
        _give_up(error)
        return 0
    state = Path(os.environ.get("MEMORY_AGENTS_STATE") or temporary / "state")
    _set("history", str(_of_this_repository(state / "history")))
    _set("place", str(_of_this_repository(state / "catch-up")))
    return 0


def _wanted() -> tuple[str, int, str]:
    """Why nothing is to be done, already told to the runner, the exit code, and what to install otherwise.

    What is written is looked through by one more scanner for secrets.
    """
    from memory_agents.core import policy
    from memory_agents.edges import event_file
    from memory_agents.edges.actions import Runner
    from memory_agents.errors import UsageError

    runner = Runner(
        output_file=_file("GITHUB_OUTPUT"), summary_file=_file("GITHUB_STEP_SUMMARY"), log=sys.stdout, annotate=True
    )
    try:
        mode = policy.Mode(os.environ.get("INPUT_MODE", "").strip() or "auto")
    except ValueError:
        return "", 0, "core"  # the settings say what is wrong with it
    try:
        name, repository = os.environ.get("GITHUB_EVENT_NAME", ""), os.environ.get("GITHUB_REPOSITORY", "")
        event = event_file.read(name, _file("GITHUB_EVENT_PATH"), repository)
    except UsageError as error:
        runner.error(str(error))
        return str(error), 2, ""
    planned = policy.plan(event, mode)
    if isinstance(planned, policy.Skip):  # no match statement: an older Python must be able to read this file
        runner.skipped(planned.reason)
        return planned.reason, 0, ""
    if isinstance(planned, (policy.Obey, policy.Digest, policy.CatchUp)):
        return "", 0, "secrets"
    return "", 0, "core" if os.environ.get("INPUT_DENSE", "").strip().lower() in NO else "dense"


def _provider() -> str:
    """The extra that the provider needs, by the words of `settings`; empty for the default one."""
    name = os.environ.get("INPUT_PROVIDER", "").strip() or os.environ.get("MEMORY_PROVIDER", "").strip()
    return name if name in PROVIDERS else ""


def _of_this_repository(folder: Path) -> Path:
    """Where `locations` keeps what is this repository's own, in words that an older Python knows.

    A machine that stays keeps those of other repositories beside it, perhaps private: this one's cache has no part
    of them, and restoring it changes none.
    """
    api_url = os.environ.get("GITHUB_API_URL", "").strip() or "https://api.github.com"
    repository = os.environ.get("GITHUB_REPOSITORY", "").strip().lower()
    return folder / hashlib.sha256(f"{api_url}\n{repository}".encode()).hexdigest()[:16]


def _ways(part: str, provider: str) -> list[tuple[list[str], str]]:
    """What to install, the best first, and what to say where another is all that can be.

    What writes needs all of it. A recall does without the model, but with Chroma, which needs it; or without the
    provider, to leave a plain prompt.
    """
    extra = [provider] if provider else []
    ways = [([part, *extra], "")]
    if part == "dense" and provider != "chromadb":
        ways.append((["core", *extra], "The search is by words alone, for its model was not installed"))
    if provider and part != "secrets":
        ways.append((["core"], f"No fact is recalled, for the packages of {provider} were not installed"))
    return ways


def _install_best(
    ways: list[tuple[list[str], str]], temporary: Path, why: OSError | subprocess.CalledProcessError | None = None
) -> Path:
    """Install the first of the ways for which there are packages for this machine. `why`: one before it is not."""
    (names, told), *others = ways
    try:
        python = _install(names, temporary)
    except (OSError, subprocess.CalledProcessError) as error:
        if not others:
            raise
        return _install_best(others, temporary, error)
    if why:
        _say(f"::notice title=memory-agents::{told}: {_end(why)}")
    return python


def _install(names: list[str], temporary: Path) -> Path:
    """Install the requirements of those names, which agree, into an environment of their own and return its Python."""
    requirements = [REQUIREMENTS / f"{name}.txt" for name in names]
    pinned = b"".join(file.read_bytes() for file in requirements)
    digest = hashlib.sha256(pinned + sys.version.encode() + str(ROOT).encode()).hexdigest()[:16]
    environment = temporary / f"{'-'.join(names)}-{digest}"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = environment / "complete"
    if not complete.exists():
        temporary.mkdir(parents=True, exist_ok=True)
        uv = _uv(temporary)
        base = sys.executable if sys.version_info >= OLDEST else ">={}.{}".format(*OLDEST)
        _run(
            [uv, "venv", "--no-config", "--no-project", "--quiet", "--clear", "--python", base, str(environment)],
            temporary,
        )
        install = [uv, "pip", "install", "--no-config", "--quiet", "--python", str(python), "--only-binary", ":all:"]
        files = [part for file in requirements for part in ("-r", str(file))]
        _run([*install, "--require-hashes", *files], temporary)
        purelib = _run(
            [str(python), "-Ic", "import sysconfig; print(sysconfig.get_path('purelib'))"], temporary
        ).strip()
        # A path file rather than a build: no build backend has to be installed.
        Path(purelib, "memory_agents.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
        complete.touch()
    return python


def _uv(temporary: Path) -> str:
    """The pinned uv: the runner's own if it is that version, or installed by pip, by hash."""
    pinned = REQUIREMENTS / "uv.txt"
    version = re.search(r"^uv==(\S+)", pinned.read_text(encoding="utf-8"), re.MULTILINE)
    found = shutil.which("uv")
    if found and version and _version(found, temporary) == version[1]:
        return found
    target = temporary / "uv"
    pip = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run(
        [*pip, "--only-binary", ":all:", "--require-hashes", "--upgrade", "--target", str(target), "-r", str(pinned)],
        temporary,
    )
    return str(target / "bin" / ("uv.exe" if os.name == "nt" else "uv"))


def _version(uv: str, cwd: Path) -> str:
    """What a uv says that it is; empty where it does not even start."""
    try:
        return "".join(_run([uv, "--version"], cwd).split()[1:2])
    except (OSError, subprocess.CalledProcessError):
        return ""


def _run(command: list[str], cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in _REDIRECTS}
    done = subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True)
    return done.stdout.decode(errors="replace")


def _give_up(error: OSError | subprocess.CalledProcessError) -> None:
    """The run stays green: memory must never stop the steps that follow."""
    _say(
        "::warning title=memory-agents::Nothing is recalled or written, for the packages could not be installed: "
        f"{_end(error)} Fix: see that Python has pip and reaches a package index."
    )
    for name, value in (("status", "unavailable"), ("action", "ignored"), ("similar", "[]"), ("records", "[]")):
        _set(name, value)


def _end(error: OSError | subprocess.CalledProcessError) -> str:
    """The last line of what a failed program said."""
    said = error.stderr.decode(errors="replace") if isinstance(error, subprocess.CalledProcessError) else ""
    last = (said.strip().splitlines() or [str(error)])[-1]
    return "".join(c for c in last if c.isprintable())[:300].replace("%", "%25")


def _file(variable: str) -> Path | None:
    value = os.environ.get(variable, "")
    return Path(value) if value else None


def _set(name: str, value: str) -> None:
    """A one-line output of our own making."""
    path = _file("GITHUB_OUTPUT")
    if path:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
