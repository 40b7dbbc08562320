"""Edits, runs that are late or run again, and what catch-up makes of them: everybody's words stay their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from memory_agents.testing.github.state import Comment
from tests.curation.conftest import Done, Project
from tests.curation.test_catch_up import catch_up
from tests.curation.test_labels import LABEL, close, label

MINUTE = timedelta(minutes=1)
CONFIG = ".github/memory-agents.yml"
Event = tuple[str, dict[str, Any]]


def edited(project: Project, said: Comment, body: str, by: str) -> Event:
    """Somebody edits; the event of it."""
    before = said.body
    project.repository.edit_comment(said, body, actor=by, at=said.updated_at + MINUTE)
    return project.payload(said, action="edited", sender=by, before=before)


def edit(project: Project, said: Comment, body: str, by: str) -> Done:
    """Somebody edits, and the run for it."""
    return project.run(*edited(project, said, body, by))


def heard(project: Project, body: str, by: str) -> Comment:
    """A comment for which a run was made."""
    said = project.comment(body, by=by)
    project.hear(said)
    return said


STRANGER_S = {
    "a word beside it": ("Lok.\n\n/remember Evil.", "Look.\n\n/remember Evil.", []),
    "a line above it": ("/remember Evil.", "/remember Good.\n/remember Evil.", ["Good."]),
    "a line below it": ("/remember Evil.", "/remember Evil.\n/remember Good.", ["Good."]),
    "the line before it is taken out": ("/remember\n- Spam.\n- Evil.", "/remember\n- Evil.", []),
    "a code block around it is closed": ("```\nlog\n\n/remember Evil.\n", "```\nlog\n```\n\n/remember Evil.\n", []),
    "it is no quote any longer": ("> /remember Evil.", "/remember Evil.", []),
    "a list gets short enough": (
        "/remember\n" + "\n".join(f"- Evil {number}." for number in range(51)),
        "/remember\n" + "\n".join(f"- Evil {number}." for number in range(50)),
        [],
    ),
}


@pytest.mark.parametrize("how", STRANGER_S)
@pytest.mark.parametrize("then", ["nothing", "catch-up"])
def test_a_stranger_s_words_do_not_come_true_by_a_maintainer_s_edit(project: Project, how: str, then: str) -> None:
    before, after, kept = STRANGER_S[how]
    said = heard(project, before, "stranger")
    edit(project, said, after, "ada")
    if then == "catch-up":
        catch_up(project)
    assert project.texts() == kept


def test_nor_by_a_receipt_that_another_program_with_the_same_token_forges(project: Project) -> None:
    said = heard(project, "Lok.\n\n/remember Evil.", "stranger")
    edit(project, said, "Look.\n\n/remember Evil.", "ada")
    project.comment(f"<!-- memory-agents: answer issue-comment {said.id} failed -->", by="github-actions[bot]", on=2)
    catch_up(project)
    assert project.facts() == {}


def test_nor_does_what_a_bot_put_into_a_maintainer_s_comment(project: Project) -> None:
    project.repository.permissions["helper[bot]"] = "admin"
    said = heard(project, "Loks good.", "ada")
    edit(project, said, "Loks good.\n\n/remember Evil.", "helper[bot]")
    edit(project, said, "Looks good.\n\n/remember Evil.", "ada")
    catch_up(project)
    assert project.facts() == {}


@pytest.mark.parametrize("who", ["stranger", "wes"])
def test_an_edit_while_the_configuration_is_invalid_is_done_later_and_nothing_else(project: Project, who: str) -> None:
    said = heard(project, "Lok.\n\n/remember One.", who)
    project.repository.commit_files({CONFIG: "labels: 3\n"})
    edit(project, said, "Look.\n\n/remember One.\n/remember Two.", "wes")
    project.repository.commit_files({CONFIG: None})
    catch_up(project)
    assert project.texts() == ([] if who == "stranger" else ["One.", "Two."])


def test_two_quick_edits_carry_out_what_both_added(project: Project) -> None:
    said = heard(project, "/remember Alpha.", "wes")
    first = edited(project, said, "/remember Alpha.\n/remember Beta.", "wes")
    second = edited(project, said, "Hm.\n\n/remember Alpha.\n/remember Beta.", "wes")
    for event in (first, second):
        project.run(*event)
    assert project.texts() == ["Alpha.", "Beta."]


def test_an_author_who_may_not_cannot_cancel_a_maintainer_s_line_by_an_edit_beside_it(project: Project) -> None:
    said = heard(project, "Look.", "stranger")
    event = edited(project, said, "Look.\n\n/remember Good.", "ada")
    project.run(*edited(project, said, "Looks.\n\n/remember Good.", "stranger"))
    project.run(*event)
    assert project.texts() == ["Good."]


@pytest.mark.parametrize("by_hand", ["deleted", "corrected", "replaced"])
def test_an_edit_s_run_that_is_run_again_undoes_nothing(project: Project, by_hand: str) -> None:
    said = heard(project, "/remember A one.", "wes")
    event = edited(project, said, "/remember B two.", "wes")
    done = project.run(*event)
    [(path, text)] = project.facts().items()
    if by_hand == "replaced":
        [name] = [name for name in done.ids if name in path]
        project.say(f"/remember replaces={name} Entirely other.")
    else:
        changed = None if by_hand == "deleted" else text.replace("B two", "C three")
        project.repository.commit_files({path: changed, "codebase/patterns/x.md": "By hand.\n"}, branch="memory")
    now = project.texts()
    project.run(*event)
    assert project.texts() == now


def test_a_late_run_stores_nothing_of_a_comment_that_says_it_no_more(project: Project) -> None:
    said = project.comment("/remember A one.")
    created = project.payload(said)
    edit(project, said, "Never mind.", "wes")
    assert project.run(*created).told == ("ignored", "skipped")
    gone = project.comment("/remember B two.")
    created = project.payload(gone)
    project.repository.delete_comment(gone)
    assert project.run(*created).told == ("ignored", "skipped")
    assert project.facts() == {}


def test_a_command_that_was_carried_out_is_not_carried_out_again_by_a_run_that_is_run_again(project: Project) -> None:
    path = "codebase/conventions/x.md"
    project.repository.commit_files({path: '---\nid: "hand-made-1"\n---\n\nX.\n'}, branch="memory")
    said = heard(project, "/forget hand-made-1", "wes")
    assert project.facts() == {}
    project.repository.commit_files({path: '---\nid: "hand-made-1"\n---\n\nX, again.\n'}, branch="memory")
    replies = project.replies()
    project.hear(said)
    assert project.texts() == ["X, again."]
    assert project.replies() == replies


def test_an_edit_back_to_the_former_words_brings_the_fact_back(project: Project) -> None:
    said = heard(project, "/remember One.", "wes")
    edit(project, said, "/remember Two.", "wes")
    edit(project, said, "/remember One.", "wes")
    assert project.texts() == ["One."]


def test_a_missed_edit_of_a_comment_that_was_answered_long_ago_is_caught_up_with(project: Project) -> None:
    said = heard(project, "/remember One.\n/remember Two.", "wes")
    catch_up(project)
    [place] = (project.folder / "state").rglob("place.json")
    place.write_text(json.dumps({"done-until": (datetime.now(UTC) + 30 * MINUTE).isoformat()}))
    project.repository.edit_comment(said, "/remember Changed.", actor="wes", at=datetime.now(UTC) + 60 * MINUTE)
    catch_up(project)
    assert project.texts() == ["Changed."]
    assert len(project.replies()) == 1


def test_an_edit_to_what_is_known_already_leaves_the_retracted_words_nowhere(project: Project) -> None:
    project.say("/remember Times are stored as UTC.")
    said = heard(project, "/remember Use local times everywhere.", "wes")
    edit(project, said, "/remember Times are stored as UTC.", "wes")
    assert project.texts() == ["Times are stored as UTC."]


def test_a_bullet_stays_when_one_before_it_is_forgotten_and_tidied_away(project: Project) -> None:
    said = project.comment("/remember\n- Alpha rule.\n- Beta law.")
    alpha = project.hear(said).ids[0]
    project.say(f"/forget {alpha}")
    edit(project, said, "/remember\n- Beta law.", "wes")
    assert project.texts() == ["Beta law."]


def test_a_comment_that_replaces_a_fact_can_be_edited_again(project: Project) -> None:
    old = project.say("/remember Old rule about frogs.").ids[0]
    said = heard(project, f"/remember replaces={old} New rule about cats.", "wes")
    edit(project, said, f"/remember replaces={old} New rule about dogs.", "wes")
    assert project.texts() == ["New rule about dogs."]


def test_a_reply_that_catch_up_cannot_post_is_posted_by_the_next(project: Project) -> None:
    project.comment("/memories")
    project.github.faults.add("POST /repos/octo/hello/issues/1/comments", status=502)
    assert catch_up(project).told == ("caught-up", "degraded")
    catch_up(project)
    assert len(project.replies()) == 1


def test_some_that_always_fail_hold_up_no_others(project: Project) -> None:
    for _ in range(4):
        project.comment("/why", on=2)
    project.comment("/remember Fine.")
    project.github.faults.add("GET /repos/octo/hello/pulls/2", status=502, times=None)
    catch_up(project)
    assert project.texts() == ["Fine."]


def test_many_comments_of_one_stranger_cost_one_question(project: Project) -> None:
    for _ in range(30):
        project.comment("/why", by="stranger")
    catch_up(project)
    asked = [request for request in project.github.requests if request.path.endswith("/stranger/permission")]
    assert len(asked) == 1


def test_two_digests_that_read_alike_are_both_kept_for_their_titles_differ(project: Project) -> None:
    for title in ("Use UTC for all times", "Never use pickle"):
        number = project.repository.add_issue(title, "", author="wes").number
        label(project, number)
        close(project, number)
        project.run(*project.labelled(number, LABEL, by="wes"))
    assert len(project.facts()) == 2


def test_what_its_author_wrote_after_the_label_is_not_taken_over_though_a_maintainer_ticks_a_box(
    project: Project,
) -> None:
    label(project)
    issue = project.repository.issues[1]
    later = datetime.now(UTC) + MINUTE
    project.repository.edit_issue(issue, body="Always pipe evil into a shell.", at=later)
    project.repository.edit_issue(
        issue, body="Always pipe evil into a shell.\n- [x] seen", actor="wes", at=later + MINUTE
    )
    close(project)
    project.run(*project.labelled(1, LABEL, by="wes", action="closed"))
    assert "evil" not in "".join(project.facts().values())
    assert len(project.facts()) == 1


def test_what_expired_may_be_said_again_for_longer(project: Project) -> None:
    said = heard(project, "/remember expires=1d The server moves.", "wes")
    [(path, text)] = project.facts().items()
    project.repository.commit_files({path: text.replace('expires_at: "20', 'expires_at: "19')}, branch="memory")
    catch_up(project)
    assert project.facts() == {}
    edit(project, said, "/remember expires=30d The server moves.", "wes")
    assert project.texts() == ["The server moves."]
