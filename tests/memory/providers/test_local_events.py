"""Events in a file of this machine: several processes, damage, and a call that nobody waits for any more."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory_agents.core.records import MemoryEvent
from memory_agents.errors import MemoryTimeout, MemoryUnreachable
from memory_agents.memory.provider import EVENTS_LIVE
from memory_agents.memory.providers import local_events
from memory_agents.memory.providers.local_events import LocalEvents

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVENT = MemoryEvent(id="e0000001", actor_id="mona", session_id="s1", text="Go.", created_at=NOW)
PROCESS = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from memory_agents.core.records import MemoryEvent
from memory_agents.memory.providers.local_events import LocalEvents

async def main(file: str, who: int) -> None:
    events = LocalEvents(Path(file), clock=lambda: datetime.now(UTC))
    for number in range(25):
        its = f"e{who:03}{number:04}"
        await events.store(
            MemoryEvent(id=its, actor_id="mona", session_id="s1", text=its, created_at=datetime.now(UTC))
        )
    await events.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def kept(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM events ORDER BY id")]


def at(file: Path, now: datetime = NOW) -> LocalEvents:
    return LocalEvents(file, clock=lambda: now)


def test_processes_that_make_the_file_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "state" / "events.sqlite3"
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(file), str(who)], stderr=subprocess.PIPE, text=True)
        for who in range(4)
    ]
    assert [process.communicate(timeout=50)[1] for process in processes] == [""] * 4
    assert kept(file) == [f"e{who:03}{number:04}" for who in range(4) for number in range(25)]


async def test_many_who_open_a_new_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    for round_ in range(50):
        file = tmp_path / f"{round_}.sqlite3"
        many = [at(file) for _ in range(4)]
        await asyncio.gather(*(one.store(replace(EVENT, id=f"e000000{n}")) for n, one in enumerate(many)))
        for one in many:
            await one.close()
        assert len(kept(file)) == 4


async def test_a_write_takes_what_has_expired_out_of_the_file_in_all_sessions(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite3"
    events = at(file)
    await events.store(EVENT)
    await events.store(replace(EVENT, session_id="s2", id="e0000002", created_at=NOW + timedelta(seconds=1)))
    await events.close()
    later = at(file, NOW + EVENTS_LIVE)
    await later.store(replace(EVENT, session_id="s3", id="e0000003", created_at=NOW + EVENTS_LIVE))
    await later.close()
    assert kept(file) == ["e0000002", "e0000003"]


async def test_half_a_surrogate_pair_in_a_text_or_a_name_is_kept(tmp_path: Path) -> None:
    events = at(tmp_path / "events.sqlite3")
    odd = replace(EVENT, actor_id="a\ud83d", text="\ud83d\0")
    await events.store(odd)
    assert await events.list(odd.actor_id, odd.session_id, limit=5) == [odd]
    await events.close()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(4000)])
async def test_a_file_that_is_damaged_is_told_with_the_fix_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "events.sqlite3"
    file.write_bytes(content)
    events = at(file)
    for call in (events.store(EVENT), events.list("mona", "s1", limit=5), events.delete("mona", "s1")):
        with pytest.raises(MemoryUnreachable, match=r"events\.sqlite3, which cannot be used.*delete that file"):
            await call
    assert file.read_bytes() == content
    file.unlink()
    await events.store(EVENT)
    assert await events.list("mona", "s1", limit=5) == [EVENT]
    await events.close()


async def test_a_row_that_somebody_else_wrote_is_told_with_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite3"
    events = at(file)
    await events.store(EVENT)
    for text in ("{", "[]", '{"created_at": 7}', '{"created_at": "2026-03-01T00:00:00+00:00", "x": 1}', "{}"):
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE events SET event = ?", (text,))
        with pytest.raises(MemoryUnreachable, match="delete that file"):
            await events.list("mona", "s1", limit=5)
    await events.close()


async def test_a_folder_that_cannot_be_made_is_told_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(MemoryUnreachable, match="MEMORY_AGENTS_STATE"):
        await at(tmp_path / "state" / "events.sqlite3").store(EVENT)


async def test_a_file_that_another_holds_for_long_is_given_up_and_used_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_events, "_WAIT_SECONDS", 0.05)
    file = tmp_path / "events.sqlite3"
    events = at(file)
    await events.store(EVENT)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MemoryTimeout, match="run it again"):
            await events.store(replace(EVENT, id="e0000002"))
    await events.store(replace(EVENT, id="e0000002"))
    await events.close()
    assert kept(file) == ["e0000001", "e0000002"]


async def test_what_is_kept_after_somebody_threw_the_state_folder_away_is_found_by_the_next_process(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state" / "events.sqlite3"
    events = at(file)
    await events.store(EVENT)
    shutil.rmtree(file.parent)
    assert await events.list("mona", "s1", limit=5) == []
    await events.store(EVENT)
    await events.close()
    assert kept(file) == [EVENT.id]


async def test_a_call_that_was_cancelled_is_in_nobodys_way(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite3"
    events = at(file)
    await events.store(EVENT)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(events.store(replace(EVENT, id="e0000002")))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        other.execute("ROLLBACK")
    await events.store(replace(EVENT, id="e0000003"))
    assert await events.list("mona", "s1", limit=1) != []
    await events.close()
    assert set(kept(file)) >= {"e0000001", "e0000003"}
