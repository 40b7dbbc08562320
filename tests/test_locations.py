"""Which repository a clone is of, and whose token opens its memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from memory_agents.locations import memory_remote, repository_name
from memory_agents.settings import Environment, Settings

TOKEN = "t0ken"


def clone_of(origin: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", origin], check=True)
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://github.com/octo/hello.git", "octo/hello"),
        ("https://github.com/octo/hello/", "octo/hello"),
        ("git@github.com:octo/hello.git", "octo/hello"),
        ("ssh://git@github.com:22/octo/hello", "octo/hello"),
        ("https://notgithub.com/octo/hello", ""),
        ("https://gitlab.example/github.com/octo/hello", ""),
        ("https://github.com.evil.example/octo/hello", ""),
        ("/srv/github.com/octo/hello", ""),
    ],
)
def test_a_clone_is_of_a_repository_on_this_server_or_of_none(
    origin: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone_of(origin, tmp_path, monkeypatch)
    assert repository_name(Environment()) == name


@pytest.mark.parametrize(
    ("origin", "remote", "is_sent"),
    [
        ("https://github.com/octo/hello.git", "", True),
        ("https://github.com/octo/hello", "https://github.com/Octo/hello.git", True),
        ("https://github.com/octo/hello", "https://github.com/octo/other", False),
        ("https://elsewhere.example/octo/hello", "", False),
        ("https://elsewhere.example/octo/hello", "https://github.com/octo/hello", False),
    ],
)
def test_in_a_clone_the_token_opens_that_very_repository_and_no_other(
    origin: str, remote: str, is_sent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone_of(origin, tmp_path, monkeypatch)
    settings = Settings.build({"github-token": TOKEN, "memory-remote": remote})
    assert (memory_remote(settings, Environment()).token == TOKEN) is is_sent
