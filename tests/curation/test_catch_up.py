"""Catch-up: what was asked for and never done is done once, whatever happened before."""

from __future__ import annotations

import re
import time
from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta

import pytest

from memory_agents.testing.github.state import Comment
from tests.curation.conftest import CAN_WRITE, Done, Project

UTC = "Times are stored as UTC."
SCHEDULE = {"schedule": "47 3 * * *"}


def catch_up(project: Project, **inputs: str) -> Done:
    return project.run("schedule", SCHEDULE, mode="catch-up", **inputs)


def test_a_command_that_no_run_heard_is_carried_out_and_acknowledged_once(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    done = catch_up(project)
    assert done.told == ("caught-up", "ok")
    assert project.texts() == [UTC]
    assert len(project.replies()) == 1
    assert project.reactions(said) == ["eyes", "rocket"]
    again = catch_up(project)
    assert again.ids == []
    assert len(project.replies()) == 1


def test_it_stores_the_very_fact_that_the_event_would_have_stored(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    catch_up(project)
    by_catch_up = project.files()
    project.repository.git.run("update-ref", "-d", "refs/heads/memory")
    for reply in [c for c in project.repository.comments.values() if c.author.endswith("[bot]")]:
        project.repository.delete_comment(reply)
    project.hear(said)
    assert project.files() == by_catch_up


@pytest.mark.parametrize("where", ["comment", "review comment", "review", "review of a fork", "line of a fork"])
def test_it_hears_what_was_said_anywhere_a_fork_s_pull_request_included(project: Project, where: str) -> None:
    number = 3 if "fork" in where else 2
    match where.split(maxsplit=1)[0]:
        case "comment":
            project.comment(f"/remember {UTC}", on=number)
        case "review" if where != "review comment":
            project.repository.add_review(number, f"/remember {UTC}", author="wes")
        case _:
            project.repository.add_review_comment(number, f"/remember {UTC}", path="src/api/times.py", author="wes")
    assert catch_up(project).told == ("caught-up", "ok")
    assert project.texts() == [UTC]
    assert len(project.replies(number)) == 1


@pytest.mark.parametrize("who", ["tri", "rea", "stranger", "helper[bot]"])
def test_it_asks_again_who_may(project: Project, who: str) -> None:
    project.repository.permissions["helper[bot]"] = "admin"
    project.comment(f"/remember {UTC}", by=who)
    assert catch_up(project).told == ("caught-up", "ok")
    assert project.is_untouched()


def test_who_lost_the_permission_meanwhile_may_no_more(project: Project) -> None:
    project.comment(f"/remember {UTC}")
    project.repository.permissions["wes"] = "read"
    catch_up(project)
    assert project.is_untouched()


def test_a_rocket_of_anybody_proves_nothing(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.repository.add_reaction(said.reactions, "rocket", author="mallory")
    catch_up(project)
    assert project.texts() == [UTC]


def test_a_receipt_in_a_stranger_s_comment_proves_nothing(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.comment(f"<!-- memory-agents: answer issue-comment {said.id} done -->", by="mallory")
    catch_up(project)
    assert project.texts() == [UTC]


def test_what_was_forgotten_is_not_stored_again(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    [path] = project.facts()
    name = re.search(r"f[0-9a-f]{12}-[0-9a-f]{8}", path)
    assert name
    project.say(f"/forget {name[0]}")
    for comment in [c for c in project.repository.comments.values() if c.author.endswith("[bot]")]:
        del project.repository.comments[comment.id]  # even where the replies are gone
    catch_up(project)
    assert project.facts() == {}


def test_what_a_person_deleted_by_hand_is_not_stored_again(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    [path] = project.facts()
    project.repository.commit_files({path: None, "README.md": "Ours.\n"}, branch="memory")
    for comment in [c for c in project.repository.comments.values() if c.author.endswith("[bot]")]:
        del project.repository.comments[comment.id]
    catch_up(project)
    assert project.facts() == {}


def test_a_fact_that_was_stored_and_never_acknowledged_is_acknowledged(project: Project) -> None:
    token = project.token
    project.token = project.github.add_token(permissions={"contents": "write"})
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    assert project.replies() == []
    project.token = token
    before = project.files()
    catch_up(project)
    assert project.files() == before
    assert len(project.replies()) == 1
    assert project.reactions(said) == ["eyes", "rocket"]


def test_what_failed_is_tried_again_and_its_reply_says_so_in_place(project: Project) -> None:
    project.token = project.github.add_token(permissions=CAN_WRITE | {"contents": "read"})
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    project.token = project.github.add_token(permissions=CAN_WRITE)
    catch_up(project)
    assert project.texts() == [UTC]
    [reply] = project.replies()
    assert f"{said.id} done" in reply


def test_an_edit_that_no_run_heard_is_carried_out(project: Project) -> None:
    said = project.comment("/remember\n- One\n- Two")
    project.hear(said)
    project.repository.edit_comment(said, "/remember\n- One", at=said.updated_at + timedelta(minutes=1))
    catch_up(project)
    assert project.texts() == ["One"]
    project.repository.edit_comment(said, "Never mind.", at=said.updated_at + timedelta(minutes=1))
    catch_up(project)
    assert project.facts() == {}


def test_of_a_comment_that_was_edited_the_editor_counts(project: Project) -> None:
    later = timedelta(minutes=1)
    by_stranger = project.comment("Look.", by="stranger")
    project.repository.edit_comment(by_stranger, f"/remember {UTC}", actor="wes", at=by_stranger.created_at + later)
    by_triager = project.comment("Look.")
    project.repository.edit_comment(by_triager, "/remember No.", actor="tri", at=by_triager.created_at + later)
    catch_up(project)
    assert project.is_untouched()


def test_what_is_gone_is_left_alone(project: Project) -> None:
    gone = project.comment(f"/remember {UTC}")
    del project.repository.comments[gone.id]
    assert catch_up(project).told == ("caught-up", "ok")
    assert project.is_untouched()


def test_questions_are_answered_once(project: Project) -> None:
    project.comment("/memories")
    catch_up(project)
    catch_up(project)
    assert len(project.replies()) == 1


def test_what_has_expired_is_removed(project: Project) -> None:
    files = {
        "codebase/conventions/old.md": '---\nexpires_at: "2001-01-01"\n---\n\nOld.\n',
        "codebase/conventions/new.md": '---\nexpires_at: "2999-01-01"\n---\n\nNew.\n',
    }
    project.repository.commit_files(dict(files), branch="memory")
    done = catch_up(project)
    assert project.texts() == ["New."]
    assert len(done.ids) == 1


def test_a_dry_run_says_what_it_would_do(project: Project) -> None:
    project.comment(f"/remember {UTC}")
    done = catch_up(project, dry_run="true")
    assert project.is_untouched()
    assert len(done.ids) == 1
    assert "place-changed" not in done.outputs
    assert len(catch_up(project).ids) == 1


def test_it_begins_a_little_before_the_last_run_began(project: Project) -> None:
    catch_up(project)
    begun, before = len(project.github.requests), datetime.now(UTC_ZONE)
    assert catch_up(project).outputs["place-changed"] == "true"
    asked = {request.query["since"] for request in project.github.requests[begun:] if "since" in request.query}
    [since] = map(datetime.fromisoformat, asked)
    assert timedelta(minutes=9) < before - since < timedelta(minutes=12)


def test_at_first_it_looks_back_thirty_days_and_no_further(project: Project) -> None:
    old = project.repository.add_comment(
        1, "/remember Too old.", author="wes", created_at=datetime.now(UTC_ZONE) - timedelta(days=31)
    )
    project.repository.add_comment(
        1, f"/remember {UTC}", author="wes", created_at=datetime.now(UTC_ZONE) - timedelta(days=29)
    )
    catch_up(project)
    assert project.texts() == [UTC]
    assert project.reactions(old) == []


def test_what_memory_refuses_is_tried_again_by_the_next_run_however_old_it_is(project: Project) -> None:
    project.repository.add_comment(
        1, f"/remember {UTC}", author="wes", created_at=datetime.now(UTC_ZONE) - timedelta(hours=2)
    )
    project.token = project.github.add_token(permissions=CAN_WRITE | {"contents": "read"})
    assert catch_up(project).told == ("caught-up", "degraded")
    project.token = project.github.add_token(permissions=CAN_WRITE)
    catch_up(project)
    assert project.texts() == [UTC]


def test_where_github_does_not_say_who_may_the_next_run_asks_again(project: Project) -> None:
    project.comment("/remember One.", by="wes")
    project.comment("/remember Two.", by="mia")
    project.github.faults.add("GET /repos/octo/hello/collaborators/wes", status=500)
    done = catch_up(project)
    assert done.told == ("caught-up", "degraded")
    assert project.texts() == ["Two."]
    assert catch_up(project).told == ("caught-up", "ok")
    assert sorted(project.texts()) == ["One.", "Two."]


@pytest.mark.parametrize("path", ["issues/comments", "pulls/comments", "issues/events"])
def test_where_a_list_cannot_be_read_nothing_is_lost(project: Project, path: str) -> None:
    project.comment(f"/remember {UTC}")
    project.github.faults.add(f"GET /repos/octo/hello/{path}", status=502)
    assert catch_up(project).told == ("caught-up", "degraded")
    catch_up(project)
    assert project.texts() == [UTC]


def test_at_the_rate_limit_it_stops_and_the_next_run_goes_on(project: Project) -> None:
    for number in range(4):
        project.comment(f"/remember Rule number {number}.")
    project.github.faults.add("GET /repos/octo/hello/collaborators", status=403, limit="primary")
    assert catch_up(project).told == ("caught-up", "degraded")
    assert project.facts() == {}
    catch_up(project)
    assert len(project.facts()) == 4


def test_an_invalid_configuration_stops_it_and_fails_the_run(project: Project) -> None:
    project.repository.commit_files({".github/memory-agents.yml": "labels: 3\n"})
    project.comment(f"/remember {UTC}")
    done = catch_up(project)
    assert done.code == 1
    assert done.told == ("caught-up", "unavailable")
    assert project.is_untouched()


@pytest.mark.parametrize("step", range(1, 14))
def test_cut_off_from_github_after_any_request_it_ends_stored_once_and_acknowledged_once(
    project: Project, step: int
) -> None:
    """What was asked for is done, the answer to it never comes, and neither does any other; then catch-up."""
    said = project.comment(f"/remember {UTC}")
    event, payload = project.payload(said)
    project.github.faults.add(times=step - 1)
    project.github.faults.add(times=None, cut=True)
    project.run(event, payload)
    project.github.faults.clear()
    catch_up(project)
    assert is_done_once(project, said)


@pytest.mark.parametrize("step", range(5, 13))
def test_killed_between_any_two_steps_it_ends_stored_once_and_acknowledged_once(project: Project, step: int) -> None:
    """SIGKILL while the request after the n-th hangs: from the first sign that it was seen to the last one."""
    said = project.comment(f"/remember {UTC}")
    event, payload = project.payload(said)
    project.github.faults.add(times=step)
    project.github.faults.add(times=None, latency=60)
    process = project.start(event, payload)
    end = time.monotonic() + 40
    while len(project.github.requests) < step and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.1)
    process.kill()
    process.wait()
    assert len(project.github.requests) == step
    project.github.faults.clear()
    catch_up(project)
    assert is_done_once(project, said)


def is_done_once(project: Project, said: Comment) -> bool:
    """Stored, and acknowledged by one reply; a last sign may be missing, for it is decoration."""
    [reply] = project.replies()
    is_acknowledged = reply.startswith(f"<!-- memory-agents: answer issue-comment {said.id} done ")
    return project.texts() == [UTC] and is_acknowledged and "confused" not in project.reactions(said)
