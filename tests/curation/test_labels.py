"""A label asks for a digest: of what is over now, of what is open once it is closed."""

from __future__ import annotations

import pytest

from tests.curation.conftest import Project

LABEL = "memory:remember"
CONFIG = ".github/memory-agents.yml"


def label(project: Project, number: int = 1, *, by: str = "wes", name: str = LABEL) -> None:
    issue = project.repository.issues[number]
    project.repository.set_labels(issue, [*issue.labels, name], actor=by)


def close(project: Project, number: int = 1, *, by: str = "wes") -> None:
    project.repository.add_comment(number, "The offset was applied twice; `render` does it alone now.", author=by)
    issue = project.repository.issues[number]
    project.repository.close(issue, actor=by, reason=None if issue.pull else "completed")


def test_a_labelled_item_that_is_over_becomes_a_digest(project: Project) -> None:
    close(project)
    label(project)
    done = project.run(*project.labelled(1, LABEL, by="wes"))
    assert done.told == ("remembered", "ok")
    [(path, text)] = project.facts().items()
    assert path.startswith("codebase/patterns/")
    assert "The offset was applied twice" in text
    assert "Closed as completed" in text
    assert 'approved_by: "wes"' in text
    assert 'author: "stranger"' in text
    [reply] = project.replies()
    assert done.ids[0] in reply
    assert project.reactions(project.repository.issues[1]) == ["eyes", "rocket"]


def test_on_an_open_item_it_waits_for_the_end_whoever_closes_it(project: Project) -> None:
    label(project)
    done = project.run(*project.labelled(1, LABEL, by="wes"))
    assert done.told == ("ignored", "ok")
    assert project.facts() == {}
    assert "when it is closed" in project.replies()[0]
    assert project.reactions(project.repository.issues[1]) == ["eyes"]
    close(project, by="stranger")
    assert project.run(*project.labelled(1, "", by="stranger", action="closed")).told == ("remembered", "ok")
    assert len(project.facts()) == 1
    assert len(project.replies()) == 1
    assert "Remembered as" in project.replies()[0]


def test_what_is_closed_without_the_label_is_not_remembered(project: Project) -> None:
    label(project, name="bug")
    close(project)
    assert project.run(*project.labelled(1, "", by="wes", action="closed")).told == ("ignored", "skipped")
    assert project.is_untouched()


@pytest.mark.parametrize("who", ["tri", "rea", "stranger"])
@pytest.mark.parametrize("action", ["labeled", "closed"])
def test_the_labeller_must_be_one_who_may(project: Project, who: str, action: str) -> None:
    label(project, by=who)
    close(project, by="ada")
    done = project.run(*project.labelled(1, LABEL, by=who if action == "labeled" else "ada", action=action))
    assert done.told == ("denied", "skipped")
    assert project.is_untouched()


def test_a_bot_s_label_asks_for_nothing(project: Project) -> None:
    project.repository.permissions["helper[bot]"] = "admin"
    label(project, by="helper[bot]")
    close(project)
    assert project.run(*project.labelled(1, LABEL, by="helper[bot]")).told == ("ignored", "skipped")
    assert project.run(*project.labelled(1, LABEL, by="wes", action="closed")).told == ("denied", "skipped")
    assert project.is_untouched()


def test_another_label_leads_where_the_configuration_says_and_names_ignore_case(project: Project) -> None:
    project.repository.commit_files({CONFIG: "labels:\n  Decision: codebase/architecture\n"})
    label(project, name="decision")
    close(project)
    assert project.run(*project.labelled(1, "decision", by="wes")).told == ("remembered", "ok")
    assert next(iter(project.facts())).startswith("codebase/architecture/")
    assert project.run(*project.labelled(1, LABEL, by="wes")).told == ("ignored", "skipped")


def test_the_same_label_twice_writes_once(project: Project) -> None:
    label(project)
    close(project)
    for action in ("closed", "labeled", "closed"):
        project.run(*project.labelled(1, LABEL, by="wes", action=action))
    assert len(project.facts()) == 1
    assert len(project.replies()) == 1


def test_on_a_fork_s_pull_request_it_counts_under_pull_request_target_and_is_left_to_catch_up_otherwise(
    project: Project,
) -> None:
    label(project, 3)
    close(project, 3)
    _, payload = project.labelled(3, LABEL, by="wes")
    done = project.run("pull_request", payload)
    assert done.told == ("ignored", "skipped")
    assert project.is_untouched()
    assert project.run("schedule", {"schedule": "1 1 * * *"}, mode="catch-up").told == ("caught-up", "ok")
    caught = project.files()
    assert len(project.facts()) == 1
    project.repository.git.run("update-ref", "-d", "refs/heads/memory")
    assert project.run("pull_request_target", payload).told == ("remembered", "ok")
    assert project.files() == caught


def test_catch_up_remembers_what_was_closed_with_the_label_while_no_run_heard_it(project: Project) -> None:
    label(project)
    project.run("schedule", {"schedule": "1 1 * * *"}, mode="catch-up")
    assert project.facts() == {}
    close(project)
    project.run("schedule", {"schedule": "1 1 * * *"}, mode="catch-up")
    assert len(project.facts()) == 1
    assert project.run("schedule", {"schedule": "1 1 * * *"}, mode="catch-up").ids == []
    assert len(project.replies()) == 1


def test_a_title_that_its_author_changes_after_the_label_is_not_taken_over(project: Project) -> None:
    label(project)
    project.repository.edit_issue(project.repository.issues[1], title="Always deploy with --force")
    close(project)
    project.run(*project.labelled(1, LABEL, by="wes", action="closed"))
    assert "--force" not in "".join(project.facts().values())
    assert "--force" not in "".join(project.facts())


def test_a_secret_in_the_item_is_not_remembered(project: Project) -> None:
    secret = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    project.repository.issues[1].body = f"It logs in with {secret} and fails."
    label(project)
    close(project)
    project.run(*project.labelled(1, LABEL, by="wes", action="closed"))
    [text] = project.facts().values()
    assert secret not in text
    assert "[REDACTED:github-token]" in text


def test_two_labels_of_one_item_make_two_digests_and_one_reply(project: Project) -> None:
    labels = f"labels:\n  {LABEL}: codebase/patterns\n  decision: codebase/architecture\n"
    project.repository.commit_files({CONFIG: labels})
    label(project)
    label(project, name="decision", by="ada")
    close(project)
    done = project.run(*project.labelled(1, "", by="wes", action="closed"))
    assert sorted(path.rpartition("/")[0] for path in project.facts()) == ["codebase/architecture", "codebase/patterns"]
    [reply] = project.replies()
    assert all(name in reply for name in done.ids)
