"""A run of the action searches by meaning, unless its maintainers said no."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import webhooks
from tests.e2e.conftest import World, world

__all__ = ["world"]

OPENED = next(payload for payload in webhooks.examples("issues") if payload["action"] == "opened")
CONFIGURATION = ".github/memory-agents.yml"


def vectors(world: World) -> list[Path]:
    return list(world.step().state.rglob("vectors.sqlite3"))


@pytest.mark.parametrize("mode", ["auto", "index"])
def test_a_run_makes_vectors(world: World, mode: str) -> None:
    world.remember()
    done = world.step().run(OPENED, mode=mode)
    assert (done.exit_code, done.status) == (0, "ok"), done.log
    assert vectors(world)


@pytest.mark.parametrize("mode", ["auto", "index"])
@pytest.mark.parametrize("where", ["input", "configuration"])
def test_where_maintainers_say_no_there_are_none_and_nothing_is_noticed(world: World, where: str, mode: str) -> None:
    world.remember()
    if where == "configuration":
        world.repository.commit_files({CONFIGURATION: "dense: false\n"})
    done = world.step().run(OPENED, mode=mode, dense="false" if where == "input" else "")
    assert (done.exit_code, done.status) == (0, "ok"), done.log
    assert "searched by words alone" not in done.log + done.summary
    found = vectors(world)
    assert [file for file in found if "history" in file.parts] == []
    # What is fetched before the configuration is known has its file, which is never asked.
    assert where == "configuration" or found == []
