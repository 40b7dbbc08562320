"""Who may write: every permission, sender, event and fork. Where it is no, nothing is stored, said or shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.curation.conftest import PEOPLE, Done, Project, Said

COMMAND = "/remember Times are UTC."
MAY = {"ada", "mia", "wes"}

SAY: dict[str, Callable[[Project, str], Said]] = {
    "comment": lambda p, who: p.comment(COMMAND, by=who),
    "comment on a pull request": lambda p, who: p.comment(COMMAND, by=who, on=2),
    "comment on a fork's pull request": lambda p, who: p.comment(COMMAND, by=who, on=3),
    "review": lambda p, who: p.repository.add_review(2, COMMAND, author=who),
    "review comment": lambda p, who: p.repository.add_review_comment(2, COMMAND, path="src/api/times.py", author=who),
}
ON_A_FORK: dict[str, Callable[[Project, str], Said]] = {
    "review": lambda p, who: p.repository.add_review(3, COMMAND, author=who),
    "review comment": lambda p, who: p.repository.add_review_comment(3, COMMAND, path="src/api/times.py", author=who),
}


def is_silent(project: Project, done: Done) -> bool:
    """Nothing stored, and nothing on GitHub or in the log that says why."""
    said = (done.log + done.summary).lower()
    return project.is_untouched() and not any(word in said for word in ("permission", "triage", "admin", "not allowed"))


WHO = [*PEOPLE, "stranger", "none", "unknown", "unsaid", "own", "helper[bot]"]
"""a role's holder; somebody on a public repository; with no role; whom GitHub does not know; of whom it says nothing"""


def arrange(project: Project, who: str) -> None:
    """Let GitHub say of `who` what the name says."""
    match who:
        case "none":
            project.repository.permissions[who] = "none"
        case "unknown":
            project.github.unknown_logins.add(who)
        case "unsaid":
            project.github.faults.add("GET /repos/octo/hello/collaborators", status=500, times=None)
        case "own":
            project.repository.permissions[who] = "admin"
            project.token = project.github.add_token(who)
        case "helper[bot]":
            project.repository.permissions[who] = "admin"


def expected(who: str, *, is_for_a_fork: bool = False) -> tuple[str, str]:
    """Outputs `action` and `status`."""
    if is_for_a_fork or who == "helper[bot]":
        return "ignored", "skipped"
    if who == "unsaid":
        return "denied", "unavailable"
    return ("remembered", "ok") if who in MAY else ("denied", "skipped")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("where", [*SAY, *(f"{place} for a fork" for place in ON_A_FORK)])
@pytest.mark.parametrize("how", ["said", "edited"])
def test_a_command_counts_where_its_sender_may_write_and_is_met_with_silence_elsewhere(
    project: Project, where: str, who: str, how: str
) -> None:
    is_for_a_fork = where not in SAY
    place = where.removesuffix(" for a fork")
    arrange(project, who)
    if how == "said":
        done = project.hear((ON_A_FORK if is_for_a_fork else SAY)[place](project, who))
    else:
        said = (ON_A_FORK if is_for_a_fork else SAY)[place](project, "mona")
        done = project.hear(said, action="edited", sender=who, before="Times are wrong.")
    assert done.code == 0
    assert done.told == expected(who, is_for_a_fork=is_for_a_fork)
    if done.told == ("remembered", "ok"):
        assert project.texts() == ["Times are UTC."]
        assert len(project.replies(1) + project.replies(2) + project.replies(3)) == 1
    else:
        assert is_silent(project, done)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("event", "number"), [("issues", 1), ("pull_request", 3), ("pull_request_target", 3)])
def test_a_label_counts_where_its_setter_may_write_and_is_met_with_silence_elsewhere(
    project: Project, event: str, number: int, who: str
) -> None:
    arrange(project, who)
    issue = project.repository.issues[number]
    project.repository.set_labels(issue, ["memory:remember"], actor=who)
    project.repository.close(issue, actor="ada", reason=None if issue.pull else "completed")
    _, payload = project.labelled(number, "memory:remember", by=who)
    done = project.run(event, payload)
    assert done.code == 0
    assert done.told == expected(who, is_for_a_fork=event == "pull_request")
    assert len(project.facts()) == (done.told == ("remembered", "ok"))
    if not project.facts():
        assert is_silent(project, done)


@pytest.mark.parametrize("least", ["write", "maintain", "admin"])
@pytest.mark.parametrize("who", PEOPLE)
def test_the_setting_says_what_it_takes(project: Project, who: str, least: str) -> None:
    done = project.say(COMMAND, by=who, write_permission=least)
    assert (done.told[0] == "remembered") == (who in list(PEOPLE)[: ["admin", "maintain", "write"].index(least) + 1])


