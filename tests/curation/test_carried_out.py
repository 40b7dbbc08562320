"""What becomes of what was asked: the facts, the reply, the signs."""

from __future__ import annotations

import json
import re
from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta

import kingfisher_sdk
import pytest

from memory_agents.app import redacting
from memory_agents.edges import kingfisher
from tests.curation.conftest import CAN_WRITE, Project, Said

UTC = "Times are stored as UTC."


def the_id(project: Project) -> str:
    [path] = project.facts()
    found = re.search(r"-(f[0-9a-f]{12}-[0-9a-f]{8})\.md$", path)
    assert found
    return found[1]


def test_a_fact_is_one_file_that_says_who_where_and_when(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    [(path, text)] = project.facts().items()
    assert re.fullmatch(r"codebase/conventions/times-are-stored-as-utc-f[0-9a-f]{12}-[0-9a-f]{8}\.md", path)
    wes = project.github.find_user("wes").id
    url = f"{project.github.server_url}/octo/hello/issues/1#issuecomment-{said.id}"
    for line in (f'source: "{url}"', 'author: "wes"', f'author_id: "{wes}"', 'permission: "write"', 'number: "1"'):
        assert line in text.splitlines()
    assert text.endswith(f"---\n\n{UTC}\n")


def test_the_reply_names_the_id_and_the_signs_show_that_it_was_seen_and_stored(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    done = project.hear(said)
    [reply] = project.replies()
    assert done.ids == [the_id(project)]
    assert the_id(project) in reply
    assert reply.startswith(f"<!-- memory-agents: answer issue-comment {said.id} done ")
    assert project.reactions(said) == ["eyes", "rocket"]


def test_the_same_comment_twice_writes_and_answers_once(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    before, replies = project.files(), project.replies()
    assert project.hear(said).ids == []
    assert (project.files(), project.replies()) == (before, replies)
    assert project.reactions(said) == ["eyes", "rocket"]


def test_a_bullet_list_is_several_facts_in_one_commit(project: Project) -> None:
    done = project.say("/remember testing/patterns:\n- One test, one sentence.\n- No test sleeps.")
    assert len(done.ids) == 2
    assert set(project.facts()) == {path for path in project.facts() if path.startswith("testing/patterns/")}
    assert project.repository.git.run("rev-list", "--count", "refs/heads/memory").strip() == b"1"


def test_the_commit_names_source_and_approver_and_none_of_the_text(project: Project) -> None:
    project.say(f"/remember {UTC}")
    message = project.repository.git.run("log", "-1", "--format=%B", "refs/heads/memory").decode()
    assert "/issues/1#issuecomment-" in message
    assert "wes" in message
    assert message.rstrip().endswith("[skip ci]")
    assert "UTC" not in message


def test_a_text_is_kept_byte_for_byte(project: Project) -> None:
    text = "Keep  two spaces, *stars*, `Code`, “quotes” and Ünïcode — 日本語.\n\n    indented\n\n> quoted"
    project.say(f"/remember {text}")
    assert project.texts() == [text]


def test_a_secret_is_taken_out_before_anything_is_stored_and_the_reply_says_so(project: Project) -> None:
    secret = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    done = project.say(f"/remember The bot logs in with {secret} at night.")
    [text] = project.texts()
    assert secret not in text
    assert "[REDACTED:github-token]" in text
    [reply] = project.replies()
    assert "github-token" in reply
    assert secret not in reply + done.log + done.summary


def test_an_edited_comment_updates_its_facts_and_its_reply(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    old, before = the_id(project), said.body
    project.repository.edit_comment(said, "/remember Times are stored as local time.")
    done = project.hear(said, action="edited", before=before)
    assert project.texts() == ["Times are stored as local time."]
    assert done.ids == [the_id(project), old]
    assert len(project.replies()) == 1


def test_a_bullet_that_an_edit_takes_out_is_removed_and_one_that_it_adds_is_stored(project: Project) -> None:
    said = project.comment("/remember\n- One\n- Two\n- Three")
    project.hear(said)
    before = said.body
    project.repository.edit_comment(said, "/remember\n- One\n- Zwei")
    project.hear(said, action="edited", before=before)
    assert sorted(project.texts()) == ["One", "Zwei"]
    before = said.body
    project.repository.edit_comment(said, "/remember\n- One\n- Zwei\n- Drei")
    project.hear(said, action="edited", before=before)
    assert sorted(project.texts()) == ["Drei", "One", "Zwei"]


def test_an_edit_that_takes_the_command_out_takes_its_fact_back(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    before = said.body
    project.repository.edit_comment(said, "Never mind.")
    done = project.hear(said, action="edited", before=before)
    assert project.facts() == {}
    assert done.told == ("forgotten", "ok")


@pytest.mark.parametrize("kind", ["comment", "review", "line"])
def test_a_run_of_an_old_edit_that_is_run_again_brings_nothing_old_back(project: Project, kind: str) -> None:
    said: Said
    match kind:
        case "comment":
            said = project.comment("/remember One.")
        case "review":
            said = project.repository.add_review(2, "/remember One.", author="wes")
        case _:
            said = project.repository.add_review_comment(2, "/remember One.", path="src/api/times.py", author="wes")
    project.hear(said)
    project.repository.edit_comment(said, "/remember Two.")
    event, second = project.payload(said, action="edited", before="/remember One.")
    project.run(event, second)
    project.repository.edit_comment(said, "/remember Three.")
    event, third = project.payload(said, action="edited", before="/remember Two.")
    project.run(event, third)
    assert project.texts() == ["Three."]
    assert project.run(event, second).told == ("ignored", "skipped")
    assert project.texts() == ["Three."]


def test_an_edit_elsewhere_in_the_comment_leaves_what_a_person_corrected_on_the_branch(project: Project) -> None:
    said = project.comment(f"Hm.\n\n/remember {UTC}")
    project.hear(said)
    [(path, text)] = project.facts().items()
    project.repository.commit_files({path: text.replace("Times", "All times")}, branch="memory")
    before = said.body
    project.repository.edit_comment(said, f"Hmm.\n\n/remember {UTC}")
    project.hear(said, action="edited", before=before)
    assert project.texts() == ["All times are stored as UTC."]


@pytest.mark.parametrize(("configured", "left"), [("keep", 1), ("forget", 0)])
def test_a_deleted_comment_s_facts_go_where_the_configuration_says_so(
    project: Project, configured: str, left: int
) -> None:
    project.repository.commit_files({".github/memory-agents.yml": f"on-comment-deleted: {configured}\n"})
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    project.repository.delete_comment(said)
    project.hear(said, action="deleted")
    assert len(project.facts()) == left


def test_forgetting_removes_the_file_and_the_same_comment_does_not_bring_it_back(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    name = the_id(project)
    done = project.say(f"/forget {name}", by="mia")
    assert done.told == ("forgotten", "ok")
    assert done.ids == [name]
    assert project.facts() == {}
    project.hear(said)
    assert project.facts() == {}


def test_what_a_person_deleted_by_hand_is_not_stored_again_by_the_same_comment(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    [path] = project.facts()
    project.repository.commit_files({path: None, "codebase/conventions/own.md": "By hand.\n"}, branch="memory")
    project.hear(said)
    assert project.texts() == ["By hand."]


def test_what_is_known_already_is_answered_with_its_id_and_not_stored_twice(project: Project) -> None:
    project.say(f"/remember {UTC}")
    name = the_id(project)
    done = project.say("/remember times are stored as  UTC", by="mia")
    assert len(project.facts()) == 1
    assert done.ids == []
    assert name in project.replies()[-1]


def test_facts_on_the_same_matter_are_listed_for_they_may_contradict(project: Project) -> None:
    project.say(f"/remember {UTC}")
    name = the_id(project)
    project.say("/remember Times are stored as local time.", by="mia")
    assert len(project.facts()) == 2
    assert name in project.replies()[-1]


def test_a_fact_that_replaces_another_supersedes_it_and_the_history_keeps_it(project: Project) -> None:
    project.say(f"/remember {UTC}")
    name = the_id(project)
    project.say(f"/remember replaces={name} Times are stored as local time.")
    assert project.texts() == ["Times are stored as local time."]
    assert f'replaces: "{name}"' in next(iter(project.facts().values()))
    assert name.encode() in project.repository.git.run("log", "--name-only", "--format=", "refs/heads/memory")


def test_a_fact_that_replaces_nothing_known_is_not_stored_and_the_reply_says_why(project: Project) -> None:
    done = project.say("/remember replaces=f000000000000-1 Times are local.")
    assert project.facts() == {}
    assert done.told == ("ignored", "ok")
    said = project.repository.comments[min(project.repository.comments)]
    assert project.reactions(said)[-1] == "confused"
    assert "f000000000000-1" in project.replies()[0]


def test_an_expired_fact_is_not_recalled(project: Project) -> None:
    said = project.comment("/remember expires=1d The server is down.")
    said.created_at -= timedelta(hours=23, minutes=59)
    project.hear(said)
    assert 'expires_at: "' in next(iter(project.facts().values()))
    [fact] = project.facts().items()
    old = re.sub(r'expires_at: "\d+', 'expires_at: "2001', fact[1])
    project.repository.commit_files({fact[0]: old}, branch="memory")
    done = project.say("/recall is the server down?")
    assert "The server is down" not in project.replies()[-1]
    assert done.told == ("listed", "ok")


def test_a_fact_with_paths_is_recalled_where_a_pull_request_changes_such_files(project: Project) -> None:
    project.say("/remember paths=src/api/** Ask the keepers of the interface.")
    event, payload = project.labelled(2, "", by="wes", action="opened")
    done = project.run(event, payload)
    assert "Ask the keepers of the interface." in done.outputs["prompt"]
    event, payload = project.labelled(1, "", by="wes", action="opened")
    assert "Ask the keepers" not in project.run(event, payload).outputs["prompt"]


def test_the_next_issue_s_prompt_holds_the_fact_with_author_and_link(project: Project) -> None:
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    new = project.repository.add_issue("How are times stored?", "I see two zones.", author="stranger")
    event, payload = project.labelled(new.number, "", by="stranger", action="opened")
    prompt = project.run(event, payload).outputs["prompt"]
    assert UTC in prompt
    assert '"wes"' in prompt
    assert f"#issuecomment-{said.id}" in prompt
    assert '"maintainer"' in prompt


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(project: Project) -> None:
    done = project.say(f"/remember {UTC}", dry_run="true")
    assert project.is_untouched()
    assert done.told == ("remembered", "ok")
    assert "Dry run" in done.summary
    assert "times-are-stored-as-utc" in done.summary


def test_asking_is_answered_with_what_is_known(project: Project) -> None:
    project.say(f"/remember {UTC}")
    name = the_id(project)
    other = project.repository.add_issue("How are times stored?", "I see two zones.", author="stranger").number
    for command in ("/recall how are times stored?", "/memories", "/memories conventions", "/why"):
        done = project.say(command, on=other)
        assert done.told[0] in {"listed", "explained"}
        assert name in project.replies(other)[-1], command


def test_a_review_comment_is_answered_in_its_thread_and_a_review_by_a_comment(project: Project) -> None:
    noted = project.repository.add_review_comment(2, f"/remember {UTC}", path="src/api/times.py", author="wes")
    project.hear(noted)
    [reply] = [c for c in project.repository.review_comments.values() if c.in_reply_to == noted.id]
    assert reply.body.startswith("<!-- memory-agents:")
    assert project.reactions(noted) == ["eyes", "rocket"]
    reviewed = project.repository.add_review(2, "/remember No test sleeps.", author="mia")
    project.hear(reviewed)
    assert [c.body for c in project.repository.comments.values() if f"answer review {reviewed.id}" in c.body]


def test_with_memory_kept_elsewhere_replies_and_summaries_show_ids_and_no_texts(project: Project) -> None:
    elsewhere = project.github.add_repository("octo/private", private=True)
    token = project.github.add_token(repositories=["octo/private"])
    remote = project.github.git_url(elsewhere)
    done = project.say(f"/remember {UTC}", memory_remote=remote, memory_token=token)
    assert done.told == ("remembered", "ok")
    assert project.facts() == {}
    [reply] = project.replies()
    assert done.ids[0] in reply
    project.say("/memories", memory_remote=remote, memory_token=token)
    assert "UTC" not in "".join(project.replies()) + done.summary + done.log


def test_several_commands_in_one_comment_are_answered_in_one_reply(project: Project) -> None:
    project.say("/remember One rule.")
    name = the_id(project)
    done = project.say(f"/remember Another rule.\n/forget {name}\n/memories")
    assert project.texts() == ["Another rule."]
    assert len(project.replies()) == 2
    assert done.told == ("remembered", "ok")


def test_where_the_push_is_refused_nothing_is_lost_and_the_reply_says_so(project: Project) -> None:
    project.token = project.github.add_token(
        permissions={"contents": "read", "issues": "write", "pull_requests": "write"}
    )
    said = project.comment(f"/remember {UTC}")
    done = project.hear(said)
    assert done.code == 0
    assert done.told == ("ignored", "unavailable")
    assert "contents: write" in done.log
    [reply] = project.replies()
    assert f"answer issue-comment {said.id} failed" in reply
    assert project.reactions(said) == ["eyes", "confused"]


def test_what_failed_and_is_done_later_loses_its_sign_of_failure(project: Project) -> None:
    can_write = project.token
    project.token = project.github.add_token(
        permissions={"contents": "read", "issues": "write", "pull_requests": "write"}
    )
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    project.token = can_write
    project.hear(said)
    assert project.reactions(said) == ["eyes", "rocket"]
    [reply] = project.replies()
    assert f"answer issue-comment {said.id} done" in reply


def test_where_no_reply_can_be_posted_the_fact_is_stored_all_the_same(project: Project) -> None:
    project.token = project.github.add_token(permissions={"contents": "write"})
    done = project.say(f"/remember {UTC}")
    assert project.texts() == [UTC]
    assert done.told == ("remembered", "ok")
    assert "issues: write" in done.log
    assert "This could not be answered in the thread:\n\nRemembered as" in done.summary


def test_issues_that_people_tell_apart_are_not_suggested_for_each_other_again(project: Project) -> None:
    old = project.repository.add_issue("Times are wrong in the report", "Off by an hour, too.", author="mona")
    other = project.repository.add_issue("Times in the report are wrong", "Off by a day.", author="mona")

    def suggested(number: int) -> set[int]:
        event, payload = project.labelled(number, "", by="stranger", action="opened")
        found = json.loads(project.run(event, payload).outputs["similar"])
        return {one["number"] for one in found}

    assert {old.number, other.number} <= suggested(1)
    done = project.say(f"/not-duplicate #{old.number}")
    assert done.told == ("remembered", "ok")
    assert f"#{old.number}" in project.replies()[0]
    assert old.number not in suggested(1)
    assert other.number in suggested(1)
    assert 1 not in suggested(old.number)
    assert 1 in suggested(other.number)


def test_where_the_scanner_for_secrets_fails_nothing_is_stored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def scan(self, _text: bytes) -> list[object]:
            raise RuntimeError("out of memory")

    monkeypatch.setattr(kingfisher_sdk, "Scanner", Broken)
    monkeypatch.setattr(redacting, "_made_once", kingfisher.scanner)
    done = project.say(f"/remember {UTC}")
    issue = project.repository.issues[1]
    project.repository.set_labels(issue, ["memory:remember"], actor="wes")
    project.repository.close(issue, actor="wes", reason="completed")
    labelled = project.run(*project.labelled(1, "memory:remember", by="wes"))
    assert project.facts() == {}
    assert done.told == labelled.told == ("ignored", "unavailable")
    assert all(" failed" in reply.splitlines()[0] for reply in project.replies())


def test_forgetting_a_fact_of_a_person_leaves_a_file_whose_name_ends_like_its_id(project: Project) -> None:
    files = {
        "codebase/conventions/hello-fancy-thing.md": "Keep me.\n",
        "codebase/conventions/x.md": '---\nid: "fancy-thing"\n---\n\nForget me.\n',
    }
    project.repository.commit_files(dict(files), branch="memory")
    project.say("/forget fancy-thing")
    assert project.texts() == ["Keep me."]


def test_where_the_facts_of_a_deleted_comment_cannot_be_removed_the_reply_says_how_to_take_them_back(
    project: Project,
) -> None:
    project.repository.commit_files({".github/memory-agents.yml": "on-comment-deleted: forget\n"})
    said = project.comment(f"/remember {UTC}")
    project.hear(said)
    name = the_id(project)
    project.token = project.github.add_token(permissions=CAN_WRITE | {"contents": "read"})
    project.repository.delete_comment(said)
    project.hear(said, action="deleted")
    assert f"/forget {name}" in project.replies()[0]
    assert "catch-up" not in project.replies()[0]


def test_an_unknown_id_is_no_success(project: Project) -> None:
    said = project.comment("/forget f0123456789ab-00000000")
    assert project.hear(said).told == ("ignored", "ok")
    assert project.reactions(said) == ["eyes", "confused"]


def test_an_edit_repeats_no_other_command_of_the_comment(project: Project) -> None:
    said = project.comment("/memories")
    project.hear(said)
    [listed] = project.replies()
    project.say(f"/remember {UTC}")
    before = said.body
    project.repository.edit_comment(said, "/memories\n\nThanks.")
    project.hear(said, action="edited", before=before)
    assert project.replies()[0] == listed


def test_in_a_conversation_of_a_thousand_comments_a_command_is_answered_like_any_other(project: Project) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC_ZONE)
    for number in range(1_001):
        project.repository.add_comment(1, f"Me too, {number}.", author="mona", created_at=long_ago)
    said = project.comment(f"/remember {UTC}")
    for _ in range(2):
        project.hear(said)
    assert len(project.replies()) == 1
    listed = [request for request in project.github.requests if request.path.endswith("/issues/1/comments")]
    assert len(listed) < 8