def test_what_begins_with_our_marker_is_no_command_whoever_says_it(project: Project) -> None:
    done = project.say(f"<!-- memory-agents: answer issue-comment 1 done -->\n\n{COMMAND}", by="ada")
    assert done.told == ("ignored", "skipped")
    assert project.is_untouched()


@pytest.mark.parametrize(
    ("author", "editor", "is_written"),
    [("wes", "wes", True), ("stranger", "wes", True), ("wes", "tri", False), ("ada", "stranger", False)],
)
def test_of_an_edited_comment_the_editor_counts(
    project: Project, author: str, editor: str, *, is_written: bool
) -> None:
    said = project.comment(COMMAND, by=author)
    done = project.hear(said, action="edited", sender=editor, before="Times are wrong.")
    assert bool(project.facts()) is is_written
    if not is_written:
        assert done.told == ("denied", "skipped")
        assert is_silent(project, done)


def test_a_stranger_s_command_does_not_come_true_because_a_maintainer_edits_a_word_beside_it(project: Project) -> None:
    said = project.comment(f"Look.\n\n{COMMAND}", by="stranger")
    project.hear(said, action="edited", sender="ada", before=f"Lok.\n\n{COMMAND}")
    assert project.facts() == {}


def test_what_an_editor_adds_names_the_author_and_says_who_approved_it(project: Project) -> None:
    said = project.comment(COMMAND, by="stranger")
    project.hear(said, action="edited", sender="ada", before="Times are wrong.")
    [fact] = project.facts().values()
    assert 'author: "stranger"' in fact
    assert 'approved_by: "ada"' in fact
    assert "permission" not in fact


@pytest.mark.parametrize("status", [500, 502, 403, 429])
def test_where_github_does_not_say_who_may_nobody_may_and_a_maintainer_is_told(project: Project, status: int) -> None:
    project.github.faults.add("GET /repos/octo/hello/collaborators", status=status)
    done = project.say(COMMAND, by="ada")
    assert done.code == 0
    assert done.told == ("denied", "unavailable")
    assert "::error" in done.log
    assert project.is_untouched()


def test_the_number_of_an_account_counts_not_its_login(project: Project) -> None:
    said = project.comment(COMMAND, by="wes")
    event, payload = project.payload(said)
    payload["sender"]["id"] += 1
    assert project.run(event, payload).told == ("denied", "skipped")
    assert project.is_untouched()


@pytest.mark.parametrize("login", ["аda", "ada ", "ada/../wes", "ada?x=1", "%61da"])  # noqa: RUF001 -- one letter is Cyrillic
def test_a_login_that_looks_like_somebody_else_s_may_not(project: Project, login: str) -> None:
    project.github.unknown_logins.add(login)
    said = project.comment(COMMAND, by="stranger")
    event, payload = project.payload(said)
    payload["sender"]["login"] = payload["comment"]["user"]["login"] = login
    assert project.run(event, payload).told[0] == "denied"
    assert project.is_untouched()


@pytest.mark.parametrize("who", [*PEOPLE, "stranger"])
def test_wrong_grammar_gets_help_for_those_who_may_and_silence_for_others(project: Project, who: str) -> None:
    done = project.say("/remember", by=who)
    if who in MAY:
        [reply] = project.replies()
        assert "/remember" in reply
        assert done.told == ("ignored", "ok")
    else:
        assert is_silent(project, done)


@pytest.mark.parametrize("who", [*PEOPLE, "stranger"])
@pytest.mark.parametrize("command", ["/recall times", "/memories", "/why", "/forget f0123456789ab-1"])
def test_asking_takes_the_same_permission_as_telling(project: Project, command: str, who: str) -> None:
    done = project.say(command, by=who)
    assert bool(project.replies()) is (who in MAY)
    assert (done.told[0] == "denied") is (who not in MAY)


def test_an_invalid_configuration_stops_writing_and_says_so_to_those_who_may(project: Project) -> None:
    project.repository.commit_files({".github/memory-agents.yml": "write-permision: admin\n"})
    done = project.say(COMMAND, by="wes")
    assert project.facts() == {}
    assert done.told == ("ignored", "unavailable")
    [reply] = project.replies()
    assert "write-permision" in reply


def test_the_configuration_may_ask_for_more(project: Project) -> None:
    project.repository.commit_files({".github/memory-agents.yml": "write-permission: admin\n"})
    assert project.say(COMMAND, by="mia").told == ("denied", "skipped")
    assert project.say(COMMAND, by="ada").told == ("remembered", "ok")
